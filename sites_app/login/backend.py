"""Who may do what in the admin: the permissions of a person's groups, and those of their role."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet

from sites_app import roles


class ByRole(ModelBackend):
    """Passwords and permissions as Django has them, and with the group of a role also its permissions."""

    def _get_group_permissions(self, user_obj: Any) -> QuerySet[Permission]:
        of_role = roles.groups_of(user_obj.memberships.all())
        return Permission.objects.filter(Q(group__user=user_obj) | Q(group__name__in=of_role)).distinct()

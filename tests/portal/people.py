"""People who look at the portal."""

from __future__ import annotations

from django.contrib.auth.models import Permission, User
from django.test import Client

from sites_app import roles
from sites_app.models import Membership, Region, Role

PASSWORD = "correct horse battery"


def person(name: str, *regions: Region | None, role: str = Role.REGIONAL_MANAGER) -> User:
    """A user with this role in these regions; None is all stores."""
    user = User.objects.create_user(name, password=PASSWORD)
    Membership.objects.bulk_create(Membership(user=user, region=region, role=role) for region in regions)
    roles.settle(user)
    return user


def installer(name: str, region: Region) -> User:
    """Who puts controllers in: staff that may look at the stores of a region, and add and change what is in them."""
    user = person(name, region)
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(content_type__app_label__in=["sites_app", "ingest"]))
    return user


def logged_in(user: User) -> Client:
    """A browser of this person's."""
    client = Client()
    client.force_login(user)
    return client

"""What a person sees in the admin: of the stores those that they see elsewhere."""

from __future__ import annotations

from typing import Any

from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from unfold.admin import ModelAdmin, TabularInline

from sites_app.access import Principal, principal_of_user
from sites_app.models import Controller, Region, Store

_CHOSEN = (Store, Region, Controller)
"""What a form lets choose among, and only among one's own."""


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold comes without types
    """To be looked at: what is here is written by the platform."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


class ScopedAdmin(ModelAdmin):  # type: ignore[misc]
    """Pages of what belongs to stores. Permissions say what a person may do, their regions with what.

    ``store_lookup`` leads from a row to its store, to be filtered by.
    """

    store_lookup = "store__in"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = super().get_queryset(request)
        principal = principal_of_user(request.user)
        return queryset if principal.sees_all else self.visible(queryset, principal)

    def visible(self, queryset: QuerySet[Any], principal: Principal) -> QuerySet[Any]:
        """The rows of the stores that a person sees who doesn't see all."""
        return queryset.filter(**{self.store_lookup: Store.objects.visible_to(principal)})

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        chosen: type[Model] = db_field.related_model
        if issubclass(chosen, _CHOSEN):
            kwargs["queryset"] = chosen.objects.visible_to(principal_of_user(request.user))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class NamedCellsInline(TabularInline):  # type: ignore[misc]
    """A table to type into, whose cells are read out by their column's name: they have no labels."""

    extra = 0

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field:
            field.widget.attrs["aria-label"] = capfirst(db_field.verbose_name)
        return field

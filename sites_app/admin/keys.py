"""API keys: shown once, when they are made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from sites_app.models import ApiKey
from sites_app.models.access import ROTATED_KEY_VALID
from sites_app.wording import labelled

_ROTATE = gettext_lazy("Rotate: a new key, while the old one works for another day")


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold comes without types
    list_display = ["name", "prefix", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at"]
    search_fields = ["name", "prefix"]
    fields = ["name", "scopes", "regions", "requests_per_minute", "expires_at", "revoked_at", "previous_until"]
    readonly_fields = ["previous_until"]
    autocomplete_fields = ["regions"]
    actions = ["rotate"]

    @admin.action(description=_ROTATE, permissions=["change"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset.filter(revoked_at=None):
            plain = key.rotate(until=datetime.now(UTC) + ROTATED_KEY_VALID)
            key.save(update_fields=["prefix", "digest", "previous_digest", "previous_until"])
            said = _("The new key of '%(name)s', shown only this once: %(key)s")
            messages.success(request, said % {"name": key.name, "key": plain})

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "scopes":
            return forms.MultipleChoiceField(
                label=capfirst(db_field.verbose_name),
                choices=labelled(ApiKey.Scope.choices),
                widget=forms.CheckboxSelectMultiple,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: forms.ModelForm[ApiKey], change: bool) -> None:
        if not change:
            made, plain = ApiKey.generate(obj.name, scopes=obj.scopes)
            obj.prefix, obj.digest = made.prefix, made.digest
            messages.success(request, _("The key, shown only this once: %(key)s") % {"key": plain})
        super().save_model(request, obj, form, change)

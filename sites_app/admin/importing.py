"""Stores with their controllers from a CSV: looked at first, then written, all or nothing."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget

from sites_app import onboarding
from sites_app.access import Principal
from sites_app.onboarding.sentences import spoken
from sites_app.secrets import decrypt, encrypt

MOST_BYTES = 10 * 1024 * 1024
KEPT_S = 15 * 60
"""How long a file that was looked at waits for a person's word."""
SHOWN = 200


class ImportForm(forms.Form):
    """The file; or, once it was looked at, what it's kept under."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv"}),
        help_text=gettext_lazy("One line a controller, UTF-8; its first line names the columns."),
    )
    kept = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_file(self) -> UploadedFile[Any] | None:
        """Not longer than any chain's."""
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file and (file.size or 0) > MOST_BYTES:
            raise ValidationError(_("It's larger than 10 MB: import it in parts."))
        return file

    def clean(self) -> dict[str, Any]:
        """Its content, new or kept."""
        cleaned: dict[str, Any] = super().clean() or {}
        if file := cleaned.get("file"):
            cleaned["content"] = file.read()
        elif kept := cleaned.get("kept"):
            token = cache.get(_key(kept))
            if token is None:
                raise ValidationError(_("It was looked at too long ago: choose it again."))
            cleaned["content"] = decrypt(token).encode("latin-1")
        elif "file" not in self.errors:
            self.add_error("file", _("Choose a file."))
        return cleaned


@dataclass(frozen=True, slots=True)
class Looked:
    """What a file would do or has done, or the cells for which it can't; ``kept`` is what it's kept under."""

    told: dict[str, Any] | None
    errors: list[onboarding.CellError]
    kept: str = ""

    @property
    def tables(self) -> list[dict[str, Any]]:
        """What there is to see, as tables of at most ``SHOWN`` rows."""
        if self.errors:
            headers = [_("Line"), _("Column"), _("Value"), _("What is wrong")]
            rows = [[error.line, error.column, error.value, spoken(error.detail)] for error in self.errors]
            return [_table(_("Cells that can't be used"), headers, rows)]
        if self.told is None:
            return []
        stores = [[store["code"], _CHANGES[store["change"]]] for store in self.told["stores"]]
        controllers = [
            [one["store"], one["name"], _CHANGES[one["change"]], one["webhook_url"]] for one in self.told["controllers"]
        ]
        return [
            _table(_("Stores"), [_("Code"), _("Change")], stores),
            _table(
                _("Controllers"), [_("Store"), _("Name"), _("Change"), _("Webhook URL, to type into XCS")], controllers
            ),
        ]


_CHANGES = {
    "created": gettext_lazy("new"),
    "changed": gettext_lazy("changed"),
    "unchanged": gettext_lazy("as before"),
}


def _table(title: str, headers: list[str], rows: list[list[Any]]) -> dict[str, Any]:
    more = len(rows) - SHOWN
    if more > 0:
        title = _("%(title)s (the first %(shown)d of %(all)d)") % {"title": title, "shown": SHOWN, "all": len(rows)}
    return {"title": title, "headers": headers, "rows": rows[:SHOWN]}


def look(content: bytes, principal: Principal, *, write: bool) -> Looked:
    """What a file would do; with ``write`` it's done, unless a cell of it can't be used."""
    table = onboarding.read(content, today=datetime.now(UTC).date())
    if table.errors:
        return Looked(None, table.errors)
    with transaction.atomic():
        plan = onboarding.compare(table)
        if errors := [*onboarding.beyond(plan, principal), *plan.errors]:
            return Looked(None, errors)
        if write:
            onboarding.apply(plan)
    return Looked(onboarding.told(plan), [], "" if write else _keep(content))


def _keep(content: bytes) -> str:
    """Keep a file for a while, encrypted: there are keys in it."""
    kept = secrets.token_urlsafe(16)
    cache.set(_key(kept), encrypt(content.decode("latin-1")), KEPT_S)
    return kept


def _key(kept: str) -> str:
    return f"import-{kept}"

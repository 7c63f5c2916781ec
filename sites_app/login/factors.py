"""The secrets of second factors, as django-allauth keeps them: encrypted by us, among what isn't secret in one JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from sites_app.secrets import Secret, encrypt

_ENCRYPTED = ("secret", "seed", "migrated_codes")
"""An app's secret, what paper codes are made of, and codes that were brought along."""


def count() -> int:
    """How many factors there are."""
    return int(Authenticator.objects.count())


def stored() -> Iterator[tuple[str, Secret]]:
    """Each secret, with the name of its row."""
    for factor in Authenticator.objects.order_by("pk").iterator():
        for token in _tokens(factor.data):
            yield f"mfa.Authenticator {factor.pk}", Secret(token)


def rotate(needs: Callable[[Secret], bool]) -> int:
    """Encrypt anew the secrets that need it; how many. A factor that is just being used is waited for."""
    done = 0
    for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
            old = [token for token in _tokens(factor.data) if needs(Secret(token))] if factor else []
            if factor and old:
                factor.data = _replaced(factor.data, {token: encrypt(Secret(token).reveal()) for token in old})
                factor.save(update_fields=["data"])
                done += len(old)
    return done


def _tokens(data: dict[str, Any]) -> list[str]:
    values = [data[name] for name in _ENCRYPTED if name in data]
    return [token for value in values for token in (value if isinstance(value, list) else [value])]


def _replaced(data: dict[str, Any], anew: dict[str, str]) -> dict[str, Any]:
    def renewed(value: Any) -> Any:
        return [anew.get(token, token) for token in value] if isinstance(value, list) else anew.get(value, value)

    return {name: renewed(value) if name in _ENCRYPTED else value for name, value in data.items()}

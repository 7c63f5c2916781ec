"""Where webhooks may go: to the public Internet alone, unless the operator allows networks of their own.

A URL is looked at when it's entered, so that a person is told at once. What holds is looked at again at each connection,
with the address that is connected to: a name that leads elsewhere later gains nothing.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from ingest.wire.addresses import is_public, is_refused, resolve
from ingest.wire.http import target_of

_LOOK_UP_S = 2.0


def refuses(address: str) -> bool:
    """Whether nothing is sent to this IP address. Link-local and metadata addresses are never sent to."""
    return is_refused(address) if settings.WEBHOOKS_TO_PRIVATE else not is_public(address)


def validate_url(url: str) -> None:
    """Refuse what can't be told, or mustn't. A name that isn't found (yet) is taken: it's looked up at each delivery."""
    try:
        parts = urlsplit(url)
        target = target_of(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        target = None
    if target is None or not url.isprintable() or " " in url or parts.fragment:
        raise ValidationError("Write it as https://HOST[:PORT]/PATH, without a user name and without '#'.")
    if not target.is_secure and not settings.WEBHOOKS_TO_PRIVATE:
        raise ValidationError("Only https: what alerts say is nobody's business on the way.")
    addresses = _addresses(target.host, target.port)
    if addresses and all(refuses(address) for address in addresses):
        whose = target.host if target.host == addresses[0] else f"{target.host} ({addresses[0]})"
        raise ValidationError(f"{whose} is refused: private and local addresses aren't sent to.")


def _addresses(host: str, port: int) -> list[str]:
    try:
        return [str(info[4][0]) for info in resolve(host, port, _LOOK_UP_S)]
    except (OSError, UnicodeError):
        return []

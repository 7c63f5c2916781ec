"""Encrypted fields: secrets that must be read again (controllers' keys), encrypted at rest.

The newest key of ``settings.ENCRYPTION_KEYS`` comes first and encrypts; all of them decrypt, so that keys can be
rotated while the platform runs. Secrets that need only be recognised (API keys) are hashed instead.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class SecretUnreadable(Exception):
    """A stored secret was encrypted with a key that is no longer in ``XOVIS_ENCRYPTION_KEYS``."""


def _fernet() -> MultiFernet:
    if not settings.ENCRYPTION_KEYS:
        raise ImproperlyConfigured("XOVIS_ENCRYPTION_KEYS is not set.")
    return _fernet_of(tuple(settings.ENCRYPTION_KEYS))


@lru_cache(maxsize=4)
def _fernet_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key.encode()) for key in keys])


def encrypt(secret: str) -> str:
    """The secret as a Fernet token."""
    return _fernet().encrypt(secret.encode()).decode()


def decrypt(token: str) -> str:
    """The secret of a token; ``SecretUnreadable`` where no known key fits."""
    try:
        return _fernet().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadable(
            "A stored secret can't be decrypted: its key is missing from XOVIS_ENCRYPTION_KEYS."
        ) from error


if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField  # at run time Django's fields take no type parameters


class Secret:
    """A secret value that doesn't show itself: read it by ``reveal()``."""

    __slots__ = ("_token",)

    def __init__(self, token: str) -> None:
        self._token = token

    @classmethod
    def of(cls, plain: str) -> Secret:
        """Encrypt a plain value."""
        return cls(encrypt(plain) if plain else "")

    @property
    def token(self) -> str:
        """What the database keeps."""
        return self._token

    def reveal(self) -> str:
        """The plain value."""
        return decrypt(self._token) if self._token else ""

    @property
    def is_readable(self) -> bool:
        """Whether one of the keys that we have fits."""
        try:
            self.reveal()
        except SecretUnreadable:
            return False
        return True

    def __bool__(self) -> bool:
        return bool(self._token)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return False
        try:
            return self.token == other.token or self.reveal() == other.reveal()
        except SecretUnreadable:
            return False

    __hash__ = None  # type: ignore[assignment]  # tokens of one secret differ

    def __repr__(self) -> str:
        return "<secret>" if self._token else "<no secret>"

    __str__ = __repr__


_SERIALISED = "fernet:"


class SecretField(_TextField):
    """Keeps a ``Secret``; assign a plain string and it's encrypted at once."""

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> Secret | None:
        return None if value is None else Secret(value)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith(_SERIALISED):
            return Secret(value.removeprefix(_SERIALISED))
        return value if isinstance(value, Secret) or value is None else Secret.of(str(value))

    def get_prep_value(self, value: Any) -> str | None:
        secret = self.to_python(value)
        return None if secret is None else secret.token

    def value_to_string(self, obj: models.Model) -> str:
        """Serialised data keeps the token, never the plain value, and is known again when it's loaded."""
        return _SERIALISED + (self.get_prep_value(self.value_from_object(obj)) or "")

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, name, _Encrypting(name))


class _Encrypting:
    """The model's attribute: plain text is encrypted when it is assigned, so that no instance carries it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        if self.name not in instance.__dict__:
            instance.refresh_from_db(fields=[self.name])
        return instance.__dict__[self.name]

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.name] = Secret.of(value) if isinstance(value, str) else value

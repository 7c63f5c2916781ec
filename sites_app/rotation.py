"""Stored secrets encrypted anew under the newest key, beside a platform that goes on to read and write them.

What holds secrets is found by asking every model for its ``SecretField``s: a field that is added later is rotated, too.
Second factors keep theirs in a way of their own.
Rows are taken in small batches, and one that somebody else is writing is left for the next pass: nobody waits for more
than a batch, and nothing that is written meanwhile is overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from sites_app.login import factors
from sites_app.secrets import Secret, SecretField, encrypt

BATCH = 200
PASSES = 50
"""How often rows are come back to that were being written each time."""


@dataclass
class Found:
    """The secrets that are stored, by the key that they're encrypted with; ``unreadable`` names rows."""

    newest: int = 0
    older: int = 0
    unreadable: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.newest + self.older + len(self.unreadable)

    @property
    def old_keys_can_go(self) -> bool:
        """Whether nothing stored needs any key but the newest."""
        return not self.older and not self.unreadable


def holders() -> list[tuple[type[models.Model], list[str]]]:
    """Every table with encrypted columns, as its model and their names."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        names = [column.name for column in model._meta.local_concrete_fields if isinstance(column, SecretField)]
        if names:
            found.append((model, names))
    return found


def rows() -> int:
    """How many rows of all tables are to be looked at."""
    return sum(model._base_manager.count() for model, _ in holders()) + factors.count()


def look() -> Found:
    """Count all stored secrets by their keys."""
    found, newest = Found(), _newest()
    for model, names in holders():
        for batch in _batches(model, names):
            for key, *secrets in batch:
                for name, secret in zip(names, secrets, strict=True):
                    _file(found, secret, newest, f"{model._meta.label} {key} {name}")
    for where, secret in factors.stored():
        _file(found, secret, newest, where)
    return found


def rotate(*, looked_at: Callable[[int], object] = lambda _: None) -> int:
    """Encrypt anew what isn't under the newest key; how many secrets that were. ``looked_at`` is told of rows as they go by."""
    done = 0
    for model, names in holders():
        for batch in _batches(model, names):
            done += _rotate_keys(model, names, [key for key, *secrets in batch if _is_older(secrets)])
            looked_at(len(batch))
    newest = _newest()
    done += factors.rotate(lambda secret: _needs(secret, newest))
    looked_at(factors.count())
    return done


def _rotate_keys(model: type[models.Model], names: list[str], keys: Sequence[Any]) -> int:
    """Rotate these rows; those that are locked are come back to, when another pass may find them free."""
    done = 0
    for _ in range(PASSES):
        if not keys:
            break
        done += _rotate_free(model, names, keys)
        still = model._base_manager.filter(pk__in=keys).values_list("pk", *names)
        keys = [key for key, *secrets in still if _is_older(secrets)]
    return done


@transaction.atomic
def _rotate_free(model: type[models.Model], names: list[str], keys: Sequence[Any]) -> int:
    free = model._base_manager.filter(pk__in=keys).select_for_update(skip_locked=True, no_key=True)
    locked = list(free.order_by("pk").values_list("pk", *names))
    done, newest = 0, _newest()
    for index, name in enumerate(names, start=1):
        changed = [(row[0], encrypt(row[index].reveal())) for row in locked if _needs(row[index], newest)]
        _write(model, name, changed)
        done += len(changed)
    return done


def _write(model: type[models.Model], name: str, changed: list[tuple[Any, str]]) -> None:
    if not changed:
        return
    meta, quote = model._meta, connection.ops.quote_name
    columns = {field.name: str(field.column) for field in meta.local_concrete_fields}
    key, column = quote(columns[meta.pk.name]), quote(columns[name])
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(meta.db_table)} SET {column} = given.token "
            f"FROM unnest(%s::{meta.pk.rel_db_type(connection)}[], %s::text[]) AS given (key, token) "
            f"WHERE {quote(meta.db_table)}.{key} = given.key",
            [[key for key, _ in changed], [token for _, token in changed]],
        )


def _batches(model: type[models.Model], names: list[str]) -> Iterator[list[tuple[Any, ...]]]:
    """All rows by their keys, so that none is met twice and no cursor stays open."""
    last: Any = None
    while True:
        wanted = (
            model._base_manager.order_by("pk")
            if last is None
            else model._base_manager.filter(pk__gt=last).order_by("pk")
        )
        batch = list(wanted.values_list("pk", *names)[:BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1][0]


def _newest() -> Fernet:
    return Fernet(settings.ENCRYPTION_KEYS[0].encode())


def _fits(key: Fernet, secret: Secret) -> bool:
    try:
        key.decrypt(secret.token.encode())
    except InvalidToken:
        return False
    return True


def _is_older(secrets: Sequence[Secret | None]) -> bool:
    newest = _newest()
    return any(_needs(secret, newest) for secret in secrets)


def _needs(secret: Secret | None, newest: Fernet) -> bool:
    """Whether a secret is under an older key; one that no key reads stays as it is."""
    return bool(secret) and secret is not None and not _fits(newest, secret) and secret.is_readable


def _file(found: Found, secret: Secret | None, newest: Fernet, where: str) -> None:
    if not secret:
        return
    if _fits(newest, secret):
        found.newest += 1
    elif secret.is_readable:
        found.older += 1
    else:
        found.unreadable.append(where)

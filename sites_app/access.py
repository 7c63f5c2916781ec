"""Who asks, and which stores they see. Every view begins with ``….visible_to(principal)``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from sites_app import roles
from sites_app.models import ApiKey, Membership
from sites_app.roles import ACKNOWLEDGE, READ, SIGNS, WEBHOOKS, WRITE

__all__ = ["ACKNOWLEDGE", "READ", "SIGNS", "WEBHOOKS", "WRITE", "Principal", "principal_of_key", "principal_of_user"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a program: its name, what it may do, and the regions under which it sees stores."""

    name: str
    scopes: frozenset[str]
    sees_all: bool = False
    region_ids: tuple[int, ...] = ()

    is_authenticated = True  # what Django REST framework asks of a user


def principal_of_user(user: AbstractBaseUser | AnonymousUser) -> Principal:
    """A person: superusers and members without a region see all stores, others those under their regions. What they may
    do there is what their role may.
    """
    if user.is_anonymous:
        return Principal("anonymous", frozenset())
    memberships: list[Membership] = list(cast("Any", user).memberships.all())  # may be fetched ahead, for many
    regions = [membership.region_id for membership in memberships]
    is_superuser = bool(getattr(user, "is_superuser", False))
    scopes = roles.ALL if is_superuser else roles.scopes_of(membership.role for membership in memberships)
    within = tuple(region for region in regions if region is not None)
    return Principal(user.get_username(), scopes, is_superuser or None in regions, within)


def principal_of_key(key: ApiKey) -> Principal:
    """A program: a key without regions sees all stores. Writing includes reading, and all else that a program may do."""
    scopes = roles.ALL if WRITE in key.scopes else frozenset(key.scopes)
    known = getattr(key, "region_ids", None)  # fetched along, where a key was looked up to be let in
    region_ids = tuple(known if known is not None else (region.pk for region in key.regions.all()))
    return Principal(f"key {key.prefix}", scopes, not region_ids, region_ids)

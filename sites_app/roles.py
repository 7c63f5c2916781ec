"""What each role may do: in the portal and over the API by scopes, in the admin by permissions. It all stands in this table.

A membership gives a person a role in a region. In the admin a role is a group, made anew from this table by ``migrate``;
whoever has the role has the group's permissions, without being put into it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group, Permission, User

from sites_app.models import Membership, Role

READ, WRITE = "read", "write"
ACKNOWLEDGE, SIGNS, WEBHOOKS = "acknowledge", "signs", "webhooks"
ALL = frozenset({READ, WRITE, ACKNOWLEDGE, SIGNS, WEBHOOKS})
"""Reading; changing the registry; saying that one sees to an alert; screens at doors; where the outside is told."""

_LOOK, _DO = ("view",), ("view", "add", "change", "delete")
_PLACES = ("sites_app.region", "sites_app.store", "sites_app.openinghours", "sites_app.specialhours")
_EQUIPMENT = ("sites_app.controller", "sites_app.sensor", "sites_app.zone")
_RUNNING = ("ingest.stream", "ingest.healedgap", "ingest.quarantine", "alerts.alert", "alerts.suspicion")
_OF_THE_CHAIN = (
    *("alerts.alertrule", "alerts.mail", "alerts.mailpreference", "alerts.webhookendpoint", "alerts.webhookdelivery"),
    *("ingest.backfill", "sites_app.apikey", "sites_app.membership", "auth.user", "auth.group"),
)
"""What isn't any store's: it's shown to nobody who doesn't see all stores."""
_LOG = ("auditlog.logentry",)


def _each(models: Iterable[str], verbs: Collection[str]) -> dict[str, Collection[str]]:
    return dict.fromkeys(models, verbs)


@dataclass(frozen=True, slots=True)
class May:
    """Scopes; the admin's models with what may be done to them; and those for whoever has the role for all stores."""

    scopes: frozenset[str]
    admin: Mapping[str, Collection[str]] = field(default_factory=dict)
    chain: Mapping[str, Collection[str]] = field(default_factory=dict)


TABLE: Mapping[str, May] = {
    Role.HEAD_OFFICE: May(
        ALL,
        {**_each((*_PLACES, *_EQUIPMENT, *_RUNNING), _DO), **_each(_LOG, _LOOK)},
        {**_each(_OF_THE_CHAIN, _DO), "auth.group": _LOOK},
    ),
    Role.REGIONAL_MANAGER: May(frozenset({READ, ACKNOWLEDGE, SIGNS})),
    Role.STORE_MANAGER: May(frozenset({READ, ACKNOWLEDGE})),
    Role.INSTALLER: May(
        frozenset({READ, WRITE, ACKNOWLEDGE, SIGNS}),
        {
            **_each((*_PLACES, *_EQUIPMENT), _DO),
            **_each(_RUNNING, _LOOK),
            "alerts.alert": ("view", "change"),
        },
    ),
    Role.AUDITOR: May(
        frozenset({READ}), _each((*_PLACES, *_EQUIPMENT, *_RUNNING, *_LOG), _LOOK), _each(_OF_THE_CHAIN, _LOOK)
    ),
}


def scopes_of(roles: Iterable[str]) -> frozenset[str]:
    """What somebody with these roles may do: where they are several, what all of them allow. Nobody without any does more
    than look.
    """
    held = set(roles)
    return frozenset.intersection(*(TABLE[role].scopes for role in held)) if held else frozenset({READ})


def opens_the_admin(roles: Iterable[str]) -> bool:
    """Whether these roles have anything to do in the admin."""
    held = set(roles)
    return bool(held) and all(TABLE[role].admin for role in held)


def settle(user: User) -> None:
    """Open the admin to this person, or close it, as their role wants it. Superusers are let alone."""
    opens = opens_the_admin(user.memberships.values_list("role", flat=True))
    if not user.is_superuser and user.is_staff != opens:
        user.is_staff = opens
        user.save(update_fields=["is_staff"])


def groups_of(memberships: Iterable[Membership]) -> list[str]:
    """The groups whose permissions these memberships give; none where the roles differ, as the admin knows no regions."""
    held = list(memberships)
    roles = {one.role for one in held}
    if len(roles) != 1:
        return []
    [role] = roles
    return [group_name(role), *([group_name(role, chain=True)] if any(one.region_id is None for one in held) else [])]


def group_name(role: str, *, chain: bool = False) -> str:
    """``Role: Auditor``, and ``Role: Auditor of all stores`` for what isn't any store's."""
    return f"Role: {Role(role).label}" + (" of all stores" if chain else "")


def make_groups(sender: Any, using: str, **kwargs: Any) -> None:
    """After an app's migrations: the groups, with exactly the permissions of this app that the table gives them."""
    wanted = {group_name(role): may.admin for role, may in TABLE.items() if may.admin}
    wanted |= {group_name(role, chain=True): may.chain for role, may in TABLE.items() if may.chain}
    codenames = {
        name: {f"{verb}_{label.partition('.')[2]}" for label, verbs in models.items() for verb in verbs}
        for name, models in ((name, _of_app(models, sender.label)) for name, models in wanted.items())
    }
    if not any(codenames.values()):
        return
    Group.objects.using(using).bulk_create((Group(name=name) for name in wanted), ignore_conflicts=True)
    groups = {group.name: group.pk for group in Group.objects.using(using).filter(name__in=wanted)}
    known = Permission.objects.using(using).filter(content_type__app_label=sender.label)
    permissions = {permission.codename: permission.pk for permission in known}
    given = Group.permissions.through.objects.using(using)
    given.filter(group__in=groups.values(), permission__in=permissions.values()).delete()
    given.bulk_create(
        Group.permissions.through(group_id=groups[name], permission_id=permissions[codename])
        for name, of_app in codenames.items()
        for codename in sorted(of_app & permissions.keys())
    )


def _of_app(models: Mapping[str, Collection[str]], app: str) -> dict[str, Collection[str]]:
    return {label: verbs for label, verbs in models.items() if label.partition(".")[0] == app}

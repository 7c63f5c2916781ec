"""System checks of what the outside reaches: addresses, proxies, cookies, second factors, single sign-on."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.http.request import validate_host

from sites_app.models import Role
from xovis_platform.checks import is_at_home


def _is_https() -> bool:
    return str(settings.PUBLIC_URL).startswith("https:")


@register()
def the_platform_is_reached_safely(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """``xovis.E010``, ``W010``–``W013``: by its own name, by HTTPS, with cookies that go no other way."""
    return [] if is_at_home() else list(_reached())


def _reached() -> Iterator[CheckMessage]:
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield Error(
            f"Nobody gets in: the public address is {settings.PUBLIC_URL}, and '{host}' is no allowed host.",
            hint=f"Add {host} to XOVIS_ALLOWED_HOSTS, or set XOVIS_PUBLIC_URL right.",
            id="xovis.E010",
        )
    if not _is_https():
        yield Warning(
            "Passwords and keys travel where others can read them: the public address isn't HTTPS.",
            hint="Put a TLS proxy in front, and set XOVIS_PUBLIC_URL to https://…",
            id="xovis.W010",
        )
        return
    if not settings.TRUSTED_PROXIES:
        yield Warning(
            "No proxy is trusted: behind one all people have its address, and HTTPS is sent in a circle.",
            hint="Set XOVIS_TRUSTED_PROXIES to the proxy's address or network, as 10.0.0.0/8; nothing but the proxy may "
            "then reach the platform from there. Where the web server speaks TLS itself, silence this.",
            id="xovis.W011",
        )
    if not settings.SESSION_COOKIE_SECURE:
        yield Warning(
            "A login can be stolen on its way: cookies go by plain HTTP, too.",
            hint="Unset XOVIS_SECURE_COOKIES.",
            id="xovis.W012",
        )
    if not settings.SECURE_HSTS_SECONDS or not settings.SECURE_SSL_REDIRECT:
        yield Warning(
            "Browsers may come by plain HTTP, though the public address is HTTPS.",
            hint="Unset XOVIS_HSTS_SECONDS and XOVIS_SSL_REDIRECT.",
            id="xovis.W013",
        )


@register()
def proxies_are_proxies(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """``xovis.E011``, ``W014``: whose word on addresses counts are networks, and not everybody."""
    found: list[CheckMessage] = []
    for proxy in settings.TRUSTED_PROXIES:
        try:
            network = ipaddress.ip_network(proxy)
        except ValueError:
            hint = "Write addresses and networks, as 10.0.0.7 or 10.0.0.0/8, with commas between them."
            found.append(Error(f"XOVIS_TRUSTED_PROXIES: '{proxy}' is no network.", hint=hint, id="xovis.E011"))
            continue
        if network.prefixlen == 0:
            told = "Everybody can say where they come from: all addresses are trusted proxies."
            hint = "Name the proxy's own address or network in XOVIS_TRUSTED_PROXIES."
            found.append(Warning(told, hint=hint, id="xovis.W014"))
    return found


@register()
def head_office_has_a_second_factor(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """``xovis.W015``: where others reach the login, a password isn't all that it takes."""
    if is_at_home() or settings.MFA_REQUIRED:
        return []
    return [
        Warning(
            "Whoever learns head office's password is in: nobody must have a second factor.",
            hint="Set XOVIS_MFA_REQUIRED to staff or everybody. Who comes by single sign-on is asked there.",
            id="xovis.W015",
        )
    ]


@register()
def single_sign_on_is_complete(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """``xovis.E012``–``E014``: the provider is known, reached safely, and its groups mean something."""
    if not settings.OIDC_URL:
        return []
    found: list[CheckMessage] = []
    if not settings.OIDC_CLIENT_ID or not settings.OIDC_CLIENT_SECRET:
        hint = (
            "Set XOVIS_OIDC_CLIENT_ID and XOVIS_OIDC_CLIENT_SECRET as the provider gives them, or unset XOVIS_OIDC_URL."
        )
        found.append(Error("Single sign-on has a provider and no client there.", hint=hint, id="xovis.E012"))
    if not is_at_home() and not settings.OIDC_URL.startswith("https:"):
        hint = "Set XOVIS_OIDC_URL to the provider's https:// address."
        found.append(Error("Anybody on the way can answer for the provider.", hint=hint, id="xovis.E013"))
    return [*found, *_groups()]


def _groups() -> Iterator[CheckMessage]:
    hint = 'Write XOVIS_OIDC_GROUPS as {"Group": {"role": "installer", "regions": ["europe-north"]}}; no regions: all stores.'
    groups = settings.OIDC_GROUPS
    if not isinstance(groups, dict):
        yield Error("XOVIS_OIDC_GROUPS is no object.", hint=hint, id="xovis.E014")
        return
    for name, group in groups.items():
        wrong = _wrong_with(group)
        if wrong:
            yield Error(f"XOVIS_OIDC_GROUPS: '{name}' {wrong}.", hint=hint, id="xovis.E014")


def _wrong_with(group: Any) -> str:
    if not isinstance(group, dict) or group.get("role") not in Role.values:
        return f"has none of the roles {', '.join(Role.values)}"
    regions = group.get("regions", [])
    if not isinstance(regions, list) or not all(isinstance(region, str) for region in regions):
        return "has regions that are no list of codes"
    if bool(regions) and group["role"] == Role.HEAD_OFFICE:
        return "is head office, which is of all stores, and has regions"
    return "" if regions or group["role"] != Role.STORE_MANAGER else "is a store manager, and has no region"

"""Which controllers a command is for."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import CommandError

from sites_app.models import Controller, Store


def add_store_option(parser: ArgumentParser) -> None:
    """``--store CODE``, repeatable."""
    parser.add_argument("--store", action="append", default=[], metavar="CODE", help="only this store (repeatable)")


def check_stores(codes: list[str]) -> None:
    """End the command where a code isn't there."""
    missing = set(codes) - set(Store.objects.filter(code__in=codes).values_list("code", flat=True))
    if missing:
        raise CommandError(f"--store: there is no store '{min(missing)}'.")


def controllers_of(codes: list[str]) -> list[Controller]:
    """The enabled controllers of these stores, or of all; a code that isn't there ends the command."""
    check_stores(codes)
    controllers = Controller.objects.filter(enabled=True).select_related("store")
    return list(controllers.filter(store__code__in=codes) if codes else controllers)

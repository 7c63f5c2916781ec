"""How quick reports are, each beside what the database needs for the same at best.

It makes a chain of its own in a database of its own: at full size 2,000 stores of 6 zones with rollups of 13 months, a
hundred million rows, some 25 GB. ``--size 0.1`` is a tenth of the stores.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator

from cryptography.fernet import Fernet

from bench.figures import Figure
from xovis_platform.stack.services import BROKER_VARIABLE, DATABASE_VARIABLE, temporary_services

STORES = 2_000
MONTHS = 13


def run(size: float | None = None) -> Iterator[Figure]:
    """All figures, at this share of the full size."""
    size = size or float(os.environ.get("XOVIS_BENCH_SIZE", "1"))
    with temporary_services() as services:
        os.environ[DATABASE_VARIABLE], os.environ[BROKER_VARIABLE] = services.database_url, services.redis_url
        os.environ.setdefault("XOVIS_SECRET_KEY", "only for this run")
        os.environ.setdefault("XOVIS_ENCRYPTION_KEYS", Fernet.generate_key().decode())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xovis_platform.settings")
        import django

        django.setup()
        logging.disable()  # what fails is an exception here
        from bench.reports import beside_sql, listening, live, rolling, writing

        _make_chain(max(20, round(STORES * size)))
        yield from beside_sql.run()
        yield from writing.encoding()
        yield from writing.files(size)
        yield from rolling.run(max(10, round(1_000 * size)))
        yield from live.run(max(50, round(5_000 * size)))
        yield from listening.run(1_000)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _make_chain(stores: int) -> None:
    from django.core.management import call_command

    from bench import chain

    call_command("migrate", verbosity=0)
    chain.make_registry(stores)
    for made in chain.make_rollups(MONTHS, hours=True):
        _say(made)
    chain.settle()

"""One embedded PostgreSQL and one broker for the whole run, in a temporary directory; a database of its own for each worker.

Settings are read once the services are there. That is why DJANGO_SETTINGS_MODULE stands here and not in pyproject.toml,
from where pytest-django would read them before any conftest, and find the stack that happens to run in this checkout.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet

from xovis_platform.messages import compile_messages
from xovis_platform.stack.services import BROKER_VARIABLE, DATABASE_VARIABLE, temporary_services

pytest_plugins = ["tests.fleet"]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        # Database 0 is left to the run as a whole. PostgreSQL's databases are made by pytest-django, one a worker.
        number = int(config.workerinput["workerid"].removeprefix("gw")) + 1
        os.environ[BROKER_VARIABLE] = urlsplit(os.environ[BROKER_VARIABLE])._replace(path=f"/{number}").geturl()
    elif not config.option.collectonly:
        compile_messages()
        running = ExitStack()
        config.add_cleanup(running.close)
        services = running.enter_context(temporary_services())
        os.environ[DATABASE_VARIABLE] = services.database_url
        os.environ[BROKER_VARIABLE] = services.redis_url
    os.environ.setdefault("XOVIS_SECRET_KEY", "only for tests")
    os.environ.setdefault("XOVIS_ENCRYPTION_KEYS", Fernet.generate_key().decode())
    # Tests tell of instants long past, as if it were then.
    os.environ.setdefault("XOVIS_SAMPLE_RETENTION_DAYS", str(100 * 366))
    os.environ["DJANGO_SETTINGS_MODULE"] = "xovis_platform.settings"
    _load_django()


def pytest_xdist_setupnodes() -> None:
    """Workers would inherit it, and pytest-django would read the settings there before they have a broker of their own."""
    os.environ.pop("DJANGO_SETTINGS_MODULE")


_LONG = ("chaos", "faults", "operations", "stack", "api/test_fuzz.py", "seeing/test_traces.py", "portal/test_walk.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs whole platforms comes first: begun last, it would keep one core waiting for the other at the end."""
    here = Path(__file__).parent
    items.sort(key=lambda item: not item.path.relative_to(here).as_posix().startswith(_LONG))


def _load_django() -> None:
    import django
    from django.conf import settings

    assert os.environ[BROKER_VARIABLE] == settings.REDIS_URL
    # pytest-django looks whether settings are configured, which they are from the first access on.
    assert settings.DATABASES["default"]
    django.setup()
    from django.db.backends.signals import connection_created

    connection_created.connect(_let_others_give_way, weak=False)
    _keep_the_types_of_rows()


def _keep_the_types_of_rows() -> None:
    """Leave Django's table of models alone when a test empties all: made anew it would have other numbers than those
    that a server which runs on from test to test remembers.
    """
    from django.core.management.commands import flush

    emptying = vars(flush)["sql_flush"]

    def sql_flush(*args: Any, **kwargs: Any) -> list[str]:
        kept = re.compile(r'"django_content_type", |, "django_content_type"')
        return [kept.sub("", statement) for statement in emptying(*args, **kwargs)]

    vars(flush)["sql_flush"] = sql_flush


def _let_others_give_way(connection: Any, **kwargs: Any) -> None:
    """A test empties all tables at its end. Where a server that still reads them meets that crosswise, the server tries again."""
    with connection.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = '10s'")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests empty all tables at their end, also the one that refuses it; tests/access/test_audit_stands.py says it does."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE auditlog_logentry DISABLE TRIGGER audit_log_stands_whole")

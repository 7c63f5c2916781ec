"""Databases of a test's own, beside that of the run, for what is installed, upgraded or restored in them."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.stack.running import ROOT


@contextmanager
def empty_database() -> Iterator[str]:
    """The address of a database with nothing in it."""
    server, name = os.environ["XOVIS_DATABASE_URL"], f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def python(database_url: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own on a database; what it said, whether it failed or not."""
    environment: Mapping[str, str] = {**os.environ, "XOVIS_DATABASE_URL": database_url, **variables}
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)


def manage(database_url: str, *arguments: str, **variables: str) -> str:
    """What a command printed, having succeeded."""
    done = python(database_url, "manage.py", *arguments, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

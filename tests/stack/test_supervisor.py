"""The supervisor with small programs in place of servers."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from xovis_platform.stack.errors import StackError
from xovis_platform.stack.processes import Child, Program
from xovis_platform.stack.supervisor import Stopped, Supervisor

SLEEP = "import time; time.sleep(600)"


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-S", "-c", code, *arguments]


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def supervisor(lines: list[str]) -> Iterator[Supervisor]:
    one = Supervisor(lambda name, line: lines.append(f"{name}: {line}"))
    yield one
    one.stop()


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A process whose new parent hasn't asked for its status yet has ended as well.
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def grandchild_of(supervisor: Supervisor, tmp_path: Path) -> tuple[Child, int]:
    """A child that has started a process of its own, and that process's id."""
    note = tmp_path / "pid"
    code = f"import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-S', '-c', {SLEEP!r}]); "
    code += (
        "open(sys.argv[1] + '.new', 'w').write(str(p.pid)); import os; os.rename(sys.argv[1] + '.new', sys.argv[1]); "
    )
    [child] = supervisor.start(Program("family", python(code + "time.sleep(600)", str(note))))
    supervisor.wait_until(note.exists, what="no grandchild", patience_s=10)
    return child, int(note.read_text())


def test_a_killed_child_is_started_again(supervisor: Supervisor, lines: list[str]) -> None:
    [child] = supervisor.start(Program("web", python(SLEEP)))
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    supervisor.wait_until(lambda: child.starts == 2 and child.is_running, what="not restarted", patience_s=10)
    assert child.pid != first
    assert any("SIGKILL" in line for line in lines)


def test_a_killed_child_leaves_no_orphan(supervisor: Supervisor, tmp_path: Path) -> None:
    child, grandchild = grandchild_of(supervisor, tmp_path)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    supervisor.wait_until(lambda: is_gone(grandchild), what="an orphan lives on", patience_s=10)


def test_stopping_leaves_no_orphan(supervisor: Supervisor, tmp_path: Path) -> None:
    child, grandchild = grandchild_of(supervisor, tmp_path)
    supervisor.stop()
    assert not child.is_running
    # Killed it is; that it's gone shows once its new parent has asked for its status.
    supervisor.wait_until(lambda: is_gone(grandchild), what="an orphan lives on", patience_s=10)


def test_children_are_stopped_in_the_reverse_order(supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = (
        "import signal, sys, time\n"
        "def end(*_): open(sys.argv[1], 'a').write(sys.argv[2] + ' '); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\nopen(sys.argv[1] + sys.argv[2], 'w')\ntime.sleep(600)"
    )
    for name in ("database", "web", "beat"):
        supervisor.start(Program(name, python(code, str(log), name)))
        supervisor.wait_until(Path(f"{log}{name}").exists, what=f"{name} didn't start", patience_s=10)
    supervisor.stop()
    assert log.read_text().split() == ["beat", "web", "database"]


def test_a_child_that_ignores_the_stop_signal_is_killed_after_its_grace(supervisor: Supervisor, tmp_path: Path) -> None:
    deaf = f"import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1], 'w'); {SLEEP}"
    [child] = supervisor.start(Program("deaf", python(deaf, str(tmp_path / "up")), grace_s=0.2))
    supervisor.wait_until((tmp_path / "up").exists, what="not up", patience_s=10)
    supervisor.stop()
    assert child.status == -signal.SIGKILL


def test_a_second_request_to_stop_cuts_the_grace_short(supervisor: Supervisor, tmp_path: Path) -> None:
    deaf = f"import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1], 'w'); {SLEEP}"
    [child] = supervisor.start(Program("deaf", python(deaf, str(tmp_path / "up")), grace_s=3600))
    with supervisor.signals():
        supervisor.wait_until((tmp_path / "up").exists, what="not up", patience_s=10)
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Stopped):
            supervisor.run_forever()
        supervisor.stop()
    assert child.status == -signal.SIGKILL


def test_a_child_that_is_done_is_not_started_again(supervisor: Supervisor) -> None:
    [child] = supervisor.start(Program("history", python("pass"), stays=False))
    [other] = supervisor.start(Program("other", python("import sys; sys.exit(3)"), stays=False))
    supervisor.wait_until(lambda: other.starts == 3, what="a failed one is tried again", patience_s=10)
    assert child.is_done
    assert child.starts == 1


def test_a_step_that_fails_says_which_one(supervisor: Supervisor, lines: list[str]) -> None:
    with pytest.raises(StackError, match="migrate failed with status 4"):
        supervisor.run_once(Program("migrate", python("import sys; print('why'); sys.exit(4)"), stays=False))


def test_waiting_ends_with_what_was_waited_for(supervisor: Supervisor) -> None:
    with pytest.raises(StackError, match="The web did not answer within 0 s"):
        supervisor.wait_until(lambda: False, what="The web did not answer", patience_s=0.1)

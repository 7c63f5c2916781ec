"""One supervised process: started on a leash, its output prefixed, restarted when it dies, ended with all its children."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xovis_platform.stack import leftovers

LEASH = Path(__file__).with_name("leash.py")
FIRST_DELAY_S = 0.2
LONGEST_DELAY_S = 4.0
STEADY_AFTER_S = 20.0

Say = Callable[[str, str], None]
"""Takes a process's name and one line of its output."""


@dataclass(frozen=True)
class Program:
    """What to run. ``stop_signal`` asks it to end; after ``grace_s`` seconds it is killed. ``hard_signal`` is for haste."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    hard_signal: signal.Signals = signal.SIGKILL
    grace_s: float = 10.0
    home: Path | None = None
    """A directory that only its own processes work in: those that have left its group are found there."""
    stays: bool = True
    """Whether it should run for good. If not, exit status 0 is its end; any other is tried again."""


class Child:
    """A program, its process of the moment, and when to start the next one."""

    def __init__(self, program: Program, say: Say) -> None:
        self.program = program
        self.starts = 0
        self._say = say
        self._process: subprocess.Popen[str] | None = None
        self._delay_s = FIRST_DELAY_S
        self._started_at = 0.0
        self._start_again_at: float | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def is_done(self) -> bool:
        """Whether a program that doesn't stay has ended well."""
        return self.status == 0 and not self.program.stays

    @property
    def status(self) -> int | None:
        """The exit status (negative: the signal), None while it runs or before it was started."""
        return self._process.poll() if self._process else None

    def start(self, now: float) -> None:
        """Start it. Call only from the thread that lives as long as the stack: the leash is tied to the thread."""
        program = self.program
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-S",
                str(LEASH),
                str(int(program.stop_signal)),
                program.user or "-",
                *program.command,
            ],
            env={**os.environ, **program.environment, "XOVIS_LEASH_PARENT": str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # A group of its own: Ctrl-C reaches only the supervisor, and the whole group can be killed.
            start_new_session=True,
        )
        self.starts += 1
        self._started_at, self._start_again_at = now, None
        threading.Thread(target=self._relay, args=(self._process,), daemon=True).start()

    def tend(self, now: float) -> None:
        """Start it again if it died, after a delay that grows while it keeps dying."""
        if self.is_running or self.is_done or self._process is None:
            return
        if self._start_again_at is None:
            self._bury(now)
        elif now >= self._start_again_at:
            self.start(now)

    def ask_to_stop(self, *, hard: bool = False) -> None:
        """Send the stop signal, or the hard one, to its main process, which ends its own children."""
        if self._process and self.is_running:
            self._process.send_signal(self.program.hard_signal if hard else self.program.stop_signal)

    def kill_group(self) -> None:
        """Kill what is left of it, its children included."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
            os.killpg(self._process.pid, signal.SIGKILL)
        for pid in leftovers.working_in(self.program.home) if self.program.home else ():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def _bury(self, now: float) -> None:
        # A main process that was killed leaves children that would go on taking work or hold the port.
        self.kill_group()
        if now - self._started_at > STEADY_AFTER_S:
            self._delay_s = FIRST_DELAY_S
        self._say(
            self.program.name, f"ended with {describe_status(self.status)}; starting again in {self._delay_s:.1f} s"
        )
        self._start_again_at = now + self._delay_s
        self._delay_s = min(self._delay_s * 2, LONGEST_DELAY_S)

    def _relay(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._say(self.program.name, line.rstrip("\n"))


def describe_status(status: int | None) -> str:
    """An exit status in words: ``status 3`` or ``SIGKILL``."""
    if status is not None and status < 0:
        return signal.Signals(-status).name
    return f"status {status}"


def stop_all(children: Sequence[Child], *, hurry: Callable[[], bool] = lambda: False) -> None:
    """End children side by side: ask, wait for the longest grace, then kill. ``hurry`` cuts the wait short."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + max((child.program.grace_s for child in children), default=0.0)
    while any(child.is_running for child in children) and time.monotonic() < deadline:
        if hurry():
            deadline = min(deadline, time.monotonic() + 2.0)
            for child in children:
                child.ask_to_stop(hard=True)
        time.sleep(0.02)
    for child in children:
        child.kill_group()
        if child._process is not None:
            child._process.wait()

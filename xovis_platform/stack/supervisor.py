"""Keeps a set of children running until it is told to stop, then ends them in order."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from xovis_platform.stack.errors import StackError
from xovis_platform.stack.processes import Child, Program, Say, describe_status, stop_all

TICK_S = 0.05


class Stopped(Exception):
    """The person or the system has asked us to stop."""


class Supervisor:
    """Starts programs one after the other, tends all of them while it waits for anything, and stops them in reverse.

    All starts happen on the calling thread, which must be the main one (signals, and the children's leash).
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._stages: list[list[Child]] = []
        self._requests = 0

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Take SIGINT, SIGTERM and SIGHUP as the wish to stop; a second one as the wish to stop at once."""
        wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._on_signal) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def start(self, *programs: Program) -> list[Child]:
        """Start programs side by side; they are stopped together, after those that were started later."""
        children = [Child(program, self._say) for program in programs]
        self._stages.append(children)
        for child in children:
            child.start(time.monotonic())
        return children

    def run_once(self, program: Program) -> None:
        """Run a step to its end. Raises StackError if it fails, Stopped if we are to stop."""
        step = Child(program, self._say)
        self._stages.append([step])
        step.start(time.monotonic())
        while step.is_running:
            self._tick(but=step)
        self._stages.remove([step])
        if step.status != 0:
            raise StackError(f"{program.name} failed with {describe_status(step.status)}; its output is above.")

    def wait_until(self, is_true: Callable[[], bool], *, what: str, patience_s: float) -> None:
        """Tend the children until something is true. Raises StackError if it isn't within ``patience_s`` seconds."""
        deadline = time.monotonic() + patience_s
        while not is_true():
            if time.monotonic() > deadline:
                raise StackError(f"{what} within {patience_s:.0f} s; the output above says why.")
            self._tick()

    def run_forever(self) -> None:
        """Tend the children. Raises Stopped."""
        while True:
            self._tick()

    def stop(self) -> None:
        """End all, the youngest first; a second request to stop shortens the wait."""
        for stage in reversed(self._stages):
            stop_all(stage, hurry=lambda: self._requests > 1)
        self._stages.clear()

    def _tick(self, *, but: Child | None = None) -> None:
        if self._requests:
            raise Stopped
        for child in self._children():
            if child is not but:
                child.tend(time.monotonic())
        time.sleep(TICK_S)

    def _children(self) -> Sequence[Child]:
        return [child for stage in self._stages for child in stage]

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._requests += 1

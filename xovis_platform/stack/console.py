"""What the person at the terminal sees: each process's lines behind its name, in its colour where there are colours."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TextIO

NAME_WIDTH = 8
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


class Console:
    """Writes whole lines from many threads to one stream."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._coloured = self._stream.isatty() and "NO_COLOR" not in os.environ
        self._colours: dict[str, int] = {}
        self._lock = threading.Lock()

    def say(self, name: str, line: str) -> None:
        """One line of a process."""
        self._write(f"{self._prefix(name)} {line}")

    def announce(self, *lines: str) -> None:
        """Lines of the supervisor itself, without a prefix."""
        for line in lines:
            self._write(line)

    def _prefix(self, name: str) -> str:
        text = f"{name:<{NAME_WIDTH}}|"
        if not self._coloured:
            return text
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        return f"\x1b[{colour}m{text}\x1b[0m"

    def _write(self, line: str) -> None:
        # A terminal that was closed must not end what it showed.
        with self._lock, contextlib.suppress(BrokenPipeError, ValueError):
            print(line, file=self._stream, flush=True)

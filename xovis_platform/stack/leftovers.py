"""Processes that a supervisor which was killed has left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from xovis_platform.stack.processes import OWNER_VARIABLE

PROC = Path("/proc")


def processes_of(data_dir: Path) -> list[int]:
    """The ids of all processes that a stack on ``data_dir`` started, their children included; this one excepted.

    Only Linux lets us ask. Elsewhere the list is empty, and a leftover is met as a taken port or PostgreSQL's own lock.
    """
    mark = f"{OWNER_VARIABLE}={data_dir}".encode()
    return [pid for pid in _all_pids() if pid != os.getpid() and mark in _environment(pid)]


def clear(data_dir: Path, *, patience_s: float = 5.0) -> int:
    """End what is left over from an earlier stack; returns how many processes that were.

    Their leash has told them to end already, so they get ``patience_s`` seconds; then they are killed.
    """
    found = processes_of(data_dir)
    deadline = time.monotonic() + patience_s
    left = found
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = processes_of(data_dir)
    for pid in left:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return len(found)


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()] if PROC.is_dir() else []


def _environment(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:  # ended meanwhile, or another user's
        return []

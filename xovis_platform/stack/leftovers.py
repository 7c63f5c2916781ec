"""Processes that a supervisor which was killed has left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

# Every process of a stack carries its data directory in this variable, children's children included: so are leftovers found.
OWNER_VARIABLE = "XOVIS_STACK_OWNER"

PROC = Path("/proc")


def processes_of(data_dir: Path) -> list[int]:
    """The ids of all processes that a stack on ``data_dir`` started, their children included; this one excepted.

    Only Linux lets us ask. Elsewhere the list is empty, and a leftover is met as a taken port or PostgreSQL's own lock.
    """
    mark = f"{OWNER_VARIABLE}={data_dir}".encode()
    marked = [pid for pid in _all_pids() if pid != os.getpid() and mark in _environment(pid)]
    return sorted({*marked, *working_in(data_dir / "postgres")})


def working_in(directory: Path) -> list[int]:
    """The ids of all processes whose working directory is this one or lies in it; this one excepted.

    PostgreSQL's backends are found by nothing else: each leads a group of its own and overwrites its environment, and one
    that computes goes on for minutes after its postmaster was killed, in the way of the next.
    """
    return [pid for pid in _all_pids() if pid != os.getpid() and _works_in(pid, directory)]


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


def _works_in(pid: int, directory: Path) -> bool:
    try:
        return (PROC / str(pid) / "cwd").readlink().is_relative_to(directory)
    except OSError:  # ended meanwhile, or another user's
        return False


def _environment(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:  # ended meanwhile, or another user's
        return []

"""What a stack tells others through its data directory."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from xovis_platform.stack.state import (
    SECRETS_FILE,
    STACK_FILE,
    StackState,
    ensure_secrets,
    read_secrets,
    read_stack,
    remove_stack,
    write_stack,
)


def state(pid: int) -> StackState:
    return StackState("postgresql://db", "redis://broker", pid, 8000)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_running_stack_is_found_until_it_ends(tmp_path: Path) -> None:
    assert read_stack(tmp_path) is None
    write_stack(tmp_path, state(os.getpid()))
    assert read_stack(tmp_path) == state(os.getpid())
    remove_stack(tmp_path)
    assert read_stack(tmp_path) is None


def test_the_state_of_a_killed_stack_is_not_believed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    write_stack(tmp_path, state(ended.pid))
    assert read_stack(tmp_path) is None


def test_secrets_are_made_once(tmp_path: Path) -> None:
    assert read_secrets(tmp_path) is None
    made = ensure_secrets(tmp_path)
    assert ensure_secrets(tmp_path) == made == read_secrets(tmp_path)


def test_only_the_owner_can_read_addresses_and_secrets(tmp_path: Path) -> None:
    ensure_secrets(tmp_path)
    write_stack(tmp_path, state(os.getpid()))
    assert mode(tmp_path / SECRETS_FILE) == mode(tmp_path / STACK_FILE) == 0o600

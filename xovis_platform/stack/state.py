"""What the stack tells others through its data directory: where its services are, and its secrets.

``stack.json`` is there while the stack runs, ``secrets.json`` is made once and stays. Both are for the owner's eyes only
(mode 0600). The settings read them, so nothing here imports Django.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

STACK_FILE = "stack.json"
SECRETS_FILE = "secrets.json"


@dataclass(frozen=True)
class StackState:
    """Where a running stack's services are. ``pid`` is the supervisor's, ``port`` the web server's."""

    database_url: str
    redis_url: str
    pid: int
    port: int


@dataclass(frozen=True)
class Secrets:
    """What must survive restarts. ``encryption_keys`` are Fernet keys, the newest first."""

    secret_key: str
    encryption_keys: list[str]


def read_stack(data_dir: Path) -> StackState | None:
    """The stack that runs on ``data_dir``; None where none runs (also where one was killed and left its file)."""
    values = read_private(data_dir / STACK_FILE)
    if values is None:
        return None
    state = StackState(**values)
    return state if _is_alive(state.pid) else None


def write_stack(data_dir: Path, state: StackState) -> None:
    write_private(data_dir / STACK_FILE, asdict(state))


def remove_stack(data_dir: Path) -> None:
    (data_dir / STACK_FILE).unlink(missing_ok=True)


def read_secrets(data_dir: Path) -> Secrets | None:
    """The secrets of ``data_dir``, or None before its first start."""
    values = read_private(data_dir / SECRETS_FILE)
    return None if values is None else Secrets(**values)


def ensure_secrets(data_dir: Path) -> Secrets:
    """The secrets of ``data_dir``, made now if this is its first start."""
    known = read_secrets(data_dir)
    if known is not None:
        return known
    # Imported here: every process reads the settings, only the first start makes keys.
    from cryptography.fernet import Fernet

    made = Secrets(secret_key=secrets.token_urlsafe(48), encryption_keys=[Fernet.generate_key().decode()])
    write_private(data_dir / SECRETS_FILE, asdict(made))
    return made


def read_private(path: Path) -> dict[str, Any] | None:
    """A JSON object from a file; None where there is no such file, or it isn't ours to read."""
    try:
        values: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return None
    return values


def write_private(path: Path, values: dict[str, Any]) -> None:
    """Write a JSON object that only the owner can read, whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(values, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's process, but there
    return True

"""The data directory of a stack: one stack at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xovis_platform.stack.errors import StackError

LOCK_FILE = "stack.lock"


def data_dir_from_environment(root: Path) -> Path:
    """``XOVIS_DATA_DIR``, by default ``.data`` in the checkout."""
    return Path(os.environ.get("XOVIS_DATA_DIR") or root / ".data").resolve()


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Hold the directory, made if it is missing. Raises StackError, with the holder's pid, where another stack holds it.

    The kernel lets go of the lock when the process ends, however it ends.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / LOCK_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise StackError(
                f"{data_dir} is in use by another stack (pid {holder}): end that one, or set XOVIS_DATA_DIR to another directory."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield

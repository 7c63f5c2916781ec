"""``python -m xovis_platform.stack.borrow COMMAND…``: run one command with a database and a broker of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from xovis_platform.stack.errors import StackError
from xovis_platform.stack.services import BROKER_VARIABLE, DATABASE_VARIABLE, temporary_services
from xovis_platform.stack.state import ensure_secrets


def main() -> int:
    """The command's own exit status."""
    try:
        with temporary_services() as services, tempfile.TemporaryDirectory(prefix="xovis-") as folder:
            ensure_secrets(Path(folder))
            borrowed = {
                DATABASE_VARIABLE: services.database_url,
                BROKER_VARIABLE: services.redis_url,
                "XOVIS_DATA_DIR": folder,
            }
            return subprocess.run(sys.argv[1:], env={**os.environ, **borrowed}, check=False).returncode
    except StackError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

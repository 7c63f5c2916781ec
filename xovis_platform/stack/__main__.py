"""``python -m xovis_platform.stack run|demo``: the platform in the foreground, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from xovis_platform.stack import plan
from xovis_platform.stack.errors import StackError
from xovis_platform.stack.run import run_stack, supported


def main() -> int:
    """The exit status: 0 after a clean end, 1 where it could not start (one line says why)."""
    parser = argparse.ArgumentParser(prog="xovis_platform.stack", description=__doc__)
    parser.add_argument("what", choices=["run", "demo"])
    what = parser.parse_args().what
    data_dir = Path(os.environ.get("XOVIS_DATA_DIR", plan.ROOT / ".data")).resolve()
    try:
        supported()
        run_stack(data_dir, int(os.environ.get("XOVIS_PORT", "8000")), with_fleet=what == "demo")
    except ValueError:
        print("XOVIS_PORT is not a number.", file=sys.stderr)
        return 1
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

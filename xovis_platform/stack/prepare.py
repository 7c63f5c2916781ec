"""``python -m xovis_platform.stack.prepare``: what must have run before anything is served, as a container's command."""

from __future__ import annotations

import subprocess
import sys

from xovis_platform.stack import plan
from xovis_platform.stack.processes import describe_status


def main() -> int:
    """0, or the status of the first step that failed."""
    for step in plan.steps({}):
        status = subprocess.run(step.command, check=False).returncode
        if status:
            print(f"{step.name} failed with {describe_status(status)}; its output is above.", file=sys.stderr)
            return status
        print(f"{step.name} is done.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``python -m xovis_platform.stack.history CONTROL_URL``: the last 14 days of the fleet, beside the running platform.

Footfall, dwell and paths are asked for as any backfill does. Occupancy and queues have no history in controllers, so the
fleet states what it would have answered to polls, and that is taken in as recorded answers.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from xovis_platform.stack.demo import command, note, read_demo
from xovis_platform.stack.errors import StackError

DAYS = int(os.environ.get("XOVIS_DEMO_DAYS", "14"))
# As long as a sample holds at the fleet's poll interval of 60 s: the past is whole at a third of the rows.
STEP_S = 180


def load(data_dir: Path, control_url: str) -> None:
    """Load the past up to now, once for a data directory; what a restart interrupted is begun again.

    A part that stays out is said, and isn't worth loading all the rest once more.
    """
    if read_demo(data_dir).get("history"):
        return
    began, now = time.monotonic(), datetime.now(UTC)
    start = (now - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = now + timedelta(days=1)
    _say(f"loading {DAYS} days of history")
    taken = command("import_answers", f"{control_url}/snapshots?start={_z(start)}&end={_z(now)}&step_s={STEP_S}")
    _say(f"occupancy and queues: {taken['facts']:,} samples")
    try:
        window = ("--start", start.date().isoformat(), "--end", tomorrow.date().isoformat())
        filled = command("backfill", *window, "--wait")
        _say(f"footfall, dwell and paths: {filled['done']} windows of 7 days or less")
    except StackError as error:
        _say(str(error))
    note(data_dir, history={"start": _z(start), "end": _z(now)})
    _say(f"{DAYS} days of history are in, after {time.monotonic() - began:.0f} s")


def _z(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _say(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    """A program of the supervisor's that ends when it's done."""
    try:
        load(Path(os.environ["XOVIS_DATA_DIR"]), sys.argv[1])
    except StackError as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

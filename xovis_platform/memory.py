"""How a server's process looks after its memory."""

from __future__ import annotations

import gc


def settle() -> None:
    """Leave what a process has loaded out of garbage collection for good, and collect seldom.

    A report makes tens of thousands of objects, none of them in a cycle. With Python's own thresholds each of them had
    all of Django looked through for garbage several times: a third of the time, and a tenth of a second now and then.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)

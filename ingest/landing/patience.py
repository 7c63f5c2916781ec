"""Bodies that are slow to come: one look a second for all that are being read, for a timer each costs more than reading does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

LOOKED_AFTER_S = 1.0


class Patience:
    """Waits for something so long, and not longer."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._waiting: dict[asyncio.Task[Any], float] = {}
        self._given_up: set[asyncio.Task[Any]] = set()
        self._looking: asyncio.Task[None] | None = None

    async def wait_for(self, something: Awaitable[bytes]) -> bytes:
        """What has come. Raises ``TimeoutError`` within a second after the time is over."""
        task = asyncio.current_task()
        assert task is not None
        self._waiting[task] = time.monotonic() + self._within_s
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            return await something
        except asyncio.CancelledError:
            if task not in self._given_up:
                raise  # it's the server that ends
            self._given_up.discard(task)
            task.uncancel()
            raise TimeoutError from None
        finally:
            del self._waiting[task]

    async def _look(self) -> None:
        while self._waiting:
            await asyncio.sleep(LOOKED_AFTER_S)
            now = time.monotonic()
            for task, until in list(self._waiting.items()):
                if until < now and task not in self._given_up:
                    self._given_up.add(task)
                    task.cancel()

"""Finding what spoils a batch, so that it can be set aside and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from django.db import InterfaceError, OperationalError, transaction

T = TypeVar("T")
log = structlog.get_logger(__name__)


def each_alone(items: Sequence[T], do: Callable[[Sequence[T]], None], failed: Callable[[T, Exception], None]) -> None:
    """Do it with all items at once; where that raises, with halves, until what raises is alone: that is given to ``failed``.

    To be called in a transaction. A database that is gone, or has no room, is no item's fault: that is raised.
    """
    try:
        with transaction.atomic():
            do(items)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # whatever it is, it mustn't keep the others waiting
        if len(items) > 1:
            middle = len(items) // 2
            each_alone(items[:middle], do, failed)
            each_alone(items[middle:], do, failed)
        else:
            log.exception("item_failed")
            failed(items[0], error)

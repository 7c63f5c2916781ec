"""What came in, in the admin; and what acts on a controller: test, discover, poll, backfill, a new webhook key."""

from ingest.admin.arrivals import BackfillAdmin, HealedGapAdmin, QuarantineAdmin, StreamAdmin
from ingest.admin.registering import AskingControllerAdmin, AskingStoreAdmin

__all__ = [
    "AskingControllerAdmin",
    "AskingStoreAdmin",
    "BackfillAdmin",
    "HealedGapAdmin",
    "QuarantineAdmin",
    "StreamAdmin",
]

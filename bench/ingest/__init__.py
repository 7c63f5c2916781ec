"""The way in: what landing, writing and polling carry, each beside what the machine itself can do in the same run.

The single parts come first, on a database of their own; then whole platforms, with fleets that they poll.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.figures import Figure
from bench.ground import ground

CONTROLLERS = 1_000


def run() -> Iterator[Figure]:
    with ground():
        from bench.ingest import growth, posts, senders, writes

        yield from growth.run()
        places = senders.make_chain(CONTROLLERS, first=growth.LARGE)
        yield from writes.run(places)
        yield from posts.run(places)
    from bench.ingest import fleet, lag

    yield from lag.run()
    yield from fleet.run()

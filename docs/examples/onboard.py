"""Takes a store on, fetches its past, and reads it: with a client that is generated from the platform's own description.

    pip install openapi-python-client
    openapi-python-client generate --url "$XOVIS_URL/api/v1/schema" --meta none --output-path xovis_client

    XOVIS_URL=https://PLATFORM XOVIS_KEY=xk_… XCS_URL=http://192.168.1.100/api/v1 XCS_KEY=… python onboard.py

The key is one of scope ``write``. Run twice, it says what is there already, and ends.
"""

import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from httpx import Timeout
from xovis_client import AuthenticatedClient
from xovis_client.api.controllers import backfills_one, controllers_backfill, controllers_discover, controllers_test
from xovis_client.api.events import events_list
from xovis_client.api.registry import controllers_add, regions_add, stores_add, zones_list
from xovis_client.api.reports import report_dwell, report_footfall, report_occupancy, report_paths, report_queues
from xovis_client.models import (
    Asked,
    Backfill,
    BackfillState,
    By,
    ControllerRequest,
    DwellReport,
    Event,
    EventPage,
    FootfallReport,
    Granularity,
    Hours,
    OccupancyReport,
    OpeningHoursRequest,
    PathsReport,
    Problem,
    QueuesReport,
    RegionRequest,
    StoreRequest,
    WindowRequest,
    ZonePage,
)
from xovis_client.types import UNSET

STORE = "S002"
Wanted = TypeVar("Wanted")


def main() -> None:
    """Each step needs the one before."""
    client = AuthenticatedClient(os.environ["XOVIS_URL"], os.environ["XOVIS_KEY"], prefix="Apikey", timeout=Timeout(30))
    with client:
        controller = register(client)
        check(client, controller)
        fetch_the_past(client, controller)
        read(client)
        print(f"{sum(1 for _ in events(client))} events of all stores")


def register(client: AuthenticatedClient) -> UUID:
    """A region, a store in it, and the store's controller; gives the controller's id."""
    good(regions_add.sync(client=client, body=RegionRequest(code="benelux", name="Benelux")))
    hours = [OpeningHoursRequest(weekday=weekday, opens="09:00", closes="20:00") for weekday in range(1, 7)]
    store = StoreRequest(
        code=STORE, name="Gent", region="benelux", timezone="Europe/Brussels", capacity=150, opening_hours=hours
    )
    good(stores_add.sync(client=client, body=store))
    url, key = os.environ["XCS_URL"], os.environ["XCS_KEY"]
    controller = ControllerRequest(store=STORE, name="Controller 1", base_url=url, api_key=key)
    made = good(controllers_add.sync(client=client, body=controller, idempotency_key=f"{STORE} Controller 1"))
    print(f"{made.store}/{made.name}: let it send its webhooks to {made.webhook_url}")
    return made.id


def check(client: AuthenticatedClient, controller: UUID) -> None:
    """Whether it can be reached, and what it has."""
    for ask in (controllers_test, controllers_discover):
        asked: Asked = good(ask.sync(controller, client=client))
        print(asked.message)
        if not asked.ok:
            sys.exit(1)
    found = of_type(ZonePage, zones_list.sync(client=client, store=[STORE]))
    print(", ".join(f"{zone.name} ({zone.kind.value})" for zone in found.results))


def fetch_the_past(client: AuthenticatedClient, controller: UUID) -> None:
    """What was counted before the platform knew the store. The workers fetch it; the job says how far they are."""
    start, end = window()
    job = good(controllers_backfill.sync(controller, client=client, body=WindowRequest(start=start, end=end)))
    while job.state is BackfillState.RUNNING:
        time.sleep(0.2)
        job = of_type(Backfill, backfills_one.sync(job.id, client=client))
    print(f"{job.state.value}: {job.steps.done} of {job.steps.total} steps", *job.failures)


def read(client: AuthenticatedClient) -> None:
    """Each report: a row for each day, and totals that are computed from the facts."""
    start, end = window()
    of = [STORE]
    footfall = of_type(
        FootfallReport,
        report_footfall.sync(
            client=client, start=start, end=end, store=of, granularity=Granularity.DAY, hours=Hours.ALL
        ),
    )
    for day in footfall.rows:
        print(f"{day.start[:10]}: {day.visitors_in} visitors, {day.coverage or 0:.0%} known")
    occupancy = of_type(OccupancyReport, report_occupancy.sync(client=client, start=start, end=end, store=of))
    queues = of_type(QueuesReport, report_queues.sync(client=client, start=start, end=end, store=of, by=By.ZONE))
    dwell = of_type(DwellReport, report_dwell.sync(client=client, start=start, end=end, store=of, by=By.ZONE))
    paths = of_type(PathsReport, report_paths.sync(client=client, start=start, end=end, store=of, hours=Hours.ALL))
    print(f"{occupancy.totals.coverage or 0:.0%} of the occupancy known: it can't be fetched, it's polled from now on")
    print(f"{len(queues.rows)} queues, {sum(row.visits or 0 for row in dwell.rows):.0f} stays, {len(paths.rows)} paths")
    print(f"{footfall.totals.visitors_in} visitors in all")


def events(client: AuthenticatedClient) -> Iterator[Event]:
    """All events of all pages. ``next`` is a whole address; its cursor is what the client asks with."""
    cursor: str | None = ""
    while cursor is not None:
        page = of_type(EventPage, events_list.sync(client=client, limit=2, cursor=cursor or UNSET))
        yield from page.results
        cursor = parse_qs(urlsplit(page.next_).query)["cursor"][0] if page.next_ else None


def window() -> tuple[str, str]:
    """The last two whole weeks, in the store's own days."""
    today = datetime.now(UTC).date()
    return str(today - timedelta(days=14)), str(today)


def good(answer: Wanted | Problem | None) -> Wanted:
    """The answer, if it's no problem."""
    if answer is None or isinstance(answer, Problem):
        sys.exit(f"{answer.detail} {answer.errors or ''}" if answer else "no answer that is known here")
    return answer


def of_type(wanted: type[Wanted], answer: object) -> Wanted:
    """The answer, if it's what was asked for: a GET may also be answered by a problem, or by nothing that is new."""
    if not isinstance(answer, wanted):
        sys.exit(answer.detail if isinstance(answer, Problem) else "no answer that is known here")
    return answer


main()

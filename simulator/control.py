"""The control API: the fleet's clock, faults, webhooks and truth, for tests and demos. No authentication: loopback only."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web

from simulator import roster, snapshots, truth
from simulator.asked import Bad, answer, body, errors, instant, parameters, whole, window
from simulator.clock import FIRST_INSTANT, LAST_INSTANT, Clock, rfc3339
from simulator.events import Event
from simulator.faults import NONE, Faults
from simulator.fleet import Controller, Fleet
from simulator.posts import Target
from simulator.serving import Listeners
from simulator.webhooks import DELIVERED, EXPIRED, GONE, PENDING, Delivery, Outbox, Webhooks

_MAX_TRUTH_S = 31 * 86_400
_MAX_EMITTED = 100_000
_CHUNK_BYTES = 64 * 1024
_MAX_BODY_BYTES = 64 * 1024 * 1024

Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[!-~]+$")]
Printable = Annotated[str, msgspec.Meta(pattern=r"^[ -~]*$")]


class ClockSetting(msgspec.Struct, forbid_unknown_fields=True):
    """Without ``now`` it is the real time."""

    now: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    frozen: bool = False


class WebhookSetting(msgspec.Struct, forbid_unknown_fields=True):
    """Without ``key`` the fleet's own webhook key is sent; with null, none."""

    url: Url
    key: Printable | msgspec.UnsetType | None = msgspec.UNSET
    secret: Printable | None = None


class NamedWebhook(WebhookSetting, forbid_unknown_fields=True, kw_only=True):
    """One of many: the controller ``name`` of a ``store``, by its code."""

    store: str
    name: str


class Emission(msgspec.Struct, forbid_unknown_fields=True):
    """Either events as they are to be sent, or how many are to be made up."""

    events: list[dict[str, Any]] | None = None
    count: Annotated[int, msgspec.Meta(ge=1, le=_MAX_EMITTED)] | None = None


class Control:
    """The routes, over the parts of a running fleet."""

    def __init__(self, fleet: Fleet, clock: Clock, listeners: Listeners, webhooks: Webhooks) -> None:
        self._fleet, self._clock, self._listeners, self._webhooks = fleet, clock, listeners, webhooks

    def app(self) -> web.Application:
        app = web.Application(middlewares=[errors], client_max_size=_MAX_BODY_BYTES)
        one = "/controllers/{store}/{name}"
        app.add_routes(
            [
                web.get("/healthz", self._healthz),
                web.get("/fleet", self._get_fleet),
                web.get("/fleet.csv", self._get_csv),
                web.get("/truth", self._get_truth),
                web.get("/truth/occupancy", self._get_occupancy),
                web.get("/snapshots", self._get_snapshots),
                web.get("/clock", self._get_clock),
                web.put("/clock", self._put_clock),
                web.put("/faults", self._put_all_faults),
                web.delete("/faults", self._delete_all_faults),
                web.put(f"{one}/faults", self._put_faults),
                web.delete(f"{one}/faults", self._delete_faults),
                web.put("/webhooks", self._put_webhooks),
                web.put(f"{one}/webhook", self._put_webhook),
                web.delete(f"{one}/webhook", self._delete_webhook),
                web.post(f"{one}/emit", self._emit),
                web.get("/deliveries", self._get_deliveries),
            ]
        )
        return app

    # What there is.

    async def _healthz(self, request: web.Request) -> web.Response:
        parameters(request)
        return answer({"status": "ok", "controllers": len(self._fleet.controllers)})

    async def _get_fleet(self, request: web.Request) -> web.Response:
        parameters(request)
        return answer(roster.as_json(self._fleet, self._listeners.base_url))

    async def _get_csv(self, request: web.Request) -> web.Response:
        parameters(request)
        text = roster.as_csv(self._fleet, self._listeners.base_url)
        return web.Response(text=text, content_type="text/csv", charset="utf-8")

    # The truth.

    async def _get_truth(self, request: web.Request) -> web.Response:
        query = parameters(request, "store", "start", "end")
        start, end = window(query)
        if end - start > _MAX_TRUTH_S:
            raise Bad("start and end lie more than 31 days apart: ask in parts.", field="end")
        return answer(truth.of(self._store(query), start, end))

    async def _get_occupancy(self, request: web.Request) -> web.Response:
        query = parameters(request, "store", "at")
        return answer(truth.occupancy(self._store(query), instant(query, "at")))

    async def _get_snapshots(self, request: web.Request) -> web.StreamResponse:
        query = parameters(request, "start", "end", "step_s", "store")
        (start, end), step = window(query), whole(query, "step_s", 180)
        controllers = self._store(query) if "store" in query else self._fleet.controllers
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        chunk = bytearray()
        for line in snapshots.lines(controllers, start, end, step, self._listeners.base_url):
            chunk += line
            if len(chunk) >= _CHUNK_BYTES:
                await response.write(bytes(chunk))
                chunk.clear()
        await response.write(bytes(chunk))
        await response.write_eof()
        return response

    # The clock.

    async def _get_clock(self, request: web.Request) -> web.Response:
        parameters(request)
        return answer({"now": rfc3339(int(self._clock.now())), "frozen": self._clock.frozen})

    async def _put_clock(self, request: web.Request) -> web.Response:
        setting = await body(request, ClockSetting)
        now = None if setting.now is None else setting.now.timestamp()
        if now is not None and not FIRST_INSTANT <= now < LAST_INSTANT:
            raise Bad("now must lie in the years 2000 to 2199.", field="now")
        self._clock.set(now, frozen=setting.frozen)
        return await self._get_clock(request)

    # Faults.

    async def _put_all_faults(self, request: web.Request) -> web.Response:
        return self._set_faults(self._fleet.controllers, await body(request, Faults))

    async def _delete_all_faults(self, request: web.Request) -> web.Response:
        return self._set_faults(self._fleet.controllers, NONE)

    async def _put_faults(self, request: web.Request) -> web.Response:
        return self._set_faults([self._controller(request)], await body(request, Faults))

    async def _delete_faults(self, request: web.Request) -> web.Response:
        return self._set_faults([self._controller(request)], NONE)

    def _set_faults(self, controllers: list[Controller], faults: Faults) -> web.Response:
        for controller in controllers:
            server = self._listeners.server(controller)
            server.faults, server.requests = faults, 0
        return answer({"controllers": len(controllers), "faults": msgspec.to_builtins(faults)})

    # Webhooks.

    async def _put_webhooks(self, request: web.Request) -> web.Response:
        settings = await body(request, list[NamedWebhook])
        found = [(self._by_name(setting.store, setting.name, 400), setting) for setting in settings]
        for controller, setting in found:
            self._webhooks.set(controller, _target(controller, setting))
        return answer({"controllers": len(found)})

    async def _put_webhook(self, request: web.Request) -> web.Response:
        controller = self._controller(request)
        self._webhooks.set(controller, _target(controller, await body(request, WebhookSetting)))
        return answer({"controllers": 1})

    async def _delete_webhook(self, request: web.Request) -> web.Response:
        self._webhooks.remove(self._controller(request))
        return answer({"controllers": 1})

    async def _emit(self, request: web.Request) -> web.Response:
        controller, emission = self._controller(request), await body(request, Emission)
        if self._webhooks.target(controller) is None:
            raise Bad(f"{controller.full_name} has no webhook yet.", status=409)
        if (emission.events is None) == (emission.count is None):
            raise Bad("Give either events or count.", field="events")
        found = self._webhooks.make_up(controller, emission.count or len(emission.events or []))
        if emission.events is not None:
            found = [_given(event, made) for event, made in zip(emission.events, found, strict=True)]
        self._webhooks.emit(controller, found)
        return answer({"event_ids": [event.event_id for event in found]}, status=202)

    async def _get_deliveries(self, request: web.Request) -> web.Response:
        query = parameters(request, "store")
        wanted = {one.full_name for one in self._store(query)} if "store" in query else None
        outboxes = [one for one in self._webhooks.outboxes() if wanted is None or one.controller.full_name in wanted]
        return answer({"controllers": {one.controller.full_name: _outbox(one) for one in outboxes}})

    # Who is meant.

    def _store(self, query: dict[str, str]) -> list[Controller]:
        if "store" not in query:
            raise Bad("store is missing.", field="store")
        try:
            return self._fleet.controllers_of(query["store"])
        except KeyError:
            raise Bad(f"There is no store {query['store']!r}.", field="store", status=404) from None

    def _controller(self, request: web.Request) -> Controller:
        return self._by_name(request.match_info["store"], request.match_info["name"], 404)

    def _by_name(self, store: str, name: str, status: int) -> Controller:
        try:
            return self._fleet.controller(store, name)
        except KeyError:
            raise Bad(f"There is no controller {name!r} in a store {store!r}.", field="name", status=status) from None


def _target(controller: Controller, setting: WebhookSetting) -> Target:
    key = controller.webhook_key if setting.key is msgspec.UNSET else setting.key
    return Target(setting.url, key if isinstance(key, str) else None, setting.secret)


def _given(event: dict[str, Any], made: Event) -> Event:
    """An event as it was given, with an id if it has none."""
    event.setdefault("eventId", made.event_id)
    return Event(str(event["eventId"]), msgspec.json.encode(event).decode())


def _outbox(outbox: Outbox) -> dict[str, Any]:
    deliveries = [*outbox.done, *outbox.pending]
    counts = {state: sum(one.state == state for one in deliveries) for state in (PENDING, DELIVERED, EXPIRED, GONE)}
    return {
        "url": outbox.target.url,
        "gone": outbox.gone,
        "seen_until": None if outbox.seen is None else rfc3339(outbox.seen[0]),
        "posts": outbox.posts,
        "failures": outbox.failures,
        "counts": counts,
        "events": [_delivery(one) for one in deliveries],
    }


def _delivery(one: Delivery) -> dict[str, Any]:
    return {"event_id": one.event.event_id, "state": one.state, "status": one.status, "tries": one.tries}

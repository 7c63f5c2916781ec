"""A store with one of everything, and everybody who may ask for it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from alerts.models import Alert, EventType, WebhookDelivery, WebhookEndpoint, WebhookMessage
from alerts.webhooks.signing import new_secret
from ingest import backfilling
from portal.models import Schedule, Sign
from reports.models import Export
from sites_app.models import Role, Sensor, Store
from tests import chain
from tests.caller import key, person
from tests.told import people_in


def alerted(store: Store, names: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    """The addresses of an alert, of an endpoint that was told of it, and of that delivery."""
    now = datetime.now(UTC)
    alert = Alert.objects.create(store=store, kind=Alert.Kind.GAP, message="M", opened_at=now)
    # Nobody can be told there, so that trying it asks nobody.
    endpoint = WebhookEndpoint.objects.create(url="https://127.0.0.1/hook", secret=new_secret())
    endpoint.regions.add(store.region)
    message = WebhookMessage.objects.create(type=EventType.OPENED, occurred_at=now, body="{}")
    times = {"created_at": now, "due_at": now, "give_up_at": now}
    delivery = WebhookDelivery.objects.create(endpoint=endpoint, message=message, state="failed", **times)
    return {
        **{name: {"pk": alert.pk} for name in names if name.startswith("alert") and name != "alerts"},
        **{name: {"pk": endpoint.pk} for name in names if name.startswith("webhook-") and name != "webhook-endpoints"},
        **{name: {"pk": delivery.pk} for name in names if name.startswith("delivery")},
    }


class World:
    """A store with one of everything, and those who ask for it."""

    def __init__(self, names: Collection[str]) -> None:
        self.controller = chain.controller(chain.store("S1", under="Europe/North"))
        self.zone = chain.zone(self.controller, "floor")
        now = datetime.now(UTC)
        people_in(self.zone, 3, at=now)
        sensor = Sensor.objects.create(controller=self.controller, sensor_id="80:1F", status="online", last_seen_at=now)
        start, end = datetime(2025, 11, 3, tzinfo=UTC), datetime(2025, 11, 4, tzinfo=UTC)
        backfill = backfilling.plan([self.controller], start=start, end=end, now=end)
        office = person("office", None, role=Role.HEAD_OFFICE, is_staff=True)
        europe = chain.region("Europe")
        elsewhere = chain.region("Asia")
        self.arguments: dict[str, dict[str, Any]] = {
            "region": {"code": "europe-north"},
            "store": {"code": "S1"},
            "zone": {"store": "S1", "zone": "floor"},
            "sensor": {"pk": sensor.pk},
            "backfill": {"pk": backfill.pk},
            **alerted(self.controller.store, names),
            **{name: {"pk": self.controller.pk} for name in names if name.startswith("controller") and name[-1] != "s"},
        }
        schedule = Schedule.objects.create(user=office, timezone="Europe/Berlin", created_at=now, due_at=now)
        sign, token = Sign.make(self.controller.store, "Door", by="office", now=now)
        self.arguments |= {
            **{name: {"code": "S1"} for name in ("store-page", "store-live")},
            **{name: {"pk": schedule.pk} for name in ("preview-schedule", "give-up-schedule")},
            **{name: {"token": token} for name in ("sign", "sign-now")},
            "account_reset_password_from_key": {"uidb36": "1", "key": "worn-out"},
            "revoke-sign": {"pk": sign.pk},
            **{name: {"pk": 1} for name in ("mfa_edit_webauthn", "mfa_remove_webauthn", "end-session")},
            "acknowledge": self.arguments["alert"],
        }
        self.callers: dict[str, tuple[Client, dict[str, str]]] = {
            "anonymous": self.program(None),
            "a read key": self.program(key()[1]),
            "a write key": self.program(key(scopes=["write"])[1]),
            "a write key of another region": self.program(key(elsewhere, scopes=["write"])[1]),
            "a manager of another region": self.person(person("manager", elsewhere)),
            "a regional manager": self.person(person("regional", europe)),
            "a store manager": self.person(person("store", self.controller.store.region, role=Role.STORE_MANAGER)),
            "an installer": self.person(person("installer", europe, role=Role.INSTALLER, is_staff=True)),
            "an auditor": self.person(person("auditor", europe, role=Role.AUDITOR, is_staff=True)),
            "head office": self.person(office),
        }

    def program(self, plain: str | None) -> tuple[Client, dict[str, str]]:
        return Client(raise_request_exception=False), {"Authorization": f"Apikey {plain}"} if plain else {}

    def person(self, user: Any) -> tuple[Client, dict[str, str]]:
        client = Client(raise_request_exception=False)
        client.force_login(user)
        return client, {}

    def body(self, name: str, method: str) -> Any:
        """What does something, where it may be done."""
        region = {"code": "new", "name": "New", "parent": "europe-north"}
        store = {"code": "S9", "name": "New", "region": "europe-north", "timezone": "Europe/Berlin"}
        controller = {"store": "S1", "name": "Second", "base_url": "http://127.0.0.1:9/api/v1", "api_key": "k"}
        bodies: dict[str, Any] = {
            "regions": region,
            "region": {"code": "europe-north", "name": "North", "parent": "europe"},
            "stores": store,
            "store": {**store, "code": "S1"},
            "controllers": controller,
            "controller": {**controller, "name": "Controller 1"},
            "controller-backfill": {"start": "2025-11-03", "end": "2025-11-04"},
            "zone": {"kind": "area", "capacity": 5},
            "webhook-endpoints": {"url": "https://93.184.215.14/hook", "regions": ["europe-north"]},
            "webhook-endpoint": {"url": "https://93.184.215.14/hook"},
            "exports": {"report": "footfall", "start": "2025-11-03", "end": "2025-11-04"},
        }
        return {} if method == "patch" else bodies.get(name, {})

    def export(self, client: Client) -> Any:
        """The address of an export of head office's."""
        order = self.body("exports", "post")
        made = client.post("/api/v1/exports", order, content_type="application/json").json()
        Export.objects.update(state=Export.State.DONE)
        return made["id"]

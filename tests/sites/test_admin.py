"""The admin: every page opens, and keys go in but never come out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from alerts.models import (
    Alert,
    AlertRule,
    Mail,
    MailPreference,
    Suspicion,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookMessage,
)
from ingest.models import Backfill, Quarantine, Stream
from sites_app.models import ApiKey, Controller, Region, Sensor, Store, Zone
from tests import chain

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)


@pytest.fixture
def controller() -> Controller:
    return chain.controller(chain.store(), api_key="very-secret-key", webhook_key="hook-secret")


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model._meta.label)
def test_every_list_opens(admin_client: Client, controller: Controller, model: type[Model]) -> None:
    chain.zone(controller, "a")
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    assert admin_client.get(reverse(name)).status_code == 200


def registered(model: type[Model]) -> bool:
    """Whether a model has pages of its own, or stands on another's."""
    inlines = {inline.model for one in admin.site._registry.values() for inline in one.inlines}
    return model in admin.site._registry or model in inlines


@pytest.mark.parametrize("app", ["sites_app", "ingest", "alerts"])
def test_all_of_the_registry_and_of_what_acts_on_it_is_in_the_admin(app: str) -> None:
    # Facts and events have composite keys, which the admin can't show; a backfill's steps are summed up on its page, and
    # which zones are reversed stands in the zones. What a webhook tells stands in its deliveries; answers that are kept to
    # be given again concern nobody else.
    models = [model for model in apps.get_app_config(app).get_models() if model._meta.pk.name != "pk"]
    missing = {model.__name__ for model in models if not registered(model)}
    assert missing <= {
        "BackfillStep",
        "FirstAnswer",
        "ReversedZone",
        "ZoneState",
        "ZoneChange",
        "Dirty",
        "WebhookMessage",
    }


_BY_PEOPLE = (Controller, Store, Region, ApiKey, AlertRule, MailPreference, WebhookEndpoint)


def rows(controller: Controller) -> list[Model]:
    """A row of each model that has a page."""
    key, _ = ApiKey.generate("BI", scopes=["read"])
    key.save()
    fault = {"source": "poll", "stream": "live", "reason": "Odd.", "body": b"\xff<", "digest": "d"}
    of_controller = {"controller": controller, "store": controller.store}
    return [
        controller,
        controller.store,
        controller.store.region,
        chain.zone(controller, "floor"),
        key,
        Sensor.objects.create(controller=controller, sensor_id="80:1F"),
        Stream.objects.create(controller=controller, kind="live", due_at=NOW),
        Backfill.objects.create(start=NOW, end=NOW + timedelta(days=1)),
        Quarantine.objects.create(**of_controller, received_at=NOW, **fault),
        Alert.objects.create(store=controller.store, kind="controller_offline", message="M", opened_at=NOW),
        AlertRule.objects.create(kind="controller_offline"),
        Suspicion.objects.create(store=controller.store, kind="sensor_offline", since=NOW),
        MailPreference.objects.create(user=User.objects.create(username="anna")),
        Mail.objects.create(address="anna@example.com", created_at=NOW, due_at=NOW),
        *_told(),
    ]


def _told() -> list[Model]:
    """An endpoint, and a delivery to it."""
    endpoint = WebhookEndpoint.objects.create(url="https://a.example/", secret="whsec_AA==")
    message = WebhookMessage.objects.create(type="alert.opened", occurred_at=NOW, body="{}")
    times = {"created_at": NOW, "due_at": NOW, "give_up_at": NOW}
    return [endpoint, WebhookDelivery.objects.create(endpoint=endpoint, message=message, **times)]


def test_every_page_opens_and_adds_what_people_add(admin_client: Client, controller: Controller) -> None:
    for row in rows(controller):
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        assert admin_client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200, name
        added_by_people = isinstance(row, _BY_PEOPLE)
        assert admin_client.get(reverse(f"{name}_add")).status_code == (200 if added_by_people else 403), name


def changed(admin_client: Client, zone: Zone, **form: object) -> Zone:
    """A zone after its form was sent in the admin."""
    page = reverse("admin:sites_app_zone_change", args=[zone.pk])
    unchanged = {"kind": zone.kind, "capacity": zone.capacity or "", "counts_by_hand": "unknown"}
    answer = admin_client.post(page, {**unchanged, **form})
    assert answer.status_code == 302, answer.content.decode()
    zone.refresh_from_db()
    return zone


def test_only_what_a_person_changes_of_a_zone_is_theirs(admin_client: Client, controller: Controller) -> None:
    zone = chain.zone(controller, "floor", capacity=50, name="Sales Floor")
    zone = changed(admin_client, zone, name="Mine", counts_by_hand="true")
    assert (zone.kind_by_hand, zone.capacity_by_hand, zone.counts_by_hand) == (False, False, True)
    assert zone.name == "Sales Floor"
    zone = changed(admin_client, zone, kind="queue")
    assert (zone.kind, zone.kind_by_hand, zone.capacity_by_hand) == ("queue", True, False)
    zone = changed(admin_client, zone, capacity=70)
    assert (zone.capacity, zone.capacity_by_hand) == (70, True)
    zone = changed(admin_client, zone, capacity="")
    assert (zone.capacity, zone.capacity_by_hand) == (None, False)


def test_a_controller_needs_a_key_and_an_address_that_can_be_asked(admin_client: Client) -> None:
    url = reverse("admin:sites_app_controller_add")
    form = {
        "store": chain.store().pk,
        "name": "C",
        "kind": "xcs",
        "poll_interval_s": 30,
        "base_url": "http://xcs-1/api/v1",
    }
    page = admin_client.post(url, form)
    assert page.status_code == 200
    assert "required" in page.content.decode()
    page = admin_client.post(url, {**form, "new_api_key": "k", "base_url": "http://me:pw@xcs-1/api/v1"})
    assert "Leave out user names" in page.content.decode()
    assert admin_client.post(url, {**form, "new_api_key": "k"}).status_code == 302
    assert Controller.objects.get().api_key.reveal() == "k"


def test_a_controllers_page_shows_its_health_and_not_its_keys(admin_client: Client, controller: Controller) -> None:
    page = admin_client.get(reverse("admin:sites_app_controller_change", args=[controller.pk])).content.decode()
    assert controller.webhook_url in page
    assert "very-secret-key" not in page
    assert "hook-secret" not in page
    assert controller.api_key.token not in page


def test_an_empty_key_keeps_the_stored_one_and_a_new_one_replaces_it(
    admin_client: Client, controller: Controller
) -> None:
    url = reverse("admin:sites_app_controller_change", args=[controller.pk])
    form = {
        "store": controller.store_id,
        "name": "Renamed",
        "kind": "xcs",
        "base_url": controller.base_url,
        "poll_interval_s": 30,
        "enabled": "on",
        "new_api_key": "",
        "new_webhook_key": "another-hook",
    }
    answer = admin_client.post(url, form)
    assert answer.status_code == 302, answer.content.decode()
    controller = Controller.objects.get()
    assert (controller.name, controller.api_key.reveal()) == ("Renamed", "very-secret-key")
    assert controller.webhook_key.reveal() == "another-hook"


def test_a_stored_key_goes_to_no_other_server_until_it_is_typed_in_again(
    admin_client: Client, controller: Controller
) -> None:
    url = reverse("admin:sites_app_controller_change", args=[controller.pk])
    form = {"store": controller.store_id, "name": "Front", "kind": "xcs", "poll_interval_s": 30, "enabled": "on"}
    moved = {**form, "base_url": "http://127.0.0.1:10/api/v1", "new_api_key": "", "new_webhook_key": ""}
    page = admin_client.post(url, moved).content.decode()
    assert "sent to another server" in page
    assert Controller.objects.get().base_url == controller.base_url
    assert admin_client.post(url, {**moved, "new_api_key": "typed-again"}).status_code == 302
    moved_there = Controller.objects.get()
    assert (moved_there.base_url, moved_there.api_key.reveal()) == (moved["base_url"], "typed-again")


def test_a_new_api_key_is_shown_once_and_works(admin_client: Client) -> None:
    url = reverse("admin:sites_app_apikey_add")
    page = admin_client.post(url, {"name": "BI", "scopes": ["read"]}, follow=True).content.decode()
    shown = re.search(r"shown only this once: (xk_[\w-]+)", page)
    assert shown
    answer = Client().get("/api/v1/live/occupancy", headers={"Authorization": f"Apikey {shown[1]}"})
    assert answer.status_code == 200
    again = admin_client.get(reverse("admin:sites_app_apikey_change", args=[ApiKey.objects.get().pk])).content.decode()
    assert shown[1] not in again


def test_a_zone_that_a_person_retires_says_who_did(admin_client: Client) -> None:
    zone = chain.zone(chain.controller(chain.store()), "floor")
    url = reverse("admin:sites_app_zone_change", args=[zone.pk])
    sent = {"kind": "area", "counts_by_hand": "", "retired_at_0": "2026-06-03", "retired_at_1": "12:00:00"}
    assert admin_client.post(url, sent).status_code == 302
    zone.refresh_from_db()
    assert zone.retired_by_hand
    assert "By admin." in admin_client.get(url).content.decode()


@pytest.mark.parametrize(("kind", "taken"), [("xovis", True), ("xcs", False)])
def test_only_a_sensors_line_can_be_reversed(admin_client: Client, kind: str, taken: bool) -> None:
    zone = chain.zone(chain.controller(chain.store(), kind=kind), "logic:1", "entrance")
    url = reverse("admin:sites_app_zone_change", args=[zone.pk])
    page = admin_client.post(url, {"name": "Door", "kind": "entrance", "reversed": "on", "counts_by_hand": ""})
    assert (page.status_code == 302) is taken
    assert Zone.objects.get().reversed is taken

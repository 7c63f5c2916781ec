"""The admin: every page opens, and keys go in but never come out."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from sites_app.models import ApiKey, Controller, Zone
from tests import chain

pytestmark = pytest.mark.django_db


@pytest.fixture
def controller() -> Controller:
    return chain.controller(chain.store(), api_key="very-secret-key", webhook_key="hook-secret")


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model._meta.label)
def test_every_list_opens(admin_client: Client, controller: Controller, model: type[Model]) -> None:
    chain.zone(controller, "a")
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    assert admin_client.get(reverse(name)).status_code == 200


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


def test_a_new_api_key_is_shown_once_and_works(admin_client: Client) -> None:
    url = reverse("admin:sites_app_apikey_add")
    page = admin_client.post(url, {"name": "BI", "scopes": ["read"]}, follow=True).content.decode()
    shown = re.search(r"shown only this once: (xk_[\w-]+)", page)
    assert shown
    answer = Client().get("/api/v1/live/occupancy", headers={"Authorization": f"Apikey {shown[1]}"})
    assert answer.status_code == 200
    again = admin_client.get(reverse("admin:sites_app_apikey_change", args=[ApiKey.objects.get().pk])).content.decode()
    assert shown[1] not in again


@pytest.mark.parametrize(("kind", "taken"), [("xovis", True), ("xcs", False)])
def test_only_a_sensors_line_can_be_reversed(admin_client: Client, kind: str, taken: bool) -> None:
    zone = chain.zone(chain.controller(chain.store(), kind=kind), "logic:1", "entrance")
    url = reverse("admin:sites_app_zone_change", args=[zone.pk])
    page = admin_client.post(url, {"name": "Door", "kind": "entrance", "reversed": "on", "counts_by_hand": ""})
    assert (page.status_code == 302) is taken
    assert Zone.objects.get().reversed is taken

"""Registering in the admin: what is typed in can be tried out, is asked once it's saved, and everybody acts on theirs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from ingest.models import Backfill, BackfillStep, OccupancySample
from sites_app.models import Controller, Membership, Store
from tests import chain
from tests.fleet import Fleet, Site

pytestmark = pytest.mark.django_db

TRY = reverse("admin:sites_app_controller_try")
CONTROLLERS = reverse("admin:sites_app_controller_changelist")


@pytest.fixture
def site(fleet: Fleet) -> Site:
    return fleet.site()


@pytest.fixture
def controller(site: Site) -> Controller:
    return chain.controller(chain.store(), base_url=site.base_url, api_key=site.api_key)


@pytest.fixture
def installer(client: Client) -> Client:
    """A person who puts controllers in, in Germany alone."""
    person = User.objects.create_user("ines", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(content_type__app_label__in=["sites_app", "ingest"]))
    Membership.objects.create(user=person, region=chain.region("Europe/Germany"))
    client.force_login(person)
    return client


def form_of_a_store(site: Site, **typed: Any) -> dict[str, Any]:
    """The form of a new store with one controller, as a browser sends it."""
    counts = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}
    empty = {f"{name}-{count}": n for name in ("opening_hours", "special_hours") for count, n in counts.items()}
    return {
        **empty,
        "code": "S900",
        "name": "Neue Mitte",
        "region": chain.region("Europe/Germany").pk,
        "timezone": "Europe/Berlin",
        "controllers-TOTAL_FORMS": 1,
        "controllers-INITIAL_FORMS": 0,
        "controllers-0-name": "Door",
        "controllers-0-kind": "xcs",
        "controllers-0-base_url": site.base_url,
        "controllers-0-new_api_key": site.api_key,
        "controllers-0-poll_interval_s": 60,
        "controllers-0-enabled": "on",
        "controllers-0-verify_tls": "on",
        **typed,
    }


def saved(person: Client, form: dict[str, Any]) -> str:
    """The page after a store was saved, with what was said of it."""
    answer = person.post(reverse("admin:sites_app_store_add"), form)
    assert answer.status_code == 302, re.findall(r"errorlist.*", answer.content.decode())
    return person.get(answer["Location"]).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_store_and_its_controller_are_one_form_and_asked_at_once(installer: Client, site: Site) -> None:
    page = saved(installer, form_of_a_store(site))
    controller = Controller.objects.get()
    zones = controller.zones.count()
    assert zones == len(site.kinds)
    assert f"S900 Door: It answered, and has {zones} zones" in page
    assert controller.state == Controller.State.ONLINE


@pytest.mark.django_db(transaction=True)
def test_a_wrong_key_is_told_when_the_store_is_saved(installer: Client, site: Site) -> None:
    form = form_of_a_store(site, **{"controllers-0-new_api_key": "wrong"})
    page = saved(installer, form)
    assert "S900 Door: " in page
    assert "key" in page[page.index("S900 Door: ") :][:200]
    assert Controller.objects.get().state == Controller.State.UNAUTHORIZED


def tried(person: Client, **typed: str) -> dict[str, Any]:
    answer = person.post(TRY, {"kind": "xcs", "verify_tls": "on", **typed})
    told: dict[str, Any] = answer.json()
    return told


def test_a_connection_is_tried_out_as_it_is_typed_in(installer: Client, site: Site) -> None:
    told = tried(installer, base_url=site.base_url, new_api_key=site.api_key)
    assert told["ok"]
    assert f"{len(site.kinds)} zones" in told["message"]
    assert not Controller.objects.exists()
    wrong = tried(installer, base_url=site.base_url, new_api_key="wrong")
    assert not wrong["ok"]
    assert "key" in wrong["message"]
    assert "API key" in tried(installer, base_url=site.base_url)["message"]
    assert "http" in tried(installer, base_url="ftp://xcs", new_api_key="k")["message"]


def test_a_stored_key_is_tried_only_by_those_who_see_its_controller(
    installer: Client, site: Site, controller: Controller
) -> None:
    typed = {"base_url": site.base_url, "stored": str(controller.pk)}
    assert tried(installer, **typed)["ok"]
    controller.store.region = chain.region("Europe/Italy")
    controller.store.save()
    assert "API key" in tried(installer, **typed)["message"]


def test_a_stored_key_is_not_tried_on_another_server(installer: Client, site: Site, controller: Controller) -> None:
    elsewhere = {"base_url": site.base_url.replace("127.0.0.1", "localhost"), "stored": str(controller.pk)}
    assert "sent to another server" in tried(installer, **elsewhere)["message"]
    assert "sent to another server" not in tried(installer, **elsewhere, new_api_key=site.api_key)["message"]


def test_who_may_not_change_controllers_tries_none(client: Client, site: Site) -> None:
    client.force_login(User.objects.create_user("rita", is_staff=True))
    answer = client.post(TRY, {"kind": "xcs", "base_url": site.base_url, "new_api_key": site.api_key})
    assert answer.status_code == 403


def act(person: Client, action: str, *controllers: Controller, **form: str) -> str:
    """What is said after an action on controllers of the list."""
    chosen = [str(controller.pk) for controller in controllers]
    return person.post(
        CONTROLLERS, {"action": action, "_selected_action": chosen, **form}, follow=True
    ).content.decode()


def test_controllers_are_discovered_and_polled_from_the_list(
    installer: Client, controller: Controller, site: Site
) -> None:
    assert "1 controller answered" in act(installer, "discover", controller)
    assert controller.zones.count() == len(site.kinds)
    assert "1 controller answered" in act(installer, "poll_now", controller)
    assert OccupancySample.objects.filter(store=controller.store).exists()
    controller.base_url = "http://127.0.0.1:9/api/v1"
    controller.save()
    page = act(installer, "poll_now", controller)
    assert f"{controller.store.code} {controller.name}: " in page
    assert "answered" not in page
    Controller.objects.update(enabled=False)
    assert "nobody to ask" in act(installer, "poll_now", controller)


def test_days_are_fetched_again_in_the_stores_own_time(installer: Client, controller: Controller) -> None:
    assert "First day" in act(installer, "backfill", controller)
    page = act(installer, "backfill", controller, first="2026-11-09", last="2026-11-02")
    assert "before the first day" in page
    assert not Backfill.objects.exists()
    act(installer, "backfill", controller, first="2026-11-02", last="2026-11-08")
    backfill = Backfill.objects.get()
    assert (backfill.start.isoformat(), backfill.end.isoformat()) == (
        "2026-11-01T23:00:00+00:00",
        "2026-11-08T23:00:00+00:00",
    )
    assert backfill.created_by == "ines"
    assert {step.controller for step in BackfillStep.objects.all()} == {controller}


def test_a_new_webhook_key_is_shown_once_and_the_old_one_works_on(installer: Client, controller: Controller) -> None:
    controller.change_webhook_key("before")
    controller.save()
    page = act(installer, "new_webhook_keys", controller)
    controller.refresh_from_db()
    assert controller.webhook_key.reveal() in page
    assert controller.previous_webhook_key.reveal() == "before"
    assert controller.webhook_key.reveal() not in installer.get(CONTROLLERS).content.decode()


def test_a_person_of_one_region_finds_no_other_regions_rows(installer: Client, controller: Controller) -> None:
    elsewhere = chain.store("S777", under="Europe/Italy")
    other = chain.controller(elsewhere, name="Elsewhere")
    chain.zone(other, "hidden-zone")
    for name in ("store", "controller", "zone", "sensor", "region"):
        page = installer.get(reverse(f"admin:sites_app_{name}_changelist")).content.decode()
        assert "S777" not in page
        assert "Elsewhere" not in page
        assert "Italy" not in page
    assert installer.get(reverse("admin:sites_app_store_change", args=[elsewhere.pk])).status_code == 302
    assert "answered" not in act(installer, "discover", other)


def test_a_store_is_not_put_under_a_region_of_others(installer: Client, site: Site) -> None:
    italy = chain.region("Europe/Italy")
    page = installer.post(reverse("admin:sites_app_store_add"), form_of_a_store(site, region=italy.pk))
    assert page.status_code == 200
    assert "not one of the available choices" in page.content.decode()
    assert not Store.objects.exists()

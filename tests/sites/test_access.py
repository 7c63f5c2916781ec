"""Who sees which stores: head office all, a manager a region's whole subtree, a stranger none; people and keys alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse

from alerts.models import Alert
from sites_app import roles
from sites_app.access import Principal, principal_of_key, principal_of_user
from sites_app.models import ApiKey, Controller, Membership, Region, Store, Zone
from tests import chain

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
ALL = {"N1", "S1", "F1", "J1"}


@pytest.fixture(autouse=True)
def stores() -> None:
    for code, region in (
        ("N1", "Europe/Germany/North"),
        ("S1", "Europe/Germany/South"),
        ("F1", "Europe/France"),
        ("J1", "Asia/Japan"),
    ):
        store = chain.store(code, under=region)
        chain.zone(chain.controller(store), "floor")
        Alert.objects.create(store=store, kind="controller_offline", message="M", opened_at=NOW)


def seen_by(principal: Principal) -> set[str]:
    """The stores that somebody sees, and that it's the same with all that hangs on a store."""
    codes = set(Store.objects.visible_to(principal).values_list("code", flat=True))
    for queryset in (Controller.objects, Zone.objects, Alert.objects):
        assert set(queryset.visible_to(principal).values_list("store__code", flat=True)) == codes
    return codes


def person(*regions: str | None, **fields: bool) -> User:
    user = User.objects.create(username="anna", **fields)
    for path in regions:
        Membership.objects.create(user=user, region=chain.region(path) if path else None)
    return user


def key(*regions: str, scopes: tuple[str, ...] = ("read",), **fields: object) -> tuple[ApiKey, str]:
    made, plain = ApiKey.generate("BI", scopes=list(scopes))
    for name, value in fields.items():
        setattr(made, name, value)
    made.save()
    made.regions.set([chain.region(path) for path in regions])
    return made, plain


SCOPES = [
    (("Europe/Germany/North",), {"N1"}),
    (("Europe/Germany",), {"N1", "S1"}),
    (("Europe",), {"N1", "S1", "F1"}),
    (("Europe/Germany/South", "Asia"), {"S1", "J1"}),
    (("Europe", "Europe/Germany"), {"N1", "S1", "F1"}),
    (("Antarctica",), set()),
]


@pytest.mark.parametrize(("regions", "codes"), SCOPES)
def test_a_manager_sees_the_whole_subtree_of_each_region(regions: tuple[str, ...], codes: set[str]) -> None:
    assert seen_by(principal_of_user(person(*regions))) == codes


@pytest.mark.parametrize(("regions", "codes"), SCOPES)
def test_a_key_sees_what_a_manager_of_its_regions_would(regions: tuple[str, ...], codes: set[str]) -> None:
    assert seen_by(principal_of_key(key(*regions)[0])) == codes


def test_head_office_sees_all() -> None:
    assert seen_by(principal_of_user(person(None, "Asia"))) == ALL
    assert seen_by(principal_of_key(key()[0])) == ALL


def test_a_superuser_sees_all_without_a_membership() -> None:
    assert seen_by(principal_of_user(person(is_superuser=True))) == ALL


def test_a_person_without_a_place_and_a_stranger_see_nothing() -> None:
    assert seen_by(principal_of_user(person(is_staff=True))) == set()
    stranger = principal_of_user(AnonymousUser())
    assert seen_by(stranger) == set()
    assert stranger.scopes == frozenset()


def test_a_store_that_moves_is_seen_by_its_new_region_alone() -> None:
    manager = principal_of_user(person("Europe/Germany"))
    Store.objects.filter(code="N1").update(region=chain.region("Asia/Japan"))
    Store.objects.filter(code="J1").update(region=chain.region("Europe/Germany/North"))
    assert seen_by(manager) == {"S1", "J1"}


def test_a_ring_of_regions_ends_and_is_refused_before_it_is_one() -> None:
    europe, north = chain.region("Europe"), chain.region("Europe/Germany/North")
    europe.parent = north
    with pytest.raises(Exception, match="lies under the one you are changing"):
        europe.full_clean()
    Region.objects.filter(pk=europe.pk).update(parent=north)
    assert Region.objects.under([europe.pk]).count() == 5


def test_a_key_is_found_by_its_plain_text_until_it_expires_or_is_revoked() -> None:
    made, plain = key("Asia", expires_at=NOW)
    assert plain.startswith(made.prefix)
    assert plain not in str(vars(made))
    assert ApiKey.objects.valid(plain, now=NOW - timedelta(seconds=1)) == made
    assert ApiKey.objects.valid(plain, now=NOW) is None
    assert ApiKey.objects.valid(plain[:-1], now=NOW - timedelta(days=1)) is None
    ApiKey.objects.update(expires_at=None, revoked_at=NOW)
    assert ApiKey.objects.valid(plain, now=NOW - timedelta(days=1)) is None


def test_a_key_that_may_write_may_all_and_another_reads() -> None:
    assert principal_of_key(key()[0]).scopes == {"read"}
    assert principal_of_key(key(scopes=("write",))[0]).scopes == roles.ALL
    assert principal_of_user(person(is_staff=True)).scopes == {"read"}


@pytest.mark.parametrize("by", ["itself", "query"])
def test_a_region_that_limits_a_key_stays_so_that_the_key_never_widens(by: str) -> None:
    region = chain.region("Antarctica")
    made, _ = key("Antarctica")
    with pytest.raises(ProtectedError):
        region.delete() if by == "itself" else Region.objects.filter(pk=region.pk).delete()
    assert seen_by(principal_of_key(made)) == set()
    made.delete()
    region.delete()


def test_the_admin_keeps_such_a_region_as_well(admin_client: Client) -> None:
    region = chain.region("Antarctica")
    key("Antarctica")
    url = reverse("admin:sites_app_region_delete", args=[region.pk])
    page = admin_client.get(url).content.decode()
    assert "protected related objects" in page
    assert admin_client.post(url, {"post": "yes"}).status_code == 200
    assert Region.objects.filter(pk=region.pk).exists()
    selected = {"action": "delete_selected", "_selected_action": region.pk, "post": "yes"}
    admin_client.post(reverse("admin:sites_app_region_changelist"), selected)
    assert Region.objects.filter(pk=region.pk).exists()


def test_a_region_of_a_manager_takes_the_membership_along() -> None:
    user = person("Antarctica")
    chain.region("Antarctica").delete()
    assert seen_by(principal_of_user(user)) == set()

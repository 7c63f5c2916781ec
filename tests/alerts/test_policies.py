"""Settings: the nearest rule that says something holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from alerts import policies
from alerts.models import Alert, AlertRule
from alerts.rules import Policy
from sites_app.models import Store
from tests import chain

pytestmark = pytest.mark.django_db
KIND = Alert.Kind.QUEUE


def policy_of(store: Store, kind: str = KIND) -> Policy:
    return policies.load().of(kind, store.pk, store.region_id)


@pytest.mark.parametrize("kind", Alert.Kind.values)
def test_every_kind_is_watched_as_it_comes(kind: str) -> None:
    assert policy_of(chain.store(), kind) == policies.DEFAULTS[kind]
    assert policy_of(Store.objects.get(), kind).enabled


def test_the_nearer_rule_holds_and_what_it_leaves_out_is_the_wider_one_s() -> None:
    store, neighbour = chain.store("S1"), chain.store("S2")
    abroad = chain.store("S3", under="Europe/France")
    AlertRule.objects.create(kind=KIND, open_after_minutes=9, threshold=30)
    AlertRule.objects.create(kind=KIND, region=store.region.parent, threshold=20, clear_share=0.5)
    AlertRule.objects.create(kind=KIND, region=store.region, threshold=15)
    AlertRule.objects.create(kind=KIND, store=store, resolve_after_minutes=0)
    AlertRule.objects.create(kind=Alert.Kind.GAP, enabled=False)
    minute = timedelta(minutes=1)
    assert policy_of(store) == Policy(True, 15, 0.5, 9 * minute, timedelta())
    assert policy_of(neighbour) == Policy(True, 15, 0.5, 9 * minute, 2 * minute)
    assert policy_of(abroad) == Policy(True, 20, 0.5, 9 * minute, 2 * minute)
    assert not policy_of(abroad, Alert.Kind.GAP).enabled


def test_a_threshold_is_refused_where_there_is_nothing_to_measure() -> None:
    with pytest.raises(ValidationError, match="Only queues and occupancy"):
        AlertRule(kind=Alert.Kind.SENSOR, threshold=3).full_clean()

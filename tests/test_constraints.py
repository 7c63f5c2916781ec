"""Every named constraint, violated: the database refuses it by name, and a person is told in words before that.

A constraint that is new must get its violation here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from alerts.models import (
    Alert,
    AlertRule,
    Notice,
    Suspicion,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookMessage,
)
from ingest.models import Backfill, Quarantine, Stream
from reports.models import Export
from sites_app.models import (
    ApiKey,
    Controller,
    FirstAnswer,
    Membership,
    OpeningHours,
    Region,
    Role,
    Sensor,
    SpecialHours,
    Store,
    Zone,
)
from tests import chain

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
CONSTRAINTS = {
    constraint.name: model
    for app in ("sites_app", "ingest", "reports", "alerts")
    for model in apps.get_app_config(app).get_models()
    for constraint in model._meta.constraints
}


def _twice(model: type[models.Model], **fields: Any) -> models.Model:
    """A second row where there may be but one."""
    model._default_manager.create(**fields)
    return model(**fields)


def _own_parent() -> Region:
    region = chain.region("Europe")
    region.parent = region
    return region


def _second_sibling() -> Region:
    return Region(code="another", name="Germany", parent=chain.region("Europe/Germany").parent)


def _key(*scopes: str) -> ApiKey:
    return ApiKey.generate("BI", scopes=list(scopes))[0]


def _store(**fields: Any) -> Store:
    return Store(code="S1", name="One", region=chain.region("Europe"), timezone="Europe/Berlin", **fields)


def _controller(**fields: Any) -> Controller:
    known = {"name": "Front", "base_url": "http://10.0.0.1/api/v1", "api_key": "k"}
    return Controller(store=chain.store(), **{**known, **fields})


def _second_controller() -> Controller:
    first = chain.controller(chain.store())
    return Controller(store=first.store, name=first.name, base_url="http://10.0.0.1/api/v1", api_key="k")


def _second_zone(**fields: Any) -> Zone:
    first = chain.zone(chain.controller(chain.store()), "floor")
    known = {"zone_id": "another", "code": "another", "kind": "area"}
    return Zone(store=first.store, controller=first.controller, **{**known, **fields})


def _special(**fields: Any) -> SpecialHours:
    return SpecialHours(store=chain.store(), date=date(2026, 12, 24), **fields)


def _second_fault() -> models.Model:
    controller = chain.controller(chain.store())
    same = {"stream": "live", "pointer": "/data/0", "digest": "d", "reason": "Odd.", "body": b"", "source": "poll"}
    return _twice(Quarantine, controller=controller, store=controller.store, received_at=NOW, **same)


def _endpoint(**fields: Any) -> WebhookEndpoint:
    return WebhookEndpoint(**{"url": "https://a.example/", "secret": "whsec_AA==", **fields})


def _second_delivery() -> models.Model:
    endpoint = _endpoint()
    endpoint.save()
    message = WebhookMessage.objects.create(type="alert.opened", occurred_at=NOW, body="{}")
    times = {"created_at": NOW, "due_at": NOW, "give_up_at": NOW}
    return _twice(WebhookDelivery, endpoint=endpoint, message=message, **times)


def _second_notice() -> models.Model:
    alert = Alert.objects.create(store=chain.store(), kind="data_gap", message="M", opened_at=NOW)
    return _twice(Notice, user=User.objects.create(username="anna"), alert=alert, event="opened", due_at=NOW)


VIOLATIONS: dict[str, Callable[[], models.Model]] = {
    "alert_open_once": lambda: _twice(
        Alert, store=chain.store(), kind="queue_over_threshold", message="M", opened_at=NOW
    ),
    "alert_rule_once": lambda: _twice(AlertRule, kind="data_gap"),
    "alert_rule_one_scope": lambda: AlertRule(kind="data_gap", store=chain.store(), region=chain.region("Europe")),
    "alert_rule_settings_sane": lambda: AlertRule(kind="occupancy_critical", clear_share=1.5),
    "api_key_scopes_known": lambda: _key("read", "admin"),
    "backfill_window_not_empty": lambda: Backfill(start=NOW, end=NOW),
    "controller_base_url_http": lambda: _controller(base_url="ftp://10.0.0.1/api/v1"),
    "controller_name_unique_in_store": _second_controller,
    "controller_poll_interval_sane": lambda: _controller(poll_interval_s=4),
    "export_has_one_owner": lambda: Export(report="footfall", format="csv", asked={}, due_at=NOW, created_at=NOW),
    "first_answer_once": lambda: _twice(FirstAnswer, caller="key 1", key="k", fingerprint="f", asked_at=NOW),
    "membership_head_office_of_all": lambda: Membership(
        user=User.objects.create(username="anna"), role=Role.HEAD_OFFICE, region=chain.store().region
    ),
    "membership_store_manager_of_some": lambda: Membership(
        user=User.objects.create(username="anna"), role=Role.STORE_MANAGER, region=None
    ),
    "membership_once": lambda: _twice(Membership, user=User.objects.create(username="anna"), region=None),
    "notice_once": _second_notice,
    "opening_hours_start_once": lambda: _twice(
        OpeningHours, store=chain.store(), weekday=1, opens=time(9), closes=time(12)
    ),
    "opening_hours_weekday_iso": lambda: OpeningHours(store=chain.store(), weekday=0, opens=time(9), closes=time(12)),
    "quarantine_once": _second_fault,
    "region_name_unique_among_siblings": _second_sibling,
    "region_not_its_own_parent": _own_parent,
    "sensor_id_unique_at_controller": lambda: _twice(
        Sensor, controller=chain.controller(chain.store()), sensor_id="80:1F"
    ),
    "special_hours_both_times_or_none": lambda: _special(opens=time(9)),
    "special_hours_start_once": lambda: _twice(SpecialHours, store=chain.store(), date=date(2026, 12, 24)),
    "store_capacity_positive": lambda: _store(capacity=0),
    "store_closed_after_opened": lambda: _store(opened_on=date(2026, 1, 2), closed_on=date(2026, 1, 1)),
    "store_floor_area_positive": lambda: _store(floor_area_m2=0),
    "store_latitude_on_earth": lambda: _store(latitude=90.5),
    "store_longitude_on_earth": lambda: _store(longitude=-180.5),
    "stream_once_per_controller": lambda: _twice(
        Stream, controller=chain.controller(chain.store()), kind="live", due_at=NOW
    ),
    "suspicion_once": lambda: _twice(Suspicion, store=chain.store(), kind="sensor_offline", since=NOW),
    "webhook_delivery_once": _second_delivery,
    "webhook_endpoint_events_known": lambda: _endpoint(event_types=["alert.forgotten"]),
    "webhook_endpoint_url_http": lambda: _endpoint(url="ftp://a.example/"),
    "zone_capacity_positive": lambda: _second_zone(capacity=0),
    "zone_code_unique_in_store": lambda: _second_zone(code="floor"),
    "zone_id_unique_at_controller": lambda: _second_zone(zone_id="floor"),
}


def test_every_constraint_has_a_violation_and_no_violation_is_left_over() -> None:
    assert VIOLATIONS.keys() == CONSTRAINTS.keys()


@pytest.mark.parametrize("name", sorted(CONSTRAINTS.keys() & VIOLATIONS.keys()))
def test_the_database_refuses_it_and_a_person_is_told_why(name: str) -> None:
    row = VIOLATIONS[name]()
    assert type(row) is CONSTRAINTS[name]
    with pytest.raises(ValidationError) as told:
        row.validate_constraints()
    assert name not in str(told.value)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        row.save()
    cause: Any = refused.value.__cause__
    assert cause.diag.constraint_name == name


@pytest.mark.parametrize(
    ("violate", "told"),
    [
        (_key, "at least one"),
        (lambda: _controller(poll_interval_s=3601), "between 5 and 3600"),
        (lambda: _special(closes=time(9)), "both times, or neither"),
        (lambda: _store(latitude=-90.5), "between -90 and 90"),
        (lambda: _store(longitude=180.5), "between -180 and 180"),
        (lambda: OpeningHours(store=chain.store(), weekday=8, opens=time(9), closes=time(12)), "1 \\(Monday\\)"),
    ],
)
def test_the_other_end_of_a_range_is_refused_as_well(violate: Callable[[], models.Model], told: str) -> None:
    row = violate()
    with pytest.raises(ValidationError, match=told):
        row.validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_an_alert_opens_again_once_it_was_resolved() -> None:
    store = chain.store()
    for _ in range(2):
        Alert.objects.create(store=store, kind="queue_over_threshold", message="M", opened_at=NOW, resolved_at=NOW)
    Alert.objects.create(store=store, kind="queue_over_threshold", message="M", opened_at=NOW)
    assert Alert.objects.open().count() == 1

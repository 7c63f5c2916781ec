"""``logics_data``: aggregated counts become records, intervals and samples."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest

from ingest.models import (
    DwellInterval,
    Event,
    FootfallInterval,
    LineRecord,
    OccupancySample,
    Quarantine,
    QueueSample,
)
from sites_app.models import Zone
from tests.ingest.xovis.conftest import Push
from tests.ingest.xovis.examples import (
    LOGICS,
    MINUTE,
    NOON,
    QUARTER,
    line,
    logic,
    logics_push,
    record,
)

Footfall = tuple[datetime, datetime, int, int, bool]


def footfall() -> list[Footfall]:
    return list(
        FootfallInterval.objects.order_by("zone_id", "start").values_list(
            "start", "end", "count_in", "count_out", "complete"
        )
    )


def test_a_push_becomes_figures_of_zones_that_it_brings(push: Push) -> None:
    push(LOGICS)
    assert footfall() == [(NOON, NOON + QUARTER, 7, 5, False)]
    assert list(OccupancySample.objects.values_list("observed_at", "people")) == [(NOON + MINUTE, 4)]
    assert list(DwellInterval.objects.values_list("start", "end", "average_dwell_ms", "visits")) == [
        (NOON, NOON + timedelta(hours=1), 41_500, 9)
    ]
    assert list(QueueSample.objects.values_list("observed_at", "people", "average_wait_ms")) == [
        (NOON + MINUTE, 6, 142_000)
    ]
    assert list(Zone.objects.order_by("pk").values_list("zone_id", "name", "kind", "has_occupancy")) == [
        ("logic:1", "Main entrance", "entrance", False),
        ("logic:8", "Promo table", "area", True),
        ("logic:9", "Checkout 1", "queue", False),
    ]
    assert not Quarantine.objects.exists()


def _seconds(value: int) -> Any:
    return value // 1000


def _rfc3339(value: int) -> Any:
    return (datetime.fromtimestamp(value / 1000).astimezone()).isoformat()


@pytest.mark.parametrize("form", [int, _seconds, _rfc3339], ids=["milliseconds", "seconds", "rfc3339"])
def test_times_of_all_three_forms_are_the_same_instants(push: Push, form: Any) -> None:
    written = deepcopy(LOGICS)
    for item in written["logics_data"]["logics"]:
        for one in item["records"]:
            one["from"], one["to"] = form(one["from"]), form(one["to"])
    push(written)
    assert footfall() == [(NOON, NOON + QUARTER, 7, 5, False)]
    assert OccupancySample.objects.get().observed_at == NOON + MINUTE


def test_records_finer_than_a_quarter_sum_into_it_and_make_it_complete(push: Push) -> None:
    minutes = [record(NOON + n * MINUTE, fw=n, bw=1) for n in range(14)]
    push(logics_push(line(*minutes)))
    assert footfall() == [(NOON, NOON + QUARTER, 91, 14, False)]
    push(logics_push(line(record(NOON + 14 * MINUTE, fw=14, bw=1))))
    assert footfall() == [(NOON, NOON + QUARTER, 105, 15, True)]


def test_the_same_records_under_another_package_id_change_nothing(push: Push) -> None:
    minutes = [record(NOON + n * MINUTE, fw=2, bw=1) for n in range(3)]
    push(logics_push(line(*minutes), package=1))
    push(logics_push(line(*minutes), package=1))
    push(logics_push(line(*minutes[1:]), line(number=2), package=99))
    assert footfall() == [(NOON, NOON + QUARTER, 6, 3, False)]
    assert LineRecord.objects.count() == 3


def test_a_record_that_comes_again_with_other_counts_replaces_the_older(push: Push) -> None:
    partial = {**record(fw=2, bw=1), "samples": 1, "samples_expected": 2}
    push(logics_push(line(partial)))
    push(logics_push(line({**record(fw=3, bw=1), "samples": 2, "samples_expected": 2})))
    assert footfall() == [(NOON, NOON + QUARTER, 3, 1, False)]


def test_a_quarter_with_a_partial_record_is_not_complete(push: Push) -> None:
    minutes = [record(NOON + n * MINUTE, fw=1, bw=0) for n in range(15)]
    minutes[4] |= {"samples": 0, "samples_expected": 1}
    push(logics_push(line(*minutes)))
    assert footfall() == [(NOON, NOON + QUARTER, 15, 0, False)]


def test_breakdowns_are_parts_of_their_sums_and_never_added(push: Push) -> None:
    push(logics_push(line(record(fw=7, fw_male=4, fw_female=3, fw_age=7, bw=5, bw_mask=5))))
    assert footfall() == [(NOON, NOON + QUARTER, 7, 5, False)]


@pytest.mark.parametrize(
    ("unit", "value", "expected_ms"),
    [
        (None, 41.5, 41_500),
        ("seconds", 2, 2000),
        ("milliseconds", 1234.4, 1234),
        ("ms", 7, 7),
        ("minutes", 1.5, 90_000),
    ],
)
def test_dwell_is_in_its_unit_or_else_in_seconds(push: Push, unit: str | None, value: float, expected_ms: int) -> None:
    one = record(visits=3, dwell_time=value)
    one["counts"][1] |= {"unit": unit} if unit else {}
    push(logics_push(logic(8, "XLT_ZONE_OCCUPANCY_COUNT", one)))
    assert DwellInterval.objects.get().average_dwell_ms == expected_ms


def test_dwell_of_an_hour_weighs_by_visits(push: Push) -> None:
    stays = [record(NOON, visits=1, dwell_time=10), record(NOON + MINUTE, visits=3, dwell_time=50)]
    nobody = record(NOON + 2 * MINUTE, visits=0)
    push(logics_push(logic(8, "XLT_ZONE_OCCUPANCY_COUNT", *stays, nobody)))
    hour = DwellInterval.objects.get()
    assert (hour.start, hour.average_dwell_ms, hour.visits) == (NOON, 40_000, 4)


@pytest.mark.parametrize(
    ("info", "kept_as"),
    [
        ("XLT_GROUP_LINE_IN_OUT_COUNT", "xovis.group"),
        ("XLT_WHEELCHAIR_LINE_IN_OUT_COUNT", "xovis.wheelchair"),
        ("XLT_BICYCLE_LINE_LATE_COUNT", "xovis.bicycle"),
        ("XLT_PRAM_LINE_IN_OUT_COUNT", "xovis.pram"),
        ("XLT_SHOPPING_CART_LINE_IN_OUT_COUNT", "xovis.shopping_cart"),
        ("XLT_WRONG_WAY_DETECTION", "xovis.wrong_way"),
        ("XLT_CUSTOM", "xovis.custom"),
    ],
)
def test_what_is_not_people_is_kept_as_events_and_not_counted(push: Push, info: str, kept_as: str) -> None:
    something = line(record(fw=3, bw=2), record(NOON + MINUTE, fw=0, bw=0), info=info)
    push(logics_push(something, package=1))
    push(logics_push(something, line(record(fw=1, bw=1), number=2), package=2))
    kept = Event.objects.get()
    assert (kept.event, kept.observed_at) == (kept_as, NOON + MINUTE)
    assert b'"value":3' in bytes(kept.body)
    assert kept.digested_at is not None
    assert footfall() == [(NOON, NOON + QUARTER, 1, 1, False)]
    assert [zone.zone_id for zone in Zone.objects.all()] == ["logic:2"]


def test_an_older_line_logic_is_a_line_although_it_lists_zones(push: Push) -> None:
    geometries = [{"id": 5, "type": "ZONE", "name": "Door zone"}, {"id": 3, "type": "LINE", "name": "Door"}]
    push(logics_push(line(record(fw=2, bw=1), info="XLT_4X_LINE_IN_OUT_COUNT", geometries=geometries)))
    assert Zone.objects.get().kind == Zone.Kind.ENTRANCE
    assert footfall() == [(NOON, NOON + QUARTER, 2, 1, False)]


def test_counter_ids_say_nothing_of_their_logic(push: Push) -> None:
    migrated = record(fw=2, bw=1)
    migrated["counts"][0]["id"], migrated["counts"][1]["id"] = 5001, 1
    push(logics_push(line(migrated, number=4_294_967_301)))
    assert Zone.objects.get().zone_id == "logic:4294967301"
    assert footfall() == [(NOON, NOON + QUARTER, 2, 1, False)]


def test_a_wrong_type_is_named_by_its_place_and_the_good_part_taken(push: Push) -> None:
    wrong = record(NOON + MINUTE, fw="many", bw=1)
    push(logics_push(line(record(fw=2, bw=1), wrong, record(NOON + 2 * MINUTE, fw=4, bw=0)), {"id": "eight"}))
    assert footfall() == [(NOON, NOON + QUARTER, 6, 1, False)]
    kept = list(Quarantine.objects.order_by("pk").values_list("pointer", "reason"))
    assert kept == [
        ("/logics_data/logics/0/records/1/counts/0/value", "Expected number | null, got string."),
        ("/logics_data/logics/1/id", "Expected integer, got string."),
    ]


@pytest.mark.parametrize(
    ("info", "counted"),
    [
        ("XLT_LINE_IN_OUT_COUNT", {"fw": -1, "bw": 0}),
        ("XLT_LINE_IN_OUT_COUNT", {"fw": 1.5, "bw": 0}),
        ("XLT_LINE_IN_OUT_COUNT", {"fw": 1}),
        ("XLT_ZONE_OCCUPANCY_COUNT", {"balance": -2}),
        ("XLT_QUEUE_STATISTICS", {"queue_length": 10**9}),
    ],
)
def test_what_cannot_be_a_number_of_people_is_kept_apart(push: Push, info: str, counted: dict[str, Any]) -> None:
    push(logics_push(logic(1, info, record(**counted))))
    assert Quarantine.objects.get().pointer.startswith("/logics_data/logics/0/records/0")
    assert not footfall()
    assert not OccupancySample.objects.exists()
    assert not QueueSample.objects.exists()


def test_a_push_without_sensor_info_is_the_controllers_own(push: Push) -> None:
    content = logics_push(line(record(fw=2, bw=1)))
    del content["logics_data"]["sensor_info"]
    push(content)
    assert footfall() == [(NOON, NOON + QUARTER, 2, 1, False)]


def test_a_push_of_figures_goes_once_its_facts_are_there(push: Push) -> None:
    push(LOGICS)
    assert not Event.objects.exists()


def test_a_renamed_logic_renames_its_zone_and_keeps_what_a_person_set(push: Push) -> None:
    push(logics_push(line(record(fw=1, bw=0), name="Door")))
    Zone.objects.update(kind=Zone.Kind.AREA, kind_by_hand=True)
    push(logics_push(line(record(NOON + MINUTE, fw=1, bw=0), name="Main door")))
    assert list(Zone.objects.values_list("name", "kind")) == [("Main door", "area")]

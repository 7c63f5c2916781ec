"""Rules, against brute force: an alert is opened and resolved by what has lasted, and by nothing that isn't known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import Policy, Sample, Standing, Step, Verdict, decide, of_occupancy, of_queue, steady_since

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOLD = 20 * SECOND
WINDOW_S = 60
lengths = st.dictionaries(st.integers(0, WINDOW_S + 15), st.integers(0, 3), max_size=12)


def samples(seconds_ago: dict[int, int]) -> list[Sample]:
    return [Sample(NOW - ago * SECOND, people) for ago, people in seconds_ago.items()]


def value_at(seconds_ago: dict[int, int], ago: int) -> int | None:
    """What holds that many seconds ago, by looking at each sample."""
    past = [at for at in seconds_ago if at >= ago]
    return seconds_ago[min(past)] if past and min(past) - ago < HOLD.total_seconds() else None


@given(st.lists(lengths, min_size=1, max_size=3), st.integers(0, 4))
def test_since_when_it_has_been_so_is_what_a_look_at_each_second_finds(parts: list[dict[int, int]], limit: int) -> None:
    expected = None
    for ago in range(WINDOW_S + 1):
        values = [value_at(part, ago) for part in parts]
        if any(value is None for value in values) or sum(value or 0 for value in values) <= limit:
            break
        expected = NOW - ago * SECOND
    found = steady_since(
        {number: (samples(part), HOLD) for number, part in enumerate(parts)},
        lambda people, _: people > limit,
        NOW - WINDOW_S * SECOND,
        NOW,
    )
    assert found == expected


policies = st.builds(
    Policy,
    open_after=st.integers(0, 5).map(lambda n: n * SECOND),
    resolve_after=st.integers(0, 5).map(lambda n: n * SECOND),
)


@given(policies, st.lists(st.sampled_from(Verdict), max_size=40))
def test_whatever_happens_only_what_lasts_opens_and_resolves(policy: Policy, verdicts: list[Verdict]) -> None:
    """One look a second; the machine's own memory alone says since when."""
    standing: Standing | None = None
    suspected: datetime | None = None
    for second, verdict in enumerate(verdicts):
        now = NOW + second * SECOND
        step = decide(verdict, None, policy, standing, suspected, now)
        lasted = next((n for n, before in enumerate(verdicts[second::-1]) if before is not verdict), second + 1) - 1
        if standing is None:
            assert (step is Step.OPEN) == (verdict is Verdict.OVER and lasted * SECOND >= policy.open_after)
        else:
            expected = verdict is Verdict.CLEAR and lasted * SECOND >= policy.resolve_after
            assert (step is Step.RESOLVE) == expected
        suspected = {Step.SUSPECT: now, Step.DROP: None, Step.OPEN: None}.get(step, suspected)
        if step in (Step.OPEN, Step.DESPAIR):
            standing = Standing(None)
        elif step is Step.HOPE:
            standing = Standing(now)
        elif step is Step.RESOLVE:
            standing = None


@given(policies, st.sampled_from([None, Standing(None), Standing(NOW - HOLD)]), st.sampled_from([None, NOW - HOLD]))
def test_what_is_not_known_neither_opens_nor_resolves(
    policy: Policy, standing: Standing | None, suspected: datetime | None
) -> None:
    step = decide(Verdict.UNKNOWN, None, policy, standing, suspected, NOW)
    assert step not in (Step.OPEN, Step.RESOLVE)


@pytest.mark.parametrize(
    ("people", "verdict"),
    [(11, Verdict.OVER), (10, Verdict.BETWEEN), (9, Verdict.BETWEEN), (8, Verdict.CLEAR), (None, Verdict.UNKNOWN)],
)
def test_a_queue_is_well_again_only_some_way_under_its_threshold(people: int | None, verdict: Verdict) -> None:
    assert of_queue(people, 10, Policy(clear_share=0.8)) is verdict


def test_a_rule_s_threshold_goes_before_the_controller_s() -> None:
    assert of_queue(6, 10, Policy(threshold=5)) is Verdict.OVER
    assert of_queue(6, None, Policy(threshold=5)) is Verdict.OVER
    assert of_queue(600, None, Policy()) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("people", "capacity", "verdict"),
    [
        (95, 100, Verdict.OVER),
        (94, 100, Verdict.BETWEEN),
        (85, 100, Verdict.CLEAR),
        (None, 100, Verdict.UNKNOWN),
        (95, None, Verdict.UNKNOWN),
    ],
)
def test_a_store_is_full_from_a_share_of_its_capacity_on(
    people: int | None, capacity: int | None, verdict: Verdict
) -> None:
    assert of_occupancy(people, capacity, Policy(threshold=0.95, clear_share=0.9)) is verdict

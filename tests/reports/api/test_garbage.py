"""Whatever is thrown at the endpoints, the answer is an answer or a problem that names its parameter."""

from __future__ import annotations

from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import chain
from tests.caller import Caller, problem_of, with_key

pytestmark = pytest.mark.django_db
PATHS = ["live/occupancy", "live/queues", "reports/footfall", "reports/occupancy", "reports/queues", "reports/dwell"]
NAMES = ["start", "end", "granularity", "by", "hours", "store", "region", "tag", "order", "limit"]

offsets = st.sampled_from(["", "Z", "+14:00", "-12:00", "+05:45", "+00:00:01", "-24:00"])
dates = st.dates().map(str)
instants = st.builds(lambda at, offset: f"{at.isoformat()}{offset}", st.datetimes(), offsets)
known = st.sampled_from(
    [
        "2025-11-03",
        "2025-11-10",
        "total",
        "hour",
        "day",
        "15m",
        "region",
        "chain",
        "zone",
        "all",
        "S1",
        "europe",
        "-start",
        "3",
    ]
)
values = st.one_of(dates, instants, known, st.text(max_size=20), st.integers().map(str), st.floats().map(str)).map(
    lambda text: text.encode("utf-8", "surrogatepass")
) | st.binary(max_size=12)
names = st.sampled_from(NAMES).map(str.encode) | st.binary(max_size=8)
queries = st.lists(st.tuples(names, values), max_size=8)


@pytest.fixture
def caller() -> Caller:
    store = chain.store("S1", tags=["city"])
    chain.opens(store, "09:00", "20:00")
    controller = chain.controller(store)
    for kind in ("entrance", "area", "queue"):
        chain.zone(controller, kind, kind, has_dwell=True)
    return with_key()


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), query=queries, windowed=st.booleans())
def test_garbage_gets_an_answer_or_a_problem_that_names_it(
    caller: Caller, path: str, query: list[tuple[bytes, bytes]], windowed: bool
) -> None:
    if windowed:  # so that the parameters behind the window come into play
        query = [(b"start", b"2025-11-03"), (b"end", b"2025-11-05"), *query]
    text = "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in query)
    response = caller.client.get(f"/api/v1/{path}?{text}", headers=caller.headers)
    assert response.status_code in (200, 400), text
    if response.status_code == 400:
        problem = problem_of(response, 400)
        assert "errors" not in problem or all(
            isinstance(error["parameter"], str) and error["detail"] for error in problem["errors"]
        )
        assert "errors" in problem or "rows" in problem["detail"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scheme=st.sampled_from(["Apikey ", "Bearer ", "Basic ", ""]), given=st.binary(max_size=20))
def test_garbage_for_a_key_is_no_key(caller: Caller, scheme: str, given: bytes) -> None:
    response = Caller(scheme + given.decode("latin-1")).ask("live/queues")
    problem_of(response, 401)


def test_a_query_of_thousands_of_parameters_is_a_problem(caller: Caller) -> None:
    text = "&".join(f"store=S{number}" for number in range(3000))
    problem_of(caller.client.get(f"/api/v1/live/queues?{text}", headers=caller.headers), 400)

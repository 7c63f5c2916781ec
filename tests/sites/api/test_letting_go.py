"""An answer is gone once it's sent, not when garbage is collected: a server does that so seldom that it would hold hundreds."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any
from weakref import ref

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from sites_app.models import ApiKey
from tests import chain
from tests.reports.api.facts import WEEK

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_garbage_is_collected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(
    ("path", "asked"), [("live/occupancy", {}), ("live/queues", {}), ("reports/footfall", WEEK), ("stores", {})]
)
@pytest.mark.usefixtures("no_garbage_is_collected")
def test_nothing_holds_an_answer_that_was_sent(path: str, asked: dict[str, Any]) -> None:
    chain.store("S1")
    key, plain = ApiKey.generate("letting go", scopes=["read"])
    key.save()
    request = RequestFactory().get(f"/api/v1/{path}", asked, headers={"Authorization": f"Apikey {plain}"})
    response = WSGIHandler().get_response(request)
    assert response.status_code == 200
    assert b"".join(response)
    held = ref(response)
    del response, request
    assert held() is None

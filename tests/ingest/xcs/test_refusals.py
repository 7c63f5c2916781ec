"""Each error that a controller, or something before it, can answer with."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ingest.wire import errors
from ingest.xcs.client import XcsClient
from tests.ingest.xcs.conftest import KEY, MakeClient
from tests.ingest.xcs.controller import Controller

HTML = b"<html><body>Please log in</body></html>"


def error_of(client: XcsClient) -> errors.ControllerError:
    with pytest.raises(errors.ControllerError) as caught:
        client.occupancy()
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "kind", "permanent"),
    [
        (400, "INVALID_PARAMETER", errors.InvalidParameter, True),
        (401, "UNAUTHORIZED", errors.Unauthorized, True),
        (403, "FEATURE_DISABLED", errors.FeatureDisabled, True),
        (403, "SOMETHING_ELSE", errors.BadAnswer, False),
        (404, "NOT_FOUND", errors.NotFound, True),
        (405, "METHOD", errors.BadAnswer, False),
        (429, "RATE_LIMITED", errors.RateLimited, False),
        (500, "INTERNAL", errors.ServerFailed, False),
        (503, "UNAVAILABLE", errors.ServerFailed, False),
        (504, "UNAVAILABLE", errors.ServerFailed, False),
    ],
)
def test_a_status_tells_whether_to_try_again(
    controller: Controller,
    client: XcsClient,
    status: int,
    code: str,
    kind: type[errors.ControllerError],
    permanent: bool,
) -> None:
    controller.refuses(status, code, "because of the moon")
    error = error_of(client)
    assert type(error) is kind
    assert error.permanent is permanent
    assert error.retry_after is None
    assert "because of the moon" in str(error)


@pytest.mark.parametrize("status", [403, 404, 418])
def test_a_proxys_page_is_no_fact_about_the_controller(controller: Controller, client: XcsClient, status: int) -> None:
    controller.says(HTML, status)
    error = error_of(client)
    assert isinstance(error, errors.BadAnswer)
    assert not error.permanent
    assert error.excerpt == HTML


@pytest.mark.parametrize("status", [500, 502, 429, 401])
def test_a_proxys_page_with_a_status_that_says_enough_is_believed(
    controller: Controller, client: XcsClient, status: int
) -> None:
    controller.says(HTML, status)
    expected = {401: "unauthorized", 429: "rate_limited"}.get(status, "server_failed")
    assert error_of(client).code == expected


def test_a_redirect_is_not_followed(controller: Controller, client: XcsClient) -> None:
    controller.says(b"", 302, Location="http://127.0.0.1:1/elsewhere")
    error = error_of(client)
    assert error.code == "redirected"
    assert error.permanent
    assert "http://127.0.0.1:1/elsewhere" in str(error)
    assert len(controller.asked) == 1


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry_After": "7"}, timedelta(seconds=7)),
        ({"Retry_After": "Mon, 02 Nov 2026 10:01:30 GMT"}, timedelta(seconds=90)),
        # The controller's clock is an hour behind: its own Date tells how long it means.
        (
            {"Retry_After": "Mon, 02 Nov 2026 09:00:30 GMT", "Date": "Mon, 02 Nov 2026 09:00:00 GMT"},
            timedelta(seconds=30),
        ),
        ({"Retry_After": "Mon, 02 Nov 2026 09:59:00 GMT"}, timedelta()),
        ({"Retry_After": "999999999"}, timedelta(days=1)),
        ({"Retry_After": "9" * 5000}, None),
        ({"Retry_After": "Fri, 31 Dec 9999 23:59:59 GMT"}, timedelta(days=1)),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "\u00b2"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured_in_both_forms(
    controller: Controller, client: XcsClient, status: int, headers: dict[str, str], expected: timedelta | None
) -> None:
    controller.refuses(status, "RATE_LIMITED", **headers)
    assert error_of(client).retry_after == expected


@pytest.mark.parametrize("key", ["", "two\nlines", "ключ", " padded "])
def test_a_key_that_cant_be_sent_is_a_rejected_key(controller: Controller, make_client: MakeClient, key: str) -> None:
    error = error_of(make_client(controller.base_url, key))
    assert error.code == "unauthorized"
    assert not key or key not in str(error)
    assert controller.asked == []


def test_a_key_that_is_echoed_is_not_kept(controller: Controller, client: XcsClient) -> None:
    controller.says(b"<pre>Authorization: Apikey " + KEY.encode() + b"</pre>")
    error = error_of(client)
    assert isinstance(error, errors.BadAnswer)
    assert error.excerpt == b"<pre>Authorization: Apikey ***</pre>"
    controller.refuses(401, "UNAUTHORIZED", f"{KEY} is unknown")
    assert KEY not in str(error_of(client))


def test_what_a_controller_says_is_shown_in_one_short_line(controller: Controller, client: XcsClient) -> None:
    controller.refuses(500, "INTERNAL", "line\r\nline\x1b[31m" + "x" * 10_000)
    shown = str(error_of(client))
    assert len(shown) < 400
    assert shown.isprintable()


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in errors.ControllerError.__subclasses__()]
    assert len(codes) == len(set(codes)) == 16

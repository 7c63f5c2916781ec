"""What ``schemathesis`` sends where it asks on with what it was answered: requests that have a chance to be taken.

Made up from their types alone, hardly any names a region, a time zone or a day that there is; then nothing is made, and there is
nothing to ask on with. What can't be taken is for the other phases.
"""

from __future__ import annotations

import re
from typing import Any

import schemathesis

RIGHT: dict[str, Any] = {
    "region": "europe",
    "parent": "europe",
    "store": "S001",
    "timezone": "Europe/Berlin",
    "country": "DE",
    "base_url": "http://127.0.0.1:9/api/v1",  # where nothing listens: nobody beyond this machine is asked
    "url": "https://93.184.215.14/hook",  # told by workers alone, of which there are none here
    "ca_certificate": "",
    "contact_email": "",
    "start": "2025-11-03",
    "end": "2025-11-10",
}
LEFT_OUT = {"opened_on", "closed_on", "special_hours", "opening_hours", "retired_at", "regions"}
OF_REPORTS = {"store", "region", "tag", "zone", "order", "compare", "like_for_like"}
OF_A_STATE = {"If-Match", "If-None-Match", "Idempotency-Key"}
FIELD = re.compile("[a-z][a-z_0-9]+")
"""What fields are called; what is made up beside them is refused."""


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """The body, with what is right in the place of what was made up."""
    if not isinstance(body, dict):
        return body
    left_out = LEFT_OUT | (OF_REPORTS if "report" in body else set())
    fields = {name: RIGHT.get(name, value) for name, value in body.items() if FIELD.fullmatch(name)}
    key = {"api_key": "a-key"} if "base_url" in fields else {}
    return key | {name: value for name, value in fields.items() if name not in left_out}


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """No filters: what they leave is seldom anything."""
    return {name: value for name, value in (query or {}).items() if name == "limit"}


@schemathesis.hook
def map_headers(context: Any, headers: Any) -> Any:
    """No conditions on a state that was made up."""
    return {name: value for name, value in (headers or {}).items() if name not in OF_A_STATE}

"""Examples of the registry's resources, as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Any

_CONTROLLER = "5f0c8a52-6d0e-4f0b-9a53-1f1c2f4f7a10"

REGION = {"code": "europe-germany", "name": "Germany", "parent": "europe"}

STORE = {
    "code": "S001",
    "name": "Köln Mitte",
    "region": "europe-germany",
    "timezone": "Europe/Berlin",
    "country": "DE",
    "city": "Köln",
    "latitude": 50.9413,
    "longitude": 6.9583,
    "capacity": 200,
    "floor_area_m2": 812.5,
    "opened_on": "2020-03-01",
    "closed_on": None,
    "tags": ["city", "flagship"],
    "opening_hours": [{"weekday": 1, "opens": "09:00", "closes": "20:00"}],
    "special_hours": [{"date": "2026-12-25", "opens": None, "closes": None}],
}

CONTROLLER = {
    "id": _CONTROLLER,
    "store": "S001",
    "name": "Controller 1",
    "kind": "xcs",
    "base_url": "https://xcs.s001.example.com/api/v1",
    "enabled": True,
    "poll_interval_s": 60,
    "verify_tls": True,
    "ca_certificate": "",
    "webhook_url": f"https://xovis.example.com/ingest/xcs/{_CONTROLLER}",
    "health": {
        "state": "online",
        "last_success_at": "2026-11-02T14:02:10+01:00",
        "last_error": None,
        "consecutive_failures": 0,
        "clock_skew_ms": 12,
        "path_analytics": True,
    },
}

SENSOR = {
    "id": 17,
    "store": "S001",
    "controller": _CONTROLLER,
    "sensor_id": "80:1F:12:D2:00:01",
    "name": "Entrance left",
    "type": "PC2SE",
    "status": "online",
    "firmware": "5.4.1",
    "zones": ["entrance_a"],
    "last_seen_at": "2026-11-02T14:00:00+01:00",
}

ZONE = {
    "id": "S001/checkout_1",
    "store": "S001",
    "controller": _CONTROLLER,
    "zone_id": "checkout_1",
    "name": "Checkout 1",
    "kind": "queue",
    "capacity": 12,
    "counts_toward_occupancy": False,
    "retired_at": None,
    "set_by_hand": ["capacity"],
}

SENT_ALONE: dict[str, dict[str, Any]] = {
    "controller": {"api_key": "the key that XCS shows", "webhook_key": "a text of your own"}
}
"""What is sent and never answered, by resource."""

"""What the OpenAPI document shows."""

ALERT = {
    "id": "4711",
    "kind": "queue_over_threshold",
    "state": "open",
    "store": "S012",
    "region": "europe-germany-north",
    "zone": "S012/checkout_1",
    "controller": "0b7c9a52-6c0f-4f0c-9a37-5a2f3c3c1d11",
    "subject": "checkout_1",
    "message": "Checkout 1: 12 people waiting, more than 10",
    "value": 12.0,
    "limit": 10.0,
    "since": "2026-11-02T17:35:00+01:00",
    "opened_at": "2026-11-02T17:40:07+01:00",
    "acknowledged_at": None,
    "acknowledged_by": None,
    "note": None,
    "resolved_at": None,
    "resolution": None,
}
ENDPOINT = {
    "id": "6f1c1e0e-55a1-4d5c-8a0e-3a4f1f6a9b10",
    "name": "Staffing",
    "url": "https://staffing.example.com/hooks/stores",
    "event_types": ["alert.opened", "alert.resolved"],
    "regions": ["europe-germany"],
    "contact_email": "ops@example.com",
    "enabled": True,
    "created_at": "2026-11-02T09:00:00+00:00",
    "last_success_at": "2026-11-02T16:40:09+00:00",
    "failing_since": None,
    "disabled_at": None,
    "disabled_reason": None,
    "previous_secret_until": None,
}
NEW_ENDPOINT = {name: ENDPOINT[name] for name in ("name", "url", "event_types", "regions", "contact_email", "enabled")}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwZ2xXf0qRCpM="  # noqa: S105 - nobody's
DELIVERY = {
    "id": "a3b1f1de-2c57-4d7b-9b8f-0d6f4a1b2c3d",
    "webhook_id": "msg_5f0c2d1e4b3a49788f6e5d4c3b2a1908",
    "type": "alert.opened",
    "endpoint": ENDPOINT["id"],
    "state": "waiting",
    "attempts": 2,
    "created_at": "2026-11-02T16:40:07+00:00",
    "attempted_at": "2026-11-02T16:40:13+00:00",
    "next_attempt_at": "2026-11-02T16:40:31+00:00",
    "delivered_at": None,
    "status": 503,
    "error": "Answered 503 Service Unavailable.",
    "duration_ms": 41,
}

"""All that can go wrong when a controller is asked.

Callers branch on ``permanent`` alone; ``code`` is stable and is what is stored. A message is one sentence or two that
tell an installer what is wrong and what to do; the controller's key is never in it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

EXCERPT_BYTES = 500


class ControllerError(Exception):
    """A controller didn't give what it was asked for.

    ``permanent``: the same request will fail again until a person changes something.
    ``retry_after``: how long the controller told us to wait, where it did.
    """

    code: ClassVar[str]
    permanent: ClassVar[bool] = False

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unreachable(ControllerError):
    """No connection, or one that ended before the answer: the name isn't found, the port closed, the line cut."""

    code = "unreachable"


class TimedOut(ControllerError):
    """Connecting, or the answer, took too long."""

    code = "timed_out"


class RefusedAddress(ControllerError):
    """An address that no controller can have: no http(s) URL, or one of link-local, multicast or metadata services."""

    code = "refused_address"
    permanent = True


class TlsFailed(ControllerError):
    """The certificate can't be trusted, or there is no TLS where it was expected."""

    code = "tls_failed"
    permanent = True


class Redirected(ControllerError):
    """The answer points elsewhere. The key is never carried there."""

    code = "redirected"
    permanent = True


class Unauthorized(ControllerError):
    """The key is missing, wrong or revoked."""

    code = "unauthorized"
    permanent = True


class FeatureDisabled(ControllerError):
    """The controller can do it, but it isn't switched on there (Path Analytics, say)."""

    code = "feature_disabled"
    permanent = True


class NotFound(ControllerError):
    """The controller knows no such zone, or its firmware no such endpoint."""

    code = "not_found"
    permanent = True


class InvalidParameter(ControllerError):
    """The request itself is wrong."""

    code = "invalid_parameter"
    permanent = True


class RateLimited(ControllerError):
    """Asked too often."""

    code = "rate_limited"


class ServerFailed(ControllerError):
    """The controller, or a proxy before it, has a fault of its own (5xx)."""

    code = "server_failed"


class TooLarge(ControllerError):
    """The answer is larger than any that makes sense."""

    code = "too_large"
    permanent = True


class BadRows(ControllerError):
    """Some rows of an answer can't be read; the others are taken, and the whole is asked for again."""

    code = "bad_rows"


class KeyUnreadable(ControllerError):
    """The key that we keep can't be decrypted. It can be again, once the encryption key that is missing is back."""

    code = "key_unreadable"


class Unexpected(ControllerError):
    """What nobody foresaw: a fault of ours, kept apart so that other controllers are asked all the same."""

    code = "unexpected"


class BadAnswer(ControllerError):
    """What came isn't an answer of such a controller. ``excerpt`` is its beginning (at most 500 bytes), for the quarantine.

    ``body`` is all of it where it's JSON that a later version may understand, and ``pointer`` where in it the fault lies.
    """

    code = "bad_answer"

    def __init__(self, message: str, body: bytes = b"", *, is_json: bool = False, pointer: str = "") -> None:
        super().__init__(message)
        self.excerpt = body[:EXCERPT_BYTES]
        self.body = body if is_json else b""
        self.pointer = pointer

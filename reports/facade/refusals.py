"""What is refused, by the codes of an XCS."""

from __future__ import annotations

CODES = {
    400: "INVALID_PARAMETER",
    401: "UNAUTHORIZED",
    403: "FEATURE_DISABLED",
    404: "NOT_FOUND",
    405: "INVALID_PARAMETER",
    429: "RATE_LIMITED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class Refused(Exception):
    """The request can't be answered; the message is for who asked."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def code_of(status: int) -> str:
    """The code that goes with a status."""
    return CODES.get(status, "INTERNAL" if status >= 500 else "INVALID_PARAMETER")

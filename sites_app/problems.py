"""Errors as answers: RFC 9457 ``application/problem+json``, naming the field and the remedy."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import TooManyFieldsSent
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, NotAcceptable, Throttled, UnsupportedMediaType, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

MEDIA_TYPE = "application/problem+json"


class Problem(APIException):
    """An error with its own status, sentence and list of faults; ``wait`` is after how many seconds to try again."""

    def __init__(
        self, status: int, detail: str, errors: Sequence[Mapping[str, Any]] = (), *, wait: int | None = None
    ) -> None:
        super().__init__(detail)
        self.status_code = status
        self.errors: list[dict[str, Any]] = [dict(error) for error in errors]
        if wait is not None:
            self.wait = wait  # what the framework makes a Retry-After of


def parameter_problem(name: str, detail: str) -> Problem:
    """A query parameter that can't be used."""
    return Problem(400, detail, [{"parameter": name, "detail": detail}])


def only_parameters(request: Request, allowed: Iterable[str]) -> None:
    """Refuse a query parameter that isn't known: a typing error must never widen a report."""
    known = sorted(allowed)
    for name in request.query_params:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}."
            raise parameter_problem(name, f"There is no parameter '{name}'; {hint}")


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error of the API as a problem."""
    # Only now: the framework's views read our settings, which name parsers that raise problems.
    from rest_framework.views import exception_handler as framework_handler

    error = _of_the_models(error)
    response = framework_handler(error, context)
    if response is None:
        return None
    errors: list[dict[str, Any]] = []
    detail = str(getattr(error, "detail", "")) or HTTPStatus(response.status_code).phrase
    if isinstance(error, Problem):
        errors = error.errors
    elif isinstance(error, ValidationError):
        errors = list(_pointers(error.detail))
        detail = errors[0]["detail"] if len(errors) == 1 else "Several fields can't be used; see 'errors'."
    elif isinstance(error, Throttled):
        detail = used_up(error)
    elif isinstance(error, UnsupportedMediaType):
        detail = f"A body of this type isn't taken here: {_types(context, 'parser_classes')}."
    elif isinstance(error, NotAcceptable):
        detail = f"There is no such answer here: {_types(context, 'renderer_classes')}."
    elif response.status_code == 404:
        detail = "There is nothing here, or nothing that you can see."
    response.data = problem(response.status_code, detail, errors)
    response.content_type = MEDIA_TYPE
    return response


def used_up(error: Throttled) -> str:
    """What a key is told that has asked too often."""
    wait_s = math.ceil(getattr(error, "wait", None) or 0)
    return f"The key has used up its requests of this minute: try again in {wait_s} s."


def _types(context: dict[str, Any], attribute: str) -> str:
    classes = getattr(context.get("view"), attribute, [])
    verb = "send" if attribute == "parser_classes" else "accept"
    return f"{verb} {' or '.join(known.media_type for known in classes)}"


_WHOLE = ("non_field_errors", "__all__")
"""What the framework calls an object as a whole."""


def _of_the_models(error: Exception) -> Exception:
    """What models and the database refuse, as an error of the API."""
    if isinstance(error, ModelValidationError):
        return ValidationError(error.message_dict if hasattr(error, "error_dict") else error.messages)
    if isinstance(error, ProtectedError):
        kinds = sorted({str(row._meta.verbose_name_plural) for row in error.protected_objects})
        return Problem(409, f"It still has {' and '.join(kinds)}: delete or move them first.")
    if isinstance(error, IntegrityError):
        return Problem(409, "Another request has made or changed the same meanwhile: read it again.")
    return error


def problem(status: int, detail: str, errors: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """A problem's members."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return {**body, "errors": errors} if errors else body


def _pointers(detail: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _pointers(inner, pointer if name in _WHOLE else f"{pointer}/{_escaped(name)}")
    elif isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        for number, inner in enumerate(detail):
            yield from _pointers(inner, f"{pointer}/{number}")
    else:
        for text in detail if isinstance(detail, list) else [detail]:
            yield {"pointer": pointer, "detail": str(text)}


def _escaped(name: Any) -> str:
    """A member's name as RFC 6901 writes it."""
    return str(name).replace("~", "~0").replace("/", "~1")


def _answer(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    if _is_machine(request):
        return JsonResponse(problem(status, detail), status=status, content_type=MEDIA_TYPE)
    return render(request, "error.html", _page(status, detail), status=status)


def _is_machine(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/ingest/", "/xcs/"))


def _page(status: int, detail: str) -> dict[str, Any]:
    titles = {
        400: _("Bad Request"),
        403: _("Forbidden"),
        404: _("Not Found"),
        429: _("Too Many Requests"),
        500: _("Internal Server Error"),
    }
    return {"status": status, "title": titles[status], "detail": detail}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 from the framework."""
    if isinstance(exception, TooManyFieldsSent):
        return _answer(request, 400, _("There are too many parameters: filter by region or tag, not by each store."))
    return _answer(request, 400, _("The request can't be understood."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 from the framework."""
    return _answer(request, 403, _("This is not yours to see or do."))


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without this session's token: mostly one that was open for long, or in another tab."""
    return _answer(request, 403, _("This form is out of date. Go back, load the page again, and send it once more."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 from the framework."""
    return _answer(request, 404, _("There is nothing here, or nothing that you can see."))


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429 to people: programs have a limit of their own."""
    answer = _answer(request, 429, _("There were too many of these in a short time. Try again in a minute."))
    answer["Retry-After"] = "60"
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    """500: what went wrong stands in the log, never in the answer."""
    detail = _("Something went wrong on our side. It has been logged.")
    if _is_machine(request):
        return _answer(request, 500, detail)
    # Without the request, whose user would be looked for in a database that may be what is broken.
    return HttpResponse(render_to_string("error.html", _page(500, detail)), status=500)

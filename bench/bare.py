"""The least that Django can do under granian: a view that answers, and nothing else. What others are measured by."""

from __future__ import annotations

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(SECRET_KEY="no secret", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[])


def accept(request: HttpRequest) -> HttpResponse:
    """Read what was posted, and answer 202."""
    return HttpResponse(status=202 if request.body else 400)


urlpatterns = [path("", accept)]
application = get_wsgi_application()

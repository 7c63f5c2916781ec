"""Coming in and going out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account.views import PasswordChangeView, PasswordResetFromKeyView, PasswordResetView
from django.contrib import messages
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from kombu.exceptions import OperationalError

from sites_app.login.forgotten import AskForm

_P = ParamSpec("_P")
_View = Callable[Concatenate[HttpRequest, _P], HttpResponse]


def for_people_in(view: _View[_P]) -> _View[_P]:
    """Of a part of a page: whoever is no longer in is led to the login, not shown its form in the place of the part."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return HttpResponseClientRedirect(reverse("account_login"))
        return view(request, *args, **kwargs)

    return checked


class Logout(LogoutView):
    """By POST alone, so that no link elsewhere can log a person out."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        answer = super().post(request, *args, **kwargs)
        messages.info(request, _("You are logged out."))
        return answer


class ChangePassword(PasswordChangeView):  # type: ignore[misc]  # it comes without types
    """For those who have one: who comes by single sign-on alone gets none beside it."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.user.is_authenticated and not request.user.has_usable_password():
            return redirect("account")
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer


class ForgotPassword(PasswordResetView):  # type: ignore[misc]  # it comes without types
    """A link by mail. Whether anybody has the address isn't told."""

    form_class = AskForm
    success_url = reverse_lazy("account_login")

    def form_valid(self, form: AskForm) -> HttpResponse:
        try:
            answer: HttpResponse = super().form_valid(form)
        except OperationalError:
            form.add_error(None, _("Letters can't be sent just now. Try again in some minutes."))
            return HttpResponse(self.render_to_response(self.get_context_data(form=form)).rendered_content, status=503)
        if answer.status_code == 302:
            messages.info(self.request, _("If somebody with a password has this address, a link is on its way to it."))
        return answer


class NewPassword(PasswordResetFromKeyView):  # type: ignore[misc]
    """Where such a link leads. Who has a second factor is asked for it at the login that follows."""

    success_url = reverse_lazy("account_login")

"""Coming in and going out."""

from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse


class Login(LoginView):
    """The form; who is in already goes on to the overview."""

    template_name = "login.html"
    redirect_authenticated_user = True


class Logout(LogoutView):
    """By POST alone, so that no link elsewhere can log a person out."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        answer = super().post(request, *args, **kwargs)
        messages.info(request, "You are logged out.")
        return answer

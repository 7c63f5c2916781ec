"""Coming in and going out."""

from django.contrib.auth.views import LoginView, LogoutView


class Login(LoginView):
    """The form; who is in already goes on to the overview."""

    template_name = "login.html"
    redirect_authenticated_user = True


class Logout(LogoutView):
    """By POST alone, so that no link elsewhere can log a person out."""

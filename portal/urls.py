"""The portal's pages."""

from django.templatetags.static import static
from django.urls import path
from django.views.generic import RedirectView

from portal import overview, people

urlpatterns = [
    path("", overview.page, name="overview"),
    path("overview/live", overview.live_part, name="overview-live"),
    path("login", people.Login.as_view(), name="login"),
    path("logout", people.Logout.as_view(), name="logout"),
    # For pages that name no icon of their own, as the admin's.
    path("favicon.ico", RedirectView.as_view(url=static("portal/icon.svg"))),
]

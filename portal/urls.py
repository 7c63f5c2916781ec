"""The portal's pages."""

from django.urls import path

from portal import overview, people

urlpatterns = [
    path("", overview.page, name="overview"),
    path("overview/live", overview.live_part, name="overview-live"),
    path("login", people.Login.as_view(), name="login"),
    path("logout", people.Logout.as_view(), name="logout"),
]

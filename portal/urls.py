"""The portal's pages."""

from django.templatetags.static import static
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from portal import account, alerts, compare, health, overview, schedules, signs, store

urlpatterns = [
    path("", overview.page, name="overview"),
    path("overview/live", overview.live_part, name="overview-live"),
    path("stores/<str:code>", store.page, name="store-page"),
    path("stores/<str:code>/live", store.live_part, name="store-live"),
    path("compare", compare.page, name="compare"),
    path("alerts", alerts.page, name="alerts-page"),
    path("alerts/<int:pk>/acknowledge", alerts.acknowledge, name="acknowledge"),
    path("health", health.page, name="health-page"),
    path("schedules", schedules.page, name="schedules"),
    path("schedules/new", schedules.make, name="make-schedule"),
    path("schedules/<int:pk>", schedules.preview, name="preview-schedule"),
    path("schedules/<int:pk>/give-up", schedules.give_up, name="give-up-schedule"),
    path("signs", signs.page, name="signs"),
    path("signs/new", signs.make, name="make-sign"),
    path("signs/<int:pk>/revoke", signs.revoke, name="revoke-sign"),
    re_path(r"^signs/(?P<token>[A-Za-z0-9_-]{43})$", signs.screen, name="sign"),
    re_path(r"^signs/(?P<token>[A-Za-z0-9_-]{43})/now$", signs.now, name="sign-now"),
    path("account", account.page, name="account"),
    path("account/mail", account.change_mail, name="change-mail"),
    path("account/sessions/others/end", account.end_others, name="end-other-sessions"),
    path("account/sessions/<int:pk>/end", account.end_session, name="end-session"),
    path("", include("portal.doors")),
    path("language", set_language, name="set_language"),
    # For pages that name no icon of their own, as the admin's.
    path("favicon.ico", RedirectView.as_view(url=static("portal/icon.svg"))),
]

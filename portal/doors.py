"""The addresses of login, second factors and single sign-on: django-allauth's views, of which none makes an account."""

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as paper
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as provider
from allauth.socialaccount.providers.openid_connect import views as sso
from django.urls import path, re_path
from django.views.generic import RedirectView

from portal import people

_SSO = {"provider_id": "sso"}

urlpatterns = [
    path("login", account.login, name="account_login"),
    path("login/inactive", account.account_inactive, name="account_inactive"),
    path("login/second-factor", factors.authenticate, name="mfa_authenticate"),
    path("login/passkey", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("login/sso", sso.login, _SSO, name="openid_connect_login"),
    path("login/sso/callback", sso.callback, _SSO, name="openid_connect_callback"),
    path("login/sso/cancelled", provider.login_cancelled, name="socialaccount_login_cancelled"),
    path("login/sso/failed", provider.login_error, name="socialaccount_login_error"),
    path("login/forgotten", people.ForgotPassword.as_view(), name="account_reset_password"),
    re_path(
        "^login/forgotten/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)$",
        people.NewPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path("logout", people.Logout.as_view(), name="account_logout"),
    path("account/password", people.ChangePassword.as_view(), name="account_change_password"),
    path("account/confirm", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code", factors.reauthenticate, name="mfa_reauthenticate"),
    path("account/confirm/passkey", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/second-factors", RedirectView.as_view(pattern_name="account"), name="mfa_index"),
    path("account/app", app.activate_totp, name="mfa_activate_totp"),
    path("account/app/remove", app.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/passkeys", RedirectView.as_view(pattern_name="account"), name="mfa_list_webauthn"),
    path("account/passkeys/new", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    path("account/codes", paper.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/codes/new", paper.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/codes/file", paper.download_recovery_codes, name="mfa_download_recovery_codes"),
]

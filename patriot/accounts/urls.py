"""Addresses of sign-in. Of allauth's many pages these are all that there are."""

from allauth.mfa.base import views as mfa
from django.urls import include, path

from patriot.accounts import views

sign_in = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("2fa/", mfa.index, name="mfa_index"),
    path("2fa/authenticate/", views.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", views.reauthenticate_by_code, name="mfa_reauthenticate"),
    path("2fa/totp/image.svg", views.totp_image, name="mfa_totp_image"),
    path("2fa/totp/", include("allauth.mfa.totp.urls")),
    path("2fa/recovery-codes/", include("allauth.mfa.recovery_codes.urls")),
    path("2fa/webauthn/", include("allauth.mfa.webauthn.urls")),
]
# In place of the pages that the stock admin has for the same.
desk = [
    path("login/", views.desk_login),
    path("logout/", views.logout),
    path("password_change/", views.desk_password_change),
    path("password_change/done/", views.desk_password_change),
]

"""Addresses of sign-in. Of allauth's many pages these are all that there are."""

from django.urls import path

from patriot.accounts import second_factor_views as second_factor
from patriot.accounts import views
from patriot.lib import converters  # noqa: F401 (registers <id:…>)

sign_in = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("login/passkey/", second_factor.sign_in_by_passkey, name="mfa_login_webauthn"),
    path("reauthenticate/", second_factor.reauthenticate, name="account_reauthenticate"),
    path("2fa/", second_factor.index, name="mfa_index"),
    path("2fa/authenticate/", second_factor.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", second_factor.by_code, name="mfa_reauthenticate"),
    path(
        "2fa/reauthenticate/passkey/", second_factor.by_passkey, name="mfa_reauthenticate_webauthn"
    ),
    path("2fa/sign-out/", second_factor.sign_out_elsewhere, name="sign_out_elsewhere"),
    path("2fa/app/", second_factor.set_up_app, name="mfa_activate_totp"),
    path("2fa/app/square.svg", second_factor.totp_image, name="mfa_totp_image"),
    path("2fa/app/remove/", second_factor.remove_app, name="mfa_deactivate_totp"),
    path("2fa/codes/", second_factor.show_codes, name="mfa_view_recovery_codes"),
    path("2fa/codes/new/", second_factor.make_codes, name="mfa_generate_recovery_codes"),
    path("2fa/passkeys/", second_factor.passkeys, name="mfa_list_webauthn"),
    path("2fa/passkeys/add/", second_factor.add_passkey, name="mfa_add_webauthn"),
    path("2fa/passkeys/<id:pk>/remove/", second_factor.remove_passkey, name="mfa_remove_webauthn"),
    path("2fa/passkeys/<id:pk>/name/", second_factor.rename_passkey, name="mfa_edit_webauthn"),
]
# In place of the pages that the stock admin has for the same.
desk = [
    path("login/", views.desk_login),
    path("logout/", views.logout),
    path("password_change/", views.desk_password_change),
    path("password_change/done/", views.desk_password_change),
]

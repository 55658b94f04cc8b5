"""The forms of signing in: allauth's, without placeholders, which are no labels."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth


class LoginForm(allauth.LoginForm):  # type: ignore[misc] # allauth has no types
    """Name and password."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        without_placeholders(self)
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}


class ChangePasswordForm(allauth.ChangePasswordForm):  # type: ignore[misc]
    """The old password, and a new one twice."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        without_placeholders(self)
        self.fields["oldpassword"].label = "Current password"
        self.fields["password1"].label = "New password"
        self.fields["password2"].label = "New password, again"


class ReauthenticateForm(allauth.ReauthenticateForm):  # type: ignore[misc]
    """The password, once more."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        without_placeholders(self)


def without_placeholders(form: Any) -> None:
    """Take away the words that vanish when somebody types."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)

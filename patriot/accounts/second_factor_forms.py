"""The forms of the second factor: allauth's, with codes that are used up and few guesses."""

from __future__ import annotations

import struct
from typing import Any

from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.utils import timezone

from patriot.accounts import second_factor
from patriot.accounts.throttling import give_back, take, too_many_requests
from patriot.lib.rates import Rate

# A code has a million values, of which three fit at a time.
GUESSES = Rate.parse("10/hour")
MAX_CODE_CHARS = 40
# What an answer of a browser takes, twice.
MAX_CREDENTIAL_CHARS = 20_000
MAX_NAME_CHARS = 60
# What fido2 raises for answers that are no answers; it documents none of it.
NO_ANSWER = (
    *(AttributeError, KeyError, IndexError, TypeError, ValueError),
    *(OverflowError, RecursionError, struct.error),
)


class CodeMixin(forms.Form):
    """A code of the app or a recovery code. Raises ImmediateHttpResponse, a 429, when guessed."""

    code = forms.CharField(
        max_length=MAX_CODE_CHARS,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
        help_text="Of your authenticator app, or a recovery code, which opens one door.",
    )
    user: Any

    def clean_code(self) -> str:
        """Count the guess before it is looked at; one that is right is given back."""
        code: str = self.cleaned_data["code"]
        now = timezone.now()  # noqa: TID251 (an interface)
        name = f"second factor {self.user.pk}"
        verdict = take(name, rate=GUESSES, now=now)
        if not verdict.is_allowed:
            raise ImmediateHttpResponse(too_many_requests(context.request, verdict))
        factor = second_factor.used(self.user, code, now=now)
        if factor is None:
            raise get_adapter().validation_error("incorrect_code")
        give_back(name, rate=GUESSES)
        factor.user = self.user
        self.authenticator = factor
        return code


class AuthenticateForm(CodeMixin, base.AuthenticateForm):  # type: ignore[misc] # no types
    """At the sign-in."""


class ReauthenticateForm(CodeMixin, base.ReauthenticateForm):  # type: ignore[misc]
    """Before something about the account is changed."""


class CredentialMixin(forms.Form):
    """What a browser says of a passkey: an object, not too long, that fido2 can read."""

    credential = forms.JSONField(widget=forms.HiddenInput)

    def clean(self) -> Any:
        """Check it as allauth does; whatever cannot be read is simply not right."""
        try:
            return super().clean()
        except NO_ANSWER as error:
            raise get_adapter().validation_error("incorrect_code") from error

    def _clean_fields(self) -> None:
        """Check that it is an object first: allauth asks it for parts at once."""
        sent = str(self.data.get("credential", ""))
        if len(sent) > MAX_CREDENTIAL_CHARS or not sent.lstrip().startswith("{"):
            self.add_error(None, get_adapter().validation_error("incorrect_code"))
            return
        try:
            super()._clean_fields()  # type: ignore[misc] # Django's own
        except NO_ANSWER:
            self.add_error(None, get_adapter().validation_error("incorrect_code"))


class AddPasskeyForm(CredentialMixin, webauthn._BaseAddWebAuthnForm):  # type: ignore[misc]
    """A new passkey, and what to call it."""

    name = forms.CharField(
        max_length=MAX_NAME_CHARS, required=False, help_text="Such as the device that holds it."
    )


class AuthenticatePasskeyForm(CredentialMixin, webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as the second factor."""


class ReauthenticatePasskeyForm(CredentialMixin, webauthn.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey before something about the account is changed."""


class SignInByPasskeyForm(CredentialMixin, webauthn.LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey in place of name and password."""


class RenamePasskeyForm(webauthn.EditWebAuthnForm):  # type: ignore[misc]
    """What a passkey is called."""

    name = forms.CharField(max_length=MAX_NAME_CHARS)

"""How we use django-allauth: no sign-up, our throttle, and few words."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from patriot.accounts.browsers import is_known, spelled
from patriot.accounts.throttling import address_of, give_back, take, too_many_requests
from patriot.lib.addresses import client_address
from patriot.lib.rates import Rate

# Failed sign-ins, whether or not there is such an account; one at a time comes back. What counts
# wherever it comes from is loose: no stranger shall lock the owner out from a few addresses.
PER_ADDRESS = Rate.parse("30/hour")
PER_ACCOUNT_AND_ADDRESS = Rate.parse("10/hour")
PER_ACCOUNT = Rate.parse("100/hour")
PASSKEY = "mfa_reauthenticate:webauthn"
KEPT_MESSAGES = ("account/messages/password_changed.txt",)


def leads_nowhere_else(request: HttpRequest, target: str | None) -> bool:
    """Tell whether a redirect stays on the host that was asked, and within TLS if that was."""
    return url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


class Adapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """Signs in whom staff have added, and nobody faster than they can type."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        """These are pages for people: there is no JSON beside them."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Tell whether an address is of the very site that the visitor is on.

        allauth would lead to every host of ALLOWED_HOSTS and CSRF_TRUSTED_ORIGINS, too: somebody
        else may run what answers at “localhost” or below a wildcard.
        """
        return leads_nowhere_else(context.request, url)

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request.META, trusted_proxies=settings.TRUSTED_PROXIES)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        """Say no more than to anybody else whom we do not let in."""
        return redirect("account_login")

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Ask whoever has a second factor for that: a password may have been seen."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        factors = [way for way in ways if way["id"] != "reauthenticate"]
        # A passkey first: its owner may have no app, and recovery codes are for bad days.
        return sorted(factors, key=lambda way: way["id"] != PASSKEY) or ways

    def add_message(
        self, request: HttpRequest, level: int, message_template: str = "", *args: Any, **kw: Any
    ) -> None:
        """Keep what is worth saying; that somebody signed in, they see."""
        if message_template in KEPT_MESSAGES:
            super().add_message(request, level, message_template, *args, **kw)

    # --- Throttle -------------------------------------------------------------
    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Return the user. Raises ImmediateHttpResponse, a 429, after too many failures.

        Every attempt counts before the password is looked at, so that attempts at the same
        time cannot pass together; one that succeeds is given back.
        """
        counted = self._counted(request, str(credentials.get("username", "")))
        now = timezone.now()  # noqa: TID251 (an interface)
        for tried, (name, rate) in enumerate(counted):
            verdict = take(name, rate=rate, now=now)
            if not verdict.is_allowed:
                # No password was looked at.
                give_all_back(counted[:tried])
                raise ImmediateHttpResponse(too_many_requests(request, verdict))
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is not None:
            give_all_back(counted)
        return user

    def _counted(self, request: HttpRequest, username: str) -> list[tuple[str, Rate]]:
        """Return what an attempt uses up, the loosest last: strangers get to it the slowest.

        Browsers that signed in before share one of their own, which strangers cannot use up.
        """
        account, address = spelled(username), address_of(request)
        browsers = "known browsers" if is_known(request, username) else "strangers"
        return [
            (f"sign-in address {address}", PER_ADDRESS),
            (f"sign-in address {address} account {account}", PER_ACCOUNT_AND_ADDRESS),
            (f"sign-in by {browsers} account {account}", PER_ACCOUNT),
        ]


def give_all_back(counted: list[tuple[str, Rate]]) -> None:
    """Undo what was taken for one attempt."""
    for name, rate in counted:
        give_back(name, rate=rate)

"""Signing in and out, and changing the password: allauth's views in our clothes."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from allauth.account import views as allauth
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from patriot.accounts.adapter import leads_nowhere_else
from patriot.accounts.browsers import remember
from patriot.accounts.forms import ChangePasswordForm, LoginForm
from patriot.accounts.models import User
from patriot.accounts.throttling import throttled

page = require_http_methods(["GET", "HEAD", "POST"])


class Login(allauth.LoginView):  # type: ignore[misc] # allauth has no types
    """Ask for name and password."""

    form_class = LoginForm

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Keep `next`, unless it leads away from here."""
        found: dict[str, Any] = super().get_context_data(**context)
        return found | {"next": safe_next(self.request)}

    def form_valid(self, form: LoginForm) -> HttpResponseBase:
        """Sign in, and know this browser from now on."""
        response: HttpResponseBase = super().form_valid(form)
        if self.request.user.is_authenticated:
            remember(response, self.request.user.get_username())
        return response


@method_decorator(throttled("20/hour"), name="post")
class PasswordChange(allauth.PasswordChangeView):  # type: ignore[misc]
    """Ask for the old password and a new one."""

    form_class = ChangePasswordForm

    def dispatch(self, request: HttpRequest, *args: Any, **kw: Any) -> HttpResponseBase:
        # Made without a password, on the command line: there is none to change.
        user = cast("User", request.user)
        if not user.has_usable_password():
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(request, *args, **kw)
        return response


login = page(Login.as_view())
logout = page(never_cache(allauth.LogoutView.as_view()))
password_change = page(never_cache(login_required(PasswordChange.as_view())))


@require_safe
@never_cache
def desk_login(request: HttpRequest) -> HttpResponseRedirect:
    """Lead from the desk to the sign-in, and back to the page that was asked for."""
    target = safe_next(request) or resolve_url(settings.LOGIN_REDIRECT_URL)
    if not request.user.is_authenticated:
        asked = urlencode({REDIRECT_FIELD_NAME: target})
        return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{asked}")
    if not (request.user.is_active and request.user.is_staff):
        raise PermissionDenied
    return HttpResponseRedirect(target)


@require_safe
def desk_password_change(request: HttpRequest) -> HttpResponseRedirect:
    """Lead from the desk to the page where the password is changed."""
    return HttpResponseRedirect(resolve_url("account_change_password"))


def safe_next(request: HttpRequest) -> str:
    """Return where to go on after the sign-in; "" unless it is a page of this very site."""
    target = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME, "")
    return target if leads_nowhere_else(request, target) else ""

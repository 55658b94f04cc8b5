"""The pages of the second factor: allauth's views, audited, in our clothes."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from allauth.account import views as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.webauthn import views as webauthn
from allauth.mfa.webauthn.internal import auth
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.generic import RedirectView

from patriot.accounts import second_factor
from patriot.accounts import second_factor_forms as forms
from patriot.accounts.browsers import remember
from patriot.accounts.forms import ReauthenticateForm
from patriot.accounts.models import User
from patriot.accounts.throttling import throttled
from patriot.lib.desk import log_action

page = require_http_methods(["GET", "HEAD", "POST"])
ANOTHER_FIRST = "You have to have a second factor here: set up another one first."


# --- Being asked for it -----------------------------------------------------------
class Authenticate(mfa.AuthenticateView):  # type: ignore[misc] # allauth has no types
    """Ask for the second factor."""

    form_class = forms.AuthenticateForm
    webauthn_form_class = forms.AuthenticatePasskeyForm

    def form_valid(self, form: Any) -> HttpResponseBase:
        """Sign in whom the password let through; not who was deactivated between the two."""
        if not self.stage.login.user.is_active:
            refused: HttpResponseBase = self.stage.abort()
            return refused
        response: HttpResponseBase = super().form_valid(form)
        if self.request.user.is_authenticated:
            remember(response, self.request.user.get_username())
        return response


class ByPassword(account.ReauthenticateView):  # type: ignore[misc]
    """Ask for the password once more."""

    form_class = ReauthenticateForm


class ByCode(mfa.ReauthenticateView):  # type: ignore[misc]
    """Ask for a code once more."""

    form_class = forms.ReauthenticateForm


class ByPasskey(webauthn.ReauthenticateWebAuthnView):  # type: ignore[misc]
    """Ask for a passkey once more."""

    form_class = forms.ReauthenticatePasskeyForm


class SignInByPasskey(webauthn.LoginWebAuthnView):  # type: ignore[misc]
    """Sign in with a passkey alone: it is two factors, the device and what unlocks it."""

    form_class = forms.SignInByPasskeyForm

    def get(self, request: HttpRequest, *args: Any, **kw: Any) -> HttpResponse:
        """Answer with what the browser has to sign."""
        return JsonResponse({"request_options": auth.begin_authentication(user=None)})

    def form_invalid(self, form: Any) -> HttpResponse:
        messages.error(self.request, "This passkey did not open the door.")
        return redirect("account_login")

    def form_valid(self, form: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().form_valid(form)
        if self.request.user.is_authenticated:
            remember(response, self.request.user.get_username())
        return response


# --- Changing it ------------------------------------------------------------------
class Audited:
    """Writes down what somebody changed, and ends the sessions elsewhere."""

    said: ClassVar[str]
    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().form_valid(form)  # type: ignore[misc]
        noted(self.request, self.said)
        return response


def noted(request: HttpRequest, said: str) -> None:
    """Put a change of one's own into one's history; wherever else one is signed in, it is over."""
    user = User.objects.get(pk=int(request.user.pk or 0))
    user.end_sessions()
    update_session_auth_hash(request, user)
    log_action(request, User.objects.filter(pk=user.pk), said)


class SetUpApp(Audited, totp.ActivateTOTPView):  # type: ignore[misc]
    """Set up an authenticator app."""

    said = "Set up an authenticator app."

    def form_valid(self, form: Any) -> HttpResponseBase:
        response = super().form_valid(form)
        now = timezone.now()  # noqa: TID251 (an interface)
        user = cast("User", self.request.user)
        second_factor.close_first_code(user, form.cleaned_data["code"], now=now)
        return response


class RemoveApp(Audited, totp.DeactivateTOTPView):  # type: ignore[misc]
    """Remove the authenticator app."""

    said = "Removed the authenticator app."


class MakeCodes(Audited, codes.GenerateRecoveryCodesView):  # type: ignore[misc]
    """Make new recovery codes; those before are worth nothing any more."""

    said = "Made new recovery codes."


class AddPasskey(Audited, webauthn.AddWebAuthnView):  # type: ignore[misc]
    """Add a passkey."""

    form_class = forms.AddPasskeyForm
    said = "Added a passkey."

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Ask for one that can sign in by itself, where the device is able to."""
        found: dict[str, Any] = super().get_context_data(**context)
        # The form that was sent, with what is wrong with it: allauth forgets it.
        found |= context
        public_key = dict(found["js_data"]["creation_options"]["publicKey"])
        wish = dict(public_key.get("authenticatorSelection") or {})
        wish |= {"residentKey": "preferred", "requireResidentKey": False}
        public_key["authenticatorSelection"] = wish
        return found | {"js_data": {"creation_options": {"publicKey": public_key}}}


class RemovePasskey(Audited, webauthn.RemoveWebAuthnView):  # type: ignore[misc]
    """Remove a passkey."""

    said = "Removed a passkey."

    def form_valid(self, form: Any) -> HttpResponseBase:
        if not get_adapter().can_delete_authenticator(self.get_object()):
            messages.error(self.request, ANOTHER_FIRST)
            return redirect("mfa_index")
        return super().form_valid(form)


class RenamePasskey(webauthn.EditWebAuthnView):  # type: ignore[misc]
    """Call a passkey something else."""

    form_class = forms.RenamePasskeyForm


@never_cache
@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponseBase:
    """Show what somebody has set up."""
    answer: HttpResponseBase = mfa.IndexView.as_view(
        extra_context={"is_missing": second_factor.is_missing(cast("User", request.user))}
    )(request)
    return answer


@never_cache
@require_POST
@login_required
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """End one's sessions everywhere but here."""
    noted(request, "Signed out everywhere else.")
    messages.success(request, "You are signed out everywhere else.")
    return redirect("mfa_index")


@require_safe
@never_cache
@login_required
def totp_image(request: HttpRequest) -> HttpResponse:
    """Answer with the square that an authenticator app scans: pages show no inline images."""
    secret = request.session.get(SECRET_SESSION_KEY)
    if not secret:
        raise Http404("Nothing is being set up.")
    adapter = get_adapter()
    square = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    return HttpResponse(square, content_type="image/svg+xml")


reauthenticate = page(never_cache(throttled("30/hour")(ByPassword.as_view())))
by_code = page(never_cache(ByCode.as_view()))
by_passkey = page(never_cache(ByPasskey.as_view()))
authenticate = page(never_cache(Authenticate.as_view()))
sign_in_by_passkey = page(never_cache(throttled("60/hour")(SignInByPasskey.as_view())))
set_up_app = page(never_cache(SetUpApp.as_view()))
remove_app = page(never_cache(RemoveApp.as_view()))
show_codes = require_safe(never_cache(login_required(codes.ViewRecoveryCodesView.as_view())))
make_codes = page(never_cache(MakeCodes.as_view()))
# They stand on the first page; allauth leads here when one was changed.
passkeys = require_safe(never_cache(RedirectView.as_view(pattern_name="mfa_index")))
add_passkey = page(never_cache(AddPasskey.as_view()))
remove_passkey = page(never_cache(RemovePasskey.as_view()))
rename_passkey = page(never_cache(login_required(RenamePasskey.as_view())))

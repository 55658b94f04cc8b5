"""API keys on the desk: made once, shown once, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from patriot.accounts.models import ApiKey, User
from patriot.accounts.roles import usable_scopes
from patriot.accounts.tokens import Token
from patriot.lib.addresses import networks_in
from patriot.lib.desk import ModelAdmin, ModelForm, counted, log_action

DAY = timedelta(days=1)
LIVES = ((30, "30 days"), (90, "90 days"), (180, "half a year"), (365, "a year"))


class AddKeyForm(ModelForm):
    """What a key is for, what it may do, and for how long."""

    usable: Sequence[ApiKey.Scope] = ()
    """The scopes that its owner can make use of."""

    scopes = forms.MultipleChoiceField(
        choices=ApiKey.Scope.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What it may do beyond reading what is public. Offered is what you may yourself.",
    )
    networks = forms.CharField(
        required=False,
        max_length=1_000,
        label="Only from",
        help_text="Addresses or networks such as 203.0.113.7 or 2001:db8::/32, separated by "
        "commas; empty: from everywhere.",
    )
    life = forms.TypedChoiceField(
        choices=LIVES, coerce=int, initial=90, label="Valid for", help_text="Then make a new one."
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        scopes = self.fields.get("scopes")
        if isinstance(scopes, forms.MultipleChoiceField):
            scopes.choices = [(scope.value, scope.label) for scope in self.usable]

    def clean_networks(self) -> list[str]:
        """Return the networks. Raises ValidationError naming what is none."""
        try:
            return networks_in(self.cleaned_data["networks"])
        except ValueError as error:
            raise forms.ValidationError(
                f"“{error}” is neither an address nor a network."
            ) from error

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "networks", "daily_ceiling_usd")


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    """One's own keys; administrators see and revoke everybody's. Nobody reads a key again."""

    form = AddKeyForm
    list_display = ("name", "prefix", "owner", "may", "condition", "last_used_at")
    list_select_related = ("owner",)
    search_fields = ("name", "prefix", "owner__username")
    ordering = ("-pk",)
    actions = ("revoke",)
    fields = (
        *("name", "prefix", "owner", "may", "works_from", "daily_ceiling_usd", "condition"),
        *("created_at", "expires_at", "revoked_at", "last_used_at"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        every: QuerySet[Any] = super().get_queryset(request)
        if request.user.has_perm("accounts.manage_apikey"):
            return every
        return every.filter(owner=request.user.pk)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return self.fields if obj else ("name", "scopes", "networks", "daily_ceiling_usd", "life")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return self.fields if obj else ()

    def get_form(
        self, request: HttpRequest, obj: ApiKey | None = None, change: bool = False, **options: Any
    ) -> Any:
        """Tell the form who makes the key."""
        form: Any = super().get_form(request, obj, change=change, **options)
        form.usable = usable_scopes(cast("User", request.user))
        return form

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Refuse to compare digests, which would tell them piece by piece."""
        if lookup.partition(LOOKUP_SEP)[0] == "hash":
            return False
        return super().lookup_allowed(lookup, value, request)

    # --- Who may --------------------------------------------------------------
    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whoever may make keys may take back those that they see."""
        return self.has_add_permission(request)

    # --- Making one -----------------------------------------------------------
    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Keep the digest; the token lives only until this request is answered."""
        now = timezone.now()  # noqa: TID251 (an interface)
        owner, life = cast("User", request.user), form.cleaned_data["life"] * DAY
        # For response_add, below.
        request.new_token = obj.make(owner=owner, now=now, life=life)  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the token, now and never again: it goes through no redirect and no session."""
        token: Token = request.new_token  # type: ignore[attr-defined]
        context = self.admin_site.each_context(request) | {
            "title": "Your new API key",
            "opts": self.model._meta,
            "key": obj,
            "token": token.reveal(),
            "life": expiry_in_words(obj, obj.created_at),
        }
        response = TemplateResponse(request, "admin/accounts/apikey/shown_once.html", context)
        patch_cache_control(response, private=True, no_store=True)
        return response

    # --- Columns --------------------------------------------------------------
    @admin.display(description="may")
    def may(self, key: ApiKey) -> str:
        labels = dict(ApiKey.Scope.choices)
        extra = [labels.get(ApiKey.Scope(scope), scope) for scope in key.scopes]
        return ", ".join(["read what is public", *extra])

    @admin.display(description="only from")
    def works_from(self, key: ApiKey) -> str:
        return ", ".join(key.networks) or "everywhere"

    @admin.display(description="condition", ordering="expires_at")
    def condition(self, key: ApiKey) -> str:
        return expiry_in_words(key, timezone.now())  # noqa: TID251 (an interface)

    # --- Actions --------------------------------------------------------------
    @admin.action(description="Revoke …", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> HttpResponse | None:
        """Ask on a page of its own, then take them back."""
        now = timezone.now()  # noqa: TID251 (an interface)
        usable = ApiKey.objects.filter(pk__in=chosen.values("pk")).usable(now)
        if "confirmed" in request.POST:
            ids = list(usable.values_list("pk", flat=True))
            revoked = ApiKey.objects.filter(pk__in=ids).revoke(now)
            log_action(request, ApiKey.objects.filter(pk__in=ids), "Revoked.")
            self.message_user(request, f"{counted(revoked, ApiKey)} revoked.", messages.SUCCESS)
            return None
        context = self.admin_site.each_context(request) | {
            "title": "Revoke API keys",
            "opts": self.model._meta,
            "keys": list(usable.select_related("owner")),
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/accounts/apikey/revoke.html", context)


def expiry_in_words(key: ApiKey, now: datetime) -> str:
    """Return such as “expires in 12 days, on 21 June 2026”."""
    if key.revoked_at is not None:
        return f"revoked on {key.revoked_at:%-d %B %Y}"
    day = f"{key.expires_at:%-d %B %Y}"
    if now >= key.expires_at:
        return f"expired on {day}"
    days = (key.expires_at - now) // DAY
    if days < 1:
        return f"expires within a day, on {day}"
    return f"expires in {days} {'day' if days == 1 else 'days'}, on {day}"

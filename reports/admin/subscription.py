"""Who gets reports: readers by mail, programs by webhook, chats."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from patriot.lib.desk import ModelAdmin, ModelForm, log_action
from patriot.lib.outbound import Forbidden, check_url
from reports.models import Subscription
from reports.pipeline import subscribing
from reports.pipeline.subscribing import ENDED_BY_STAFF, PAUSED_BY_STAFF
from reports.tokens import secret_of

CHANGE = "reports.change_subscription"
# What makes two receivers the same.
SAME = ("briefing", "channel", "address")
HOW_TO_FILL_IN = (
    "Webhook, Slack and Discord: the address that they gave you. Telegram: "
    "https://api.telegram.org/botTOKEN/sendMessage?chat_id=CHAT. Matrix: "
    "https://SERVER/_matrix/client/v3/rooms/ROOM?access_token=TOKEN."
)


class SubscriptionForm(ModelForm):
    """A webhook or a chat: readers subscribe by themselves, and confirm."""

    class Meta:
        model = Subscription
        fields = ("briefing", "channel", "address", "wants_corrections")
        help_texts = {"address": HOW_TO_FILL_IN}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "channel" in self.fields:
            channel: Any = self.fields["channel"]
            mail = Subscription.Channel.EMAIL
            channel.choices = [one for one in channel.choices if one[0] != mail]

    def clean_address(self) -> str:
        """Return the address, if the outbound policy lets us go there."""
        address = str(self.cleaned_data["address"]).strip()
        try:
            check_url(address, allow=settings.OUTBOUND_ALLOW)
        except Forbidden as error:
            raise forms.ValidationError(str(error)) from error
        return address

    def clean(self) -> dict[str, Any]:
        """Refuse a receiver that is there already; one that was ended begins again."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        same = {name: said.get(name) for name in SAME}
        there = Subscription.objects.exclude(state=Subscription.State.ENDED)
        if all(same.values()) and there.filter(**same).exists():
            self.add_error(None, "This receiver is there already: resume it.")
        return said

    def _update_errors(self, errors: forms.ValidationError) -> None:
        """Leave out that there is such a row: whether it may begin again was judged above."""
        said = errors.message_dict.get(NON_FIELD_ERRORS, [])
        if not any("subscription_once" in sentence for sentence in said):
            super()._update_errors(errors)  # type: ignore[misc] # Django's own, untyped


@admin.register(Subscription)
class SubscriptionAdmin(ModelAdmin):
    """Looked at, paused and ended; webhooks and chats are set up here."""

    form = SubscriptionForm
    change_form_template = "admin/reports/subscription/change_form.html"
    list_display = ("recipient", "briefing", "channel", "state", "failing_since", "created_at")
    list_filter = ("channel", "state", "briefing")
    list_select_related = ("briefing",)
    search_fields = ("address",)
    ordering = ("-created_at", "-pk")
    actions = ("pause", "resume", "end")
    shown = (
        *("briefing", "channel", "recipient", "length", "wants_corrections"),
        *("state", "reason", "owner", "failures", "failing_since", "secret_changed_at"),
        *("created_at", "confirmed_at", "ended_at"),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return SubscriptionForm.Meta.fields if obj is None else self.shown

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # its recipient decides what he gets; staff pause, resume and end it

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may pause, resume and end subscriptions, and change secrets."""
        return request.user.has_perm(CHANGE)

    def get_urls(self) -> list[Any]:
        """Add “another secret”."""
        guarded = self.admin_site.admin_view
        return [
            path("<int:pk>/secret/", guarded(self.secret), name="reports_subscription_secret"),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it is ended: what was sent stays told

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Begin what staff set up, as the API does."""
        same = {name: getattr(obj, name) for name in SAME}
        now = timezone.now()  # noqa: TID251 (an interface)
        try:
            begun = subscribing.set_up(
                **same, wants_corrections=obj.wants_corrections, owner=request.user, now=now
            )
        except subscribing.AlreadyThere:  # somebody else was asked the same, a moment before
            begun = Subscription.objects.get(**same)
        obj.pk = begun.pk
        obj.refresh_from_db()

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """Show a webhook's secret, this once."""
        if obj.channel == Subscription.Channel.WEBHOOK:
            return self._show_secret(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def secret(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give a webhook another secret, and show it, this once."""
        return require_POST(self._secret)(request, pk)

    def _secret(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        hooks = Subscription.objects.filter(channel=Subscription.Channel.WEBHOOK)
        hook = get_object_or_404(hooks, pk=pk)
        now = timezone.now()  # noqa: TID251 (an interface)
        subscribing.change_secret(hook, now)
        log_action(request, hooks.filter(pk=pk), "Gave it another secret.")
        return self._show_secret(request, hook)

    def _show_secret(self, request: HttpRequest, hook: Subscription) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": "The webhook's secret",
            "opts": self.model._meta,
            "hook": hook,
            "secret": secret_of(hook.public_id, hook.secret_number),
        }
        response = TemplateResponse(request, "admin/reports/subscription/secret.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.action(description="Pause", permissions=["steer"])
    def pause(self, request: HttpRequest, chosen: QuerySet[Subscription]) -> None:
        paused = subscribing.pause(chosen, reason=PAUSED_BY_STAFF)
        log_action(request, chosen, PAUSED_BY_STAFF)
        self.message_user(request, f"{paused} paused.", messages.SUCCESS)

    @admin.action(description="Resume", permissions=["steer"])
    def resume(self, request: HttpRequest, chosen: QuerySet[Subscription]) -> None:
        resumed = subscribing.resume(chosen)
        log_action(request, chosen, "Resumed.")
        self.message_user(request, f"{resumed} resumed.", messages.SUCCESS)

    @admin.action(description="End", permissions=["steer"])
    def end(self, request: HttpRequest, chosen: QuerySet[Subscription]) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        log_action(request, chosen, ENDED_BY_STAFF)
        ended = subscribing.end(chosen, now, reason=ENDED_BY_STAFF)
        self.message_user(request, f"{ended} ended.", messages.SUCCESS)

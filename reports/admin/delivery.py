"""What went to whom, what is on its way, and what could not be delivered."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from patriot.lib.desk import ReadOnlyAdmin, ReadOnlyInline, log_action
from reports.models import Attempt, Delivery
from reports.pipeline.deliver import send_again


class AttemptInline(ReadOnlyInline):
    """Every try whose end is known; of mails only those that failed."""

    model = Attempt
    fields = ("at", "outcome", "status", "answer", "seconds")
    ordering = ("-at", "-pk")
    verbose_name_plural = "tries"


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """The outbox: nothing is changed here but “send again”."""

    list_display = ("about", "kind", "channel", "state", "tries", "not_before", "said", "sent_at")
    list_filter = ("state", "kind", "subscription__channel", "subscription__briefing")
    list_select_related = ("subscription__briefing", "revision__report__briefing")
    search_fields = ("last_error", "message_id")
    ordering = ("-pk",)
    actions = ("send_again",)
    inlines = (AttemptInline,)
    show_full_result_count = False
    fields = (
        ("subscription", "revision", "kind"),
        ("state", "tries", "message_id"),
        ("created_at", "not_before", "sent_at"),
        "last_error",
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Name the recipient to those who may see subscriptions; the channel to all."""
        if request.user.has_perm("reports.view_subscription"):
            return self.fields
        return (("channel", "revision", "kind"), *self.fields[1:])

    @admin.display(description="report")
    def about(self, delivery: Delivery) -> str:
        revision = delivery.revision
        return str(revision.report) if revision else str(delivery.subscription.briefing)

    @admin.display(description="channel", ordering="subscription__channel")
    def channel(self, delivery: Delivery) -> str:
        return delivery.subscription.get_channel_display()

    @admin.display(description="what was said", ordering="last_error")
    def said(self, delivery: Delivery) -> str:
        return delivery.last_error[:120]

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may have deliveries sent again."""
        return request.user.has_perm("reports.replay_delivery")

    @admin.action(description="Send again, under the same id", permissions=["replay"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        again = [delivery for delivery in chosen if send_again(delivery, now)]
        log_action(
            request, Delivery.objects.filter(pk__in=[one.pk for one in again]), "Sent again."
        )
        self.message_user(
            request,
            f"{len(again)} will be sent again. Who does not want it any more gets nothing.",
            messages.SUCCESS,
        )

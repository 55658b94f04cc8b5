"""Digests on the desk: what staff were told of their sources, and whether it reached them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.messages import SUCCESS, WARNING
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from patriot.lib.desk import ReadOnlyAdmin, counted, log_action
from sources.models import Digest
from sources.pipeline import digest as digest_step

MAIL_IS_OFF = "No mail server is set (EMAIL_URL): digests are kept here, and nobody is mailed."


class DeliveryFilter(admin.SimpleListFilter):
    """Digests by what became of them."""

    title = "what became of it"
    parameter_name = "became"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mailed", "mailed"), ("given-up", "given up")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "mailed":
            return queryset.filter(recipients__gt=0)
        if self.value() == "given-up":
            return queryset.filter(pk__in=Digest.objects.unsent())
        return queryset


@admin.register(Digest)
class DigestAdmin(ReadOnlyAdmin):
    """Only shown: the first look after the hour of the digest writes it."""

    list_display = ("on", "subject", "became")
    list_filter = (DeliveryFilter,)
    ordering = ("-on",)
    actions = ("send_again",)
    fields = readonly_fields = ("on", "became", "recipients", "sent_at", "attempts", "text")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        if not settings.MAIL_IS_ON:
            self.message_user(request, MAIL_IS_OFF, WARNING)
        return super().changelist_view(request, extra_context)

    def has_revive_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may put what was given up back to work."""
        return request.user.has_perm("work.revive_job")

    @admin.display(description="what it told")
    def subject(self, digest: Digest) -> str:
        return digest.text.partition("\n")[0] or "nothing to tell"

    @admin.display(description="what became of it")
    def became(self, digest: Digest) -> str:
        return format_html('<span class="condition {}">{}</span>', *_became(digest))

    @admin.action(description="Send again (given up)", permissions=["revive"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Digest]) -> None:
        ids = list(chosen.values_list("pk", flat=True))
        now = timezone.now()  # noqa: TID251 (an interface)
        again = digest_step.send_again(ids, now)
        log_action(request, Digest.objects.filter(pk__in=again), "Send again.")
        self.message_user(
            request,
            f"{counted(len(again), Digest)} to be sent within a minute; "
            f"{len(ids) - len(again)} not given up.",
            SUCCESS if again else WARNING,
        )


def _became(digest: Digest) -> tuple[str, str]:
    """Return the color and the words."""
    if digest.is_given_up:
        reason = digest.last_error or "Mailing it ended the worker."
        return "ill", f"given up after {digest.attempts} attempts: {reason}"
    if digest.sent_at is None:
        return "due", f"to be mailed. {digest.last_error}".strip()
    if digest.recipients:
        to = f"mailed to {digest.recipients}. {digest.last_error}".strip()
        return "healthy", to
    if not digest.text:
        return "healthy", "nothing to tell, nobody mailed"
    return "held", f"kept here. {digest.last_error}".strip()

"""Jobs on the desk: what waits, what is done, and what died and may run again."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from patriot.lib.desk import ReadOnlyAdmin, counted, log_action
from patriot.work.jobs import run_again
from patriot.work.models import Job

ERROR_CHARS = 120


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Only shown, but for “run again”."""

    list_display = (
        "kind",
        "subject",
        "part",
        "state",
        "attempts",
        "not_before",
        "finished_at",
        "error",
    )
    list_filter = ("state", "kind")
    search_fields = ("subject", "part", "last_error", "request_id")
    ordering = ("-pk",)
    actions = ("run_again",)
    fields = (
        "kind",
        "subject",
        "part",
        "stage",
        "state",
        "attempts",
        "not_before",
        "leased_until",
        "request_id",
        "created_at",
        "finished_at",
        "last_error",
        "input_hash",
        "output",
    )

    def has_revive_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may put dead jobs back to work."""
        return request.user.has_perm("work.revive_job")

    @admin.display(description="last error", ordering="last_error")
    def error(self, job: Job) -> str:
        return job.last_error[:ERROR_CHARS]

    @admin.action(description="Run again (dead ones)", permissions=["revive"])
    def run_again(self, request: HttpRequest, chosen: QuerySet[Job]) -> None:
        now = timezone.now()  # noqa: TID251 (an interface)
        dead = chosen.filter(state=Job.State.DEAD)
        revived = [job.pk for job in dead if run_again(job, now)]
        log_action(request, Job.objects.filter(pk__in=revived), "Run again.")
        self.message_user(
            request,
            f"{counted(len(revived), Job)} back at work. Left alone is what was not dead, and "
            "what its report went on without.",
            messages.SUCCESS if revived else messages.WARNING,
        )

"""Job: a piece of work that a person or a client can look at; Heartbeat: who is alive."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from patriot.lib.logging import current_request_id
from patriot.work.leases import MAX_ERROR_CHARS, Leased, LeasedQuerySet, LostLease


class JobQuerySet(LeasedQuerySet):
    def waiting(self) -> Self:
        """Jobs that are not over, whether or not somebody is at it."""
        return self.filter(state=Job.State.WAITING)

    def about(self, *words: str) -> Self:
        """Jobs whose subject begins with one of these words, such as “report”."""
        subjects = (Q(subject__startswith=f"{word} ") for word in words)
        return self.filter(reduce(or_, subjects))

    def due(self, now: datetime) -> Self:
        """Jobs to start now: their moment has come and every earlier stage is over."""
        earlier = Job.objects.waiting().filter(
            subject=OuterRef("subject"), stage__lt=OuterRef("stage")
        )
        return self.waiting().startable(now).filter(~Exists(earlier))


class Job(Leased):
    """One step of work with attempts, lease, outcome and output.

    A job waits until no job of the same subject with a lower stage is open: that is how the
    parts of a fan-out come together again, whatever became of each of them.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        DEAD = "dead"
        CANCELED = "canceled"

    kind = models.CharField(max_length=30, help_text="The step, such as “ground”.")
    subject = models.CharField(max_length=60, help_text="What it is about, such as “report 12”.")
    part = models.CharField(max_length=60, blank=True, help_text="Which part, such as “story 5”.")
    stage = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    input_hash = models.CharField(max_length=64, blank=True)
    output = models.JSONField(null=True, blank=True)
    request_id = models.CharField(
        max_length=64,
        blank=True,
        default=current_request_id,
        db_default="",
        editable=False,
        help_text="The request that asked for it; empty if none did.",
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "kind", "part"], name="job_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", finished_at=None)
                | (~Q(state="waiting") & Q(finished_at__isnull=False)),
                name="job_finished_when_not_waiting",
            ),
        ]
        permissions = [("revive_job", "Can have dead jobs run again")]
        indexes = [
            # JobQuerySet.due: the few open jobs among all that ever were.
            models.Index(fields=["not_before"], name="job_waiting", condition=Q(state="waiting")),
            # How many were given up: the metrics, the desk's first page.
            models.Index(fields=["state"], name="job_dead", condition=Q(state="dead")),
        ]

    def __str__(self) -> str:
        return " · ".join(filter(None, [self.kind, self.subject, self.part]))

    def finish(self, now: datetime, *, output: Any = None, input_hash: str = "") -> None:
        """Record success, inside the transaction that writes the result.

        Raises LostLease if the job was taken over or finished by somebody else since it was
        leased: the caller's transaction must then roll back.
        """
        self._end(
            state=self.State.DONE,
            finished_at=now,
            output=output,
            input_hash=input_hash,
            leased_until=None,
            last_error="",
        )

    def put_back(self, error: str, *, not_before: datetime) -> None:
        """Record a failed attempt and say when to try again."""
        self._end(last_error=error[:MAX_ERROR_CHARS], not_before=not_before, leased_until=None)

    def postpone(self, not_before: datetime) -> None:
        """Give the job back untried: what it needs is not there yet."""
        self._end(attempts=self.attempts - 1, not_before=not_before, leased_until=None)

    def bury(self, error: str, now: datetime) -> None:
        """Give the job up: it stays listed, with its sentence, until somebody runs it again."""
        self._end(
            state=self.State.DEAD,
            finished_at=now,
            last_error=error[:MAX_ERROR_CHARS],
            leased_until=None,
        )

    def cancel(self, sentence: str, now: datetime) -> bool:
        """Call the job off, whoever is at it; False if it is over already.

        A waiting job never starts; whoever works on it is overtaken when he wants to finish.
        """
        return bool(
            Job.objects.waiting()
            .filter(pk=self.pk)
            .update(
                state=self.State.CANCELED,
                finished_at=now,
                last_error=sentence[:MAX_ERROR_CHARS],
                leased_until=None,
            )
        )

    def _end(self, **changes: Any) -> None:
        mine = Job.objects.waiting().filter(pk=self.pk, attempts=self.attempts)
        if not mine.update(**changes):
            raise LostLease(str(self))


class Pace(models.Model):
    """How many tasks of a kind ended within so long, since ever."""

    task = models.CharField(max_length=60, help_text="Its dotted path.")
    is_done = models.BooleanField(help_text="Whether it ended without an error.")
    within_ms = models.PositiveIntegerField(help_text="0 for longer than the longest bound.")
    tasks = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0, help_text="All of them together.")
    waited_seconds = models.FloatField(default=0, help_text="From being enqueued to the beginning.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "is_done", "within_ms"], name="pace_once"),
        ]

    def __str__(self) -> str:
        return f"{self.task} · {'done' if self.is_done else 'failed'} · {self.within_ms} ms"


class Heartbeat(models.Model):
    """When a part of the house last said that it is alive."""

    name = models.CharField(max_length=30, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

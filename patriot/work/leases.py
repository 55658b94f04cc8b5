"""Leases: how one worker takes a row, and how a killed worker loses nothing.

A row is free when its moment has come and nobody holds an unexpired lease on it. Taking it
is one conditional UPDATE that also counts the attempt, committed before the work starts, so a
row that kills its worker cannot loop: after MAX_ATTEMPTS starts it is left for a person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.core.exceptions import EmptyResultSet
from django.db import connections, models, transaction
from django.db.models import Q

MAX_ATTEMPTS = 3
MAX_ERROR_CHARS = 2_000


class LostLease(Exception):
    """Somebody else took the row over, or finished it: write nothing."""


class LeasedQuerySet(models.QuerySet[Any]):
    """Filters and the one UPDATE of every row that workers share out."""

    def free(self, now: datetime) -> Self:
        """Rows whose moment has come and which nobody holds."""
        return self.filter(Q(leased_until=None) | Q(leased_until__lt=now), not_before__lte=now)

    def startable(self, now: datetime) -> Self:
        """Free rows that have attempts left."""
        return self.free(now).filter(attempts__lt=MAX_ATTEMPTS)

    def exhausted(self, now: datetime) -> Self:
        """Free rows that were started MAX_ATTEMPTS times and never finished."""
        return self.free(now).filter(attempts__gte=MAX_ATTEMPTS)

    def lease(self, now: datetime, *, until: datetime, limit: int) -> list[int]:
        """Take up to `limit` of these rows for one worker and return their ids, oldest first.

        The attempt is counted here. Rows that another worker is just taking are passed over.
        """
        free = self.order_by("pk").select_for_update(skip_locked=True, of=("self",))
        table = connections[self.db].ops.quote_name(self.model._meta.db_table)
        with transaction.atomic(using=self.db), connections[self.db].cursor() as cursor:
            try:
                sql, params = free.values("pk")[:limit].query.sql_with_params()
            except EmptyResultSet:
                return []  # none was asked for
            # Materialized: the planner might else pick rows anew for each one that it updates.
            cursor.execute(
                f"WITH picked(id) AS MATERIALIZED ({sql})"  # noqa: S608 (our own query)
                f" UPDATE {table} AS leased SET leased_until = %s, attempts = attempts + 1"
                " FROM picked WHERE leased.id = picked.id RETURNING leased.id",
                [*params, until],
            )
            return sorted(pk for (pk,) in cursor.fetchall())


class Leased(models.Model):
    """The bookkeeping of a row that workers lease."""

    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    not_before = models.DateTimeField()
    last_error = models.TextField(blank=True, default="", editable=False)

    class Meta:
        abstract = True

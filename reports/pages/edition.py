"""What changes around a published text: its neighbors, the next report, the clothes it wears."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from reports.models import Report
from reports.pages.clothes import clothes
from reports.pages.report import next_slot_at

__all__ = ["Edition", "clothes"]


@dataclass(frozen=True, slots=True)
class Edition:
    """A published report between the one before and the one after."""

    report: Report
    previous: Report | None
    following: Report | None
    next_at: datetime | None
    """When the next one is due, if there is none yet."""

    @classmethod
    def of(cls, report: Report, *, now: datetime) -> Edition:
        """Find the neighbors of a report; two queries."""
        public = report.briefing.reports.public()
        following = public.filter(slot_at__gt=report.slot_at).order_by("slot_at").first()
        return cls(
            report=report,
            previous=public.filter(slot_at__lt=report.slot_at).order_by("-slot_at").first(),
            following=following,
            next_at=None if following else next_slot_at(report.briefing, now),
        )

    @property
    def etag(self) -> str:
        """What the page depends on, in short: its text is frozen, so the ids will do."""
        parts = (
            self.report.current_id,
            self.report.reason,
            self.previous and self.previous.pk,
            self.following and self.following.pk,
            self.next_at,
            clothes(),
        )
        return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'

    @property
    def modified_at(self) -> datetime | None:
        """When the text was published, a correction too, or its follower's link appeared."""
        known = (self.report.current, self.following)
        moments = [one.published_at for one in known if one and one.published_at]
        return max(moments, default=self.report.published_at)

"""Verify the claims of one section, and say what comes next: mending, judging, or storing."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from patriot.work.models import Job
from reports.models import Report, Section
from reports.pipeline.analyze import Written, follow, section_of, written_for
from reports.pipeline.checking import into_of, outcome, verified
from reports.pipeline.storing import Verdict, store
from reports.pipeline.writers import Writers


def ground(job: Job, report: Report, now: datetime, *, writers: Writers) -> None:
    """Verify what the analyst proposed; record why others fell.

    What a model wrote and code refused goes back to it once, in a step of its own.
    """
    section = section_of(job, report)
    written = written_for(job, section, report)
    grounded, refused = verified(written.analysis, written.material, into=into_of(section, written))

    with transaction.atomic():
        job.finish(now, output=outcome(written.analysis.analyst, grounded, refused))
        if written.is_by_model and refused:
            follow(job, "repair", now)
        else:
            conclude(
                job, section, Verdict(grounded, (), refused), now, written=written, writers=writers
            )


def conclude(
    job: Job,
    section: Section,
    verdict: Verdict,
    now: datetime,
    *,
    written: Written,
    writers: Writers,
) -> None:
    """Store the section, or have it read a second time first."""
    is_judged = section.revision.report.briefing.is_judged
    if written.is_by_model and is_judged and verdict.grounded:
        follow(job, "judge", now)
    else:
        store(section, verdict, now, written=written, writers=writers)

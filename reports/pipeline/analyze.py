"""Ask an analyst for the claims of one section."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from patriot.work.looks import enqueue
from patriot.work.models import Job
from reports.gateways.local_analyst import LocalAnalyst
from reports.models import Report, Section
from reports.pipeline.material import hash_of, material_of
from reports.pipeline.stages import Stage


def section_of(job: Job, report: Report) -> Section:
    """Return the section that a story's job is about: that of the newest revision."""
    story_id = int(job.part.removeprefix("story "))
    return Section.objects.filter(revision__report=report, story=story_id).latest(
        "revision__number"
    )


def analyze(job: Job, report: Report, now: datetime, *, analyst: LocalAnalyst) -> None:
    """Store the analyst's reply as the job's output; nothing of it is believed yet."""
    section = section_of(job, report)
    material = material_of(section, report)

    # The analyst comes before the transaction: it may think for long.
    analysis = analyst.analyze(material)

    with transaction.atomic():
        job.finish(now, output=asdict(analysis), input_hash=hash_of(material))
        ground = Job.objects.create(
            kind="ground",
            subject=job.subject,
            part=job.part,
            stage=Stage.STORY,
            not_before=now,
            created_at=now,
        )
        enqueue("reports.tasks.work", [ground.pk])

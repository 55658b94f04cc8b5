"""What the database refuses, whoever asks."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from reports.models import Claim, Evidence, Membership, Report, Revision, Section
from sources.models import Passage
from tests.factories import (
    NOW,
    a_claim,
    a_draft_report,
    a_published_report,
    a_report,
    a_section,
    a_story,
    publish,
)

pytestmark = pytest.mark.django_db


def refused(action):
    with pytest.raises(IntegrityError), transaction.atomic():
        action()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"quote": "Not what the passage says"}, id="other words"),
        pytest.param({"start": 1}, id="another start"),
        pytest.param({"end": 4}, id="another end"),
        pytest.param({"end": 100_000}, id="an end beyond the passage"),
    ],
)
def test_evidence_must_be_the_exact_span_of_its_passage(change):
    a_draft_report()
    evidence = Evidence.objects.first()

    refused(lambda: Evidence.objects.filter(pk=evidence.pk).update(**change))


def test_evidence_counts_characters_not_bytes():
    report = a_draft_report(sections=1)
    section = Section.objects.get()
    passage = Passage.objects.create(
        article=section.story.memberships.first().article,
        version=1,
        number=40,
        text="Größe: 😀 naïve façade",
        sha256="0" * 64,
    )
    claim = a_claim(section, quotes=[passage.text])

    assert claim.evidence.get().quote == passage.text
    assert report.revisions.exists()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda r: Revision.objects.filter(report=r).update(title="x"), id="title"),
        pytest.param(
            lambda r: Revision.objects.filter(report=r).update(published_at=None), id="thaw"
        ),
        pytest.param(lambda r: Section.objects.update(position=50), id="section"),
        pytest.param(lambda r: Claim.objects.update(text="x"), id="claim"),
        pytest.param(
            lambda r: Claim.objects.filter(section__revision__report=r).delete(), id="del"
        ),
        pytest.param(lambda r: Evidence.objects.update(position=50), id="evidence"),
        pytest.param(lambda r: Evidence.objects.all().delete(), id="delete evidence"),
        pytest.param(
            lambda r: Claim.objects.create(
                section=Section.objects.first(), position=90, kind="detail", text="New."
            ),
            id="a claim more",
        ),
        pytest.param(lambda r: a_section(r.current, a_story(), position=90), id="a section more"),
    ],
)
def test_a_published_revision_does_not_change(change):
    report = a_published_report(sections=2)

    refused(lambda: change(report))


def test_a_part_cannot_be_moved_out_of_a_published_revision():
    published, draft = a_published_report(sections=1), a_draft_report(sections=1)
    elsewhere = Section.objects.get(revision__report=draft)

    refused(
        lambda: Claim.objects.filter(section__revision__report=published).update(section=elsewhere)
    )


def test_a_part_cannot_be_moved_into_a_published_revision():
    published, draft = a_published_report(sections=1), a_draft_report(sections=1)
    frozen = Section.objects.get(revision__report=published)

    refused(
        lambda: Claim.objects.filter(section__revision__report=draft, position=1).update(
            section=frozen, position=80
        )
    )


def test_a_revision_with_a_claim_without_evidence_is_not_published():
    report = a_draft_report(sections=2)
    Claim.objects.filter(section__revision__report=report).first().evidence.all().delete()

    refused(lambda: publish(report))


def test_a_revision_without_sections_is_not_published():
    report = a_draft_report(sections=0)

    refused(lambda: publish(report))


def test_a_revision_begins_as_a_draft():
    report = a_report()

    refused(lambda: Revision.objects.create(report=report, created_at=NOW, published_at=NOW))


def test_a_section_without_a_claim_is_not_published():
    report = a_draft_report(sections=1)
    a_section(report.revisions.get(), a_story(), position=9)

    refused(lambda: publish(report))


def test_readers_are_never_shown_a_draft():
    published, draft = a_published_report(sections=1), a_draft_report(sections=1)

    refused(lambda: Report.objects.filter(pk=published.pk).update(current=draft.revisions.get()))


def test_a_quoted_passage_cannot_be_put_back_with_other_words():
    report = a_published_report(sections=1)
    passage = Passage.objects.filter(evidence__claim__section__revision=report.current).first()

    refused(lambda: Passage.objects.filter(pk=passage.pk)._raw_delete("default"))


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_is_just_being_written_cannot_slip_into_a_publication():
    report = a_draft_report(sections=1)
    revision, section = report.revisions.get(), Section.objects.get()
    other = connection.copy()
    try:
        with transaction.atomic():
            Claim.objects.create(section=section, position=90, kind="detail", text="Bare.")
            with other.cursor() as cursor:
                cursor.execute("SET lock_timeout = '200ms'")
                freeze = "UPDATE reports_revision SET published_at = now() WHERE id = %s"
                with pytest.raises(OperationalError):
                    cursor.execute(freeze, [revision.pk])
    finally:
        other.close()


def test_a_draft_may_change():
    a_draft_report(sections=2)

    Claim.objects.update(text="Changed.")

    assert set(Claim.objects.values_list("text", flat=True)) == {"Changed."}


def test_a_passage_never_changes():
    a_draft_report(sections=1)

    refused(lambda: Passage.objects.update(text="Something else."))


def test_a_slot_has_one_report():
    report = a_report()

    refused(lambda: a_report(report.briefing))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"state": "published"}, id="published without a revision"),
        pytest.param({"state": "failed"}, id="failed without a reason"),
        pytest.param({"state": "skipped"}, id="skipped without a reason"),
        pytest.param({"window_start": NOW + timedelta(days=9)}, id="an empty window"),
    ],
)
def test_a_report_is_never_half_said(wrong):
    report = a_report()

    refused(lambda: Report.objects.filter(pk=report.pk).update(**wrong))


def test_an_article_is_in_one_story_only():
    member = a_story().memberships.first()
    other = a_story()

    refused(lambda: Membership.objects.create(article=member.article, story=other, similarity=0.5))

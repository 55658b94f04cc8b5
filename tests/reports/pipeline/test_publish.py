"""Publication verifies once more, numbers without gaps, and can be taken back in public."""

import pytest

from reports.models import Claim, Evidence, Report
from reports.pipeline.publish import (
    NotPublishable,
    NotWithdrawable,
    publish_report,
    verify,
    withdraw_report,
)
from tests.factories import (
    NOW,
    a_briefing,
    a_claim,
    a_draft_report,
    a_published_report,
    a_report,
)

pytestmark = pytest.mark.django_db


def test_a_draft_is_published_with_the_next_number():
    briefing = a_briefing()
    a_published_report(briefing, local_date=NOW.date().replace(day=8))
    report = a_draft_report(briefing)

    publish_report(report, now=NOW)

    report.refresh_from_db()
    assert (report.state, report.number, report.published_at) == ("published", 2, NOW)
    assert report.current == report.revisions.get()
    assert report.current.is_frozen


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("An invented sentence about a volcano.", "is not in", id="other words"),
        pytest.param("<b>Bold</b> claims.", "", id="markup"),
    ],
)
def test_a_claim_that_does_not_hold_stops_the_publication(text, reason):
    report = a_draft_report()
    claim = Claim.objects.filter(section__revision__report=report, kind="lead").first()
    Claim.objects.filter(pk=claim.pk).update(text=text)

    with pytest.raises(NotPublishable, match=rf"Claim {claim.pk} does not hold.*{reason}"):
        publish_report(report, now=NOW)

    report.refresh_from_db()
    assert report.state == Report.State.DRAFT
    assert not report.revisions.get().is_frozen


def test_a_claim_without_evidence_stops_the_publication():
    report = a_draft_report()
    claim = Claim.objects.filter(section__revision__report=report).first()
    Evidence.objects.filter(claim=claim).delete()

    with pytest.raises(NotPublishable, match=f"Claim {claim.pk}"):
        publish_report(report, now=NOW)


CROSSED = "About 23,000 people cross the bridge every day."


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        pytest.param("It matters because traders cross the bridge.", True, id="of its story"),
        pytest.param("It matters because sailors cross the bridge.", False, id="of another"),
    ],
)
def test_an_analysis_may_use_words_of_another_article_of_its_story(text, holds):
    report = a_draft_report()
    section = report.revisions.get().sections.get(position=1)
    a_claim(section, quotes=[CROSSED], text=text, kind=Claim.Kind.WHY)

    if holds:
        publish_report(report, now=NOW)
    else:
        with pytest.raises(NotPublishable, match="sailors"):
            publish_report(report, now=NOW)


def test_verifying_asks_the_database_as_often_for_one_section_as_for_three(
    django_assert_num_queries,
):
    revision = a_draft_report(sections=1).revisions.get()
    longer = a_draft_report(a_briefing(), sections=3).revisions.get()

    for each in (revision, longer):
        with django_assert_num_queries(7):
            verify(each)


def test_a_title_that_no_claim_says_stops_the_publication():
    report = a_draft_report(revision={"title": "Volcano buries the capital"})

    with pytest.raises(NotPublishable, match="title"):
        publish_report(report, now=NOW)


@pytest.mark.parametrize(
    "state", [Report.State.SKIPPED, Report.State.FAILED, Report.State.WITHDRAWN]
)
def test_only_a_draft_can_be_published(state):
    report = a_published_report() if state == Report.State.WITHDRAWN else a_draft_report()
    Report.objects.filter(pk=report.pk).update(state=state, reason="A reason.")

    with pytest.raises(NotPublishable):
        publish_report(report, now=NOW)


def test_a_report_without_a_draft_cannot_be_published():
    with pytest.raises(NotPublishable, match="no finished draft"):
        publish_report(a_report(), now=NOW)


def test_a_withdrawn_report_keeps_its_text_and_gives_its_reason():
    report = a_published_report()

    withdraw_report(report, reason="  The toll was misread.  ", now=NOW)

    assert (report.state, report.reason) == ("withdrawn", "The toll was misread.")
    assert report.current is not None


def test_a_withdrawal_needs_a_reason():
    report = a_published_report()

    with pytest.raises(ValueError, match="reason"):
        withdraw_report(report, reason="  ", now=NOW)


def test_only_a_published_report_can_be_withdrawn():
    with pytest.raises(NotWithdrawable):
        withdraw_report(a_draft_report(), reason="Wrong.", now=NOW)

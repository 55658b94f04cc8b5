"""The factories make what the database accepts."""

import pytest
from django.db import IntegrityError, transaction

from reports.models import Claim, Evidence, Report
from reports.pipeline.publish import verify
from sources.models import Passage
from tests.cast import EVENTS
from tests.factories import a_draft_report, a_published_report, a_withdrawn_report, an_article

pytestmark = pytest.mark.django_db


def test_a_published_report_stands_on_exact_spans_and_is_frozen():
    report = a_published_report(sections=len(EVENTS))

    spans = Evidence.objects.select_related("passage")
    assert all(span.passage.text[span.start : span.end] == span.quote for span in spans)
    assert report.is_published
    assert report.number == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.update(text="Something else.")


def test_an_article_has_its_title_as_passage_zero():
    article = an_article(title="A title", paragraphs=("One.", "Two."))

    texts = (
        Passage.objects.filter(article=article).order_by("number").values_list("text", flat=True)
    )
    assert list(texts) == ["A title", "One.", "Two."]


def test_two_reports_of_a_briefing_are_counted():
    first = a_published_report(sections=1)
    second = a_withdrawn_report(
        first.briefing,
        sections=1,
        slot=first.slot.replace(hour=18),
        reason="It named a wrong town.",
    )

    assert [first.number, second.number] == [1, 2]
    assert second.state == Report.State.WITHDRAWN


def test_every_sentence_of_the_cast_stands_on_its_quotations():
    report = a_draft_report(sections=len(EVENTS))

    verify(report.revisions.get())

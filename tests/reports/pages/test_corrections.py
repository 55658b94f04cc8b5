"""Corrections are told on the report, on a page of all, in a feed, and text against text."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import feedparser
import pytest
from django.urls import reverse

from reports.models import Claim, Correction, Report
from reports.pages.corrections import NO_NOTES, notes_of
from reports.pipeline.correct import publish_correction
from reports.pipeline.drafting import next_text
from reports.pipeline.publish import publish_report, withdraw_report
from tests.factories import NOW, a_briefing, a_draft_report, a_published_report, a_staff_user

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
REASON = "The bridge <i>closes</i> for eleven weeks."


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(LATER, tick=False)


@pytest.fixture
def report() -> Report:
    """A published report."""
    draft = a_draft_report(sections=2)
    publish_report(draft, now=NOW)
    draft.refresh_from_db()
    return draft


def corrected(report: Report, *, reason: str = REASON, **fields) -> Correction:
    """Take out the last sentence, and write another one with a quotation's own words."""
    text = next_text(report.current, editor=None, edits="", now=LATER)
    claims = Claim.objects.filter(section__revision=text).order_by("section__position", "position")
    claims.last().delete()
    told = claims.exclude(kind="headline").exclude(text=text.title)
    changed = next(c for c in told if c.evidence.first().quote not in {x.text for x in claims})
    changed.text = changed.evidence.first().quote
    changed.save(update_fields=["text"])
    given = {"kind": Correction.Kind.CORRECTION, "author": a_staff_user(), "now": LATER} | fields
    return publish_correction(report, text, reason=reason, **given)


def text_of(client, url: str, *, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status, response.status_code
    return unescape(" ".join(response.content.decode().split()))


def test_a_report_that_was_not_corrected_costs_nothing_more(report, django_assert_num_queries):
    text = report.current

    with django_assert_num_queries(0):
        assert notes_of(report, text) == NO_NOTES


def test_the_report_says_at_the_top_and_in_place_what_changed(client, report):
    correction = corrected(report)
    changed = correction.replaced

    page = text_of(client, report.get_absolute_url())

    notes = notes_of(report)
    (anchor,) = notes.of_sentences
    before = notes.of_sentences[anchor][0].change.before.text
    (gone,) = (was for some in notes.dropped.values() for was in some)
    assert "<strong>Correction</strong>, " in page
    raw = client.get(report.get_absolute_url()).content.decode()
    assert "The bridge &lt;i&gt;closes&lt;/i&gt; for eleven weeks." in raw
    assert f'href="#{anchor}"' in page
    assert f'id="{anchor}"' in page
    assert "<strong>Changed</strong>" in page
    assert "<strong>Taken out</strong>" in page
    assert gone.change.before.text in page
    assert Claim.objects.filter(section__revision=changed, text=before).exists()


def test_a_sentence_that_was_changed_twice_tells_both(report):
    corrected(report)
    corrected(report, reason="Once more.", now=LATER + timedelta(hours=1))

    notes = notes_of(report)

    assert [note.reason for note in notes.corrections] == ["Once more.", REASON]
    assert notes_of(report, report.revisions.get(number=2)).corrections[0].reason == REASON
    assert notes_of(report, report.revisions.get(number=1)) == NO_NOTES


def test_nobody_is_told_that_a_page_with_a_correction_is_the_old_one(client, report):
    old = client.get(report.get_absolute_url())
    corrected(report)

    answers = [
        client.get(report.get_absolute_url(), headers={name: old[field]})
        for name, field in (("if-none-match", "ETag"), ("if-modified-since", "Last-Modified"))
    ]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_the_page_of_corrections_has_all_with_what_they_changed(
    client, report, django_assert_max_num_queries
):
    for hour in range(11):
        text = next_text(report.current, editor=None, edits="", now=LATER)
        # The first kept words are its own again, in turn.
        claim = Claim.objects.filter(section__revision=text).order_by("pk").last()
        claim.is_short = not claim.is_short
        claim.save(update_fields=["is_short"])
        at = LATER + timedelta(hours=hour)
        publish_correction(
            report, text, kind="update", reason=f"No. {hour}.", author=a_staff_user(), now=at
        )

    with django_assert_max_num_queries(5):
        first = text_of(client, "/corrections/")
    second = text_of(client, "/corrections/?page=2")
    odd = text_of(client, "/corrections/?page=x%00")

    assert "11 corrections so far" in first
    assert "No. 10." in first
    assert "No. 0." not in first
    assert "No. 0." in second
    assert "The short version has other sentences." in second
    assert "No. 10." in odd


def test_an_empty_page_says_that_nothing_was_wrong(client):
    assert "Nothing had to be corrected so far." in text_of(client, "/corrections/")


def test_the_texts_of_a_report_stand_one_against_the_other(
    client, report, django_assert_max_num_queries
):
    corrected(report)

    with django_assert_max_num_queries(7):
        page = text_of(client, report.get_revisions_url())

    assert "Readers saw 2 texts of it." in page
    assert "First published" in page
    assert "<dt>Before</dt>" in page
    assert "<del>" in page
    assert report.current.sha256 in page


def test_what_was_never_corrected_says_so(client):
    report = a_published_report(sections=1)

    page = text_of(client, report.get_revisions_url())

    assert "nothing was corrected" in page


def test_a_draft_has_no_texts_for_readers(client):
    draft = a_draft_report(sections=1)

    assert client.get(draft.get_revisions_url()).status_code == 404


def test_of_a_withdrawn_report_no_words_are_shown(client, report):
    corrected(report)
    words = report.current.title
    withdraw_report(report, reason="The source was a hoax.", now=LATER)

    listed = text_of(client, "/corrections/")
    texts = text_of(client, report.get_revisions_url(), status=410)
    feed = text_of(client, "/corrections/feed.atom")

    for page in (listed, texts, feed):
        assert "The source was a hoax." in page
        assert words not in page
        assert "<del>" not in page


def test_the_feed_has_each_correction_under_an_id_of_its_own(client, report):
    corrected(report)
    answer = client.get("/corrections/feed.atom")
    again = client.get("/corrections/feed.atom", headers={"if-none-match": answer["ETag"]})

    feed = feedparser.parse(answer.content)

    assert not feed.bozo
    (entry,) = feed.entries
    assert entry.title == f"Correction: {report.briefing}, 9 June 2026"
    assert entry.link == f"http://testserver/corrections/#{Correction.objects.get().anchor}"
    assert "The bridge &lt;i&gt;closes" in entry.content[0].value or "<i>" not in entry.summary
    assert "<del>" in entry.content[0].value
    assert again.status_code == 304


def test_an_empty_feed_is_one(client):
    a_briefing()

    feed = feedparser.parse(client.get(reverse("reports:corrections_feed")).content)

    assert not feed.bozo
    assert feed.entries == []


def test_the_feed_of_reports_tells_the_correction(client, report):
    corrected(report)

    feed = feedparser.parse(client.get("/reports/feed.atom").content)

    assert "<strong>Correction</strong>" in feed.entries[0].content[0].value

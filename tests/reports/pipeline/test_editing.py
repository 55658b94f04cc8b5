"""What editors change is checked like what models write, and is the next text of the report."""

from __future__ import annotations

import html
from datetime import datetime

import pytest

from reports.domain.analysis import Kind
from reports.models import Claim, Evidence, Report, Revision
from reports.pipeline import publish
from reports.pipeline.drafting import ChangedMeanwhile
from reports.pipeline.editing import (
    Changes,
    NewSentence,
    NotEdited,
    Wording,
    edit,
    thread_of,
)
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def report() -> Report:
    return factories.a_draft_report(sections=2)


@pytest.fixture
def base(report: Report) -> Revision:
    return report.revisions.get()


def claims_of(revision: Revision, **fields: object) -> list[Claim]:
    found = Claim.objects.filter(section__revision=revision, **fields)
    return list(found.order_by("section__position", "position"))


def a_lead(base: Revision) -> Claim:
    return claims_of(base, kind="lead")[0]


def quotes_of(claim: Claim) -> tuple[str, ...]:
    return tuple(claim.evidence.order_by("position").values_list("quote", flat=True))


def test_a_reworded_sentence_stands_on_words_that_code_has_found(base, now):
    claim = a_lead(base)
    quote = quotes_of(claim)[0]

    after = edit(
        base,
        Changes(wordings={thread_of(claim): Wording(text=quote, quotes=(quote,))}),
        editor=None,
        now=now,
    )

    edited = Claim.objects.get(section__revision=after, origin=claim.pk)
    assert (edited.text, edited.is_edited, edited.caveat) == (quote, True, "")
    item = Evidence.objects.select_related("passage").get(claim=edited)
    assert item.passage.text[item.start : item.end] == quote
    assert after.edits == "(1 reworded)"
    publish.publish_report(base.report, now=now)


@pytest.mark.parametrize(
    ("text", "quotes", "reason"),
    [
        pytest.param(
            "The harbor sank in 1,912 minutes.", None, "1,912", id="a figure of one's own"
        ),
        pytest.param(None, ("Words that nobody wrote here.",), "none of the story", id="a quote"),
        pytest.param("See https://evil.example/ now.", None, "", id="an address"),
    ],
)
def test_what_its_quotations_do_not_say_is_refused_with_the_reason(base, now, text, quotes, reason):
    claim = a_lead(base)
    wording = Wording(text=text or claim.text, quotes=quotes or quotes_of(claim))

    with pytest.raises(NotEdited) as raised:
        edit(base, Changes(wordings={thread_of(claim): wording}), editor=None, now=now)

    assert reason in raised.value.problems[claim.pk]
    assert base.report.revisions.count() == 1


def test_a_sentence_that_nothing_supports_needs_a_caveat_that_readers_see(base, client, now):
    claim = claims_of(base, kind="detail")[0] if claims_of(base, kind="detail") else a_lead(base)
    wording = Wording("The mayor denies all of it.", (), caveat="The mayor told us by telephone.")

    after = edit(base, Changes(wordings={claim.pk: wording}), editor=None, now=now)

    edited = Claim.objects.get(section__revision=after, origin=claim.pk)
    assert (edited.caveat, edited.evidence.count()) == ("The mayor told us by telephone.", 0)
    publish.publish_report(base.report, now=now)
    said = "the editor’s, without a quotation: The mayor told us by telephone."
    page = base.report.get_absolute_url()
    for address in (page, f"{page}?length=full", "/reports/feed.atom"):
        assert said in html.unescape(client.get(address).content.decode())
    told = client.get(f"/api/v1/reports/{base.report_id}/").json()["sections"]
    assert "The mayor told us by telephone." in {
        claim["caveat"] for section in told for claim in section["claims"]
    }


def test_a_sentence_with_a_caveat_may_not_be_the_title(base, now):
    claim = a_lead(base)
    wording = Wording("The mayor denies all of it.", (), caveat="By telephone.")

    with pytest.raises(NotEdited) as raised:
        edit(
            base,
            Changes(wordings={claim.pk: wording}, title=claim.pk),
            editor=None,
            now=now,
        )

    assert "stand alone" in raised.value.problems[claim.pk]


def test_sentences_and_stories_are_dropped_and_put_in_another_order(base, now):
    first, second = base.sections.order_by("position")
    dropped = [c for c in claims_of(base, section=second) if c.kind != "headline"][-1]

    after = edit(
        base,
        Changes(
            dropped=frozenset({dropped.pk}),
            story_places={first.story_id: 2, second.story_id: 1},
        ),
        editor=None,
        now=now,
    )

    told = list(after.sections.order_by("position").values_list("story", flat=True))
    assert told == [second.story_id, first.story_id]
    assert dropped.pk not in {claim.origin for claim in claims_of(after)}


@pytest.mark.parametrize(
    ("at", "place", "order"),
    [
        pytest.param(2, 1, [2, 0, 1], id="up to the first"),
        pytest.param(2, 2, [0, 2, 1], id="up by one"),
        pytest.param(0, 2, [1, 0, 2], id="down by one"),
        pytest.param(0, 3, [1, 2, 0], id="down to the last"),
        pytest.param(1, 9, [0, 2, 1], id="beyond the last"),
    ],
)
def test_a_story_gets_the_place_that_it_was_given(now, at, place, order):
    base = factories.a_draft_report(sections=3).revisions.get()
    stories = list(base.sections.order_by("position").values_list("story", flat=True))

    after = edit(base, Changes(story_places={stories[at]: place}), editor=None, now=now)

    told = list(after.sections.order_by("position").values_list("story", flat=True))
    assert told == [stories[index] for index in order]


def test_a_dropped_story_takes_its_sentences_and_the_title_with_it(base, now):
    first, second = base.sections.order_by("position")

    after = edit(base, Changes(dropped_stories=frozenset({first.story_id})), editor=None, now=now)

    assert [section.story_id for section in after.sections.all()] == [second.story_id]
    assert after.title in {claim.text for claim in claims_of(after)}


def test_a_merged_story_brings_its_sentences_and_counts_no_voice_twice(base, now):
    first, second = base.sections.order_by("position")
    moved = [c.pk for c in claims_of(base, section=second) if c.kind != "headline"]

    after = edit(base, Changes(merged={second.story_id: first.story_id}), editor=None, now=now)

    section = after.sections.get()
    assert {c.origin for c in claims_of(after)} >= set(moved)
    assert section.independent_count == max(first.independent_count, second.independent_count)
    assert section.outlet_count <= first.outlet_count + second.outlet_count
    publish.publish_report(base.report, now=now)


def test_a_sentence_is_added_where_words_support_it(base, now):
    section = base.sections.order_by("position").first()
    quote = quotes_of(claims_of(base, section=section, kind="lead")[0])[0]

    after = edit(
        base,
        Changes(added=[NewSentence(section.story_id, Kind.DETAIL, Wording(quote, (quote,)))]),
        editor=None,
        now=now,
    )

    added = Claim.objects.get(section__revision=after, origin=None)
    assert (added.text, added.is_edited, added.evidence.count()) == (quote, True, 1)


def test_the_last_story_stays(base, now):
    stories = frozenset(base.sections.values_list("story", flat=True))

    with pytest.raises(NotEdited, match="at least one story"):
        edit(base, Changes(dropped_stories=stories), editor=None, now=now)


def test_of_two_editors_the_second_is_told(base, now: datetime):
    lead = a_lead(base)
    edit(base, Changes(title=lead.pk), editor=None, now=now)

    with pytest.raises(ChangedMeanwhile):
        edit(base, Changes(title=lead.pk), editor=None, now=now)


def test_what_is_not_of_this_text_is_refused(base, now):
    with pytest.raises(NotEdited, match="no such sentence"):
        edit(base, Changes(dropped=frozenset({10**9})), editor=None, now=now)


@pytest.mark.parametrize(
    ("text", "caveat", "reason"),
    [
        pytest.param("", "By telephone.", "no words", id="no words"),
        pytest.param("See https://evil.example/ now.", "By telephone.", "", id="an address"),
        pytest.param("It is <b>so</b>.", "By telephone.", "", id="markup"),
        pytest.param("It is so.", "See evil.example/x for it.", "", id="an address in the caveat"),
        pytest.param("word " * 200, "By telephone.", "600 characters", id="too long"),
        pytest.param("It is so.", "word " * 100, "300 characters", id="a caveat too long"),
        pytest.param("It is \u202eso.", "By telephone.", "hide", id="hidden letters"),
        pytest.param("It is so.", "By\u200btelephone.", "hide", id="hidden in the caveat"),
    ],
)
def test_no_caveat_lets_through_what_no_sentence_may_hold(base, now, text, caveat, reason):
    claim = a_lead(base)

    with pytest.raises(NotEdited) as raised:
        edit(
            base,
            Changes(wordings={claim.pk: Wording(text, (), caveat=caveat)}),
            editor=None,
            now=now,
        )

    assert reason in raised.value.problems[claim.pk]


def test_a_second_readings_doubt_is_not_edited_away_by_a_full_stop(base, now):
    claim = a_lead(base)
    Claim.objects.filter(pk=claim.pk).update(ruling="not_stated", text=claim.text.rstrip("."))
    wording = Wording(claim.text.rstrip(".") + ".", quotes_of(claim))

    after = edit(base, Changes(wordings={claim.pk: wording}), editor=None, now=now)

    assert Claim.objects.get(section__revision=after, origin=claim.pk).ruling == "not_stated"

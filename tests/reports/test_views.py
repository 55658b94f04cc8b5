"""The public pages of reports and stories."""

import gzip
import re
from datetime import time, timedelta
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from reports import views
from reports.models import Claim, Membership, Report
from tests.cast import COURIER, ECHO, POST
from tests.factories import (
    NOW,
    TODAY,
    a_briefing,
    a_claim,
    a_draft_report,
    a_published_report,
    a_publisher,
    a_report,
    a_section,
    a_source,
    a_staff_user,
    a_story,
    a_withdrawn_report,
    an_article,
    publish,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(time_machine, now):
    time_machine.move_to(now, tick=False)


def text_of(client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    return unescape(" ".join(response.content.decode().split()))


# --- The front page ---------------------------------------------------------------


def test_the_front_page_of_an_empty_site_says_what_comes_first(client):
    page = text_of(client, "/")

    assert "Nothing is published here yet" in page


def test_a_briefing_without_a_report_says_when_the_first_one_is_due(client):
    a_briefing()

    page = text_of(client, "/")

    assert "The first report is still to come" in page
    assert '<time datetime="2026-06-10T07:00+02:00">07:00</time>' in page


def test_the_front_page_shows_the_newest_report_with_its_summary_and_leading_stories(client):
    briefing = a_briefing()
    a_published_report(briefing, local_date=TODAY - timedelta(days=1))
    newest = a_published_report(briefing, sections=8)

    page = text_of(client, "/")

    assert f'href="{newest.get_absolute_url()}"' in page
    assert "No. 2" in page
    assert "8 stories, 3 minutes" in page
    assert "About 23,000 people cross the bridge" not in page
    assert "divers found cracks in two of its seven piers." in page
    assert "6 outlets, 4 independent" in page
    assert "with 2 more stories" in page
    assert "8 of 9 sources answered, 1 did not; 64 articles read" in page


def test_the_briefing_with_the_newest_report_comes_first(client):
    evening = a_briefing(title="An Evening", times=[time(18, 30)])
    a_published_report(evening, sections=1, local_date=TODAY - timedelta(days=1), slot=time(18, 30))
    a_published_report(a_briefing(title="The Morning"), sections=1)

    page = text_of(client, "/")

    assert page.index("The Morning</a>") < page.index("An Evening</a>")


def test_a_disabled_briefing_is_on_the_front_page_only_where_no_other_is(client):
    a_published_report(a_briefing(title="The Old One", is_enabled=False), sections=1)

    alone = text_of(client, "/")
    a_briefing(title="The New One")
    beside = text_of(client, "/")

    assert "The Old One" in alone
    assert "Next report" not in alone
    assert "is not out yet" not in alone
    assert "The Old One" not in beside


def test_a_developing_story_names_the_outlets_of_its_window_only(client):
    report = a_draft_report(sections=0, revision={"left_out": []})
    old = an_article(a_source(POST), title="It began", hours_ago=60)
    new = [an_article(a_source(name), hours_ago=3) for name in (COURIER, ECHO)]
    story = a_story([old, *new])
    section = a_section(report.revisions.get(), story, outlet_count=2, independent_count=2)
    a_claim(section, kind="headline", quotes=[new[0].title])
    publish(report)

    page = text_of(client, report.get_absolute_url())

    assert "2 outlets, each in its own words." in page
    assert f"<li>{COURIER}</li>" in page
    assert f"<li>{POST}</li>" not in page


@pytest.mark.parametrize(
    ("state", "reason", "said", "looks_broken"),
    [
        pytest.param("skipped", "No story was new.", "No story was new.", False, id="calm day"),
        pytest.param("failed", "ValueError: secret", "could not be finished", True, id="failed"),
        pytest.param("producing", "", "is not out yet", True, id="still in production"),
        pytest.param("draft", "", "is not out yet", True, id="waiting for an editor"),
        pytest.param("held", "The editor doubts it.", "is not out yet", True, id="held"),
    ],
)
def test_a_calm_day_and_a_broken_day_look_different(client, state, reason, said, looks_broken):
    briefing = a_briefing()
    yesterdays = a_published_report(briefing, sections=1, local_date=TODAY - timedelta(days=1))
    a_report(briefing, state=state, reason=reason)

    page = text_of(client, "/")

    assert said in page
    assert ("notice-alert" in page) is looks_broken
    assert yesterdays.get_absolute_url() in page
    # Reasons written for editors stay inside.
    assert "secret" not in page
    assert "doubts" not in page


@pytest.mark.parametrize("state", ["skipped", "failed", "producing", "held"])
def test_what_staff_asked_for_in_vain_is_no_news_for_readers(client, state):
    briefing = a_briefing()
    a_published_report(briefing, sections=1, published_at=None)
    asked = {"occasion": "asked", "slot_at": NOW - timedelta(minutes=20), "slot": time(8, 10)}
    a_report(briefing, state=state, reason="Nobody answered.", **asked)

    page = text_of(client, "/")

    assert "Nobody answered" not in page
    assert "is not out yet" not in page
    assert "notice-alert" not in page


def test_a_slot_that_nobody_worked_on_is_late(client):
    a_published_report(a_briefing(), sections=1, local_date=TODAY - timedelta(days=1))

    page = text_of(client, "/")

    assert "The report due on" in page
    assert "is not out yet" in page


def test_a_report_in_production_before_its_slot_is_no_news(client):
    briefing = a_briefing(times=[time(7), time(8, 35)])
    a_published_report(briefing, sections=1)
    a_report(briefing, slot=time(8, 35))

    assert 'class="notice' not in text_of(client, "/")


def test_a_withdrawn_newest_report_is_said_on_the_front_page(client):
    a_withdrawn_report(a_briefing(), sections=1, reason="It named a wrong town.")

    page = text_of(client, "/")

    assert "It named a wrong town." in page
    assert "Old Bridge" not in page
    assert "The first report is still to come" not in page
    assert "There is no report to read at the moment" in page


# --- A report ---------------------------------------------------------------------


def test_a_report_shows_all_that_its_text_holds(client):
    report = a_published_report(sections=3)

    page = text_of(client, report.get_absolute_url())

    assert "<h1>" in page
    words = sum(len(claim.text.split()) for claim in Claim.objects.all())
    assert f"No. 1 · 3 stories, {words} words, 2 minutes" in page
    for title in (
        "30 seconds",
        "In this report",
        "What changed",
        "Where sources differ",
        "What is not known",
        "Why it matters",
        "Not in this report",
        "About this report",
    ):
        assert title in page
    assert "Farm show opens with record number of goats" in page
    assert "64 articles were read; the sentences above stand on 7 of them." in page
    assert "No model was used" in page
    assert "tells this. We matched no article of another outlet to it." in page


def test_every_sentence_has_a_permalink_and_a_note_with_its_exact_quotation(client):
    report = a_published_report(sections=2)

    page = text_of(client, report.get_absolute_url())

    for claim in Claim.objects.all():
        assert page.count(f'id="{claim.anchor}"') == 1
        assert f'href="#{claim.anchor}"' in page
        for evidence in claim.evidence.all():
            assert f"<mark>{evidence.quote}</mark>" in page


def test_a_verbatim_sentence_stands_in_quotation_marks_and_names_its_outlet(client):
    report = a_published_report(sections=1)

    page = text_of(client, report.get_absolute_url())

    assert "<q>About 23,000 people cross the bridge every day.</q>" in page
    assert '</span><span class="attribution">\xa0(<cite>Valmere Courier</cite>)</span>' in page
    assert "<q>About 23,000 people cross the bridge every day, which" not in page


def test_a_sentence_that_says_tomorrow_gives_its_date_in_the_zone_of_the_briefing(client):
    report = a_draft_report(sections=0)
    quote = "The bridge closes tomorrow."
    article = an_article(a_source(COURIER), paragraphs=(quote,), hours_ago=9)
    section = a_section(report.revisions.get(), a_story([article]))
    a_claim(section, kind="headline", quotes=[article.title])
    a_claim(section, kind="lead", quotes=[quote], summary_position=1)
    publish(report)
    date = '<time datetime="2026-06-08T23:30+02:00">8 Jun, 23:30</time>'

    for url in ("/", report.get_absolute_url()):
        page = text_of(client, url)

        assert f"(<cite>{COURIER}</cite>, {date})" in page


def test_a_sentence_of_the_summary_stands_under_the_headline_of_its_story(client):
    report = a_draft_report(sections=0)
    article = an_article(
        title="Prince buys a ferry", paragraphs=("The young prince paid in gold.",)
    )
    section = a_section(report.revisions.get(), a_story([article]))
    a_claim(section, kind="headline", quotes=["Prince buys a ferry"])
    a_claim(section, kind="lead", quotes=["The young prince paid in gold."], summary_position=1)
    publish(report)

    for url, address in (("/", report.get_absolute_url()), (report.get_absolute_url(), "")):
        page = text_of(client, url)

        label = f'<a class="point-story" href="{address}#{section.anchor}">Prince buys a ferry</a>'
        assert label in page
        assert page.index(label) < page.index("<q>The young prince paid in gold.</q>")


def test_a_lead_that_repeats_its_headline_is_printed_once_and_keeps_its_links(client):
    report = a_draft_report(sections=0)
    words = "The ferry has been sold."
    article = an_article(title="The ferry has been sold", paragraphs=(words, "It cost gold."))
    section = a_section(report.revisions.get(), a_story([article]))
    headline = a_claim(section, kind="headline", quotes=["The ferry has been sold"])
    lead = a_claim(section, kind="lead", quotes=[words], summary_position=1)
    a_claim(section, kind="lead", quotes=["It cost gold."])
    publish(report)

    page = text_of(client, report.get_absolute_url())

    told = page[page.index('<article class="story"') : page.index('<section class="notes"')]
    assert f"<q>{words}</q>" not in told
    assert "<q>It cost gold.</q>" in told
    assert told.count(f'id="{lead.anchor}"') == told.count(f'id="{headline.anchor}"') == 1
    assert told.count('popovertarget="note-1"') == told.count('popovertarget="note-2"') == 1
    assert "point-story" not in page


def test_a_foreign_sentence_says_its_language(client):
    report = a_published_report(sections=1)

    assert '<q lang="de">Lastwagen müssen' in text_of(client, report.get_absolute_url())


def test_only_a_single_outlet_in_another_language_is_excused_by_it(client):
    report = a_draft_report(sections=0)
    for position, language in enumerate(["en", "en-GB", "de"], start=1):
        story = a_story([an_article(title=f"Title {position}", language=language)])
        section = a_section(
            report.revisions.get(), story, position=position, outlet_count=1, independent_count=1
        )
        a_claim(section, kind="headline", quotes=[story.title])
    publish(report)

    page = text_of(client, report.get_absolute_url())

    assert page.count("We matched no article of another outlet to it.") == 3
    assert page.count("Articles in other languages are not compared yet.") == 1


def test_great_numbers_are_parted_at_the_thousands(client):
    report = a_draft_report(
        sections=0, revision={"coverage": {"watched": 9, "answered": 9, "articles": 12345}}
    )
    words = " ".join(["word"] * 1211)
    article = an_article(title="A title", paragraphs=(words,))
    section = a_section(report.revisions.get(), a_story([article]))
    a_claim(section, kind="headline", quotes=["A title"])
    a_claim(section, kind="lead", quotes=[words])
    publish(report)

    page = text_of(client, report.get_absolute_url())

    assert "1 story, 1,213 words, 6 minutes" in page
    assert "12,345 articles were read" in page


def test_a_block_without_sentences_is_not_there(client):
    report = a_draft_report(sections=0, revision={"left_out": [], "title": "A title"})
    section = a_section(report.revisions.get(), a_story([an_article(title="A title")]))
    a_claim(section, kind="headline", quotes=["A title"])
    publish(report)

    page = text_of(client, report.get_absolute_url())

    for title in ("30 seconds", "What changed", "Why it matters", "Not in this report"):
        assert title not in page


def test_hostile_text_is_shown_as_text(client):
    attack = '<script>alert("1")</script> & <b onclick=x>bold</b> “end”.'
    name = 'Evil "><img src=x onerror=alert(1)> Gazette'
    source = a_source(name, publisher=a_publisher(name, domain="evil.example"))
    article = an_article(
        source, title=attack, paragraphs=(attack,), url='https://evil.example/"><script>'
    )
    draft = a_draft_report(sections=0, revision={"title": attack, "left_out": [{"title": attack}]})
    section = a_section(draft.revisions.get(), a_story([article]))
    a_claim(section, kind="headline", quotes=[attack])
    a_claim(section, kind="lead", quotes=[attack])
    publish(draft)

    for url in (draft.get_absolute_url(), "/", f"/stories/{section.story_id}/", "/sources/"):
        content = client.get(url).content.decode()
        content = content.replace('<script type="application/ld+json">', "", 1)

        assert "<script" not in content
        assert "<img" not in content
        assert "<b onclick" not in content


def test_odd_stored_json_does_not_break_the_page(client):
    report = a_published_report(
        sections=1,
        revision={
            "coverage": {"watched": "many", "newest_article_at": "2026-99-99", "answered": -1},
            "left_out": ["text", {"title": ""}, {"title": "Kept", "outlets": "2", "story": None}],
        },
    )

    assert "Kept" in text_of(client, report.get_absolute_url())


def test_what_was_left_out_stands_under_its_reason_in_its_own_language(client):
    story = a_story([an_article(title="Alte Brücke gesperrt", language="de")])
    entries = [
        {"story": story.pk, "title": story.title, "outlets": 2, "reason": "Told before."},
        {"story": 10**9, "title": "Gone", "outlets": 1, "reason": "Too little."},
        {"title": "Another", "outlets": 1, "reason": "Told before."},
    ]
    report = a_published_report(sections=1, revision={"left_out": entries})

    page = text_of(client, report.get_absolute_url())

    assert page.count("<h3>Told before.</h3>") == 1
    assert f'<a href="/stories/{story.pk}/" lang="de">Alte Brücke gesperrt</a>' in page
    assert "<span>Gone</span>" in page


def a_report_with_a_short_version(**fields) -> Report:
    report = a_draft_report(**{"sections": 2} | fields)
    Claim.objects.filter(kind="headline").update(is_short=True)
    leads = Claim.objects.filter(kind="lead").distinct("section").order_by("section", "position")
    Claim.objects.filter(pk__in=list(leads.values_list("pk", flat=True))).update(is_short=True)
    return report


def test_the_short_version_shows_what_was_chosen_for_it_and_leads_to_the_rest(client):
    report = publish(a_report_with_a_short_version())

    full = text_of(client, report.get_absolute_url())
    short = text_of(client, f"{report.get_absolute_url()}?length=short")

    for claim in Claim.objects.all():
        assert f'id="{claim.anchor}"' in full
        assert (f'id="{claim.anchor}"' in short) is claim.is_short
    for section in report.current.sections.all():
        count = section.claims.filter(is_short=False).count()
        way = f'<a href="{report.get_absolute_url()}#{section.anchor}"'
        assert f'{way} aria-label="{count} more sentences: ' in short
        assert way not in full
    assert '<a href="?length=short" aria-current="page">Short, 1 minute</a>' in short
    assert f'<a href="{report.get_absolute_url()}" aria-current="page">Everything,' in full
    for page in (full, short):
        assert f'rel="canonical" href="http://testserver{report.get_absolute_url()}"' in page


def test_the_evidence_of_the_short_version_is_that_of_what_it_shows(client):
    report = publish(a_report_with_a_short_version())

    page = text_of(client, f"{report.get_absolute_url()}?length=short")

    marks = set(re.findall(r'popovertarget="(note-[0-9]+)"', page))
    assert marks == set(re.findall(r'id="(note-[0-9]+)"', page))


@pytest.mark.parametrize("length", ["", "long", "SHORT", "short%00", "%F0%9F%97%9E"])
def test_of_any_other_length_a_report_is_whole(client, length):
    report = publish(a_report_with_a_short_version(sections=1))

    page = text_of(client, f"{report.get_absolute_url()}?length={length}")

    assert all(claim.anchor in page for claim in Claim.objects.all())


def test_a_report_without_a_short_version_offers_none(client):
    report = a_published_report(sections=1)

    page = text_of(client, f"{report.get_absolute_url()}?length=short")

    assert "length=short" not in page
    assert all(claim.anchor in page for claim in Claim.objects.all())


def test_a_draft_has_its_short_version(client):
    report = a_report_with_a_short_version()
    client.force_login(a_staff_user("view_report"))

    page = text_of(client, f"{report.get_absolute_url()}?length=short")

    assert "more sentences" in page


def test_a_translation_says_from_which_language_and_so_does_its_note(client):
    report = a_draft_report(sections=0)
    article = an_article(paragraphs=("Die Brücke ist am Freitag gesperrt.",), language="de")
    section = a_section(report.revisions.get(), a_story([article]))
    a_claim(section, kind="headline", quotes=[article.title])
    quote = "Die Brücke ist am Freitag gesperrt."
    a_claim(
        section,
        kind="lead",
        quotes=[quote],
        text="The bridge is closed on Friday.",
        language="en",
        is_translation=True,
        ruling="supported",
    )
    publish(report)

    page = text_of(client, report.get_absolute_url())
    feed = unescape(client.get(reverse("reports:feed")).content.decode())

    assert '<span class="aside-word">translated from German</span>' in page
    assert '<span class="aside-word">in German</span>' in page
    assert f'<blockquote lang="de"><mark>{quote}</mark></blockquote>' in page
    assert "(translated from German)" in unescape(feed)
    assert "supported" not in page + feed


def test_a_report_that_money_made_shorter_says_so_wherever_it_is_read(client):
    sentence = "This report tells 2 of 6 stories: its budget did not reach for more."
    report = a_published_report(sections=2, revision={"budget": {"sentence": sentence}})

    for url in ("/", report.get_absolute_url(), reverse("reports:feed")):
        assert sentence in unescape(text_of(client, url)), url


def test_a_late_report_says_so_at_the_top(client):
    report = a_published_report(sections=1, reason="This report is late: it was due at 05:00 UTC.")

    assert "This report is late" in text_of(client, report.get_absolute_url())


def test_a_withdrawn_report_gives_its_reason_and_not_its_text(client):
    report = a_withdrawn_report(sections=1, reason="It named a wrong town.")

    page = text_of(client, report.get_absolute_url())

    assert "It named a wrong town." in page
    assert "bridge" not in page


@pytest.mark.parametrize("state", ["producing", "draft", "held", "skipped", "failed"])
def test_what_is_not_published_is_not_there_for_readers(client, state):
    report = a_draft_report(sections=1, state=state, reason="For a reason.")

    assert client.get(report.get_absolute_url()).status_code == 404


def test_staff_who_may_see_reports_see_a_draft_in_its_place(client):
    report = a_draft_report(sections=1)
    client.force_login(a_staff_user("view_report"))

    response = client.get(report.get_absolute_url())

    assert response.status_code == 200
    assert "Readers do not see this page" in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def test_staff_without_the_permission_do_not_see_a_draft(client):
    report = a_draft_report(sections=1)
    client.force_login(a_staff_user())

    assert client.get(report.get_absolute_url()).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/reports/{slug}/2026-06-10/0700/", id="another day"),
        pytest.param("/reports/{slug}/2026-06-09/0800/", id="another time"),
        pytest.param("/reports/{slug}/2026-13-09/0700/", id="no such month"),
        pytest.param("/reports/{slug}/2026-06-09/2460/", id="no such hour"),
        pytest.param("/reports/{slug}/0000-00-00/0700/", id="no such year"),
        pytest.param("/reports/nobody/2026-06-09/0700/", id="no such briefing"),
        pytest.param("/reports/nobody/", id="no list of no briefing"),
        pytest.param("/stories/99999999999999999999999/", id="a number beyond all rows"),
        pytest.param("/stories/1%00/", id="a NUL"),
    ],
)
def test_an_address_that_names_nothing_is_a_page_in_the_same_clothes(client, path):
    report = a_published_report(sections=1)

    response = client.get(path.format(slug=report.briefing.slug))

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_a_report_leads_to_its_neighbors_or_says_when_the_next_one_comes(client):
    briefing = a_briefing()
    first = a_published_report(briefing, sections=1, local_date=TODAY - timedelta(days=1))
    second = a_published_report(briefing, sections=1)

    of_first = text_of(client, first.get_absolute_url())
    of_second = text_of(client, second.get_absolute_url())

    assert f'rel="next" href="{second.get_absolute_url()}"' in of_first
    assert f'rel="prev" href="{first.get_absolute_url()}"' in of_second
    assert "The next report comes on" not in of_first
    assert "The next report comes on" in of_second


# --- Caching ----------------------------------------------------------------------


def test_a_reader_who_has_the_page_gets_304_until_its_neighbor_appears(client):
    briefing = a_briefing()
    report = a_published_report(briefing, sections=1, local_date=TODAY - timedelta(days=1))
    first = client.get(report.get_absolute_url())
    asked = {"HTTP_IF_NONE_MATCH": first["ETag"]}

    again = client.get(report.get_absolute_url(), **asked)
    since = client.get(report.get_absolute_url(), HTTP_IF_MODIFIED_SINCE=first["Last-Modified"])
    a_published_report(briefing, sections=1)
    later = client.get(report.get_absolute_url(), **asked)

    assert [first.status_code, again.status_code, since.status_code] == [200, 304, 304]
    assert later.status_code == 200
    assert later["ETag"] != first["ETag"]


def test_a_public_page_neither_sets_nor_depends_on_a_cookie(client):
    report = a_published_report(sections=1)

    for url in ("/", report.get_absolute_url(), "/sources/", "/reports/"):
        response = client.get(url)

        assert not response.cookies
        assert "Cookie" not in response.headers.get("Vary", "")


# --- Lists and stories ------------------------------------------------------------


def test_the_archive_lists_public_reports_only(client):
    briefing = a_briefing()
    shown = a_published_report(briefing, sections=2)
    gone = a_withdrawn_report(
        briefing, sections=1, local_date=TODAY - timedelta(days=1), reason="Wrong."
    )
    a_draft_report(briefing, sections=1, local_date=TODAY - timedelta(days=2))

    for url in ("/reports/", f"/reports/{briefing.slug}/"):
        page = text_of(client, url)

        assert shown.get_absolute_url() in page
        assert gone.get_absolute_url() in page
        assert page.count('class="day-title') == 2
        assert "2 stories" in page


def test_a_story_lists_its_coverage_in_time_with_copies_folded_and_the_reasons(client):
    report = a_published_report(sections=1)
    story = report.current.sections.get().story

    page = text_of(client, reverse("reports:story", args=[story.pk]))

    assert "With it we found the story." in page
    assert "Shares the name Old Bridge, the figure 23,000 and the words bridge and repair" in page
    assert "2 articles with the same text" in page
    assert page.index(COURIER) < page.rindex(POST) < page.rindex(ECHO) < page.rindex("Hafenblatt")
    assert f"{report.get_absolute_url()}#story-{story.pk}" in page
    assert 'rel="noopener noreferrer nofollow"' in page


def test_a_story_is_not_told_in_reports_that_readers_cannot_read(client):
    report = a_draft_report(sections=1)
    story = report.revisions.get().sections.get().story

    assert "Told in" not in text_of(client, f"/stories/{story.pk}/")


def test_a_story_whose_articles_moved_says_where_they_are_and_where_it_was_told(client):
    report = a_published_report(sections=1)
    emptied = report.current.sections.get().story
    heir = a_story([an_article(title="The bridge, seen beside all others")])
    Membership.objects.filter(story=emptied).update(story=heir)

    page = text_of(client, f"/stories/{emptied.pk}/")

    assert "This story has no articles of its own any more" in page
    assert f'<a href="/stories/{heir.pk}/">The bridge, seen beside all others</a>' in page
    assert f"{report.get_absolute_url()}#story-{emptied.pk}" in page
    for oddity in ("0 outlets", "0 articles", "In time", "6 outlets"):
        assert oddity not in page


def test_an_empty_story_that_was_never_told_is_a_calm_page(client):
    story = a_story()
    story.memberships.all().delete()

    page = text_of(client, f"/stories/{story.pk}/")

    assert "they belong to another story." in page


def test_copies_in_a_circle_do_not_hang_the_page(client):
    one, two = an_article(hours_ago=3), an_article(hours_ago=2)
    story = a_story([one, two])
    Membership.objects.filter(article=one).update(copy_of=two)
    Membership.objects.filter(article=two).update(copy_of=one)

    assert client.get(f"/stories/{story.pk}/").status_code == 200


def test_the_method_and_the_rules_for_robots_can_be_read(client):
    how = text_of(client, "/how-it-works/")
    robots = client.get("/robots.txt")

    assert "What code cannot see" in how
    assert robots["Content-Type"].startswith("text/plain")
    assert b"Disallow: /admin/" in robots.content


def test_whoever_asks_for_an_icon_is_led_to_the_one_there_is(client):
    response = client.get("/favicon.ico")

    assert response.status_code == 301
    assert response["Location"].endswith(".svg")


def test_a_page_may_only_be_read(client):
    assert client.post("/").status_code == 405


# --- The number of queries does not grow ------------------------------------------


@pytest.mark.parametrize("sections", [3, 12])
def test_a_report_is_set_once_in_twelve_queries_and_then_takes_four(
    client, django_assert_num_queries, sections
):
    left_out = [{"story": a_story().pk, "title": "Left out", "outlets": 1, "reason": "Little."}]
    report = a_published_report(sections=sections, revision={"left_out": left_out})

    with django_assert_num_queries(12):
        first = client.get(report.get_absolute_url())
    with django_assert_num_queries(4):
        second = client.get(report.get_absolute_url())

    assert first.content == second.content


def test_a_short_version_takes_as_many(client, django_assert_num_queries):
    report = publish(a_report_with_a_short_version(sections=6))
    client.get(f"{report.get_absolute_url()}?length=short")

    with django_assert_num_queries(4):
        client.get(f"{report.get_absolute_url()}?length=short")


def test_an_unchanged_report_takes_three_queries(client, django_assert_num_queries):
    report = a_published_report(sections=3)
    etag = client.get(report.get_absolute_url())["ETag"]

    with django_assert_num_queries(3):
        client.get(report.get_absolute_url(), HTTP_IF_NONE_MATCH=etag)


@pytest.mark.parametrize("briefings", [1, 4])
def test_the_front_page_takes_seven_queries_whatever_it_shows(
    client, django_assert_num_queries, briefings
):
    for number in range(briefings):
        a_published_report(a_briefing(), sections=3 * number + 1)

    with django_assert_num_queries(7):
        client.get("/")


@pytest.mark.parametrize("articles", [2, 12])
def test_a_story_takes_four_queries(client, django_assert_num_queries, articles):
    source = a_source()
    draft = a_draft_report(sections=0)
    story = a_story([an_article(source, hours_ago=2 + n) for n in range(articles)])
    section = a_section(draft.revisions.get(), story)
    a_claim(section, kind="headline", quotes=[story.title])
    publish(draft)

    with django_assert_num_queries(4):
        client.get(f"/stories/{story.pk}/")


def test_two_reports_within_one_minute_share_an_address_and_the_public_one_is_shown(client):
    briefing = a_briefing()
    public = a_published_report(briefing, sections=1, slot=time(7, 0, 5))
    a_report(briefing, slot=time(7, 0, 40), state=Report.State.FAILED, reason="It broke.")

    page = text_of(client, public.get_absolute_url())

    assert "No. 1" in page
    assert NOW.strftime("%Y") in page


def test_a_long_report_with_its_styles_is_light(client):
    report = a_published_report(sections=12)
    folder = Path(settings.BASE_DIR) / "patriot" / "static" / "patriot"
    page = client.get(report.get_absolute_url()).content
    styles = [(folder / name).read_bytes() for name in ("tokens.css", "base.css", "report.css")]

    compressed = sum(len(gzip.compress(part, 6)) for part in [page, *styles])

    assert compressed < 60_000


# --- Errors -----------------------------------------------------------------------


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "429", "500"])
def test_an_error_page_needs_nothing_but_itself(code):
    # Django renders the page of a 500 without a request, and so without the site's name.
    page = render_to_string(f"{code}.html")

    assert "<h1>" in page
    assert "Patriot" in page
    assert 'href="/how-it-works/"' in page


def test_a_fault_of_ours_is_a_page_in_the_same_clothes(client, monkeypatch):
    def broken(now):
        raise RuntimeError("secret")

    monkeypatch.setattr(views, "front_page", broken)
    client.raise_request_exception = False

    response = client.get("/")

    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()
    assert "secret" not in response.content.decode()

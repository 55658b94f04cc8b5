"""A storyline's page and feed, and the lines on stories that stand still, as readers see them."""

from datetime import timedelta

import feedparser
import pytest
from lxml import html

from reports.models import Claim, Report, Story
from tests.factories import (
    NOW,
    TODAY,
    a_briefing,
    a_claim,
    a_draft_report,
    a_section,
    a_source,
    a_story,
    an_article,
    publish,
)

pytestmark = pytest.mark.django_db

TRIAL = "Trial of banker Otis Fenn opens in Port Averil"
VERDICT = "Otis Fenn guilty of fraud at Averil Savings Bank"
NEWS = "A jury in Port Averil found the banker Otis Fenn guilty of fraud."


@pytest.fixture(autouse=True)
def _clock(time_machine, now):
    time_machine.move_to(now, tick=False)


def told(story, briefing, *, days_ago, changed="", **revision) -> Report:
    """Publish a report that told the story by its title, and perhaps by what changed."""
    report = a_draft_report(
        briefing,
        sections=0,
        local_date=TODAY - timedelta(days=days_ago),
        revision={"title": "", **revision},
    )
    section = a_section(report.revisions.get(), story, status="developing" if changed else "new")
    a_claim(section, quotes=[story.title], kind=Claim.Kind.HEADLINE)
    if changed:
        a_claim(section, quotes=[changed], kind=Claim.Kind.CHANGED)
    return publish(report)


def a_line(*, parts=2):
    """Return a storyline: a trial and what followed, day after day, each told on its day."""
    source, briefing = a_source(), a_briefing(slug="dawn", title="Dawn")
    stories: list[Story] = []
    for number in range(parts):
        days_ago = parts - number
        article = an_article(
            source,
            title=VERDICT if number else TRIAL,
            paragraphs=[NEWS],
            hours_ago=days_ago * 24,
        )
        fields = {}
        if stories:
            why = {"names": ["Otis Fenn"], "terms": ["fraud"], "hours_apart": 24}
            fields = {"continues": stories[-1], "beginning": stories[0], "continues_why": why}
        stories.append(a_story([article], **fields))
        told(stories[-1], briefing, days_ago=days_ago - 1, changed=NEWS if number else "")
    return stories, briefing


def words(response) -> str:
    assert response.status_code == 200, response.status_code
    return " ".join(html.fromstring(response.content).text_content().split())


def test_a_storyline_shows_what_each_report_told_of_it(client):
    (trial, verdict), _ = a_line()

    page = client.get(f"/storylines/{trial.pk}/")

    said = words(page)
    assert said.index(VERDICT) < said.index(TRIAL)
    assert "What changed" in said
    assert NEWS in said
    assert "Continues the one before. Shares the name Otis Fenn and the word fraud" in said
    report = Report.objects.get(current__sections__story=verdict)
    headline = Claim.objects.get(section__story=verdict, kind=Claim.Kind.HEADLINE)
    assert f'href="{report.get_absolute_url()}#{headline.anchor}"' in page.content.decode()


def test_a_later_story_leads_to_its_storyline(client):
    (trial, verdict), _ = a_line()

    for address in ("", "feed.atom"):
        response = client.get(f"/storylines/{verdict.pk}/{address}")

        assert response.status_code == 301
        assert response["Location"] == f"/storylines/{trial.pk}/{address}"


def test_a_merged_story_leads_to_the_storyline_of_its_heir(client):
    (trial, verdict), _ = a_line()
    merged = a_story(merged_into=verdict)

    response = client.get(f"/storylines/{merged.pk}/")

    assert response["Location"] == f"/storylines/{trial.pk}/"


def test_stories_merged_in_a_circle_end_somewhere(client):
    one = a_story()
    two = a_story(merged_into=one)
    Story.objects.filter(pk=one.pk).update(merged_into=two)

    assert client.get(f"/storylines/{one.pk}/").status_code in {200, 301}


@pytest.mark.parametrize("address", ["/storylines/404404/", "/storylines/404404/feed.atom"])
def test_an_unknown_storyline_is_404(client, address):
    assert client.get(address).status_code == 404


def test_a_draft_or_withdrawn_report_told_readers_nothing(client):
    (trial, _), briefing = a_line()
    Report.objects.filter(local_date=TODAY).update(state="withdrawn", reason="Wrong town.")
    draft = a_draft_report(briefing, sections=0, local_date=TODAY - timedelta(days=9))
    a_claim(a_section(draft.revisions.get(), trial), quotes=[NEWS], kind=Claim.Kind.HEADLINE)

    said = words(client.get(f"/storylines/{trial.pk}/"))

    assert "What changed" not in said
    assert said.count(TRIAL) >= 2
    assert len(entries(client, trial)) == 1


def test_a_storyline_that_nobody_told_says_so(client):
    story = a_story()

    said = words(client.get(f"/storylines/{story.pk}/"))

    assert "No report that readers can read has told it yet." in said
    assert entries(client, story) == []


@pytest.mark.parametrize("parts", [2, 5])
def test_the_number_of_queries_does_not_grow(client, django_assert_num_queries, parts):
    stories, _ = a_line(parts=parts)

    with django_assert_num_queries(6):
        assert client.get(f"/storylines/{stories[0].pk}/").status_code == 200
    with django_assert_num_queries(4):
        assert client.get(f"/storylines/{stories[0].pk}/feed.atom").status_code == 200


def test_titles_that_hold_markup_stay_text(client):
    story = a_story([an_article(title="<script>alert(1)</script> & <b>bold</b>")])
    told(story, a_briefing(), days_ago=0)

    for address in ("", "feed.atom"):
        content = client.get(f"/storylines/{story.pk}/{address}").content
        assert b"<script>alert" not in content


# --- Its feed ---------------------------------------------------------------------------


def entries(client, story) -> list[feedparser.FeedParserDict]:
    response = client.get(f"/storylines/{story.pk}/feed.atom")
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    read = feedparser.parse(response.content)
    assert not read.bozo, read.bozo_exception
    return read.entries


def test_the_feed_has_each_telling_in_full(client):
    (trial, _), _ = a_line()

    newest, oldest = entries(client, trial)

    assert (newest.title, oldest.title) == (VERDICT, TRIAL)
    assert newest.id != oldest.id
    content = newest.content[0].value
    assert NEWS in content
    assert "Evidence" in content
    assert 'href="/' not in content


def test_ids_outlive_a_correction_and_a_further_telling(client):
    (trial, _), briefing = a_line()
    before = [entry.id for entry in entries(client, trial)]
    told(trial, briefing, days_ago=-1)

    assert [entry.id for entry in entries(client, trial)][1:] == before


def test_whoever_has_the_feed_is_told_so(client):
    (trial, _), _ = a_line()
    first = client.get(f"/storylines/{trial.pk}/feed.atom")

    again = client.get(f"/storylines/{trial.pk}/feed.atom", HTTP_IF_NONE_MATCH=first["ETag"])

    assert again.status_code == 304


def test_the_page_names_its_feed(client):
    (trial, _), _ = a_line()

    page = html.fromstring(client.get(f"/storylines/{trial.pk}/").content)

    (feed,) = page.xpath("//link[@type='application/atom+xml' and contains(@href, 'storylines')]")
    assert feed.get("href") == f"/storylines/{trial.pk}/feed.atom"


def test_a_told_storyline_of_several_stories_is_in_the_sitemap(client):
    (trial, verdict), _ = a_line()

    listed = client.get("/sitemap-storylines.xml").content.decode()

    assert f"/storylines/{trial.pk}/<" in listed
    assert f"/storylines/{verdict.pk}/<" not in listed


# --- What stands still, in a report -------------------------------------------------------


def a_report_with_lines(**entry):
    """Return a report of today that told one story, with a line on one told two days ago."""
    briefing = a_briefing(slug="dawn", title="Dawn")
    story = a_story([an_article(title=TRIAL, paragraphs=[NEWS], hours_ago=60)])
    earlier = told(story, briefing, days_ago=2)
    line = {
        "story": story.pk,
        "section": earlier.current.sections.get().pk,
        "status": "unchanged",
        "since": earlier.slot_at.isoformat(),
    }
    other = a_story([an_article(title="Farm show opens", paragraphs=["Goats came."])])
    return told(other, briefing, days_ago=0, unchanged=[line | entry]), earlier


def test_an_unchanged_story_has_one_line_with_its_headline_as_published_then(client):
    report, earlier = a_report_with_lines()

    page = client.get(report.get_absolute_url())

    assert "unchanged " + TRIAL + " Unchanged since Sunday, 7 June 2026, 07:00" in words(page)
    headline = earlier.current.sections.get().claims.get()
    assert f'href="{earlier.get_absolute_url()}#{headline.anchor}"' in page.content.decode()


def test_a_resolved_story_says_since_when_nobody_reports_on_it(client):
    report, _ = a_report_with_lines(status="resolved", since=(NOW - timedelta(days=4)).isoformat())

    said = words(client.get(report.get_absolute_url()))

    assert "resolved " + TRIAL + " No outlet has reported on it since" in said


def test_the_feed_of_reports_has_the_lines_too(client):
    a_report_with_lines()

    read = feedparser.parse(client.get("/reports/dawn/feed.atom").content)

    content = read.entries[0].content[0].value
    assert "Told before" in content
    assert "unchanged since" in content
    assert 'href="/' not in content


def test_clients_get_the_lines_too(client):
    report, earlier = a_report_with_lines()

    body = client.get(f"/api/v1/reports/{report.pk}/").json()

    section = earlier.current.sections.get()
    (line,) = body["unchanged"]
    assert line == {
        "story": section.story_id,
        "storyline": section.story_id,
        "status": "unchanged",
        "since": "2026-06-07T05:00:00Z",
        "headline": TRIAL,
        "language": "en",
        "permalink": f"http://testserver{earlier.get_absolute_url()}#{section.claims.get().anchor}",
    }


def test_a_line_whose_report_was_withdrawn_is_left_out(client):
    report, earlier = a_report_with_lines()
    Report.objects.filter(pk=earlier.pk).update(state="withdrawn", reason="Wrong town.")

    assert TRIAL not in words(client.get(report.get_absolute_url()))


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({"section": "7"}, id="section is text"),
        pytest.param({"section": 404404}, id="section is gone"),
        pytest.param({"status": "exploded"}, id="unknown status"),
        pytest.param({"since": "soon"}, id="no moment"),
        pytest.param({"since": "2026-99-99T00:00:00Z"}, id="an impossible moment"),
        pytest.param({"since": None}, id="since nothing"),
    ],
)
def test_an_odd_line_is_left_out(client, entry):
    report, _ = a_report_with_lines(**entry)

    assert TRIAL not in words(client.get(report.get_absolute_url()))

"""A report in other forms: Markdown, JSON, its picture; and what it tells machines of itself."""

import json
import re
from io import BytesIO

import pytest
from markdown_it import MarkdownIt
from PIL import Image

from reports.models import Report
from tests.factories import (
    a_briefing,
    a_claim,
    a_draft_report,
    a_published_report,
    a_section,
    a_source,
    a_story,
    a_withdrawn_report,
    an_article,
    publish,
)

pytestmark = pytest.mark.django_db

FORMS = ("get_markdown_url", "get_json_url", "get_card_url")


@pytest.fixture(autouse=True)
def _clock(time_machine, now):
    time_machine.move_to(now, tick=False)


def a_report_that_says(text: str, **fields) -> Report:
    draft = a_draft_report(sections=0, revision={"title": text, "left_out": []}, **fields)
    section = a_section(
        draft.revisions.get(), a_story([an_article(a_source(), title=text, paragraphs=(text,))])
    )
    a_claim(section, kind="headline", quotes=[text])
    a_claim(section, kind="lead", quotes=[text])
    return publish(draft)


def linked_data_of(page: str) -> dict:
    [written] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(written)


# --- Markdown ---------------------------------------------------------------------


def test_a_report_as_markdown_tells_every_sentence_and_its_sources(client):
    report = a_published_report(sections=2)

    answer = client.get(report.get_markdown_url())

    text = MarkdownIt().render(answer.content.decode())
    words = " ".join(re.sub(r"<[^>]*>|\[\d+\]", " ", text).split())
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert f'href="http://testserver{report.get_absolute_url()}"' in text
    assert text.count("<h1>") == 1
    for section in report.current.sections.all():
        for claim in section.claims.exclude(kind="headline"):
            assert re.split(" — |, ", claim.text)[0].strip("“”").replace("&", "&amp;") in words
            assert claim.evidence.first().passage.article.publisher.name in words


def test_hostile_words_mean_nothing_in_markdown(client):
    attack = "1. <script>x</script> ![a](javascript:x) [b](http://evil.example) `c` *d* # e | ~f~"
    report = a_report_that_says(attack)

    text = MarkdownIt("commonmark").render(client.get(report.get_markdown_url()).content.decode())

    assert "<script" not in text
    assert "<img" not in text
    assert "<code" not in text
    assert 'href="http://evil.example' not in text
    assert "1. &lt;script&gt;x&lt;/script&gt; ![a](javascript:x)" in text


# --- JSON -------------------------------------------------------------------------


def test_a_report_as_json_is_what_the_api_says(client):
    report = a_published_report(sections=2)

    beside = client.get(report.get_json_url()).json()
    asked = client.get(f"/api/v1/reports/{report.pk}/").json()

    assert [section["headline"] for section in beside["sections"]] == [
        section["headline"] for section in asked["sections"]
    ]
    assert beside.keys() == asked.keys()


# --- The picture ------------------------------------------------------------------

TITLES = [
    pytest.param("Bridge closed", id="short"),
    pytest.param("The old bridge over the river is closed for a year, and more. " * 30, id="long"),
    pytest.param("W" * 900, id="one endless word"),
    pytest.param("Łódź, Ærø and Çanakkale’s “ſtraße”: žluťoučký kůň", id="rare Latin letters"),
    pytest.param("大桥关闭一年", id="letters that we have not"),
    pytest.param("الجسر مغلق", id="right to left"),
    pytest.param("👩‍👩‍👧‍👦 Z\u0351\u0343a\u0300lgo \u202eabc", id="odd Unicode"),
    pytest.param("", id="none"),
]


@pytest.mark.parametrize("title", TITLES)
def test_the_picture_is_1200_by_630_whatever_the_title(client, title):
    report = publish(a_draft_report(sections=1, revision={"title": title}))

    answer = client.get(report.get_card_url())

    picture = Image.open(BytesIO(answer.content))
    assert (picture.format, picture.size) == ("PNG", (1200, 630))
    assert answer["Content-Type"] == "image/png"
    assert len(answer.content) < 120_000
    # Ink between the margins, none beyond them.
    gray = picture.convert("L")
    assert gray.crop((80, 130, 1120, 480)).getextrema()[0] < 90
    assert gray.crop((1125, 20, 1200, 630)).getextrema()[0] > 240


def test_a_picture_is_drawn_once(client, monkeypatch):
    report = a_published_report(sections=1)
    first = client.get(report.get_card_url()).content
    monkeypatch.setattr("reports.pages.card.Image.new", None)

    assert client.get(report.get_card_url()).content == first


# --- All of them ------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_a_withdrawn_report_is_gone_in_every_form(client, form):
    report = a_withdrawn_report(sections=1, reason="It named a wrong town.")

    answer = client.get(getattr(report, form)())

    assert answer.status_code == 410
    assert "It named a wrong town." in answer.content.decode()


@pytest.mark.parametrize("form", FORMS)
def test_a_draft_has_no_other_form(client, form):
    assert client.get(getattr(a_draft_report(sections=1), form)()).status_code == 404


@pytest.mark.parametrize("form", FORMS)
def test_whoever_has_a_form_gets_304(client, form):
    address = getattr(a_published_report(sections=1), form)()
    tag = client.get(address)["ETag"]

    assert client.get(address, HTTP_IF_NONE_MATCH=tag).status_code == 304


@pytest.mark.parametrize(
    ("form", "queries"), [("get_markdown_url", 2), ("get_card_url", 2), ("get_json_url", 2)]
)
def test_a_form_takes_few_queries(client, django_assert_num_queries, form, queries):
    report = a_published_report(sections=3)
    client.get(getattr(report, form)())

    with django_assert_num_queries(queries):
        client.get(getattr(report, form)())


# --- What the page tells machines -------------------------------------------------


def test_a_page_names_its_picture_and_its_other_forms(client):
    report = a_published_report(sections=1)

    page = client.get(report.get_absolute_url()).content.decode()

    host = "http://testserver"
    assert f'property="og:image" content="{host}{report.get_card_url()}"' in page
    assert (
        f'type="text/markdown" title="This report as Markdown" href="{report.get_markdown_url()}"'
        in page
    )
    assert f'href="{report.get_json_url()}"' in page
    assert "\ufdd0" not in page


def test_a_page_tells_machines_what_it_is_and_what_it_cites(client):
    report = a_published_report(sections=2)

    told = linked_data_of(client.get(report.get_absolute_url()).content.decode())

    address = f"http://testserver{report.get_absolute_url()}"
    assert (told["@type"], told["url"], told["headline"]) == (
        "NewsArticle",
        address,
        report.current.title,
    )
    assert told["datePublished"] == report.published_at.isoformat()
    cited = {one["url"] for one in told["citation"]}
    assert cited
    assert all(address.startswith("https://") for address in cited)


@pytest.mark.parametrize(
    "attack",
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        '"}]}</SCRIPT/><img src=x onerror=alert(1)>',
        "\u2028 & &lt;/script&gt;",
    ],
)
def test_no_word_ends_what_is_told_to_machines(client, attack):
    report = a_report_that_says(f"{attack} is what it said")

    page = client.get(report.get_absolute_url()).content.decode()

    assert linked_data_of(page)["headline"] == report.current.title
    assert page.count("<script") == page.count("</script") == 1


def test_a_set_text_is_set_anew_for_what_surrounds_it(client):
    report = a_published_report(a_briefing(title="The Morning"), sections=1)
    before = client.get(report.get_absolute_url()).content.decode()
    Report.objects.update(reason="It was late.")
    report.briefing.title = "The Dawn"
    report.briefing.save(update_fields=["title"])

    after = client.get(report.get_absolute_url()).content.decode()

    assert "The Dawn" not in before
    assert "The Dawn" in after
    assert "It was late." in after

"""How a report was made, on a page of its own."""

import hashlib
import json
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patriot.ledger.models import Call, Service
from patriot.work.models import Job
from reports.models import Claim, Prompt, Report
from reports.pipeline.publish import publish_report, withdraw_report
from reports.pipeline.quarantine import quarantine
from sources.models import Passage
from tests.factories import (
    NOW,
    a_draft_report,
    a_published_report,
    a_staff_user,
    a_withdrawn_report,
    publish,
)

pytestmark = pytest.mark.django_db

CLAUDE = "claude-sonnet-5-5"
LATE = "There was no time left to ask the model."


def a_prompt(**fields: Any) -> Prompt:
    defaults: dict[str, Any] = {
        "purpose": Prompt.Purpose.ANALYZE,
        "number": 3,
        "text": "Write in {language}, sentence by sentence.",
        "note": "Shorter leads.",
        "created_at": NOW - timedelta(days=2),
    }
    return Prompt.objects.create(**defaults | fields)


def a_call(report: Report, **fields: Any) -> Call:
    defaults: dict[str, Any] = {
        "service": Service.CLAUDE,
        "purpose": "analyze",
        "model": CLAUDE,
        "subject": report.subject,
        "outcome": Call.Outcome.ANSWERED,
        "input_tokens": 1_000,
        "cache_read_tokens": 500,
        "output_tokens": 200,
        "cost_usd": Decimal("0.13"),
        "estimated_usd": Decimal("0.2"),
        "started_at": NOW,
        "finished_at": NOW,
    }
    return Call.objects.create(**defaults | fields)


def a_job(report: Report, kind: str, *, part: str, output: object) -> Job:
    return Job.objects.create(
        kind=kind,
        subject=report.subject,
        part=part,
        output=output,
        state=Job.State.DONE,
        not_before=NOW,
        created_at=NOW,
        finished_at=NOW,
    )


def by_a_model(*, fallbacks: int = 0, sections: int = 3) -> Report:
    """Return a published report that a model wrote but for the last `fallbacks` stories."""
    report = a_draft_report(sections=sections)
    revision = report.revisions.get()
    revision.prompts.add(a_prompt())
    revision.sections.update(analyst=CLAUDE)
    revision.sections.filter(position__gt=sections - fallbacks).update(
        analyst="local analyst", fallback=LATE
    )
    return publish(report)


def text_of(client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    return unescape(" ".join(response.content.decode().split()))


def test_a_report_without_a_model_says_what_that_means(client):
    report = a_published_report(sections=2)

    page = text_of(client, report.get_provenance_url())

    assert "No model was used: code chose the publishers’ own sentences" in page
    assert "Nothing: no paid request was made for it." in page
    assert "Nothing: no model was to be asked." in page
    assert "What writing without a model means" in page


def test_a_report_by_a_model_shows_its_prompts_its_requests_and_its_fallbacks(client):
    report = by_a_model(fallbacks=1)
    a_call(report)
    a_call(report)
    a_call(report, outcome=Call.Outcome.MALFORMED, cost_usd=Decimal("0.004"))
    Call.objects.filter(pk=a_call(report).pk).update(subject="report 0")

    page = text_of(client, report.get_provenance_url())

    assert f"The sentences of 2 stories were proposed by {CLAUDE}; for the other 1" in page
    assert f"No model. {LATE}" in page
    assert '<h3 id="prompt-analyze" class="prompt-title">Analyze a story, no. 3</h3>' in page
    assert "Write in {language}, sentence by sentence.</pre>" in page
    assert "Shorter leads." in page
    answered = f'<tr><th scope="row">{CLAUDE}</th><td>answered</td><td class="figure">2</td>'
    assert f'{answered}<td class="figure">3,000</td><td class="figure">400</td>' in page
    assert '<td class="figure">less than $0.01</td>' in page
    assert "$0.26 in all" in page


def test_a_model_that_was_never_asked_is_said_to_have_cost_nothing(client):
    report = by_a_model(fallbacks=3)

    footer = text_of(client, report.get_absolute_url())
    page = text_of(client, report.get_provenance_url())

    never = "No request was sent to the model, so it cost nothing."
    nothing = "A model was to write it, and nothing here is by one: code chose"
    assert nothing in footer
    assert f"{never} Its instructions would have been: <a" in footer
    assert nothing in page
    reason = "there was no time left to ask the model."
    assert f"All 3 stories were written without the model: {reason} {never}" in page
    assert "Nothing: no paid request was made for it." in page
    assert "Nothing: it was not asked. These instructions were live" in page
    for text in (footer, page):
        assert "No model was used" not in text


def test_a_model_that_was_asked_in_vain_is_said_to_have_been_paid(client):
    report = by_a_model(fallbacks=3)
    for _ in range(2):
        a_call(report, outcome=Call.Outcome.REFUSED, cost_usd=Decimal("0.01"))

    footer = text_of(client, report.get_absolute_url())
    page = text_of(client, report.get_provenance_url())

    for text in (footer, page):
        assert "A model was to write it, and nothing here is by one: code chose" in text
        assert "The model was asked 2 times, which cost $0.02." in text
        assert "No model was used" not in text
    assert "The model’s instructions: <a" in footer
    assert "These instructions were live when work on the report began. After them" in page


def test_the_sentences_that_fell_are_counted(client):
    report = by_a_model()
    fallen = {"kind": "detail", "text": "Secret.", "reason": "It is not there."}
    a_job(report, "ground", part="story 1", output={"grounded": 5, "rejected": [fallen] * 3})
    a_job(report, "repair", part="story 1", output={"grounded": 2, "rejected": [fallen]})
    a_job(report, "ground", part="story 2", output={"grounded": 4, "rejected": []})
    a_job(report, "ground", part="story 3", output=None)

    page = text_of(client, report.get_provenance_url())

    assert "3 proposed sentences, for these and other stories, were refused at first" in page
    assert "2 of them were put right when the model was asked once more; 1 was dropped." in page
    assert "Secret." not in page


def test_the_page_of_a_withdrawn_report_gives_its_reason_and_no_headline(client):
    report = a_withdrawn_report(sections=1, reason="It named a wrong town.")

    page = text_of(client, report.get_provenance_url())

    assert "It named a wrong town." in page
    assert "bridge" not in page


def test_how_a_draft_was_made_is_for_staff_only(client):
    report = a_draft_report(sections=1)

    for_readers = client.get(report.get_provenance_url())
    client.force_login(a_staff_user("view_report"))
    for_staff = client.get(report.get_provenance_url())

    assert (for_readers.status_code, for_staff.status_code) == (404, 200)
    assert "no-store" in for_staff["Cache-Control"]


def test_a_prompt_is_shown_as_text(client):
    report = a_draft_report(sections=1)
    attack = "</pre><script>alert(1)</script>"
    report.revisions.get().prompts.add(a_prompt(text=attack, note=attack))
    publish(report)

    content = client.get(report.get_provenance_url()).content.decode()

    assert "<script" not in content


@pytest.mark.parametrize("sections", [2, 8])
def test_how_a_report_was_made_takes_nine_queries_at_most(
    client, django_assert_num_queries, sections
):
    before = a_draft_report(sections=1)
    publish_report(before, now=NOW)
    yesterday = NOW.date() - timedelta(days=1)
    report = a_draft_report(before.briefing, sections=sections, local_date=yesterday)
    for part in range(sections):
        a_call(report)
        a_job(report, "ground", part=f"story {part}", output={"grounded": 1, "rejected": []})
    publish_report(report, now=NOW)

    with django_assert_num_queries(9):
        client.get(report.get_provenance_url())
    with django_assert_num_queries(3):
        client.get(report.get_record_url())


# --- The record -------------------------------------------------------------------


def a_recorded_report(*, before: Report | None = None) -> Report:
    """Return a report that was published with a record, after another one if there is one."""
    fields = {"local_date": NOW.date() - timedelta(days=1)} if before else {}
    report = a_draft_report(before.briefing if before else None, sections=1, **fields)
    report.revisions.get().prompts.add(a_prompt(number=8 if before else 7))
    publish_report(report, now=NOW)
    report.refresh_from_db()
    return report


def test_the_record_can_be_checked_with_nothing_but_its_json(client):
    report = a_recorded_report()

    answer = client.get(report.get_record_url())

    document = json.loads(answer.content)
    words = json.dumps(
        document["record"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert answer["Content-Type"] == "application/json"
    assert hashlib.sha256(words.encode()).hexdigest() == document["sha256"]
    (prompt,) = document["instructions"]
    recorded = document["record"]["instructions"][0]
    assert hashlib.sha256(prompt["text"].encode()).hexdigest() == recorded["sha256"]
    for sentence in document["record"]["text"]["sections"][0]["sentences"]:
        for evidence in sentence["evidence"]:
            passage = Passage.objects.get(pk=evidence["passage"])
            assert hashlib.sha256(passage.text.encode()).hexdigest() == evidence["sha256"]
            assert passage.text[evidence["start"] : evidence["end"]] == evidence["quote"]


def test_the_page_names_the_hash_and_leads_to_the_one_before(client):
    before = a_recorded_report()
    report = a_recorded_report(before=before)

    page = text_of(client, report.get_provenance_url())
    footer = text_of(client, report.get_absolute_url())
    first = text_of(client, before.get_provenance_url())

    assert f"<code>{report.current.sha256}</code>" in page
    assert f"<code>{before.current.sha256}</code>" in page
    assert f'<a href="{before.get_provenance_url()}#record">Of the text before it</a>' in page
    assert f"http://testserver{report.get_record_url()} | jq -cjS .record | sha256sum" in page
    assert f'<a href="{report.get_record_url()}">Its record (JSON)</a>' in footer
    assert "with this text the records of The Morning begin." in first


def test_a_text_from_before_there_were_records_says_so(client):
    report = a_published_report(sections=1)

    page = text_of(client, report.get_provenance_url())
    footer = text_of(client, report.get_absolute_url())
    document = client.get(report.get_record_url()).json()

    assert "This text was published before there were records." in page
    assert "Its record" not in footer
    assert (document["sha256"], document["record"]) == ("", None)
    assert document["note"] == "It was published before there were records."


def test_a_withdrawn_report_keeps_its_hash_and_not_its_words(client):
    report = a_recorded_report()
    withdraw_report(report, reason="It named a wrong town.", now=NOW)

    answer = client.get(report.get_record_url())

    document = answer.json()
    assert document["sha256"] == report.current.sha256
    assert document["note"] == "This report was withdrawn. It named a wrong town."
    assert (document["record"], document["instructions"]) == (None, [])
    assert b"bridge" not in answer.content


def test_a_draft_has_no_record_for_anybody(client):
    report = a_draft_report(sections=1)
    client.force_login(a_staff_user("view_report"))

    answer = client.get(report.get_record_url())
    page = text_of(client, report.get_provenance_url())

    assert answer.status_code == 404
    assert "This is a draft. When it is published, a record is made of it" in page


def test_what_the_second_reading_said_of_a_sentence_stays_at_the_desk(client):
    report = a_draft_report(sections=1)
    Claim.objects.filter(section__revision__report=report, kind="lead").update(ruling="not_stated")
    publish_report(report, now=NOW)

    document = client.get(report.get_record_url()).json()

    (section,) = document["record"]["text"]["sections"]
    assert section["rulings"] == {"not_stated": 2}
    assert all("ruling" not in sentence for sentence in section["sentences"])


def test_articles_that_were_kept_out_are_counted(client):
    report = a_draft_report(sections=1)
    story = report.revisions.get().sections.get().story
    article = story.memberships.order_by("pk").last().article
    quarantine([article.pk], reason="The model refused it.", now=NOW)
    publish_report(report, now=NOW)

    page = text_of(client, report.get_provenance_url())
    document = client.get(report.get_record_url()).json()

    assert "1 article of these stories was kept out: a model refused it" in page
    kept_out = [{"article": article.pk, "reason": "The model refused it."}]
    assert document["record"]["quarantined"] == kept_out


def test_no_list_reads_the_records(client):
    report = a_recorded_report()
    story = report.current.sections.get().story
    addresses = [
        *("/", "/reports/", "/reports/feed.atom", "/sitemap-reports.xml", "/search/?q=bridge"),
        f"/stories/{story.pk}/",
        f"/storylines/{story.pk}/",
        f"/storylines/{story.pk}/feed.atom",
        f"/reports/{report.briefing.slug}/",
        report.get_absolute_url(),
        "/api/v1/reports/",
        f"/api/v1/reports/{report.pk}/",
        f"/api/v1/stories/{story.pk}/",
    ]

    with CaptureQueriesContext(connection) as queries:
        answers = {address: client.get(address).status_code for address in addresses}

    assert set(answers.values()) == {200}, answers
    asked = [query["sql"] for query in queries if '"reports_revision"."record"' in query["sql"]]
    assert asked == []


# --- The same facts on the report's own page --------------------------------------


def test_a_report_says_at_the_top_and_at_the_story_what_was_written_without_the_model(client):
    report = by_a_model(fallbacks=1)
    Report.objects.filter(pk=report.pk).update(reason="This report is late.")

    page = text_of(client, report.get_absolute_url())
    front = text_of(client, "/")

    reason = "there was no time left to ask the model."
    said = f"1 of the 3 stories was written without the model: {reason}"
    both = f'<div class="notice"><p>This report is late.</p><p>{said}</p></div>'
    assert both in page
    assert both in front
    assert page.count(f'<p class="story-note">Written without the model: {reason}</p>') == 1


def test_the_footer_names_the_model_and_leads_to_its_instructions(client):
    report = by_a_model()
    a_call(report)

    page = text_of(client, report.get_absolute_url())

    assert f"The sentences were proposed by {CLAUDE}; each was then checked by code" in page
    assert (
        f'<a href="{report.get_provenance_url()}#prompt-analyze">analyze a story, no. 3</a>' in page
    )
    assert "The report cost $0.13." in page
    assert "No model was used" not in page
    assert 'class="notice' not in page


def test_analysis_is_labeled_in_words(client):
    page = text_of(client, a_published_report(sections=3).get_absolute_url())

    assert (
        'Why it matters <a class="aside-word" href="/how-it-works/#analysis">(analysis)</a>' in page
    )


def test_analysis_is_labeled_in_the_summary_too(client):
    report = a_draft_report(sections=1)
    why = report.revisions.get().sections.get().claims.filter(kind="why")
    assert why.update(summary_position=2)
    publish(report)

    for url in ("/", report.get_absolute_url()):
        assert '<span class="aside-word">Analysis:</span>' in text_of(client, url)


def test_a_report_by_a_model_takes_one_query_more_for_its_cost(client, django_assert_num_queries):
    report = by_a_model(sections=5)

    # One fewer than in the other test, which has stories left out; three keep what was set.
    with django_assert_num_queries(8 + 1 + 3):
        client.get(report.get_absolute_url())


def test_a_shared_link_to_a_report_says_what_it_leads_to(client):
    report = a_published_report(sections=2)

    page = text_of(client, report.get_absolute_url())

    address = f"http://testserver{report.get_absolute_url()}"
    assert f'<link rel="canonical" href="{address}">' in page
    assert f'<meta property="og:url" content="{address}">' in page
    assert f'<meta property="og:title" content="{report.current.title}">' in page
    assert 'content="The Morning, 9 June 2026: 2 stories, ' in page

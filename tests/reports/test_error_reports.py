"""A reader reports an error on a sentence, and is told what came of it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from reports.models import Claim, Correction, ErrorReport, Report
from reports.pipeline import error_reports
from reports.pipeline.correct import publish_correction
from reports.pipeline.drafting import next_text
from reports.pipeline.error_reports import Answered, answer, open_of, sentence_of_readers
from reports.pipeline.publish import publish_report, withdraw_report
from tests.factories import NOW, a_draft_report, a_staff_user, publish

pytestmark = pytest.mark.django_db
WORDS = "It was <script>alert(1)</script> eleven weeks.\n\nSays the Courier."


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def report() -> Report:
    """A published report."""
    draft = a_draft_report(sections=1)
    publish_report(draft, now=NOW)
    draft.refresh_from_db()
    return draft


@pytest.fixture
def claim(report: Report) -> Claim:
    """A sentence of it."""
    return Claim.objects.filter(section__revision=report.current, kind="lead").first()


def address(claim: Claim) -> str:
    return f"/errors/new/{claim.pk}/"


def send(client: Client, claim: Claim, text: str = WORDS, sender: str = "127.0.0.1", **fields):
    sent = {"text": text, "sentence": claim.pk} | fields
    return client.post(address(claim), sent, REMOTE_ADDR=sender)


def test_the_way_leads_from_the_evidence_to_the_page_of_the_outcome(report, claim):
    client = Client(enforce_csrf_checks=True)
    page = client.get(report.get_absolute_url()).content.decode()
    assert f'href="{address(claim)}"' in page

    form = client.get(address(claim))
    token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', form.content.decode())[1]
    answer_ = send(client, claim, csrfmiddlewaretoken=token)
    kept = ErrorReport.objects.get()
    told = client.get(answer_["Location"])

    assert claim.text in unescape(form.content.decode())
    assert (kept.claim, kept.text, kept.state) == (claim, WORDS, "open")
    assert answer_["Location"] == f"/errors/{kept.public_id}/"
    assert "The editors have your report" in told.content.decode()
    assert "<script>alert" not in told.content.decode()
    for response in (form, told):
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert "no-store" in response["Cache-Control"]


def test_a_sentence_without_a_quotation_has_a_way_of_its_own(client):
    draft = a_draft_report(sections=1)
    bare = Claim.objects.filter(section__revision__report=draft).order_by("pk").last()
    bare.evidence.all().delete()
    Claim.objects.filter(pk=bare.pk).update(is_edited=True, caveat="Nobody else says so.")
    publish(draft)

    page = client.get(draft.get_absolute_url()).content.decode()
    form = client.get(address(bare))

    assert f'href="{address(bare)}"' in page
    assert form.status_code == 200
    assert "It stands on" not in form.content.decode()


def test_a_form_from_another_site_is_refused(claim):
    assert send(Client(enforce_csrf_checks=True), claim).status_code == 403
    assert not ErrorReport.objects.exists()


def test_the_same_words_twice_are_one_report(client, claim):
    first, second = send(client, claim), send(client, claim, f"  {WORDS}\u200b ")

    assert first["Location"] == second["Location"]
    assert ErrorReport.objects.count() == 1


def test_a_reader_may_mean_another_sentence_of_the_story(client, claim):
    other = claim.section.claims.exclude(pk=claim.pk).first()

    send(client, claim, sentence=other.pk)

    assert ErrorReport.objects.get().claim == other


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"text": ""}, "Please say what is wrong.", id="nothing"),
        pytest.param({"text": " \u200b\u202e\n"}, "Please say what is wrong.", id="nothing to see"),
        pytest.param({"text": "x" * 2_001}, "at most 2000 characters", id="too long"),
        pytest.param({"text": "a\x00b"}, "Null characters", id="a null"),
        pytest.param({"sentence": "999999999"}, "not of this story", id="another story's"),
        pytest.param({"sentence": "9" * 5_000}, "not of this story", id="no number"),
        pytest.param({"sentence": ""}, "This field is required", id="no sentence"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field(client, claim, fields, said):
    response = send(client, claim, **fields)

    assert response.status_code == 200
    assert said in unescape(response.content.decode())
    assert not ErrorReport.objects.exists()


def test_one_household_reports_so_much_in_an_hour(client, claim):
    pks = list(claim.section.claims.values_list("pk", flat=True))
    statuses = [
        send(client, claim, f"No. {n}.", sentence=pks[n % len(pks)]).status_code for n in range(11)
    ]

    assert statuses == [302] * 10 + [429]
    assert ErrorReport.objects.count() == 10


@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param([f"192.0.2.{n}" for n in range(1, 13)], id="IPv4"),
        pytest.param([f"2001:db8:7:{n}::1" for n in range(1, 13)], id="IPv6"),
    ],
)
def test_a_network_does_not_use_up_what_the_desk_takes_of_all_readers(client, claim, addresses):
    statuses = [
        send(client, claim, f"No. {n}.", sender=address).status_code
        for n, address in enumerate(addresses)
    ]

    assert statuses == [302] * 4 + [429] * 8
    assert send(client, claim, sender="198.51.100.7").status_code == 302
    assert ErrorReport.objects.count() == 5


def test_a_flood_on_one_sentence_ends_and_the_desk_sees_that_more_came(
    client, claim, monkeypatch, admin_client
):
    monkeypatch.setattr(error_reports, "MAX_OPEN_OF_SENTENCE", 2)
    for n in range(4):
        response = send(client, claim, f"No. {n}.")

    assert "Many readers have reported this sentence" in response.content.decode()
    counts = ErrorReport.objects.order_by("pk").values_list("turned_away", flat=True)
    assert list(counts) == [0, 2]
    listed = admin_client.get("/admin/reports/errorreport/").content.decode()
    newest = ErrorReport.objects.latest("pk")
    shown = admin_client.get(f"/admin/reports/errorreport/{newest.pk}/change/").content.decode()
    for page in (listed, shown):
        assert "2 more came, not kept" in page


def test_a_permalink_leads_to_the_sentence_as_it_is_now(client, report, claim):
    text = next_text(report.current, editor=None, edits="", now=NOW)
    Claim.objects.filter(section__revision=text).order_by("pk").last().delete()
    assert sentence_of_readers(claim.pk) == claim, "a draft is none of the readers' business"

    publish_correction(
        report, text, kind="correction", reason="One too many.", author=a_staff_user(), now=NOW
    )

    found = sentence_of_readers(claim.pk)
    assert (found.origin, found.section.revision) == (claim.pk, text)
    assert send(client, claim, sentence=found.pk).status_code == 302


@pytest.mark.parametrize("number", [1_000_000_000, 10**17])
def test_there_is_no_form_about_nothing(client, number):
    assert client.get(f"/errors/new/{number}/").status_code == 404


def test_there_is_no_form_about_a_draft(client):
    claim = Claim.objects.filter(section__revision__report=a_draft_report(sections=1)).first()

    assert client.get(address(claim)).status_code == 404


def test_of_a_withdrawn_report_only_the_reason_is_told(client, report, claim):
    ticket = send(client, claim)["Location"]
    withdraw_report(report, reason="The source was a hoax.", now=NOW)

    form, told = client.get(address(claim)), client.get(ticket)

    assert (form.status_code, told.status_code) == (410, 200)
    for page in (form, told):
        assert "The source was a hoax." in page.content.decode()
        assert claim.text not in unescape(page.content.decode())


def test_the_reader_is_told_of_the_correction(client, report, claim):
    ticket = send(client, claim)["Location"]
    text = next_text(report.current, editor=None, edits="", now=NOW)
    Claim.objects.filter(section__revision=text).order_by("pk").last().delete()
    editor = a_staff_user()
    correction = publish_correction(
        report, text, kind=Correction.Kind.CORRECTION, reason="Wrong.", author=editor, now=NOW
    )
    (opened,) = open_of(report)

    answer(opened, outcome="Thank you.", by=editor, now=NOW, correction=correction)

    page = client.get(ticket).content.decode()
    assert "It was corrected" in page
    assert "Thank you." in page
    assert f"/corrections/#{correction.anchor}" in page
    assert not open_of(report).exists()


def test_of_two_editors_who_answer_one_is_told(claim):
    kept = error_reports.take_error_report(claim, text="Wrong.", now=NOW)
    one, other = (ErrorReport.objects.get(pk=kept.pk) for _ in range(2))
    editor = a_staff_user()
    answer(one, outcome="It is right.", by=editor, now=NOW)

    with pytest.raises(Answered):
        answer(other, outcome="It is wrong.", by=editor, now=NOW + timedelta(1))

    kept.refresh_from_db()
    assert (kept.state, kept.outcome) == ("declined", "It is right.")


def test_the_pages_cost_few_queries(client, claim, django_assert_num_queries):
    ticket = send(client, claim)["Location"]

    with django_assert_num_queries(3):
        client.get(address(claim))
    with django_assert_num_queries(1):
        client.get(ticket)

"""A correction puts another text in place of the one that readers saw, and says why."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from reports.models import Claim, Correction, Delivery, Report, Revision, SectionWords
from reports.pipeline.correct import NotCorrectable, next_after, publish_correction
from reports.pipeline.drafting import next_text
from reports.pipeline.publish import NotPublishable, publish_report, withdraw_report
from reports.pipeline.verifying import Finding, verify_report
from tests.factories import NOW, a_draft_report, a_staff_user, a_subscription

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
REASON = "The bridge closes for eleven weeks, not for a year."


@pytest.fixture
def report() -> Report:
    """A report that was published, with its record."""
    draft = a_draft_report(sections=2)
    publish_report(draft, now=NOW)
    draft.refresh_from_db()
    return draft


def without_a_sentence(base: Revision) -> Revision:
    """Return the next text: the last sentence of the last section is dropped."""
    text = next_text(base, editor=None, edits="Dropped one.", now=LATER)
    Claim.objects.filter(section__revision=text).order_by(
        "section__position", "position"
    ).last().delete()
    return text


def correct(report: Report, text: Revision, **fields) -> Correction:
    given = {"kind": Correction.Kind.CORRECTION, "reason": REASON, "now": LATER} | fields
    author = given.pop("author", None) or a_staff_user()
    return publish_correction(report, text, author=author, **given)


def test_readers_see_the_new_text_and_the_old_one_stays(report):
    old = report.current
    text = without_a_sentence(old)

    correction = correct(report, text)

    report.refresh_from_db()
    assert (report.current, report.published_at, report.number) == (text, NOW, 1)
    assert (correction.revision, correction.replaced, correction.reason) == (text, old, REASON)
    assert report.current.published_at == LATER
    assert next_after(report) is None
    words = SectionWords.objects.filter(section__revision__report=report)
    assert set(words.values_list("section__revision", flat=True)) == {text.pk}


def test_a_correction_is_recorded_and_chained(report):
    old = report.current
    correct(report, without_a_sentence(old))
    again = correct(report, without_a_sentence(report.current), kind="update", now=LATER)

    verdicts = verify_report(report)

    assert [one.finding for one in verdicts] == [Finding.INTACT] * 3, verdicts
    assert report.current.previous_sha256 == again.replaced.sha256
    assert report.current.record["correction"] == {
        "kind": "update",
        "reason": REASON,
        "at": "2026-06-09T07:30:00+00:00",
        "replaced_revision": 2,
        "replaced_sha256": again.replaced.sha256,
    }


def test_a_reason_that_is_changed_later_is_noticed(report):
    correct(report, without_a_sentence(report.current))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE reports_correction SET reason = 'A typing error.'")

        verdict = verify_report(report)[-1]

        transaction.set_rollback(True)
    assert verdict.finding == Finding.CHANGED
    assert "Correction, reason: recorded" in verdict.differences[0]


def test_whoever_got_the_report_hears_of_it_once(report):
    got, wants_none, _never = (
        a_subscription(report.briefing, f"{name}@readers.example", wants_corrections=wants)
        for name, wants in (("ada", True), ("bob", False), ("cyd", True))
    )
    for one in (got, wants_none):
        Delivery.objects.create(
            subscription=one,
            revision=report.current,
            kind="report",
            state="sent",
            not_before=NOW,
            created_at=NOW,
            sent_at=NOW,
        )

    correct(report, without_a_sentence(report.current))

    addressed = Delivery.objects.filter(kind=Delivery.Kind.CORRECTION)
    assert [one.subscription for one in addressed] == [got]
    assert addressed.get().revision == report.current


@pytest.mark.parametrize(
    ("leased_until", "hears"),
    [
        pytest.param(LATER + timedelta(minutes=1), True, id="somebody is sending it right now"),
        pytest.param(None, False, id="it waits, and will go out corrected"),
    ],
)
def test_who_is_just_getting_the_old_text_hears_of_the_correction(report, leased_until, hears):
    Delivery.objects.create(
        subscription=a_subscription(report.briefing),
        revision=report.current,
        kind="report",
        leased_until=leased_until,
        not_before=NOW,
        created_at=NOW,
    )

    correct(report, without_a_sentence(report.current))

    assert Delivery.objects.filter(kind=Delivery.Kind.CORRECTION).exists() == hears


def test_what_does_not_hold_is_not_published_as_a_correction_either(report):
    text = next_text(report.current, editor=None, edits="", now=LATER)
    claim = Claim.objects.filter(section__revision=text, kind="lead").first()
    Claim.objects.filter(pk=claim.pk).update(text="A volcano swallowed nine cows.")

    with pytest.raises(NotPublishable, match="does not hold"):
        correct(report, text)

    assert Correction.objects.count() == 0
    report.refresh_from_db()
    assert report.current.number == 1


@pytest.mark.parametrize(
    ("change", "fields", "said"),
    [
        pytest.param(without_a_sentence, {"reason": " \u200b\n"}, "needs a reason", id="no reason"),
        pytest.param(
            lambda base: next_text(base, editor=None, edits="", now=LATER),
            {},
            "the same",
            id="same",
        ),
        pytest.param(lambda base: base, {}, "not the newest", id="what is published"),
        pytest.param(
            lambda base: [without_a_sentence(base)][0].based_on, {}, "not the newest", id="older"
        ),
    ],
)
def test_a_correction_needs_a_reason_and_something_to_correct(report, change, fields, said):
    text = change(report.current)

    with pytest.raises(NotCorrectable, match=said):
        correct(report, text, **fields)

    assert Correction.objects.count() == 0


def test_what_was_withdrawn_is_not_corrected(report):
    text = without_a_sentence(report.current)
    withdraw_report(report, reason="The source was a hoax.", now=NOW)

    with pytest.raises(NotCorrectable, match="this one is withdrawn"):
        correct(report, text)


def test_a_correction_does_not_change_and_does_not_go(report):
    correct(report, without_a_sentence(report.current))

    for act in (lambda rows: rows.update(reason="Other."), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
            act(Correction.objects.all())

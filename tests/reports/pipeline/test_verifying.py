"""What is published is recorded and chained, and nobody changes any of it unseen.

The attacker here is the one with the keys to the database: no trigger and no foreign key stands
in the way.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from reports.domain.record import sha256_of
from reports.models import Claim, Evidence, Prompt, Report, Revision, Section
from reports.pipeline.publish import publish_report, withdraw_report
from reports.pipeline.recording import compared_parts
from reports.pipeline.verifying import Finding, problems_of_lists, verify_briefing
from tests.factories import NOW, SEVEN, TODAY, a_briefing, a_draft_report, a_published_report

pytestmark = pytest.mark.django_db


def reports_of_three_days(**fields) -> list[Report]:
    """Return three published reports of one briefing, each with one section and a prompt."""
    briefing = a_briefing(**fields)
    prompt = Prompt.objects.create(
        purpose=Prompt.Purpose.ANALYZE, number=7, text="Write.", note="First.", created_at=NOW
    )
    reports = []
    for day in (7, 8, 9):
        report = a_draft_report(briefing, sections=1, local_date=TODAY.replace(day=day))
        report.revisions.get().prompts.add(prompt)
        publish_report(report, now=NOW)
        report.refresh_from_db()
        reports.append(report)
    return reports


@contextmanager
def tampered(*statements: tuple[str, ...]) -> Iterator[None]:
    """Run SQL without triggers and foreign keys, for a while."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement, *values in statements:
            cursor.execute(statement, values or None)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        yield
        transaction.set_rollback(True)


def verdicts(report: Report) -> list:
    return list(verify_briefing(report.briefing))


def told(report: Report) -> list[list[str]]:
    return [list(verdict.differences) for verdict in verdicts(report)]


def verified(*args: str) -> tuple[str, int]:
    """Return what the command prints, and how it ends."""
    out, code = StringIO(), 0
    try:
        call_command("verify_report", *args, stdout=out, stderr=StringIO(), verbosity=0)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return out.getvalue(), code


def test_each_report_names_the_one_before_it_by_its_hash():
    first, second, third = (report.current for report in reports_of_three_days())

    assert [one.record["place"] for one in (first, second, third)] == [1, 2, 3]
    assert first.previous_sha256 == ""
    assert second.previous_sha256 == second.record["previous_sha256"] == first.sha256
    assert third.previous_sha256 == third.record["previous_sha256"] == second.sha256
    assert all(one.sha256 == sha256_of(one.record) for one in (first, second, third))


def test_the_order_of_the_chain_is_that_of_publishing_not_that_of_the_clock():
    briefing = a_briefing()
    today = a_draft_report(briefing, sections=1)
    yesterday = a_draft_report(briefing, sections=1, local_date=TODAY.replace(day=8))
    publish_report(today, now=NOW)
    publish_report(yesterday, now=NOW.replace(year=2025))

    today.refresh_from_db()
    yesterday.refresh_from_db()

    assert yesterday.current.previous_sha256 == today.current.sha256
    assert {verdict.finding for verdict in verify_briefing(briefing)} == {Finding.INTACT}


def test_another_briefing_has_a_chain_of_its_own():
    reports_of_three_days()
    other = a_draft_report(sections=1)

    publish_report(other, now=NOW)

    other.refresh_from_db()
    assert (other.current.previous_sha256, other.current.record["place"]) == ("", 1)


def test_what_was_published_verifies_also_when_it_was_withdrawn():
    reports = reports_of_three_days()
    withdraw_report(reports[1], reason="It was about another bridge.", now=NOW)

    assert [verdict.finding for verdict in verdicts(reports[0])] == [Finding.INTACT] * 3
    assert problems_of_lists(reports[0].briefing) == []


def test_a_text_from_before_there_were_records_is_no_failure():
    report = a_published_report(sections=1)
    publish_report(a_draft_report(report.briefing, local_date=TODAY.replace(day=10)), now=NOW)

    before, after = verdicts(report)

    assert (before.finding, before.differences) == (Finding.UNRECORDED, ())
    assert after.finding is Finding.INTACT


CHANGES = [
    pytest.param(
        "UPDATE reports_claim SET text = text || ' Not.' WHERE kind = 'lead'",
        "Text, section 1, sentence 2, text: recorded “",
        id="sentence",
    ),
    pytest.param(
        "UPDATE reports_claim SET kind = 'why' WHERE position = 2",
        "Text, section 1, sentence 2, kind: recorded “lead”, stored “why”.",
        id="kind",
    ),
    pytest.param(
        "UPDATE reports_claim SET position = position + 10 WHERE position = 2",
        "Text, section 1, sentence 2",
        id="order-of-sentences",
    ),
    pytest.param(
        "DELETE FROM reports_claim WHERE position = 3",
        "Text, section 1, sentences: ",
        id="sentence-gone",
    ),
    pytest.param(
        "INSERT INTO reports_claim (section_id, position, kind, text, language) "
        "SELECT id, 90, 'detail', 'An extra.', 'en' FROM reports_section",
        "it has no quotation.",
        id="sentence-too-many",
    ),
    pytest.param(
        "UPDATE reports_revision SET title = 'Old Bridge to stay open'",
        "Text, title: recorded “",
        id="title",
    ),
    pytest.param(
        "UPDATE reports_section SET outlet_count = 90",
        "Text, section 1, outlet_count: recorded “",
        id="count",
    ),
    pytest.param(
        "UPDATE reports_section SET given = given[2:]",
        "Text, section 1, given",
        id="what-the-analyst-had",
    ),
    pytest.param(
        "UPDATE reports_evidence SET quote = 'A quote' WHERE position = 1",
        "does not say its quotation 1.",
        id="quotation",
    ),
    pytest.param(
        'UPDATE reports_evidence SET "end" = "end" - 1, quote = left(quote, -1)',
        "quotation 1, end: recorded “",
        id="shorter-span",
    ),
    pytest.param(
        "DELETE FROM reports_evidence",
        "it has no quotation.",
        id="evidence-gone",
    ),
    pytest.param(
        "UPDATE sources_passage SET text = text || ' Not.'",
        "are not those of its hash.",
        id="passage",
    ),
    pytest.param(
        "UPDATE sources_passage SET text = text || ' Not.', "
        "sha256 = encode(sha256(convert_to(text || ' Not.', 'UTF8')), 'hex')",
        "sha256: recorded “",
        id="passage-and-its-hash",
    ),
    pytest.param(
        "UPDATE sources_passage SET version = 9",
        "quotation 1, version: recorded “1”, stored “9”.",
        id="which-version-of-its-article",
    ),
    pytest.param("DELETE FROM sources_passage", "stored “0”", id="passages-gone"),
    pytest.param(
        "UPDATE reports_prompt SET text = 'Lie.'",
        "Instructions 1, sha256: recorded “",
        id="prompt",
    ),
    pytest.param(
        "DELETE FROM reports_revision_prompts",
        "Instructions: 1 recorded, 0 stored.",
        id="prompts-used",
    ),
    pytest.param(
        "UPDATE reports_revision SET coverage = '{\"answered\": 99}'",
        "Coverage, answered: recorded “8”, stored “99”.",
        id="coverage",
    ),
    pytest.param(
        'UPDATE reports_revision SET budget = \'{"rung": "full"}\'',
        "Budget, rung: recorded nothing, stored “full”.",
        id="budget",
    ),
    pytest.param(
        "UPDATE reports_revision SET left_out = '[]'", "Left_out: ", id="what-was-left-out"
    ),
    pytest.param(
        "UPDATE reports_revision SET published_at = published_at - interval '1 day'",
        "Report, published_at: recorded “",
        id="moment",
    ),
    pytest.param(
        "UPDATE reports_report SET local_date = local_date - 30",
        "Report, local_date: recorded “",
        id="day",
    ),
    pytest.param(
        "UPDATE reports_revision SET record = "
        "jsonb_set(record, '{requests}', '[{\"cost_usd\": \"0\"}]')",
        "The record: its hash is ",
        id="record-that-no-row-tells",
    ),
    pytest.param(
        "UPDATE reports_revision SET record = '[]'", "The record: its hash is ", id="no-object"
    ),
    pytest.param(
        'UPDATE reports_revision SET record = \'{"place": "1e9"}\'',
        "The record: its hash is ",
        id="little-of-it",
    ),
]


def test_a_change_behind_the_backs_of_all_triggers_is_told(subtests):
    report = a_draft_report(sections=1)
    report.revisions.get().prompts.add(
        Prompt.objects.create(
            purpose=Prompt.Purpose.ANALYZE, number=7, text="Write.", note="A.", created_at=NOW
        )
    )
    publish_report(report, now=NOW)

    for change in CHANGES:
        statement, said = change.values
        with subtests.test(change.id), tampered((statement,)):
            (verdict,) = verdicts(report)

            assert verdict.finding is Finding.CHANGED
            assert said in "\n".join(verdict.differences)


def test_whoever_also_forges_the_record_is_given_away_by_the_next_report():
    reports = reports_of_three_days()
    forged = reports[1].current
    forged.title = "Forged"
    record = forged.record | compared_parts(forged)
    statement = "UPDATE reports_revision SET title = %s, record = %s, sha256 = %s WHERE id = %s"

    with tampered((statement, "Forged", json.dumps(record), sha256_of(record), forged.pk)):
        found = verdicts(reports[0])

    assert [verdict.finding for verdict in found] == ["intact", "intact", "changed"]
    assert "is missing or changed" in found[2].differences[0]


def test_a_report_that_is_gone_is_missed():
    reports = reports_of_three_days()
    gone = reports[1]

    with tampered(
        ("DELETE FROM reports_revision WHERE id = %s", gone.current_id),
        ("DELETE FROM reports_report WHERE id = %s", gone.pk),
    ):
        said = told(reports[0])
        missing = problems_of_lists(gone.briefing)

    assert said[0] == []
    assert "is missing or changed" in said[1][0]
    assert missing == [f"{gone.briefing.slug}: report no. 2 is missing."]


def test_a_text_that_is_gone_is_missed():
    reports = reports_of_three_days()
    gone = reports[2]

    with tampered(("DELETE FROM reports_revision WHERE id = %s", gone.current_id)):
        said = told(reports[0])
        missing = problems_of_lists(gone.briefing)

    assert said == [[], []]
    assert missing == [f"{gone.briefing.slug}: the text of report no. 3 is missing."]


def test_a_record_that_is_gone_is_missed():
    reports = reports_of_three_days()
    statement = """UPDATE reports_revision SET record = '{}', sha256 = '', previous_sha256 = '',
        published_at = published_at + interval '1 minute' WHERE id = %s"""

    with tampered((statement, reports[2].current_id)):
        said = told(reports[0])

    assert said == [[], [], ["It has no record, although one published before it has."]]


FOLLOWS = "UPDATE reports_revision SET previous_sha256 = %s WHERE id = %s"
MAY_FORK = ("DROP INDEX revision_followed_once",)


def test_reports_that_change_places_are_told():
    reports = reports_of_three_days()
    first, second, third = (report.current for report in reports)

    with tampered(MAY_FORK, (FOLLOWS, first.sha256, third.pk), (FOLLOWS, third.sha256, second.pk)):
        said = told(reports[0])

    assert said[0] == []
    for problems in said[1:]:
        assert any("does not follow the one before it" in problem for problem in problems)
        assert any("names another revision before it" in problem for problem in problems)


def test_two_reports_that_follow_the_same_one_are_told():
    reports = reports_of_three_days()
    first, _, third = (report.current for report in reports)

    with tampered(MAY_FORK, (FOLLOWS, first.sha256, third.pk)):
        said = told(reports[0])

    two = f"The chain: 2 revisions follow {first.sha256[:12]}…."
    assert two in said[1]
    assert two in said[2]


def test_readers_who_are_shown_an_older_text_are_noticed():
    report = reports_of_three_days()[2]
    newer = """INSERT INTO reports_revision (report_id, number, title, analyst, coverage, left_out,
        unchanged, created_at, published_at) SELECT report_id, 2, title, analyst, coverage,
        left_out, unchanged, created_at, published_at - interval '1 day' FROM reports_revision
        WHERE id = %s"""

    with tampered((newer, report.current_id)):
        said = told(report)

    assert said[2] == ["Readers see it, although a newer revision of the report was published."]


@pytest.mark.parametrize("column", ["record", "sha256", "previous_sha256"])
def test_the_database_refuses_to_change_a_record(column):
    report = reports_of_three_days()[0]
    value = {"place": 9} if column == "record" else "0" * 64

    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        Revision.objects.filter(pk=report.current_id).update(**{column: value})


def test_a_draft_has_no_record():
    draft = a_draft_report(sections=1).revisions.get()

    with pytest.raises(IntegrityError, match="revision_record_is_whole"), transaction.atomic():
        Revision.objects.filter(pk=draft.pk).update(record={"place": 1}, sha256="0" * 64)


@pytest.mark.parametrize(
    ("model", "part", "elsewhere"),
    [
        pytest.param(Section, lambda text: text["sections"][0], {"id", "revision"}, id="section"),
        pytest.param(
            # What the second reading says is for editors: only its counts are public.
            Claim,
            lambda text: next(x for x in text["sections"][0]["sentences"] if "caveat" in x),
            {"section", "ruling"},
            id="sentence",
        ),
        pytest.param(
            # By their order.
            Evidence,
            lambda text: text["sections"][0]["sentences"][0]["evidence"][0],
            {"id", "claim", "position"},
            id="evidence",
        ),
    ],
)
def test_every_column_of_a_text_is_in_its_record(model, part, elsewhere):
    report = a_draft_report(sections=1)
    edited = Claim.objects.filter(section__revision__report=report, kind="detail", position__gt=1)
    edited.update(origin=F("pk"), is_edited=True, caveat="Nobody else says so.")
    publish_report(report, now=NOW)
    report.refresh_from_db()

    recorded = part(report.current.record["text"]).keys()

    columns = {field.name for field in model._meta.concrete_fields}
    assert columns - recorded == elsewhere


def test_a_report_takes_so_many_queries_however_long_it_is(django_assert_num_queries):
    short, long = a_draft_report(sections=1), a_draft_report(sections=3)
    for report in (short, long):
        publish_report(report, now=NOW)

    for report in (short, long):
        briefing = report.briefing
        with django_assert_num_queries(11):
            list(verify_briefing(briefing))


# --- The command ----------------------------------------------------------------------------


def test_the_command_verifies_everything():
    reports = reports_of_three_days()

    said, code = verified("--all")

    assert code == 0
    assert f"{reports[2].current.sha256}" in said
    assert said.endswith("3 verified: 3 as published, 0 changed, 0 without a record; 0 missing\n")


def test_the_command_ends_with_1_and_says_what_differs():
    reports = reports_of_three_days()
    statement = "UPDATE reports_revision SET title = 'Forged' WHERE id = %s"

    with tampered((statement, reports[1].current_id)):
        said, code = verified("--all", "--json")

    answer = json.loads(said)
    assert code == 1
    assert (answer["verified"], answer["intact"], answer["changed"]) == (3, 2, 1)
    assert "stored “Forged”" in answer["revisions"][1]["differences"][0]


def test_the_command_verifies_one_report_by_its_id_or_its_address():
    report = reports_of_three_days(slug="evening")[1]

    by_id, _ = verified(str(report.pk))
    by_address, code = verified(f"evening/{report.local_date}/{SEVEN:%H%M}")

    assert code == 0
    assert by_id == by_address
    assert by_id.startswith("evening/2026-06-08/0700, no. 2, revision 1: as it was published, ")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param([], "Name the reports", id="nothing"),
        pytest.param(["1", "--all"], "Name the reports", id="both"),
        pytest.param(["morning/9 June"], "neither an id nor such as", id="no-address"),
        pytest.param(["morning/2026-06-31/0700"], "neither an id nor", id="no-day"),
        pytest.param(["morning/2026-06-09/2500"], "neither an id nor", id="no-time"),
        pytest.param(["morning/2026-06-09/0700"], "Nothing was published as", id="nobody"),
        pytest.param(["4000000000000000000000"], "neither an id nor", id="huge"),
    ],
)
def test_the_command_says_what_it_cannot_verify(args, said):
    with pytest.raises(CommandError, match=said):
        verified(*args)

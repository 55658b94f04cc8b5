"""Prompts on the desk: the next number, its diff, and which one is live."""

from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from patriot.accounts.models import User
from reports.admin.prompt import faulty_line
from reports.domain.comparing import diff
from reports.models import Briefing, Prompt
from reports.pipeline.prompts import draft_prompt, write_prompt
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
LIST = "/admin/reports/prompt/"
TEXT = "Tell {audience} what happened.\nWrite in {language}."


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief"))
    return client


def a_prompt(text: str = TEXT, *, write: Any = write_prompt, **fields: Any) -> Prompt:
    usual = {"purpose": "analyze", "briefing": None, "note": "Shorter.", "author": None}
    return write(text=text, now=NOW, **usual | fields)


def general() -> Prompt:
    return Prompt.objects.get(purpose="analyze", briefing=None, is_live=True)


def add(desk: Client, **fields: Any) -> Any:
    usual = {"purpose": "analyze", "briefing": "", "text": TEXT, "note": "Say for whom."}
    return desk.post(f"{LIST}add/", usual | fields, follow=True)


@time_machine.travel(NOW, tick=False)
def test_saving_writes_the_next_number_and_makes_it_live(desk: Client) -> None:
    before = general()

    answer = add(desk)

    written = Prompt.objects.latest("pk")
    before.refresh_from_db()
    assert answer.status_code == 200
    assert (written.number, written.is_live, before.is_live) == (before.number + 1, True, False)
    assert (written.text, written.note, written.created_at) == (TEXT, "Say for whom.", NOW)
    assert written.author is not None
    assert written.author.username == "chief"
    assert LogEntry.objects.get().get_change_message() == "Added: Say for whom."


def test_whoever_may_not_make_prompts_live_writes_a_proposal(client: Client) -> None:
    client.force_login(factories.a_staff_user("view_prompt", "add_prompt"))
    before = general()

    page = add(client).content.decode()

    assert general() == before
    assert Prompt.objects.latest("pk").number == before.number + 1
    assert "It is not live" in page


def test_the_form_begins_with_the_text_to_change(desk: Client) -> None:
    briefing = factories.a_briefing()
    own = a_prompt(briefing=briefing)

    from_own = desk.get(f"{LIST}add/?from={own.pk}").context["adminform"].form.initial
    for_briefing = desk.get(f"{LIST}add/?from={general().pk}&briefing={briefing.pk}")
    from_nothing = desk.get(f"{LIST}add/").context["adminform"].form.initial

    assert (from_own["text"], from_own["briefing"]) == (TEXT, briefing.pk)
    assert for_briefing.context["adminform"].form.initial["briefing"] == briefing.pk
    assert from_nothing["text"] == general().text


@pytest.mark.parametrize("value", ["", "x", "0", "-1", "9" * 40, "²", "%00"])
def test_whatever_it_is_to_begin_with_the_form_opens(desk: Client, value: str) -> None:
    assert desk.get(f"{LIST}add/?from={value}&briefing={value}").status_code == 200


def test_the_form_says_which_placeholders_there_are(desk: Client) -> None:
    page = desk.get(f"{LIST}add/").content.decode()

    assert "<code>{language}</code>" in page
    assert "the briefing&#x27;s language, such as English" in page


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        pytest.param(
            {"text": "In {language}.\nFor {readers}."},
            "text",
            "Line 2: There is no placeholder {readers}",
            id="an unknown placeholder",
        ),
        pytest.param({"text": "Write."}, "text", "{language} is missing", id="a missing one"),
        pytest.param(
            {"text": "In {language}.\r\n\r\nAs { so."}, "text", "Line 3: A brace", id="a lone brace"
        ),
        pytest.param({"text": "{language}" + "x" * 20_000}, "text", "at most", id="too long"),
        pytest.param({"note": ""}, "note", "required", id="no note"),
        pytest.param({"purpose": "sing"}, "purpose", "valid choice", id="no such purpose"),
    ],
)
def test_an_unfit_prompt_is_refused_at_its_field(
    desk: Client, fields: dict[str, str], field: str, sentence: str
) -> None:
    errors = add(desk, **fields).context["adminform"].form.errors

    assert sentence in " ".join(errors[field])
    assert Prompt.objects.count() == len(Prompt.Purpose)


def test_nothing_hidden_is_kept_in_a_prompt(desk: Client) -> None:
    add(desk, text="Write in {language}.\u202e\u200b\U000e0041\r\nNow.")

    assert Prompt.objects.latest("pk").text == "Write in {language}.\nNow."


def test_a_line_is_named_only_if_it_is_at_fault() -> None:
    assert faulty_line("In {language}.\nWell.", "analyze") is None
    assert faulty_line("Well.\n{language!r}", "analyze") == 2


def test_whoever_saves_second_is_told_of_the_first(desk: Client) -> None:
    opened = desk.get(f"{LIST}add/").context["adminform"].form.initial["opened"]
    alice = factories.a_staff_user(username="alice")
    first = a_prompt("In {language}, says Alice.", author=alice)

    page = add(desk, opened=opened).content.decode()

    written = Prompt.objects.latest("pk")
    assert (written.number, written.is_live) == (first.number + 1, True)
    assert (
        f"Number {first.number} was written meanwhile by alice; yours is {written.number}" in page
    )


@pytest.mark.parametrize("opened", ["", "analyze all 1", "repair all 0", "analyze all x", "³"])
def test_without_a_conflict_nobody_is_told_of_one(desk: Client, opened: str) -> None:
    assert b"written meanwhile" not in add(desk, opened=opened).content


def test_a_prompt_that_is_there_shows_what_changed_and_cannot_be_edited(desk: Client) -> None:
    a_prompt("Be brief.\nWrite in {language}.")
    prompt = a_prompt("Be <b>brief</b>.\nWrite in {language}.")
    path = f"{LIST}{prompt.pk}/change/"

    page = desk.get(path).content.decode()

    assert "What changed since number 2" in page
    assert "<del>Be brief.</del>" in page
    assert "<ins>Be &lt;b&gt;brief&lt;/b&gt;.</ins>" in page
    assert '<span class="sign">+</span>' in page
    assert '<span class="sign">−</span>' in page
    assert f'href="{LIST}add/?from={prompt.pk}"' in page
    assert desk.post(path, {"text": "x"}).status_code == 403
    assert desk.post(f"{LIST}{prompt.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_diff_passes_over_what_stayed() -> None:
    before = "\n".join(f"Line {number}." for number in range(20))
    after = before.replace("Line 10.", "Line ten.")

    lines = diff(before, after)

    assert [line.sign for line in lines] == ["…", " ", " ", " ", "−", "+", " ", " ", " "]
    assert [line.text for line in lines if line.is_added] == ["Line ten."]


def test_a_prompt_says_in_which_reports_it_was_used(desk: Client) -> None:
    report = factories.a_draft_report(sections=1)
    prompt = general()
    report.revisions.get().prompts.add(prompt)

    page = desk.get(f"{LIST}{prompt.pk}/change/").content.decode()
    listed = {row.pk: row.report_total for row in desk.get(LIST).context["cl"].result_list}

    assert f'href="/admin/reports/report/{report.pk}/change/"' in page
    assert listed[prompt.pk] == 1
    assert sum(listed.values()) == 1


def test_another_number_is_made_live(desk: Client) -> None:
    prompt = a_prompt(write=draft_prompt)

    page = desk.post(f"{LIST}{prompt.pk}/promote/", follow=True).content.decode()

    assert general() == prompt
    assert "is live: the next report uses it." in page
    assert LogEntry.objects.get().get_change_message() == "Made live instead of number 1."


def test_a_prompt_goes_back_to_any_earlier_number(desk: Client) -> None:
    first, live = general(), a_prompt("In {language}, twice.")
    a_prompt("In {language}, thrice.", write=draft_prompt)

    page = desk.get(f"{LIST}{live.pk}/change/").content.decode()
    desk.post(f"{LIST}{first.pk}/promote/?instead-of={live.pk}")

    assert f'/promote/?instead-of={live.pk}"' in page
    assert 'aria-label="Roll back to it: number 1"' in page
    assert 'aria-label="Make live: number 3"' in page
    assert general() == first
    assert LogEntry.objects.get().get_change_message() == "Made live instead of number 2."


def test_whoever_saw_another_number_live_is_told_to_look_again(desk: Client) -> None:
    seen, now_live = general(), a_prompt("In {language}, twice.")
    mine = a_prompt("In {language}, thrice.", write=draft_prompt)

    page = desk.post(f"{LIST}{mine.pk}/promote/?instead-of={seen.pk}", follow=True)

    assert general() == now_live
    assert "is live by now. Look again." in page.content.decode()


def test_a_proposal_waits_to_be_tried(desk: Client) -> None:
    before = general()

    page = add(desk, is_proposal="on").content.decode()

    written = Prompt.objects.latest("pk")
    assert (general(), written.number) == (before, before.number + 1)
    assert "It is not live: try it on a story" in page
    assert (
        f'href="{LIST}{written.pk}/try/"'
        in desk.get(f"{LIST}{written.pk}/change/").content.decode()
    )


def test_a_briefing_goes_back_to_the_general_prompt(desk: Client) -> None:
    briefing = factories.a_briefing()
    own = a_prompt(briefing=briefing)

    page = desk.post(f"{LIST}{own.pk}/retire/", follow=True).content.decode()

    assert general() in Prompt.objects.live_for(briefing)
    assert "uses the general prompt again." in page
    assert LogEntry.objects.get().get_change_message() == "Retired."


def test_the_general_prompt_cannot_be_retired(desk: Client) -> None:
    prompt = general()

    page = desk.post(f"{LIST}{prompt.pk}/retire/", follow=True).content.decode()

    assert general() == prompt
    assert "Without a general prompt no briefing could be written." in page
    assert "/retire/" not in page


def test_only_the_live_number_is_said_to_be_used(desk: Client) -> None:
    live = general()
    other = a_prompt(write=draft_prompt)

    of_live = desk.get(f"{LIST}{live.pk}/change/").content.decode()
    of_other = desk.get(f"{LIST}{other.pk}/change/").content.decode()

    assert "The next report uses it." in of_live
    assert "The next report uses it." not in of_other
    assert "No report uses it until somebody makes it live." in of_other


@pytest.mark.parametrize("act", ["promote", "retire"])
def test_deciding_what_is_live_takes_a_permission_and_a_post(client: Client, act: str) -> None:
    own = a_prompt(briefing=factories.a_briefing())
    path = f"{LIST}{own.pk}/{act}/"
    client.force_login(factories.a_staff_user("view_prompt", "add_prompt"))
    refused = client.post(path)
    client.force_login(factories.a_staff_user("view_prompt", "promote_prompt"))

    assert refused.status_code == 403
    assert client.get(path).status_code == 405
    assert client.post(path).status_code == 302


# --- Cost ---------------------------------------------------------------------------
def test_the_list_costs_the_same_queries_for_few_and_many(desk: Client) -> None:
    def grow(times: int) -> int:
        briefing = factories.a_briefing(title=f"Briefing {Briefing.objects.count()}")
        for _ in range(times):
            author = factories.a_staff_user()
            a_prompt(briefing=briefing, author=author)
        return queries(desk, LIST)

    assert grow(1) == grow(12) == 5


def test_a_prompt_costs_the_same_queries_in_1_and_6_reports(desk: Client) -> None:
    prompt = a_prompt()
    path = f"{LIST}{prompt.pk}/change/"

    def use(times: int) -> int:
        for _ in range(times):
            factories.a_draft_report(sections=1).revisions.get().prompts.add(prompt)
        return queries(desk, path)

    assert use(1) == use(5) == 8


def queries(desk: Client, path: str) -> int:
    desk.get(path)  # Django looks its content types up once and keeps them
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(path).status_code == 200
    return len(captured)

"""Prompts are only ever added; one number is live; a report keeps those it used."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from reports import prompts
from reports.models import Prompt
from reports.pipeline.prompts import (
    draft_prompt,
    load_shipped_prompts,
    promote,
    retire,
    write_prompt,
)
from reports.prompts import UnfitPrompt, default_text
from tests.factories import NOW, a_briefing, a_draft_report, a_staff_user, publish

pytestmark = pytest.mark.django_db


def written(text="Write in {language}.", *, write=write_prompt, **fields):
    usual = {"purpose": "analyze", "briefing": None, "note": "Shorter.", "author": None}
    return write(text=text, now=NOW, **usual | fields)


def live_numbers(briefing):
    """Return what is live for the purposes that these tests are about."""
    live = Prompt.objects.live_for(briefing).filter(purpose__in=["analyze", "repair"])
    return {prompt.purpose: (prompt.briefing, prompt.number) for prompt in live}


def test_a_change_is_the_next_number_and_the_live_one():
    first = Prompt.objects.get(purpose="analyze")
    author = a_staff_user()

    second = written("  Write\r\nin {language}.\r\n", author=author)

    first.refresh_from_db()
    assert (first.number, first.is_live) == (1, False)
    assert (second.number, second.is_live) == (2, True)
    assert (second.text, second.author, second.created_at) == ("Write\nin {language}.", author, NOW)


def test_a_proposal_is_the_next_number_and_changes_no_report():
    proposal = written(write=draft_prompt)

    assert (proposal.number, proposal.is_live) == (2, False)
    assert Prompt.objects.get(purpose="analyze", is_live=True).number == 1


def test_a_text_that_cannot_be_filled_is_not_kept():
    with pytest.raises(UnfitPrompt, match="readers"):
        written("In {language} for {readers}.")

    assert Prompt.objects.count() == len(Prompt.Purpose)


def test_a_briefing_counts_its_own_numbers_and_uses_its_own_prompt():
    morning, evening = a_briefing(), a_briefing()

    own = written(briefing=morning)

    assert own.number == 1
    assert live_numbers(morning) == {"analyze": (morning, 1), "repair": (None, 1)}
    assert live_numbers(evening) == {"analyze": (None, 1), "repair": (None, 1)}


def test_an_older_number_can_be_made_live_again():
    first = Prompt.objects.get(purpose="analyze")
    written()

    promote(first)

    assert list(Prompt.objects.filter(purpose="analyze", is_live=True)) == [first]


def test_a_briefing_can_use_the_general_prompt_again():
    briefing = a_briefing()
    own = written(briefing=briefing)

    retire(own)

    assert live_numbers(briefing)["analyze"] == (None, 1)
    assert written(briefing=briefing).number == 2


def test_the_general_prompt_stays():
    with pytest.raises(ValueError, match="no briefing"):
        retire(Prompt.objects.get(purpose="analyze"))

    assert Prompt.objects.get(purpose="analyze").is_live


@pytest.mark.django_db(transaction=True)
def test_two_people_who_save_at_once_get_two_numbers():
    briefing = a_briefing()
    together = threading.Barrier(4)

    def save() -> None:
        together.wait()
        try:
            written(briefing=briefing)
        finally:
            connection.close()

    threads = [threading.Thread(target=save) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    numbers = briefing.prompts.order_by("number").values_list("number", "is_live")
    assert list(numbers) == [(1, False), (2, False), (3, False), (4, True)]


# --- What the database refuses by itself --------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda rows: rows.update(text="Obey {language}."), id="other words"),
        pytest.param(lambda rows: rows.update(note="Nothing happened."), id="another note"),
        pytest.param(lambda rows: rows.update(number=7), id="another number"),
        pytest.param(lambda rows: rows.update(is_live=False, text="{language}"), id="both at once"),
        pytest.param(lambda rows: rows.delete(), id="deleted"),
    ],
)
def test_a_prompt_that_is_written_stays(change):
    prompt = written()

    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        change(Prompt.objects.filter(pk=prompt.pk))

    assert Prompt.objects.get(pk=prompt.pk).text == "Write in {language}."


def test_only_one_number_of_a_line_is_live():
    prompt = written(write=draft_prompt)

    with pytest.raises(IntegrityError, match="prompt_one_live"), transaction.atomic():
        Prompt.objects.filter(pk=prompt.pk).update(is_live=True)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda used, other: used.add(other), id="one more"),
        pytest.param(lambda used, other: used.clear(), id="fewer"),
        pytest.param(lambda used, other: used.through.objects.update(prompt=other), id="another"),
    ],
)
def test_a_published_report_keeps_the_prompts_that_it_used(change):
    report = a_draft_report(sections=1)
    revision = report.revisions.get()
    first, other = Prompt.objects.get(purpose="analyze"), written(write=draft_prompt)
    revision.prompts.add(first)
    publish(report)

    with pytest.raises(IntegrityError, match="keeps its prompts"), transaction.atomic():
        change(revision.prompts, other)

    assert list(revision.prompts.all()) == [first]


def test_a_draft_may_still_change_its_prompts():
    revision = a_draft_report(sections=1).revisions.get()

    revision.prompts.add(*Prompt.objects.all())
    revision.prompts.clear()

    assert not revision.prompts.exists()


# --- Those that come with Patriot -----------------------------------------------------
def test_a_new_house_has_a_live_prompt_for_every_purpose():
    live = Prompt.objects.filter(is_live=True, briefing=None, author=None)

    assert {prompt.purpose for prompt in live} == set(Prompt.Purpose.values)
    assert all(prompt.text == default_text(prompt.purpose) for prompt in live)


def test_loading_again_adds_nothing():
    load_shipped_prompts()

    assert Prompt.objects.count() == len(Prompt.Purpose)


def test_a_new_text_of_a_release_goes_live_where_nobody_wrote_one(tmp_path):
    written("An older release said: in {language}.")
    before = Prompt.objects.filter(purpose="analyze").count()

    with reworded("analyze", "A newer release says: in {language}.", tmp_path):
        load_shipped_prompts()

    live = Prompt.objects.get(purpose="analyze", is_live=True)
    assert (live.number, live.note) == (before + 1, "Came with Patriot.")
    assert live.text == "A newer release says: in {language}."


def test_a_new_text_of_a_release_does_not_displace_what_staff_wrote(tmp_path):
    own = written("We write in {language}.", author=a_staff_user())

    with reworded("analyze", "A newer release says: in {language}.", tmp_path):
        load_shipped_prompts()

    assert Prompt.objects.get(purpose="analyze", is_live=True) == own
    assert Prompt.objects.filter(purpose="analyze", number=own.number + 1, is_live=False).exists()


@contextmanager
def reworded(purpose: str, text: str, folder: Path) -> Iterator[None]:
    """Have the files of another release lie where the prompts are read."""
    for each in Prompt.Purpose.values:
        words = text if each == purpose else default_text(each)
        (folder / f"{each}.md").write_text(words, encoding="utf-8")
    before, prompts.FOLDER = prompts.FOLDER, folder
    default_text.cache_clear()
    try:
        yield
    finally:
        prompts.FOLDER = before
        default_text.cache_clear()

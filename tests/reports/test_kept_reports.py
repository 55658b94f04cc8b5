"""Public pages through the whole stack, with what is kept: nobody sees what is not theirs."""

import pytest
from django.test import Client

from reports.models import Report
from tests.factories import (
    a_draft_report,
    a_published_report,
    a_staff_user,
    publish,
)

pytestmark = pytest.mark.django_db

AT_ONCE = 1e-9
"""So short that everything kept is checked before it is shown again."""


@pytest.fixture(autouse=True)
def _clock(time_machine, now, settings):
    time_machine.move_to(now, tick=False)
    settings.KEPT_PAGE_SECONDS = 3600


@pytest.fixture
def reader() -> Client:
    """A reader of a process that has kept nothing yet."""
    return Client()


def test_a_kept_page_takes_no_query_and_has_every_header_of_a_fresh_one(
    reader, django_assert_num_queries
):
    address = a_published_report(sections=1).get_absolute_url()
    fresh = reader.get(address, HTTP_X_REQUEST_ID="fresh-000")

    with django_assert_num_queries(0):
        kept = reader.get(address, HTTP_X_REQUEST_ID="kept-0000")

    assert kept.content == fresh.content
    assert kept["X-Request-ID"] == "kept-0000"
    assert {**kept.headers, "X-Request-ID": ""} == {**fresh.headers, "X-Request-ID": ""}
    for name in ("Content-Security-Policy", "X-Frame-Options", "Referrer-Policy", "ETag"):
        assert kept[name]


def test_whoever_has_a_kept_page_gets_304_without_a_query(reader, django_assert_num_queries):
    address = a_published_report(sections=1).get_absolute_url()
    tag = reader.get(address)["ETag"]

    with django_assert_num_queries(0):
        answer = reader.get(address, HTTP_IF_NONE_MATCH=tag)

    assert answer.status_code == 304
    assert answer["Cache-Control"] == "public, max-age=1"


def test_a_withdrawn_report_is_not_shown_from_memory(reader, settings):
    report = a_published_report(sections=1)
    title = report.current.title
    pages = [report.get_absolute_url(), f"{report.get_absolute_url()}?length=short", "/"]
    others = [report.get_markdown_url(), report.get_json_url(), report.get_card_url()]
    for address in pages + others:
        reader.get(address)
    Report.objects.update(state=Report.State.WITHDRAWN, reason="It named a wrong town.")
    settings.KEPT_PAGE_SECONDS = AT_ONCE

    shown = [reader.get(address).content.decode() for address in pages]
    gone = [reader.get(address).status_code for address in others]

    assert all("It named a wrong town." in page and title not in page for page in shown)
    assert gone == [410] * 3


def test_a_draft_that_staff_read_stays_theirs(reader):
    draft = a_draft_report(sections=1)
    # The same process, whoever asks.
    reader.force_login(a_staff_user("view_report"))
    theirs = reader.get(draft.get_absolute_url())
    reader.logout()

    ours = reader.get(draft.get_absolute_url())

    assert theirs.status_code == 200
    assert ours.status_code == 404


def test_a_report_is_there_as_soon_as_it_is_published(reader):
    draft = a_draft_report(sections=1)
    before = reader.get(draft.get_absolute_url()).status_code
    publish(draft)

    after = reader.get(draft.get_absolute_url()).status_code

    assert (before, after) == (404, 200)


def test_a_reader_who_signed_in_gets_the_same_page_and_no_cookie_of_another(reader):
    address = a_published_report(sections=1).get_absolute_url()
    anonymous = reader.get(address)
    reader.force_login(a_staff_user())

    signed_in = reader.get(address)

    assert signed_in.content == anonymous.content
    assert not signed_in.cookies

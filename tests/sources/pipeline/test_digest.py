"""The daily digest: what is new, once, to those who can mend it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patriot.accounts.roles import Role
from sources.domain.moves import Move, note_on_move
from sources.models import Digest, Source
from sources.pipeline import control, digest
from tests import factories
from tests.factories import NOW
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "desk@news.test"
    with MailServer() as running:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running


@pytest.fixture
def ann() -> Any:
    return factories.a_user_with(Role.EDITOR, username="ann", email="ann@news.test")


def write(now: datetime = NOW, *, hour: int = 6, zone: ZoneInfo = BERLIN) -> bool:
    return digest.write(
        now, hour=hour, zone=zone, site_name="Patriot", site_url="https://news.test"
    )


def write_and_send(now: datetime = NOW) -> Digest:
    write(now)
    written = Digest.objects.latest("on")
    digest.send([written.pk], is_on=True, now=now)
    written.refresh_from_db()
    return written


def test_it_tells_what_fell_ill_with_since_when_and_where_to_mend_it(server, ann) -> None:
    ill = factories.an_ill_source("Echo", error="echo.example does not answer.")
    factories.a_source("Post", gone_at=NOW - DAY)
    factories.a_source(
        "Almanac", newest_entry_at=NOW - timedelta(days=9, hours=1), articles_per_day=4.0
    )
    factories.a_source("Courier")

    sent = write_and_send()

    (letter,) = server.letters
    text = letter.get_payload(decode=True).decode()
    assert letter["To"] == "ann@news.test"
    assert letter["Subject"] == "Patriot: sources: 1 ill, 1 gone, 1 silent"
    assert "Echo: ill since 8 June: echo.example does not answer. Next look at 7:15 UTC." in text
    assert f"https://news.test/admin/sources/source/{ill.pk}/change/" in text
    assert "Post: gone since 8 June: HTTP 410" in text
    assert "Almanac: silent for 9 days, usually 4 articles a day" in text
    assert "Courier" not in text
    assert (sent.recipients, sent.sent_at, sent.last_error) == (1, NOW, "")


def test_what_was_told_is_not_told_again_and_what_is_well_again_is(server, ann) -> None:
    stays = factories.an_ill_source("Echo", error="It is ill.")
    heals = factories.an_ill_source("Post", error="It is ill.")
    write_and_send()
    Source.objects.filter(pk=heals.pk).update(failures=0, ill_since=None, last_good_at=NOW + DAY)
    factories.a_fetch(heals, started_at=NOW + DAY, new_count=3)
    factories.an_ill_source("Almanac", error="It is ill.")

    write_and_send(NOW + DAY)

    text = server.letters[1].get_payload(decode=True).decode()
    assert server.letters[1]["Subject"] == "Patriot: sources: 1 ill, 1 back in health"
    assert "- Almanac: ill" in text
    assert "- Post: answered 200 at 6:30 UTC, 3 new" in text
    assert stays.name not in text


def test_what_is_gone_is_not_told_again_because_somebody_asked_it(server, ann) -> None:
    gone = factories.a_source("Post", gone_at=NOW - DAY)
    write_and_send()
    control.fetch_now([gone.pk], NOW)
    write(NOW + DAY)
    control.fetch_now([gone.pk], NOW + DAY)

    write_and_send(NOW + 2 * DAY)

    assert len(server.letters) == 1


def test_a_move_for_good_is_told_once(server, ann) -> None:
    source = factories.a_source("Echo")
    factories.an_ill_source("Post", error="It is ill.")
    write_and_send()
    note = note_on_move(Move("https://new.example/feed", 3), url=source.url)
    factories.a_fetch(source, error=f"3 entries were cut. {note}")

    write_and_send(NOW + DAY)
    write_and_send(NOW + 2 * DAY)

    text = server.letters[1].get_payload(decode=True).decode()
    assert "- Echo: It has moved for good: we read https://new.example/feed" in text
    assert len(server.letters) == 2


def test_with_nothing_to_tell_the_day_is_settled_without_a_mail(server, ann) -> None:
    factories.a_source()

    assert write()

    settled = Digest.objects.get()
    assert (settled.text, settled.recipients, settled.sent_at) == ("", 0, NOW)
    assert not Digest.objects.to_send(NOW).exists()


@pytest.mark.parametrize(
    ("now", "on"),
    [
        pytest.param(datetime(2026, 6, 9, 3, 59, tzinfo=UTC), None, id="before six in Berlin"),
        pytest.param(datetime(2026, 6, 9, 4, 0, tzinfo=UTC), "2026-06-09", id="at six"),
        pytest.param(datetime(2026, 6, 9, 21, 59, tzinfo=UTC), "2026-06-09", id="late"),
        pytest.param(datetime(2026, 6, 9, 22, 30, tzinfo=UTC), None, id="after midnight"),
        pytest.param(datetime(2026, 10, 25, 5, 0, tzinfo=UTC), "2026-10-25", id="winter begins"),
    ],
)
def test_it_waits_for_its_local_hour(now: datetime, on: str | None) -> None:
    assert write(now) is (on is not None)
    assert [str(row.on) for row in Digest.objects.all()] == ([on] if on else [])


def test_there_is_one_a_day_however_many_schedulers_look() -> None:
    factories.an_ill_source(error="It is ill.")

    written = [write(NOW + timedelta(minutes=minutes)) for minutes in range(5)]

    assert written == [True, False, False, False, False]
    assert Digest.objects.count() == 1


def test_it_goes_to_active_staff_who_may_mend_and_have_an_address(server) -> None:
    factories.a_user_with(Role.EDITOR, username="ann", email="ann@news.test")
    factories.a_user_with(Role.VIEWER, username="bob", email="bob@news.test")
    factories.a_user_with(Role.EDITOR, username="charlie", email="")
    factories.a_user_with(Role.EDITOR, username="dora", email="dora@news.test", is_active=False)
    outsider = factories.a_user_with(None, username="eve", email="eve@news.test")
    outsider.user_permissions.add(Permission.objects.get(codename="change_source"))
    factories.an_ill_source(error="It is ill.")

    sent = write_and_send()

    assert [letter["To"] for letter in server.letters] == ["ann@news.test"]
    assert sent.recipients == 1


def test_nobody_to_tell_is_said(server) -> None:
    factories.an_ill_source(error="It is ill.")

    sent = write_and_send()

    assert (sent.recipients, sent.sent_at) == (0, NOW)
    assert sent.last_error == digest.NOBODY


def test_without_a_mail_server_it_is_kept(ann) -> None:
    factories.an_ill_source(error="It is ill.")
    write()

    digest.send([Digest.objects.get().pk], is_on=False, now=NOW)

    kept = Digest.objects.get()
    assert (kept.recipients, kept.sent_at, kept.attempts) == (0, NOW, 1)
    assert "It is ill." in kept.text


def test_a_mail_that_fails_is_tried_three_times_and_then_shown(server, ann) -> None:
    server.script["MAIL FROM"] = "451 later"
    factories.an_ill_source("Echo", error="It is ill.")
    write()
    (pk,) = Digest.objects.values_list("pk", flat=True)

    for minutes in (0, 5, 10, 69, 70, 600):
        digest.send([pk], is_on=True, now=NOW + timedelta(minutes=minutes))

    given_up = Digest.objects.get()
    assert sum(words.lower().startswith("mail from") for words in server.said) == 3
    assert given_up.is_given_up
    assert given_up.last_error == "The mail server asks to come again: 451 later"
    assert list(Digest.objects.unsent()) == [given_up]


def test_what_was_never_mailed_is_told_the_next_day(server, ann) -> None:
    server.script["MAIL FROM"] = "550 no"
    factories.an_ill_source("Echo", error="It is ill.")
    write_and_send()
    server.script.clear()

    write_and_send(NOW + DAY)

    (letter,) = server.letters
    assert "- Echo: ill" in letter.get_payload(decode=True).decode()


def test_a_worker_that_dies_while_mailing_loses_nothing_and_loops_for_nobody(server, ann) -> None:
    factories.an_ill_source(error="It is ill.")
    write()
    due = Digest.objects.to_send(NOW)
    due.lease(NOW, until=NOW + digest.LEASE, limit=1)  # and dies

    digest.send([Digest.objects.get().pk], is_on=True, now=NOW + timedelta(minutes=1))
    early = len(server.letters)
    digest.send([Digest.objects.get().pk], is_on=True, now=NOW + timedelta(minutes=3))

    assert (early, len(server.letters)) == (0, 1)
    assert Digest.objects.get().attempts == 2


def test_one_that_was_given_up_can_be_sent_again(server, ann) -> None:
    factories.an_ill_source(error="It is ill.")
    write()
    Digest.objects.update(attempts=3)

    again = digest.send_again([Digest.objects.get().pk], NOW)
    digest.send(again, is_on=True, now=NOW)

    assert len(server.letters) == 1
    assert digest.send_again(again, NOW) == []


def test_names_and_sentences_of_others_stay_on_their_lines(server, ann) -> None:
    factories.an_ill_source("Echo\r\nBcc: all@news.test <b>", error="<i>\nIt & that.")

    write_and_send()

    (letter,) = server.letters
    text = letter.get_payload(decode=True).decode()
    assert letter["Bcc"] is None
    assert "- Echo Bcc: all@news.test <b>: ill since 8 June: <i> It & that." in text


def test_many_that_fell_ill_at_once_are_counted_and_the_first_named(server, ann) -> None:
    for number in range(digest.LINES_SHOWN + 7):
        factories.an_ill_source(f"Echo {number:03}", error="It is ill.")

    write_and_send()

    text = server.letters[0].get_payload(decode=True).decode()
    assert "And 7 more: https://news.test/admin/sources/source/?health=ill" in text


def test_it_costs_the_same_queries_for_2_and_40() -> None:
    for _ in range(2):
        factories.an_ill_source(error="It is ill.")
    of_2 = queries(NOW)
    for _ in range(38):
        factories.an_ill_source(error="It is ill.")
    Digest.objects.all().delete()

    assert queries(NOW) == of_2


def queries(now: datetime) -> int:
    with CaptureQueriesContext(connection) as captured:
        write(now)
    return len(captured)

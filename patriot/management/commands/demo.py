"""`manage.py demo`: from feed documents to a published report, served on this machine."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone
from rich.console import Console

from patriot.accounts.models import User
from patriot.demo import newsroom, production
from patriot.demo.editions import current_edition
from patriot.demo.folder import read_folder
from patriot.demo.newsroom import Document
from patriot.demo.production import Counts, Progress
from patriot.demo.server import FeedServer
from patriot.management.base import LaunchCommand
from patriot.operations import launch
from patriot.operations.launch import LaunchError
from reports.models import Report

USERNAME = "demo"


@dataclass(frozen=True)
class _Press:
    """What is served, and the main job that reads it."""

    documents: Mapping[str, Document]
    main_job: Callable[..., Counts]
    now: datetime


class Command(LaunchCommand):
    help = "Publish a report on an invented press, or on a folder of feeds, and show it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do it, say what was done, and end")
        parser.add_argument("--json", action="store_true", help="say it as one JSON object")
        parser.add_argument("--feeds", type=Path, metavar="DIR", help="a folder of feed documents")
        parser.add_argument(
            "--as-of",
            metavar="TIME",
            help="with --feeds: set the clock, as in 2020-04-21T12:00Z (UTC without an offset)",
        )
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: %(default)s")

    def launch(self, **options: Any) -> None:
        # What is wrong with the question should be said before anything is started.
        press = _press(options["feeds"], options["as_of"])
        if options["once"]:
            self._run_once(press, as_json=options["json"])
        else:
            with launch.alone(self.say, port=options["port"]):
                self._stay(press, port=options["port"], as_json=options["json"])

    def _run_once(self, press: _Press, *, as_json: bool) -> None:
        with (
            launch.running_database(),
            FeedServer(press.documents) as feeds,
        ):
            launch.prepare(self.say)
            counts = self._publish(press, feeds)
        self._tell_counts(counts, as_json=as_json)
        if counts.state == Report.State.FAILED:
            raise LaunchError(counts.reason)
        if counts.report:
            self.say("To read it, start the site: make run (or manage.py up).")

    def _stay(self, press: _Press, *, port: int, as_json: bool) -> None:
        """Run the main job, then leave web and worker running until a signal comes."""
        launch.check_port(port)
        with (
            launch.running_database() as database,
            FeedServer(press.documents) as feeds,
        ):
            launch.prepare(self.say)
            counts = self._publish(press, feeds)
            with (
                _watched(press),
                launch.served(
                    port, say=self.say, allow=urlsplit(feeds.address).netloc
                ) as supervisor,
            ):
                self._tell_counts(counts, as_json=as_json)
                self._tell_where(counts, port, password=_sign_in())
                launch.supervise(supervisor, database, say=self.say)

    def _publish(self, press: _Press, feeds: FeedServer) -> Counts:
        self.say(f"Reading {len(press.documents)} feeds at {feeds.address}")
        with _shown_progress() as on_progress:
            return press.main_job(
                press.documents, address=feeds.address, now=press.now, on_progress=on_progress
            )

    def _tell_counts(self, counts: Counts, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(counts.as_dict(), ensure_ascii=False))
            self.stdout.flush()
            return
        self.say(
            f"{counts.entries} entries from {counts.sources} sources: {counts.articles} new "
            f"articles, {counts.updated} updated, {sum(counts.skipped.values())} skipped"
        )
        self.say(
            f"{counts.sections} stories told in {counts.claims} sentences on {counts.evidence} "
            f"quotations: {counts.report or 'no report'}"
        )
        for name, sentence in counts.ill.items():
            self.say(f"{name} could not be read: {sentence}")
        if counts.reason:
            self.say(counts.reason)

    def _tell_where(self, counts: Counts, port: int, *, password: str) -> None:
        site = f"http://{launch.HOST}:{port}"
        self.stderr.write("")
        if counts.report:
            self.stderr.write(f"  Report   {site}{counts.report}")
        self.stderr.write(f"  Site     {site}/")
        desk = f"{site}{settings.LOGIN_REDIRECT_URL}"
        self.stderr.write(f"  Desk     {desk}   (sign in as {USERNAME} with {password})")
        self.stderr.write("\nCtrl-C stops everything.")
        self.stderr.flush()


def _press(feeds: Path | None, as_of: str | None) -> _Press:
    now = timezone.now()  # noqa: TID251 (an interface)
    if feeds is not None:
        return _Press(read_folder(feeds), production.run_folder, _moment(as_of) if as_of else now)
    if as_of:
        raise LaunchError("--as-of sets the clock for a folder of feeds: give --feeds DIR as well.")
    memory = settings.PATRIOT_DATA / "edition.json"
    memory.parent.mkdir(parents=True, exist_ok=True)
    anchor, edition = current_edition(memory, now)
    documents = newsroom.documents(newsroom.load(), anchor=anchor, edition=edition)
    return _Press(documents, production.run_newsroom, now)


def _moment(text: str) -> datetime:
    """Parse an ISO 8601 date and time; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise LaunchError(
            f"--as-of is {text!r}: write it as 2020-04-21T12:00Z (ISO 8601)."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextmanager
def _watched(press: _Press) -> Iterator[None]:
    """Have the worker watch the demonstration's sources while they are served."""
    if press.main_job is not production.run_newsroom:
        yield
        return
    production.watch()
    try:
        yield
    finally:
        production.pause()


def _sign_in() -> str:
    """Give the demonstration's user a fresh password, good until the next start."""
    password = secrets.token_urlsafe(9)
    user, _ = User.objects.get_or_create(username=USERNAME)
    user.is_staff = user.is_superuser = user.is_active = True
    user.set_password(password)
    user.save(update_fields=["is_staff", "is_superuser", "is_active", "password"])
    return password


@contextmanager
def _shown_progress() -> Iterator[Progress]:
    """Show on standard error how many rows each step has done; one line each at the end."""
    console = Console(stderr=True)
    done: Counter[str] = Counter()

    def on_progress(step: str, rows: int) -> None:
        done[step] += rows
        status.update(" · ".join(f"{name} {count}" for name, count in done.items()))

    with console.status("Working") as status:
        yield on_progress
    console.print(" · ".join(f"{name} {count}" for name, count in done.items()) or "Nothing new")

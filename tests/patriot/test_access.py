"""Who gets to which address by which method: the whole site in one table.

An address that is not in the table fails the test: whoever adds one says here who may use it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.template.backends.django import Template
from django.test import Client, RequestFactory
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver
from django_q.models import Failure

from patriot.accounts.roles import Role
from patriot.ledger.models import Breaker, Call, Price
from patriot.work.models import Job
from reports import tokens
from reports.admin.moves import MOVES
from reports.models import (
    Decision,
    Delivery,
    DeskNote,
    ErrorReport,
    Prompt,
    Report,
    Suppression,
    Trial,
)
from sources.models import Digest, Import
from tests import factories
from tests.factories import NOW

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ANYBODY = ("anonymous", *Role)

# ruff: noqa: E501 (a table is read across)
# Pattern, methods (“rest”: those that the address has no line for; without such a line they
# are a 405), then what each gets; one number when all get the same. POST is sent without
# anything in it, so that 200 means a form which says what is missing.
PAGES = """
address                                                  methods        anonymous viewer editor publisher administrator

                                                         GET HEAD       200
reports/                                                 GET HEAD       200
reports/feed.atom                                        GET HEAD       200
reports/feed.rss                                         GET HEAD       200
reports/feed.json                                        GET HEAD       200
reports/<slug:slug>/feed.rss                             GET HEAD       200
reports/<slug:slug>/feed.json                            GET HEAD       200
reports/<slug:slug>/feed.atom                            GET HEAD       200
reports/<slug:slug>/                                     GET HEAD       200
reports/<slug:slug>/<day:day>/<slot:slot>/               GET HEAD       200
reports/<slug:slug>/<day:day>/<slot:slot>/provenance/    GET HEAD       200
reports/<slug:slug>/<day:day>/<slot:slot>/provenance.json  GET HEAD     200
reports/<slug:slug>/<day:day>/<slot:slot>.md             GET HEAD       200
reports/<slug:slug>/<day:day>/<slot:slot>.json           GET HEAD       200
reports/<slug:slug>/<day:day>/<slot:slot>.png            GET HEAD       200
reports/<slug:slug>/<day:day>/<slot:slot>/revisions/     GET HEAD       200
corrections/                                             GET HEAD       200
quality/                                                 GET HEAD       200
corrections/feed.atom                                    GET HEAD       200
errors/new/<id:number>/                                  GET HEAD POST  200
errors/<uuid:public_id>/                                 GET HEAD       200
stories/                                                 GET HEAD       200
stories/<int:pk>/                                        GET HEAD       200
storylines/<int:pk>/                                     GET HEAD       200
storylines/<int:pk>/feed.atom                            GET HEAD       200
search/                                                  GET HEAD       200
subscribe/                                               GET HEAD       200
subscribe/                                               POST           422
subscribe/confirm/<str:token>/                           GET HEAD POST  200
unsubscribe/<str:token>/                                 GET HEAD POST  200
preferences/<str:token>/                                 GET HEAD POST  200
how-it-works/                                            GET HEAD       200
favicon.ico                                              GET HEAD       301
robots.txt                                               GET HEAD       200
sitemap.xml                                              GET HEAD       200
sitemap-<section>.xml                                    GET HEAD       200
sources/                                                 GET HEAD       200
sources.opml                                             GET HEAD       200

accounts/login/                                          GET HEAD POST  200 302 302 302 302
accounts/logout/                                         GET HEAD       302 200 200 200 200
accounts/logout/                                         POST           302
accounts/login/passkey/                                  GET HEAD       200 302 302 302 302
accounts/login/passkey/                                  POST           302
accounts/reauthenticate/                                 GET HEAD POST  302 200 200 200 200
accounts/2fa/                                            GET HEAD       302 200 200 200 200
accounts/2fa/authenticate/                               GET HEAD POST  302
accounts/2fa/reauthenticate/                             GET HEAD POST  302
accounts/2fa/reauthenticate/passkey/                     GET HEAD POST  302
accounts/2fa/sign-out/                                   POST           302
accounts/2fa/app/                                        GET HEAD POST  302
accounts/2fa/app/square.svg                              GET HEAD       302 404 404 404 404
accounts/2fa/app/remove/                                 GET HEAD POST  302 404 404 404 404
accounts/2fa/codes/                                      GET HEAD       302 404 404 404 404
accounts/2fa/codes/new/                                  GET HEAD POST  302
accounts/2fa/passkeys/                                   GET HEAD       302
accounts/2fa/passkeys/add/                               GET HEAD POST  302
accounts/2fa/passkeys/<id:pk>/remove/                    GET HEAD POST  302
accounts/2fa/passkeys/<id:pk>/name/                      GET HEAD POST  302
accounts/password/change/                                GET HEAD POST  302 200 200 200 200

healthz                                                  GET HEAD       200
health                                                   GET HEAD       200
health/                                                  GET HEAD       200
readyz                                                   GET HEAD       503
readyz/web                                               GET HEAD       200
metrics                                                  GET HEAD       404

api/docs/                                                GET HEAD       200
api/problems/                                            GET HEAD       200
api/schema/                                              GET HEAD OPTIONS  200
api/v1/                                                  GET HEAD OPTIONS  200
api/v1/briefings/                                        GET HEAD OPTIONS  200
api/v1/briefings/<slug:slug>/                            GET HEAD OPTIONS  200
api/v1/reports/                                          GET HEAD OPTIONS  200
api/v1/reports/<id:pk>/                                  GET HEAD OPTIONS  200
api/v1/reports/<id:pk>/revisions/                        GET HEAD OPTIONS  200
api/v1/reports/<id:pk>/revisions/<id:number>/            GET HEAD OPTIONS  200
api/v1/corrections/                                      GET HEAD OPTIONS  200
api/v1/stories/                                          GET HEAD OPTIONS  200
api/v1/stories/<id:pk>/                                  GET HEAD OPTIONS  200
api/v1/storylines/                                       GET HEAD OPTIONS  200
api/v1/storylines/<id:pk>/                               GET HEAD OPTIONS  200
api/v1/articles/                                         GET HEAD OPTIONS  200
api/v1/articles/<id:pk>/                                 GET HEAD OPTIONS  200
api/v1/quality/                                          GET HEAD OPTIONS  200
api/v1/search/                                           GET HEAD       400
api/v1/search/                                           OPTIONS        200
api/v1/predictions/sentiment/                            POST           400
api/v1/predictions/sentiment/                            OPTIONS        200
api/v1/predictions/sentiment                             POST           400
api/v1/predictions/sentiment                             OPTIONS        200
api/v1/sources/                                          GET HEAD OPTIONS  200
api/v1/sources/<id:pk>/                                  GET HEAD OPTIONS  200
api/v1/publishers/                                       GET HEAD OPTIONS  200
api/v1/publishers/<id:pk>/                               GET HEAD OPTIONS  200
api/^                                                    rest           404

api/v1/me/                                               GET HEAD OPTIONS  401 200 200 200 200
api/v1/me/                                               rest           401 405 405 405 405
api/v1/sources/<id:pk>/health/                           GET HEAD OPTIONS  401 200 200 200 200
api/v1/sources/<id:pk>/health/                           rest           401 405 405 405 405
api/v1/subscriptions/                                    GET HEAD OPTIONS  401 403 403 200 200
api/v1/subscriptions/                                    POST           401 403 403 400 400
api/v1/subscriptions/                                    rest           401 403 403 405 405
api/v1/subscriptions/<id:pk>/                            GET HEAD OPTIONS  401 403 403 200 200
api/v1/subscriptions/<id:pk>/                            PATCH          401 403 403 400 400
api/v1/subscriptions/<id:pk>/                            DELETE         401 403 403 204 204
api/v1/subscriptions/<id:pk>/                            rest           401 403 403 405 405
api/v1/subscriptions/<id:pk>/deliveries/                 GET HEAD OPTIONS  401 403 403 200 200
api/v1/subscriptions/<id:pk>/deliveries/                 rest           401 403 403 405 405
api/v1/subscriptions/<id:pk>/secret/                     POST           401 403 403 404 404
api/v1/subscriptions/<id:pk>/secret/                     OPTIONS        401 403 403 200 200
api/v1/subscriptions/<id:pk>/secret/                     rest           401 403 403 405 405
api/v1/subscriptions/<id:pk>/test/                       POST           401 403 403 202 202
api/v1/subscriptions/<id:pk>/test/                       OPTIONS        401 403 403 200 200
api/v1/subscriptions/<id:pk>/test/                       rest           401 403 403 405 405
api/v1/users/                                            GET HEAD OPTIONS  401 403 403 403 200
api/v1/users/                                            rest           401 403 403 403 405
api/v1/users/<id:pk>/                                    GET HEAD OPTIONS  401 403 403 403 200
api/v1/users/<id:pk>/                                    PATCH          401 403 403 403 400
api/v1/users/<id:pk>/                                    rest           401 403 403 403 405
api/v1/jobs/                                             GET HEAD OPTIONS  401 200 200 200 200
api/v1/jobs/                                             rest           401 405 405 405 405
api/v1/jobs/<id:pk>/                                     GET HEAD OPTIONS  401 200 200 200 200
api/v1/jobs/<id:pk>/                                     rest           401 405 405 405 405
api/v1/jobs/<id:pk>/cancel/                              POST           401 403 409 409 409
api/v1/jobs/<id:pk>/cancel/                              OPTIONS        401 403 200 200 200
api/v1/jobs/<id:pk>/cancel/                              rest           401 403 405 405 405
api/v1/jobs/<id:pk>/run-again/                           POST           401 403 202 202 202
api/v1/jobs/<id:pk>/run-again/                           OPTIONS        401 403 200 200 200
api/v1/jobs/<id:pk>/run-again/                           rest           401 403 405 405 405
api/v1/sources/<id:pk>/fetch/                            POST           401 403 202 202 202
api/v1/sources/<id:pk>/fetch/                            OPTIONS        401 403 200 200 200
api/v1/sources/<id:pk>/fetch/                            rest           401 403 405 405 405
api/v1/sources/<id:pk>/pause/                            POST           401 403 200 200 200
api/v1/sources/<id:pk>/pause/                            OPTIONS        401 403 200 200 200
api/v1/sources/<id:pk>/pause/                            rest           401 403 405 405 405
api/v1/sources/<id:pk>/resume/                           POST           401 403 200 200 200
api/v1/sources/<id:pk>/resume/                           OPTIONS        401 403 200 200 200
api/v1/sources/<id:pk>/resume/                           rest           401 403 405 405 405
api/v1/sources/import/                                   POST           401 403 400 400 400
api/v1/sources/import/                                   OPTIONS        401 403 200 200 200
api/v1/sources/import/                                   rest           401 403 405 405 405
api/v1/sources/<id:pk>/fetches/                          GET HEAD OPTIONS 401 403 200 200 200
api/v1/sources/<id:pk>/fetches/                          rest           401 403 405 405 405
api/v1/imports/<id:pk>/                                  GET HEAD OPTIONS 401 403 200 200 200
api/v1/imports/<id:pk>/                                  rest           401 403 405 405 405
api/v1/trials/                                           POST           401 403 400 400 400
api/v1/trials/                                           OPTIONS        401 403 200 200 200
api/v1/trials/                                           rest           401 403 405 405 405
api/v1/trials/<id:pk>/stop/                              POST           401 403 200 200 200
api/v1/trials/<id:pk>/stop/                              OPTIONS        401 403 200 200 200
api/v1/trials/<id:pk>/stop/                              rest           401 403 405 405 405
api/v1/prompts/                                          GET HEAD OPTIONS 401 403 200 200 200
api/v1/prompts/                                          rest           401 403 405 405 405
api/v1/trials/<id:pk>/                                   GET HEAD OPTIONS 401 403 200 200 200
api/v1/trials/<id:pk>/                                   rest           401 403 405 405 405
api/v1/complete/                                         POST           401 403 400 400 400
api/v1/complete/                                         OPTIONS        401 403 200 200 200
api/v1/complete/                                         rest           401 403 405 405 405
api/v1/complete                                          POST           401 403 400 400 400
api/v1/complete                                          OPTIONS        401 403 200 200 200
api/v1/complete                                          rest           401 403 405 405 405
api/v1/briefings/<slug:slug>/reports/                    POST           401 403 202 202 202
api/v1/briefings/<slug:slug>/reports/                    OPTIONS        401 403 200 200 200
api/v1/briefings/<slug:slug>/reports/                    rest           401 403 405 405 405

admin/                                                   rest           302 200 200 200 200
admin/login/                                             GET HEAD       302
admin/logout/                                            GET HEAD       302 200 200 200 200
admin/logout/                                            POST           302
admin/password_change/                                   GET HEAD       302
admin/password_change/done/                              GET HEAD       302
admin/autocomplete/                                      GET HEAD       302 403 403 403 403
admin/autocomplete/                                      OPTIONS        302 200 200 200 200
admin/autocomplete/                                      rest           302 405 405 405 405
admin/jsi18n/                                            GET HEAD OPTIONS  302 200 200 200 200
admin/jsi18n/                                            rest           302 405 405 405 405
admin/r/<path:content_type_id>/<path:object_id>/         rest           302 404 404 404 404
admin/accounts/user/<id>/password/                       rest           302 403 403 403 200
admin/ledger/breaker/<int:pk>/close/                     POST           302 403 403 403 302
admin/ledger/breaker/<int:pk>/close/                     rest           302 405 405 405 405
admin/ledger/call/costs/                                 GET HEAD       302 200 200 200 200
admin/ledger/call/costs/                                 rest           302 405 405 405 405
admin/reports/briefing/<int:pk>/selection/               GET HEAD       302 200 200 200 200
admin/reports/briefing/<int:pk>/selection/               rest           302 405 405 405 405
admin/reports/briefing/schedule/                         POST           302 403 200 200 200
admin/reports/briefing/schedule/                         rest           302 405 405 405 405
admin/reports/decision/<int:pk>/undo/                    POST           302 403 302 302 302
admin/reports/decision/<int:pk>/undo/                    rest           302 405 405 405 405
admin/reports/prompt/<int:pk>/promote/                   POST           302 403 403 302 302
admin/reports/prompt/<int:pk>/promote/                   rest           302 405 405 405 405
admin/reports/prompt/<int:pk>/retire/                    POST           302 403 403 302 302
admin/reports/prompt/<int:pk>/retire/                    rest           302 405 405 405 405
admin/reports/prompt/<int:pk>/try/                       rest           302 403 200 200 200
admin/reports/prompt/<int:pk>/lab/                       rest           302 403 200 200 200
admin/reports/trial/<int:pk>/stop/                       POST           302 403 302 302 302
admin/reports/trial/<int:pk>/stop/                       rest           302 405 405 405 405
admin/reports/report/<int:pk>/run-again/<int:job>/       POST           302 403 302 302 302
admin/reports/report/<int:pk>/run-again/<int:job>/       rest           302 405 405 405 405
admin/reports/report/<int:pk>/correct/                   POST           302 403 403 200 200
admin/reports/report/<int:pk>/correct/                   rest           302 403 200 200 200
admin/reports/report/<int:pk>/edit/                      POST           302 403 409 409 409
admin/reports/report/<int:pk>/edit/                      rest           302 403 200 200 200
admin/reports/report/<int:pk>/note/                      POST           302 403 302 302 302
admin/reports/report/<int:pk>/note/                      rest           302 405 405 405 405
admin/reports/report/<int:pk>/settle/<int:one>/          POST           302 403 302 302 302
admin/reports/report/<int:pk>/settle/<int:one>/          rest           302 405 405 405 405
admin/reports/report/<int:pk>/back/<int:number>/         POST           302 403 302 302 302
admin/reports/report/<int:pk>/back/<int:number>/         rest           302 405 405 405 405
admin/reports/report/<int:pk>/texts/                     rest           302 200 200 200 200
admin/reports/report/<int:pk>/preview/<int:number>/<slug:form>/  GET HEAD  302 200 200 200 200
admin/reports/report/<int:pk>/preview/<int:number>/<slug:form>/  rest      302 405 405 405 405
admin/reports/errorreport/<int:pk>/answer/               POST           302 403 302 302 302
admin/reports/errorreport/<int:pk>/answer/               rest           302 405 405 405 405
admin/reports/report/<int:pk>/to/<slug:move>/            POST           302 403 403 302 302
admin/reports/report/<int:pk>/to/<slug:move>/            rest           302 403 403 200 200
admin/reports/subscription/<int:pk>/secret/              POST           302 403 403 404 404
admin/reports/subscription/<int:pk>/secret/              rest           302 405 405 405 405
admin/reports/story/<int:pk>/decide/<slug:name>/         rest           302 403 200 200 200
admin/sources/import/export/                             GET HEAD       302 200 200 200 200
admin/sources/import/export/                             rest           302 405 405 405 405
admin/sources/import/<int:pk>/apply/                     POST           302 403 302 302 302
admin/sources/import/<int:pk>/apply/                     rest           302 405 405 405 405
admin/sources/source/discover/                           rest           302 403 200 200 200
admin/^(?P<app_label>…)/$                                rest           302 200 200 200 200
admin/(?P<url>.*)$                                       rest           302 404 404 404 404
"""

# The same seven addresses for every kind of row: from which role on one may. “superuser”:
# none of the four roles; “nobody”: not even a superuser.
DESK = """
rows                look           add            change         delete

accounts.apikey     viewer         viewer         nobody         nobody
accounts.user       administrator  administrator  administrator  administrator
auth.group          superuser      superuser      superuser      superuser
ledger.breaker      viewer         nobody         nobody         nobody
ledger.call         viewer         nobody         nobody         nobody
ledger.price        viewer         administrator  administrator  administrator
sources.article     viewer         nobody         nobody         nobody
sources.digest      viewer         nobody         nobody         nobody
sources.fetch       viewer         nobody         nobody         nobody
sources.import      viewer         editor         nobody         nobody
sources.publisher   viewer         nobody         editor         nobody
sources.source      viewer         editor         editor         editor
reports.briefing    viewer         editor         editor         publisher
reports.delivery    viewer         nobody         nobody         nobody
reports.decision    viewer         nobody         nobody         nobody
reports.errorreport viewer         nobody         nobody         nobody
reports.prompt      viewer         editor         nobody         nobody
reports.report      viewer         nobody         nobody         nobody
reports.story       viewer         nobody         nobody         nobody
reports.subscription publisher     publisher      nobody         nobody
reports.suppression publisher      publisher      nobody         publisher
reports.trial       viewer         nobody         nobody         nobody
work.job            viewer         nobody         nobody         nobody
django_q.failure    administrator  nobody         superuser      administrator
"""


# --- Reading the tables -----------------------------------------------------------
@dataclass(frozen=True)
class Line:
    """What everybody gets at one address by one method."""

    address: str
    method: str
    statuses: tuple[int, ...]


def lines_of_pages() -> list[Line]:
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for text in PAGES.strip("\n").splitlines()[1:]:
        if not text.strip():
            continue
        address, _, said = text.partition(" ")
        words = said.split()
        statuses = tuple(int(word) for word in words if word.isdigit())
        everybody = statuses if len(statuses) > 1 else statuses * len(ANYBODY)
        named = [word for word in words if not word.isdigit()]
        found.setdefault(address, {}).update(dict.fromkeys(named, everybody))
    return [
        Line(address, method, by_method.get(method) or by_method.get("rest") or (405,) * 5)
        for address, by_method in found.items()
        for method in METHODS
    ]


def lines_of_desk() -> list[Line]:
    rows = [text.split() for text in DESK.strip().splitlines()[1:] if text.strip()]
    return [line for row in rows for line in lines_of_rows(*row)]


def lines_of_rows(rows: str, look: str, add: str, change: str, delete: str) -> Iterator[Line]:
    room = f"admin/{rows.replace('.', '/')}/"
    one = f"{room}<path:object_id>/"
    for method in METHODS:
        changing = change if method == "POST" else look
        yield Line(room, method, from_role_on(look))
        yield Line(f"{room}add/", method, from_role_on(add))
        yield Line(f"{one}change/", method, from_role_on(changing))
        yield Line(f"{one}history/", method, from_role_on(look))
        yield Line(f"{one}delete/", method, from_role_on(delete))
        yield Line(one, method, (302,) * 5)


def from_role_on(lowest: str) -> tuple[int, ...]:
    """Return what everybody gets: the sign-in, a refusal, or from a role on the page."""
    order = [*Role, "superuser", "nobody"]
    return 302, *(200 if order.index(role) >= order.index(lowest) else 403 for role in Role)


LINES = lines_of_pages() + lines_of_desk()


# --- Walking the site -------------------------------------------------------------
def every_address(patterns: list[URLPattern | URLResolver], above: str = "") -> Iterator[str]:
    for pattern in patterns:
        address = above + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield APPS if address.startswith("admin/^(?P<app_label>") else address
        else:
            yield from every_address(pattern.url_patterns, address)


APPS = "admin/^(?P<app_label>…)/$"


def test_every_address_of_the_site_is_in_the_table() -> None:
    walked = set(every_address(get_resolver().url_patterns))
    told = {line.address for line in LINES}

    assert sorted(walked - told) == [], "say in PAGES or DESK who may use these"
    assert sorted(told - walked) == [], "these are not there any more"


def test_every_kind_of_row_on_the_desk_is_in_the_table() -> None:
    told = {text.split()[0] for text in DESK.strip().splitlines()[1:] if text.strip()}

    assert told == {model._meta.label_lower for model in admin.site._registry}


# --- The world --------------------------------------------------------------------
@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    # Every refusal is logged with its trace, and these are thousands.
    logging.disable(logging.CRITICAL)
    with time_machine.travel(NOW, tick=False):
        yield
    logging.disable(logging.NOTSET)


def samples(user: Any) -> dict[str, str]:
    """Return an address of each kind, without the first slash."""
    report = factories.a_published_report(sections=1)
    draft = factories.a_draft_report(factories.a_briefing(slug="evening"), sections=1)
    # Without a note that is open: publishing it asks nothing first.
    sound = factories.a_draft_report(factories.a_briefing(slug="noon"), sections=1)
    story = report.current.sections.get().story
    article = story.memberships.first().article
    dead = {"state": "dead", "finished_at": NOW, "created_at": NOW, "not_before": NOW}
    job = Job.objects.create(kind="ground", subject=draft.subject, **dead)
    prompts = [
        Prompt.objects.create(
            purpose="analyze",
            briefing=report.briefing,
            number=number,
            text="Write.",
            note="Why.",
            is_live=number == 1,
            created_at=NOW,
        )
        for number in (1, 2)
    ]
    owner = user or factories.a_user_with(None)
    wanted = factories.a_subscription(report.briefing)
    rows = {
        "accounts.apikey": factories.an_api_key(owner)[0],
        "accounts.user": factories.a_user_with(None, username="bob"),
        "auth.group": Group.objects.create(name="night desk"),
        "ledger.breaker": Breaker.objects.create(
            service="claude",
            model="m",
            outcome="rejected",
            reason="No.",
            opened_at=NOW,
            retry_at=NOW,
            tell_at=NOW,
        ),
        "ledger.call": Call.objects.create(
            service="claude",
            purpose="analyze",
            model="m",
            subject=report.subject,
            estimated_usd=1,
            cost_usd=1,
            started_at=NOW,
        ),
        "ledger.price": Price.objects.create(
            service="claude", model="m", valid_from=date(2030, 1, 1)
        ),
        "sources.article": article,
        "sources.digest": Digest.objects.create(on=date(2026, 6, 9), text="", not_before=NOW),
        "sources.fetch": factories.a_fetch(article.source),
        "sources.import": Import.objects.create(name="feeds.opml", created_at=NOW),
        "sources.publisher": factories.a_publisher("Nobody's Post"),
        "sources.source": factories.a_source("Quiet Echo"),
        "reports.briefing": factories.a_briefing(slug="unused"),
        "reports.decision": Decision.objects.create(kind="pin", story=story, made_at=NOW),
        "reports.prompt": prompts[0],
        "reports.report": draft,
        "reports.story": story,
        "reports.delivery": Delivery.objects.create(
            subscription=wanted,
            revision=report.current,
            kind="report",
            not_before=NOW,
            created_at=NOW,
        ),
        "reports.subscription": wanted,
        "reports.suppression": Suppression.objects.create(
            address_hash="0" * 64, hint="a…@b.example", cause="staff", created_at=NOW
        ),
        "reports.trial": Trial.objects.create(candidate=prompts[1], created_at=NOW),
        "work.job": job,
        "django_q.failure": Failure.objects.create(
            id="f", name="f", func="x", started=NOW, stopped=NOW, success=False
        ),
    }
    page = report.get_absolute_url().lstrip("/")
    claim = report.current.sections.get().claims.first()
    teller = factories.a_user_with(Role.EDITOR, username="note-teller")
    note = DeskNote.objects.create(report=draft, author=teller, text="A", created_at=NOW)
    found_wrong = ErrorReport.objects.create(claim=claim, text="No.", created_at=NOW)
    rows["reports.errorreport"] = found_wrong
    question = tokens.confirm_token(wanted.public_id)
    own = tokens.recipient_token(wanted.public_id)
    slug = report.briefing.slug
    found = {
        "reports/<slug:slug>/feed.atom": f"reports/{slug}/feed.atom",
        "reports/<slug:slug>/feed.rss": f"reports/{slug}/feed.rss",
        "reports/<slug:slug>/feed.json": f"reports/{slug}/feed.json",
        "reports/<slug:slug>/": f"reports/{slug}/",
        "reports/<slug:slug>/<day:day>/<slot:slot>/": page,
        "reports/<slug:slug>/<day:day>/<slot:slot>/provenance/": f"{page}provenance/",
        "reports/<slug:slug>/<day:day>/<slot:slot>/provenance.json": f"{page}provenance.json",
        "reports/<slug:slug>/<day:day>/<slot:slot>.md": f"{page[:-1]}.md",
        "reports/<slug:slug>/<day:day>/<slot:slot>.json": f"{page[:-1]}.json",
        "reports/<slug:slug>/<day:day>/<slot:slot>.png": f"{page[:-1]}.png",
        "reports/<slug:slug>/<day:day>/<slot:slot>/revisions/": f"{page}revisions/",
        "admin/reports/report/<int:pk>/correct/": f"admin/reports/report/{report.pk}/correct/",
        "admin/reports/errorreport/<int:pk>/answer/": f"admin/reports/errorreport/{found_wrong.pk}/answer/",
        "errors/new/<id:number>/": f"errors/new/{claim.pk}/",
        "errors/<uuid:public_id>/": f"errors/{found_wrong.public_id}/",
        "accounts/2fa/passkeys/<id:pk>/remove/": "accounts/2fa/passkeys/1/remove/",
        "accounts/2fa/passkeys/<id:pk>/name/": "accounts/2fa/passkeys/1/name/",
        "subscribe/confirm/<str:token>/": f"subscribe/confirm/{question}/",
        "unsubscribe/<str:token>/": f"unsubscribe/{own}/",
        "preferences/<str:token>/": f"preferences/{own}/",
        "stories/<int:pk>/": f"stories/{story.pk}/",
        "storylines/<int:pk>/": f"storylines/{story.pk}/",
        "storylines/<int:pk>/feed.atom": f"storylines/{story.pk}/feed.atom",
        "sitemap-<section>.xml": "sitemap-reports.xml",
        "api/v1/briefings/<slug:slug>/": f"api/v1/briefings/{slug}/",
        "api/v1/briefings/<slug:slug>/reports/": f"api/v1/briefings/{slug}/reports/",
        "api/v1/reports/<id:pk>/": f"api/v1/reports/{report.pk}/",
        "api/v1/reports/<id:pk>/revisions/": f"api/v1/reports/{report.pk}/revisions/",
        "api/v1/reports/<id:pk>/revisions/<id:number>/": f"api/v1/reports/{report.pk}/revisions/1/",
        "api/v1/stories/<id:pk>/": f"api/v1/stories/{story.pk}/",
        "api/v1/storylines/<id:pk>/": f"api/v1/storylines/{story.pk}/",
        "api/v1/articles/<id:pk>/": f"api/v1/articles/{article.pk}/",
        "api/v1/sources/<id:pk>/": f"api/v1/sources/{article.source_id}/",
        "api/v1/sources/<id:pk>/health/": f"api/v1/sources/{article.source_id}/health/",
        "api/v1/publishers/<id:pk>/": f"api/v1/publishers/{article.publisher_id}/",
        **{
            f"api/v1/sources/<id:pk>/{deed}/": f"api/v1/sources/{article.source_id}/{deed}/"
            for deed in ("fetch", "fetches", "pause", "resume")
        },
        "api/v1/trials/<id:pk>/": f"api/v1/trials/{rows['reports.trial'].pk}/",
        "api/v1/trials/<id:pk>/stop/": f"api/v1/trials/{rows['reports.trial'].pk}/stop/",
        "api/v1/imports/<id:pk>/": f"api/v1/imports/{rows['sources.import'].pk}/",
        "api/v1/jobs/<id:pk>/cancel/": f"api/v1/jobs/{job.pk}/cancel/",
        "api/v1/jobs/<id:pk>/run-again/": f"api/v1/jobs/{job.pk}/run-again/",
        "api/v1/subscriptions/<id:pk>/": f"api/v1/subscriptions/{wanted.pk}/",
        "api/v1/subscriptions/<id:pk>/deliveries/": f"api/v1/subscriptions/{wanted.pk}/deliveries/",
        "api/v1/subscriptions/<id:pk>/secret/": f"api/v1/subscriptions/{wanted.pk}/secret/",
        "api/v1/subscriptions/<id:pk>/test/": f"api/v1/subscriptions/{wanted.pk}/test/",
        "api/v1/users/<id:pk>/": f"api/v1/users/{owner.pk}/",
        "api/v1/jobs/<id:pk>/": f"api/v1/jobs/{job.pk}/",
        "api/^": "api/v9/",
        "admin/r/<path:content_type_id>/<path:object_id>/": "admin/r/1/999/",
        "admin/accounts/user/<id>/password/": f"admin/accounts/user/{rows['accounts.user'].pk}/password/",
        "admin/ledger/breaker/<int:pk>/close/": f"admin/ledger/breaker/{rows['ledger.breaker'].pk}/close/",
        "admin/reports/briefing/<int:pk>/selection/": f"admin/reports/briefing/{report.briefing_id}/selection/",
        "admin/reports/decision/<int:pk>/undo/": f"admin/reports/decision/{rows['reports.decision'].pk}/undo/",
        "admin/reports/prompt/<int:pk>/promote/": f"admin/reports/prompt/{prompts[1].pk}/promote/",
        "admin/reports/prompt/<int:pk>/retire/": f"admin/reports/prompt/{prompts[0].pk}/retire/",
        "admin/reports/prompt/<int:pk>/try/": f"admin/reports/prompt/{prompts[1].pk}/try/",
        "admin/reports/prompt/<int:pk>/lab/": f"admin/reports/prompt/{prompts[1].pk}/lab/",
        "admin/reports/trial/<int:pk>/stop/": f"admin/reports/trial/{rows['reports.trial'].pk}/stop/",
        "admin/reports/report/<int:pk>/run-again/<int:job>/": f"admin/reports/report/{draft.pk}/run-again/{job.pk}/",
        "admin/reports/subscription/<int:pk>/secret/": f"admin/reports/subscription/{wanted.pk}/secret/",
        "admin/reports/report/<int:pk>/edit/": f"admin/reports/report/{draft.pk}/edit/",
        "admin/reports/report/<int:pk>/note/": f"admin/reports/report/{draft.pk}/note/",
        "admin/reports/report/<int:pk>/settle/<int:one>/": f"admin/reports/report/{draft.pk}/settle/{note.pk}/",
        "admin/reports/report/<int:pk>/back/<int:number>/": f"admin/reports/report/{draft.pk}/back/1/",
        "admin/reports/report/<int:pk>/texts/": f"admin/reports/report/{draft.pk}/texts/",
        "admin/reports/report/<int:pk>/preview/<int:number>/<slug:form>/": f"admin/reports/report/{draft.pk}/preview/1/email/",
        "admin/reports/report/<int:pk>/to/<slug:move>/": f"admin/reports/report/{sound.pk}/to/publish/",
        "admin/reports/story/<int:pk>/decide/<slug:name>/": f"admin/reports/story/{story.pk}/decide/pin/",
        "admin/sources/import/<int:pk>/apply/": f"admin/sources/import/{rows['sources.import'].pk}/apply/",
        APPS: "admin/sources/",
        "admin/(?P<url>.*)$": "admin/nothing/",
    }
    for name, row in rows.items():
        one = f"admin/{name.replace('.', '/')}/"
        for what in ("", "change/", "history/", "delete/"):
            found[f"{one}<path:object_id>/{what}"] = f"{one}{row.pk}/{what}"
    return found


# --- The table holds --------------------------------------------------------------
# What a page looks like when it is read or its form is wrong; the status of every other answer
# is decided before its template is filled in, which takes most of the time.
FILLED_IN = {"GET", "POST"}
# Whoever gets through by a method that nobody thought of does so as the least of those who are
# signed in, or without. The others are asked by every method among the long proofs.
LEAST = ("anonymous", Role.VIEWER)
WALKS = [
    *(pytest.param(who, set(METHODS), id=who) for who in LEAST),
    *(pytest.param(who, FILLED_IN, id=who) for who in ANYBODY if who not in LEAST),
    *(
        pytest.param(
            who, set(METHODS) - FILLED_IN, id=f"{who}, other methods", marks=pytest.mark.prove
        )
        for who in ANYBODY
        if who not in LEAST
    ),
]


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize(("who", "methods"), WALKS)
def test_everybody_gets_just_what_the_table_says(
    who: str, methods: set[str], settings: Any
) -> None:
    settings.API_RATE_ANONYMOUS = settings.API_RATE_KEY
    user = None
    if who != "anonymous":
        user = factories.a_user_with(Role(who), username=who)
        user.set_password("correct horse battery staple")
        user.save()
    addresses = samples(user)
    column = ANYBODY.index(who)

    surprises = []
    cookies = session_of(user)
    for line in LINES:
        if line.method not in methods:
            continue
        path = "/" + addresses.get(line.address, line.address)
        with transaction.atomic():
            got = status_of(cookies, line.method, path)
            transaction.set_rollback(True)
        if got != line.statuses[column]:
            surprises.append(f"{line.method} {path}: {got}, not {line.statuses[column]}")

    assert not surprises, "\n".join(surprises)


@pytest.mark.slow
@pytest.mark.django_db
def test_who_lacks_the_second_factor_gets_what_strangers_get(settings: Any) -> None:
    settings.API_RATE_ANONYMOUS = settings.API_RATE_KEY
    settings.SECOND_FACTOR_REQUIRED = True
    user = factories.a_user_with(Role.ADMINISTRATOR, username="half")
    addresses, cookies = samples(user), session_of(user)

    surprises = []
    # The pages of one's own account are how it is set up, and the way out is open.
    for line in LINES:
        is_open = line.address.startswith("accounts/") or line.address == "admin/logout/"
        if is_open or line.method not in FILLED_IN:
            continue
        path = "/" + addresses.get(line.address, line.address)
        with transaction.atomic():
            got = status_of(cookies, line.method, path)
            transaction.set_rollback(True)
        # The API says what is missing, the desk leads to the set-up.
        like = {401: 403}.get(line.statuses[0], line.statuses[0])
        leads = path.startswith("/admin/") and got == 302
        if got != like and not leads:
            surprises.append(f"{line.method} {path}: {got}, not {like}")

    assert not surprises, "\n".join(surprises)


def session_of(user: Any) -> Any:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client.cookies


def status_of(cookies: Any, method: str, path: str) -> int:
    client = Client(raise_request_exception=False)
    client.cookies = cookies.__class__(cookies.output(header="", sep=";"))
    form = {"content_type": "application/x-www-form-urlencoded"} if method == "POST" else {}
    with nullcontext() if method in FILLED_IN else empty_templates():
        return client.generic(method, path, b"", **form).status_code


@contextmanager
def empty_templates() -> Iterator[None]:
    with patch.object(Template, "render", lambda *_, **__: ""):
        yield


# --- What may be done to rows -----------------------------------------------------
# From which role on the list offers an action; “superuser”: none of the four.
ACTIONS = {
    "accounts.apikey": {"revoke": "viewer"},
    "accounts.user": dict.fromkeys(("deactivate", "take_second_factor"), "administrator"),
    "auth.group": {"delete_selected": "superuser"},
    "sources.article": dict.fromkeys(("run_again", "let_in", "keep_out"), "editor"),
    "sources.digest": {"send_again": "editor"},
    "sources.publisher": {"make_one_family": "editor"},
    "sources.source": dict.fromkeys(
        (
            "fetch_now",
            "pause",
            "resume",
            "add_tag",
            "remove_tag",
            "read_pages_never",
            "read_pages_when_short",
            "read_pages_always",
            "follow_rhythm",
            "adopt_new_address",
        ),
        "editor",
    ),
    "reports.briefing": dict.fromkeys(("produce_now", "pause", "resume", "call_watchdog"), "editor")
    | {"delete_selected": "publisher"},
    "reports.report": {
        "submit": "editor",
        "send-back": "editor",
        "publish": "publisher",
        "hold": "publisher",
        "end-hold": "publisher",
        "withdraw": "publisher",
    },
    "reports.delivery": {"send_again": "editor"},
    "reports.subscription": dict.fromkeys(("pause", "resume", "end"), "publisher"),
    "reports.suppression": {"delete_selected": "publisher"},
    "reports.story": dict.fromkeys(("merge", "pin", "unpin", "mute", "unmute"), "editor"),
    "reports.decision": {"undo_chosen": "editor"},
    "work.job": {"run_again": "editor"},
    "django_q.failure": {"delete_selected": "administrator", "resubmit_task": "administrator"},
}


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_the_desk_offers_each_action_from_its_role_on(role: Role) -> None:
    request = RequestFactory().get("/")
    request.user = factories.a_user_with(role)
    order = [*Role, "superuser"]

    for model, desk in admin.site._registry.items():
        told = ACTIONS.get(model._meta.label_lower, {})
        may = {name for name, lowest in told.items() if order.index(role) >= order.index(lowest)}

        offered = desk.get_actions(request) if desk.has_view_permission(request) else {}
        assert set(offered) == may, model._meta.label_lower


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_a_report_moves_only_for_those_who_may(role: Role) -> None:
    client = Client()
    client.force_login(factories.a_user_with(role))
    order = [*Role]

    for move in MOVES:
        report = factories.a_draft_report(factories.a_briefing(), sections=1)
        if move.among <= {Report.State.PUBLISHED}:
            factories.publish(report)
        else:
            report.state = min(move.among - {Report.State.PRODUCING}, key=str)
            report.reason = "Held for a look." if report.state == Report.State.HELD else ""
            report.save(update_fields=["state", "reason"])
        before = report.state
        text = report.revisions.order_by("-number").first()
        form = {"reason": "A name is wrong.", f"seen-{report.pk}": before}
        form |= {f"text-{report.pk}": text.pk if text else ""}

        client.post(f"/admin/reports/report/{report.pk}/to/{move.name}/", form)

        report.refresh_from_db()
        lowest = ACTIONS["reports.report"][move.name]
        assert (report.state != before) is (order.index(role) >= order.index(Role(lowest))), move

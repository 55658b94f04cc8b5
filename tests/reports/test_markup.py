"""Every public page is well-formed HTML: what is opened is closed, ids are there once."""

from html.parser import HTMLParser

import pytest

from reports.pipeline.index import index_report
from tests.factories import (
    TODAY,
    a_briefing,
    a_draft_report,
    a_published_report,
    a_withdrawn_report,
    publish,
)

pytestmark = pytest.mark.django_db

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
# A paragraph is closed by the browser before these: then a </p> of ours stands alone.
BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "details", "div", "dl", "fieldset", "figure"}
    | {"footer", "form", "h1", "h2", "h3", "h4", "header", "hr", "main", "nav", "ol", "p", "pre"}
    | {"section", "table", "ul"}
)
REFERENCES = ("aria-labelledby", "aria-describedby", "for", "popovertarget", "aria-controls")


class Markup(HTMLParser):
    """Reads a page as strictly as its source was written, and keeps what is wrong with it."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.wanted: set[str] = set()
        self.headings: list[int] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        self.faults += [f"<{tag}> stays open" for tag in self._open]

    def handle_starttag(self, tag, attrs):
        named = [name for name, _ in attrs]
        given = dict(attrs)
        line, _ = self.getpos()
        if len(named) != len(set(named)):
            self.faults.append(f"line {line}: <{tag}> has an attribute twice")
        if tag in BLOCKS and "p" in self._open:
            self.faults.append(f"line {line}: <{tag}> in a <p>")
        if tag in {"a", "button"} and {"a", "button"} & set(self._open):
            self.faults.append(f"line {line}: <{tag}> in something to press")
        if {"style", "onclick", "onload"} & set(named):
            self.faults.append(f"line {line}: <{tag}> with what the policy forbids")
        if "id" in given:
            self.ids.append(given["id"])
        for name in REFERENCES:
            self.wanted |= set((given.get(name) or "").split())
        href = given.get("href") or ""
        if tag == "a" and href.startswith("#"):
            self.wanted.add(href[1:])
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag):
        line, _ = self.getpos()
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"line {line}: </{tag}> closes {self._open[-1:]}")
        if tag in self._open:
            while self._open.pop() != tag:
                pass


def faults_of(page: str) -> list[str]:
    markup = Markup(page)
    faults = list(markup.faults)
    faults += [f"id {one} is there twice" for one in {*markup.ids} if markup.ids.count(one) > 1]
    faults += [f"nothing has the id {one}" for one in markup.wanted - {*markup.ids}]
    faults += [f"id {one!r} cannot be pointed at" for one in markup.ids if not one or " " in one]
    steps = zip(markup.headings, markup.headings[1:], strict=False)
    faults += [f"h{above} is followed by h{below}" for above, below in steps if below > above + 1]
    if markup.headings.count(1) != 1:
        faults.append(f"{markup.headings.count(1)} headings of the first rank")
    return faults


@pytest.fixture
def addresses() -> list[str]:
    briefing = a_briefing(slug="the-morning")
    withdrawn = a_withdrawn_report(
        briefing, sections=1, local_date=TODAY.replace(day=1), reason="It named a wrong town."
    )
    draft = a_draft_report(briefing, sections=12, reason="This report is late.")
    draft.revisions.get().sections.get(position=1).claims.update(is_short=True)
    report = publish(draft)
    index_report(report)
    a_published_report(a_briefing(title="The “Week” & <more>"), sections=1)
    story = report.current.sections.get(position=1).story_id
    return [
        "/",
        "/reports/",
        "/reports/?month=2026-06",
        "/reports/the-morning/",
        report.get_absolute_url(),
        f"{report.get_absolute_url()}?length=short",
        report.get_provenance_url(),
        report.get_revisions_url(),
        withdrawn.get_absolute_url(),
        f"/stories/{story}/",
        f"/storylines/{story}/",
        "/stories/",
        "/sources/",
        "/search/",
        "/search/?q=bridge",
        "/search/?q=dragons+%22of+old",
        "/corrections/",
        "/subscribe/",
        "/how-it-works/",
        "/nothing/",
        "/accounts/login/",
    ]


def test_every_public_page_is_well_formed(client, addresses):
    faults = {
        address: found
        for address in addresses
        if (found := faults_of(client.get(address).content.decode()))
    }

    assert faults == {}


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<h1>a</h1><p><b>x</p></b>", id="crossed"),
        pytest.param("<h1>a</h1><p>x<div></div></p>", id="a block in a paragraph"),
        pytest.param("<h1 id=a>a</h1><i id=a></i>", id="an id twice"),
        pytest.param("<h1>a</h1><a href=#b>b</a>", id="a link to nowhere"),
        pytest.param("<h1>a</h1><div>", id="left open"),
        pytest.param("<h1>a</h1><h3>b</h3>", id="a rank left out"),
    ],
)
def test_what_is_not_well_formed_is_found(page):
    assert faults_of(page)

"""Look at everything that anybody can see of a report, and say what must not be there.

The inspection shares no code with the product: a rule that both got wrong would never be found.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from lxml import etree
from lxml import html as lxml_html

from reports.models import Claim, Report
from sources.models import Article, Passage, Publisher, Source
from tests.factories import a_staff_user, sha256


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# What text may not hold: what nobody sees, and what turns it around.
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|\bwww\.|\b(?:java|vb)script:|\bdata:\w|\bmailto:", re.I)
MARKUP = re.compile(r"<[a-z/!]|\]\(|\{\{|\{%|\$\{|<%|&#|&lt;", re.I)
ELEMENTS = _set(
    "html head title meta link body header main footer nav section article aside div span p h1 "
    "h2 h3 h4 h5 h6 a ul ol li dl dt dd table caption thead tbody tfoot tr th td colgroup col "
    "time abbr small strong em b i s q blockquote cite code pre br hr sup sub details summary "
    "button form input label select option optgroup textarea fieldset legend svg g rect circle "
    "line path polyline text tspan desc img figure figcaption script noscript mark wbr dialog "
    "output meter progress address data kbd del ins use symbol defs"
)
ADDRESSES = ("href", "src", "action", "formaction", "xlink:href", "poster", "cite", "content")
OUR_HOSTS = ("testserver", "patriot.example", "127.0.0.1:8000")
# Words that every sentence may have without a source: the smallest ones, and who said it.
FREE = _set(
    "this that these those with from have been were will into over than then them they their "
    "there what when where which while after before about said says told according reported "
    "reports matters because means meaning shows suggests could would should"
)
DENIALS = _set("not no never none nobody nothing without cannot neither nor")


def assert_nothing_got_through(client: Client, report: Report, *, poison: Iterable[str]) -> None:
    """Assert the invariants on every surface of a report.

    poison: words that may stand nowhere on them; the desk alone shows, as text, what was refused
    """
    assert_sentences_stand(report)
    links = stored_links()
    for address, body, kind in surfaces(client, report):
        for word in () if address.startswith("/admin/") else poison:
            assert word not in body, f"{word!r} on {address}"
        texts = {"html": html_texts, "xml": xml_texts, "json": json_texts}[kind](body, links)
        for text in texts:
            found = HIDDEN.search(text)
            assert not found, f"{found!r} hides on {address} in {text[:80]!r}"


# --- Sentences -------------------------------------------------------------------------------


def assert_sentences_stand(report: Report) -> None:
    """Assert that each sentence of what readers see is plain text that its quotations bear out."""
    claims = list(
        Claim.objects.filter(section__revision=report.current)
        .select_related("section")
        .prefetch_related("evidence__passage")
    )
    assert claims
    given = _texts(pk for claim in claims if claim.kind == "why" for pk in claim.section.given)
    for claim in claims:
        spans = list(claim.evidence.all())
        assert spans, claim
        for span in spans:
            assert span.passage.text[span.start : span.end] == span.quote, claim
            assert sha256(span.passage.text) == span.passage.sha256, claim
        quoted = " ".join(span.quote for span in spans)
        story = " ".join(given[pk] for pk in claim.section.given) if claim.kind == "why" else quoted
        _assert_borne_out(claim.text, quoted, story)


def _texts(passages: Iterable[int]) -> dict[int, str]:
    return dict(Passage.objects.filter(pk__in=set(passages)).values_list("pk", "text"))


def _assert_borne_out(sentence: str, quoted: str, story: str) -> None:
    assert not ADDRESS.search(sentence), f"an address in {sentence!r}"
    assert not MARKUP.search(sentence), f"markup in {sentence!r}"
    assert not HIDDEN.search(sentence), f"a hidden character in {sentence!r}"
    assert len(sentence) <= 600
    in_quotes, in_story = set(_words(quoted)), set(_words(story))
    beginnings = {word[:4] for word in in_story}
    for word in _words(sentence):
        if any(map(str.isdigit, word)) or word in DENIALS:
            assert word in in_quotes, f"{word!r} is added in {sentence!r}"
        elif len(word) >= 4 and word not in FREE:
            assert word[:4] in beginnings, f"{word!r} is added in {sentence!r}"


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold())


# --- Surfaces --------------------------------------------------------------------------------


def stored_links() -> set[str]:
    """Return the addresses that a page may lead to: those of stored rows."""
    links = set(Article.objects.values_list("url", flat=True))
    links |= set(Source.objects.values_list("url", flat=True))
    links |= set(Source.objects.values_list("site_url", flat=True))
    links |= {f"https://{domain}/" for domain in Publisher.objects.values_list("domain", flat=True)}
    assert all(urlsplit(link).scheme in ("http", "https") for link in links if link)
    return links - {""}


def surfaces(client: Client, report: Report) -> Iterator[tuple[str, str, str]]:
    """Yield address, body and kind of everything that shows a report, as reader and as staff."""
    page = report.get_absolute_url()
    slug = report.briefing.slug
    yield from _read(client, "html", "/", page, report.get_provenance_url(), f"/reports/{slug}/")
    yield from _read(client, "html", "/stories/", f"{page}?length=short")
    yield from _read(client, "xml", f"/reports/{slug}/feed.atom", "/sitemap.xml")
    yield from _read(client, "json", f"/api/v1/reports/{report.pk}/", "/api/v1/stories/")
    yield from _read(client, "json", "/api/v1/articles/")
    story = report.current.sections.order_by("position").first().story_id
    yield from _read(client, "html", f"/stories/{story}/")
    yield from _read(client, "json", f"/api/v1/stories/{story}/")
    desk = Client()
    desk.force_login(a_staff_user(is_superuser=True))
    yield from _read(desk, "html", "/admin/", f"/admin/reports/report/{report.pk}/change/")
    yield from _read(desk, "html", f"/admin/reports/story/{story}/change/")
    yield from _read(desk, "html", "/admin/sources/article/", "/admin/ledger/call/")


def _read(client: Client, kind: str, *addresses: str) -> Iterator[tuple[str, str, str]]:
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, f"{response.status_code} at {address}"
        yield address, response.content.decode(), kind


def html_texts(body: str, links: set[str]) -> list[str]:
    """Return the texts of a page, having looked at all that is not text."""
    parser = lxml_html.HTMLParser(encoding="utf-8")
    tree = lxml_html.document_fromstring(body.encode(), parser=parser)
    for element in tree.iter(etree.Element):
        assert element.tag in ELEMENTS, f"<{element.tag}> is no element of ours"
        if element.tag == "script":
            source = element.get("src", "")
            is_table = element.get("type", "").endswith("json")
            assert source.startswith(("/static/", "/admin/jsi18n/")) or is_table, (
                f"a script of somebody else's: {source!r} {element.text!r}"
            )
        for name, value in element.attrib.items():
            assert not name.startswith("on"), f"{name} on <{element.tag}>"
            assert name != "style", f"style on <{element.tag}>"
            if name in ADDRESSES and element.tag != "meta":
                assert_may_lead(value, links)
    return list(tree.itertext())


def xml_texts(body: str, links: set[str]) -> list[str]:
    """Return the texts of a feed, and of the pages that it holds."""
    tree = etree.fromstring(body.encode())
    texts = []
    for element in tree.iter(etree.Element):
        for name in ("href", "src"):
            if name in element.attrib:
                assert_may_lead(element.attrib[name], links)
        if element.get("type") == "html" and element.text:
            texts += html_texts(element.text, links)
    return texts + list(tree.itertext())


def json_texts(body: str, links: set[str]) -> list[str]:
    """Return all strings of an answer of the API; what calls itself an address may lead there."""
    texts: list[str] = []
    _collect(json.loads(body), "", links, texts)
    return texts


def _collect(value: Any, name: str, links: set[str], texts: list[str]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            texts.append(key)
            _collect(inner, key, links, texts)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, name, links, texts)
    elif isinstance(value, str):
        texts.append(value)
        if name in ("url", "link", "href", "page_url") and value:
            assert_may_lead(value, links)


def assert_may_lead(address: str, links: set[str]) -> None:
    """Assert that a link stays in the house or is the address of a stored row."""
    if address.startswith(("#", "?", "/", "data:image/svg+xml,")) and address[:2] != "//":
        return
    parts = urlsplit(address)
    is_ours = parts.scheme in ("http", "https") and parts.netloc in OUR_HOSTS
    is_relative = not parts.scheme and not parts.netloc
    assert is_ours or is_relative or address in links, f"a link to {address!r}"

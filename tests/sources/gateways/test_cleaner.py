"""The cleaner: text and sanitized HTML that say the same, whatever comes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patriot.lib.text import text_of_html
from sources.gateways.cleaner import (
    MAX_STRUCTURE_CHARS,
    _sanitizer,
    carefully_cleaned,
    cleaned,
)
from sources.gateways.parser import CLEAN_SECONDS, Parser


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("Just text.", "<p>Just text.</p>", id="no markup"),
        pytest.param("Fish &amp; chips", "<p>Fish &amp; chips</p>", id="a reference"),
        pytest.param("1 < 2", "<p>1 &lt; 2</p>", id="less than"),
        pytest.param("<p>One.<p>Two.", "<p>One.</p><p>Two.</p>", id="unclosed"),
        pytest.param("<h1>Head</h1>", "<h2>Head</h2>", id="the title is ours"),
        pytest.param("<section><p>x</p></section>", "<div><p>x</p></div>", id="other blocks"),
        pytest.param("<font color=red>x</font>y", "<p>xy</p>", id="other tags"),
        pytest.param("<b>a<i>b</b>c</i>", "<b>a<i>b</i></b>c", id="misnested"),
        pytest.param("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>", id="list"),
        pytest.param("<p></p><p>a<b></b><br/>b</p>", "<p>a<br>b</p>", id="empty elements"),
        pytest.param("<p>a<b> </b>b</p>", "<p>a b</p>", id="a space in an empty element"),
        pytest.param("<p id=x class=y onclick=z style='color:red'>x</p>", "<p>x</p>", id="names"),
        pytest.param("<img src=https://x.example/ alt=No>x", "<p>x</p>", id="pictures"),
        pytest.param("<form><input value=No>x</form>", "<div>x</div>", id="forms"),
        pytest.param("<object>No</object><p>x<script>No</script></p>", "<p>x</p>", id="active"),
        pytest.param("<p hidden>No<b>No</b></p><p>x</p>", "<p>x</p>", id="hidden"),
        pytest.param("<p>x<span style='display:none'>No</span></p>", "<p>x</p>", id="not shown"),
        pytest.param("<p>ig\u200bno\u202ere</p>", "<p>ignore</p>", id="hostile characters"),
        pytest.param("<pre>a\n  b</pre>", "<pre>a\n b</pre>", id="preformatted"),
        pytest.param(
            "<table><tr><td colspan=2 width=9>a<td rowspan=x></table>",
            '<table><tbody><tr><td colspan="2">a</td><td></td></tr></tbody></table>',
            id="table",
        ),
        pytest.param("&lt;b&gt;x<br>", "&lt;b&gt;x<br>", id="what was text stays text"),
    ],
)  # fmt: skip
def test_the_structure_of_what_is_shown_is_kept(html, kept):
    assert cleaned(html).html == kept


@pytest.mark.parametrize(
    ("href", "leads_to"),
    [
        pytest.param("https://b.example/?a=1&amp;b=2", "https://b.example/?a=1&amp;b=2", id="web"),
        pytest.param("../x", "https://a.example/x", id="relative"),
        pytest.param("//b.example/x", "https://b.example/x", id="without a scheme"),
        pytest.param("javascript:alert(1)", None, id="script"),
        pytest.param(" java\tscript:alert(1)", None, id="script in disguise"),
        pytest.param("&#106;avascript&colon;alert(1)", None, id="script in references"),
        pytest.param("data:text/html,x", None, id="data"),
        pytest.param("mailto:a@a.example", None, id="mail"),
        pytest.param("https://u:p@b.example/", "https://b.example/", id="credentials"),
        pytest.param("", None, id="nowhere"),
    ],
)  # fmt: skip
def test_links_lead_to_the_web_or_nowhere(href, leads_to):
    html = cleaned(
        f'<p><a href="{href}" target=_blank ping=x>x</a></p>', base="https://a.example/y/z"
    ).html

    if leads_to is None:
        assert html == "<p>x</p>"
    else:
        assert html == f'<p><a href="{leads_to}" rel="noopener nofollow">x</a></p>'


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<" * 300_000, id="less than"),
        pytest.param("<div>" * 100_000 + "x", id="deep"),
        pytest.param("<b>x" * 75_000, id="deep with text"),
        pytest.param("<b>" * 30_000 + "</i>" * 60_000, id="ends of nothing"),
        pytest.param("<p " + "a " * 150_000, id="attributes"),
        pytest.param('<a href="' * 30_000, id="open quotation marks"),
        pytest.param('<a href="http://a.example/' + "a" * 300_000 + '">x</a>', id="giant address"),
        pytest.param("<p style='" + "a:b;" * 75_000 + "'>x", id="giant style"),
        pytest.param("<!--" * 75_000, id="comments"),
        pytest.param("<script>" * 40_000, id="scripts"),
        pytest.param("<table><tr><td>" * 20_000, id="tables"),
        pytest.param("<b hidden><p>" * 20_000, id="formatting that is reopened"),
        pytest.param("<p" + (" " * 100 + "a") * 2_900, id="spaces"),
        pytest.param("&" * 300_000, id="ampersands"),
        pytest.param("&#" + "9" * 300_000, id="a number without end"),
        pytest.param("e" + "\u0301" * 300_000, id="marks"),
        pytest.param("<p>" + "\u200d\ufe0f" * 150_000, id="joiners"),
        pytest.param("\ud800<p>\x00\uffff", id="no characters"),
    ],
)  # fmt: skip
def test_hostile_texts_are_cleaned_in_time(html):
    began = time.process_time()

    clean = cleaned(html)

    assert time.process_time() - began < 5
    assert len(clean.text) <= 100_000
    assert len(clean.html) <= 2 * MAX_STRUCTURE_CHARS
    assert clean.html.count("<b>") <= 75_000


_PIECES = st.sampled_from(
    """
    <p>|</p>|<b>|</b>|<i>|</i>|<a href='/x'>|</a>|<div hidden>|</div>|<ul>|<li>|<table>|<tr>|<td>
    |</table>|<br>|<hr>|<script>|</script>|<!--|-->|<|>|&|&lt;|&amp;lt;|'|"|x|word|</span>|<h1>
    |<span style='display:none'>|<select>|<template>|</template>|<pre>|</pre>|<svg>|</svg>|<button>
    """.strip().split("|")
)


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_text_and_html_say_the_same(html):
    clean = cleaned(html, base="https://a.example/")

    # Of a stray cell no browser makes a table: what is said is the same, where may differ.
    assert "".join(text_of_html(clean.html).split()) == "".join(clean.text.split())
    assert cleaned(clean.html).text.split() == text_of_html(clean.html).split()


@given(st.text(st.characters(codec=None), max_size=200))
def test_any_characters_can_be_cleaned(text):
    clean = cleaned(f"<p>{text}")

    clean.html.encode()
    assert "\x00" not in clean.html


# --- The quick way ---------------------------------------------------------------------------

_TEXTS = st.sampled_from(
    [
        *("word", 'it\'s "so"', "Übung – ’", "日本語", "1 &gt; 2", "\n", "  ", "\t", " ", "\u00a0"),
        *(
            "a & b",
            "AT&T",
            "&amp;",
            "&lt;b&gt;",
            "&amp;lt;",
            "&nbsp;",
            "&#8217;",
            "&copy",
            "&quot;",
        ),
        *("&notit;", "&#x1F525;", "&#39;", "&#", "&;", "&#10;", "<br>", "<br/>", "<BR />", "<hr/>"),
        *('<img src="i.jpg" alt="No">', "<img src='i.jpg' style='display:none'/>", "<wbr>"),
        *("<!-- No -->", "<!-->", "<!--->", "<!-- > -->", "<!--", "<script async></script>"),
        *('<iframe src="x"></iframe>', "<iframe>No</iframe>", "<script>No</script>"),
    ]
)
_ATTRIBUTES = st.sampled_from(
    [
        *[""] * 8,
        ' class="a b"',
        " id='x'",
        ' STYLE="color: red" lang="en"',
        ' title="a &gt; b"',
        ' class="sr-only"',
        " hidden",
        ' style="display:none"',
        " dir=ltr",
    ]
)
_ADDRESSES = st.sampled_from(
    """
    https://a.example/1?a=1&amp;b=2|/rel|https://a.example/x y|javascript:alert(1)||//c.example/p
    |http://b.example:8080/|https://1.2.3.4/|https://xn--80ak6aa92e.com/|https://a.example/it's
    |https://a.example/?q=%22&quot;x|https://a.example/ü|HTTP://A.example/|https://a..example/
    |https://a.example/?a=1&copy=2&b|https://a.example/&amp;amp;|https://a.example/{x}`|#top
    """.strip().split("|")
)
_NAMES = st.sampled_from(
    [
        *("a", "b", "i", "em", "STRONG", "span", "font", "small", "sub", "picture", "strike"),
        *("p", "p", "p", "P", "div", "div", "h1", "h2", "h3", "ul", "ol", "dl", "blockquote"),
        *("figure", "figcaption", "section", "center", "details", "summary", "dialog", "table"),
        *("custom-x", "pre"),
    ]
)
_INSIDE = {"ul": "li", "ol": "li", "dl": "dd", "table": "td"}


def _element(name: str, attributes: str, address: str, inside: list[str]) -> str:
    if name == "a":
        attributes = f' href="{address.strip()}"{attributes}'
    if item := _INSIDE.get(name):
        inside = [f"<{item}>{each}</{item}>" for each in inside]
    return f"<{name}{attributes}>{''.join(inside)}</{name}>"


_BODIES = st.lists(
    st.recursive(
        _TEXTS,
        lambda inner: st.builds(
            _element, _NAMES, _ATTRIBUTES, _ADDRESSES, st.lists(inner, max_size=4)
        ),
        max_leaves=12,
    ),
    max_size=6,
).map("".join)


@given(_BODIES)
def test_the_quick_way_says_what_the_careful_way_says(html):
    base = "https://base.example/a/"

    assert cleaned(html, base=base) == carefully_cleaned(html, base=base)


@given(_BODIES)
def test_the_sanitizer_has_nothing_to_say_to_what_was_cleaned_quickly(html):
    clean = cleaned(html, base="https://base.example/a/").html

    assert _sanitizer.clean(clean) == clean


@given(_BODIES, st.text(st.characters(codec=None), max_size=9), st.integers(0, 200))
def test_odd_characters_make_no_difference_to_the_text(html, odd, place):
    html = html[:place] + odd + html[place:]

    assert cleaned(html).text == carefully_cleaned(html).text


# --- In the child ----------------------------------------------------------------------------


def test_many_texts_are_cleaned_in_their_order():
    parser = Parser()
    try:
        bodies = [f"<p>{number} " + "x" * 9_000 for number in range(300)]

        clean = parser.clean([*bodies, "\ud800y"], bases=["https://a.example/"])

        assert [each.text.split()[0] for each in clean] == [*map(str, range(300)), "y"]
        assert parser.clean([]) == []
    finally:
        parser.close()


def test_a_text_that_breaks_the_cleaner_costs_none_of_the_others():
    # The interpreter and the libraries take some 40 MB.
    parser = Parser(memory_bytes=60_000_000)
    hostile = "<p>Beyond doubt.</p>" + "<b hidden>" * 99_000 + "Hidden"
    try:
        first, second, third = parser.clean(["<p>One</p>", hostile, "<p>Three</p>"])

        assert (first.text, third.text) == ("One", "Three")
        assert (second.text, second.html) == ("Beyond doubt.", "<p>Beyond doubt.</p>")
    finally:
        parser.close()


def test_the_texts_of_one_document_share_their_time(parser: Parser):
    hostile = ["<a><b><p>" * 1_600] * 990
    began = time.monotonic()

    cleaned = parser.clean(["<p>First <b>of</b> all", *hostile, "<p>Last <b>of</b> all"])

    assert time.monotonic() - began < CLEAN_SECONDS + 13  # without a limit: half a minute
    assert cleaned[0].text == "First of all"
    assert cleaned[-1].text.split() == ["Last", "of", "all"]
    assert len(cleaned) == 992

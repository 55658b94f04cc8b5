"""Tidy markup: what is read quickly is what would be read slowly, and what is in doubt is left."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patriot.lib import tidy_markup
from patriot.lib.tidy_markup import MAX_TIDY_CHARS, read_tidy


def _link(url: str) -> str:
    return url if url.startswith("https://") else ""


# --- What is tidy -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "structure"),
    [
        pytest.param("Just text", "Just text", id="no markup"),
        pytest.param("Fish &amp; chips & R&D", "Fish &amp; chips &amp; R&amp;D", id="ampersands"),
        pytest.param("&lt;script&gt;", "&lt;script&gt;", id="what was text stays text"),
        pytest.param("<p>a</p>\n<p>b</p>", "<p>a</p> <p>b</p>", id="paragraphs"),
        pytest.param("<P CLASS='x y'>a</P>", "<p>a</p>", id="upper case"),
        pytest.param('<p style="color: red" onclick="x()">a</p>', "<p>a</p>", id="attributes"),
        pytest.param("<p>a<br />b<br>c</p>", "<p>a<br>b<br>c</p>", id="line ends"),
        pytest.param("<h1>a</h1><section>b</section>", "<h2>a</h2><div>b</div>", id="other names"),
        pytest.param("<span>a</span><font>b</font>", "ab", id="tags that are not kept"),
        pytest.param("<p><img src='x'/></p>a<b> </b>b", "a b", id="empty elements"),
        pytest.param("<ul><li>a</li><li>b</li></ul>", "<ul><li>a</li><li>b</li></ul>", id="list"),
        pytest.param(
            '<a href="https://a.example/?a=1&amp;b=2" target="_blank">a</a>',
            '<a href="https://a.example/?a=1&amp;b=2" rel="noopener nofollow">a</a>',
            id="link",
        ),
        pytest.param(
            "<a class='x' href='https://a.example/'>a</a>",
            '<a href="https://a.example/" rel="noopener nofollow">a</a>',
            id="link with other attributes",
        ),
        pytest.param("<p>a<!-- x --><!----><!-->b</p>", "<p>ab</p>", id="comments"),
        pytest.param("a<iframe src='x' allowfullscreen></iframe>", "a", id="frame"),
        pytest.param('<b>a</b><script async src="x"></script>', "<b>a</b>", id="empty script"),
        pytest.param('<a href="javascript:x">a</a>', "a", id="link to nowhere"),
        pytest.param("<p>\U0001f600 a\u0301\u200b</p>", "<p>\U0001f600 á</p>", id="odd letters"),
    ],
)  # fmt: skip
def test_tidy_markup_keeps_its_structure(markup, structure):
    visible = read_tidy(markup, link=_link)

    assert visible is not None
    assert visible.html == structure


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param("<p hidden>x</p>", id="hidden"),
        pytest.param("<p HIDDEN=''>x</p>", id="hidden, upper case"),
        pytest.param("<p style='display:none'>x</p>", id="style that hides"),
        pytest.param("<p style='display&#58;none'>x</p>", id="style in references"),
        pytest.param("<p style='display:\u200bnone'>x</p>", id="style in odd letters"),
        pytest.param("<p style='font-size:0'>x</p>", id="letters without a size"),
        pytest.param('<a href="https://a.example/" style="opacity:0">x</a>', id="link that hides"),
        pytest.param("<p class='a sr-only'>x</p>", id="for screen readers"),
        pytest.param("<script>x</script>", id="script"),
        pytest.param("<style>x</style>", id="style"),
        pytest.param("<template>x</template>", id="template"),
        pytest.param("<svg>x</svg>", id="foreign"),
        pytest.param("<noscript>x</noscript>", id="noscript"),
        pytest.param("<textarea>x</textarea>", id="raw text"),
        pytest.param("<dialog>x</dialog>", id="dialog"),
        pytest.param("<table><tr><td>x</td></tr></table>", id="table"),
        pytest.param("<!-- <b> -->", id="comment with a tag"),
        pytest.param("<!-- > x -->", id="comment with a bracket"),
        pytest.param("<!--[if mso]>x<![endif]-->", id="conditional comment"),
        pytest.param("<!-x-->", id="no comment"),
        pytest.param("<!--x-\u200b->y", id="comment whose end is made by cleaning"),
        pytest.param("<script></scr\u200bipt>y", id="script whose end is made by cleaning"),
        pytest.param("<!\u200b--x-->y", id="comment made by cleaning"),
        pytest.param("<script></script x>y", id="script with a long end"),
        pytest.param("<iframe> </iframe>", id="frame with something inside"),
        pytest.param("<textarea><iframe></iframe>x", id="frame in raw text"),
        pytest.param("<!-- <iframe></iframe> -->", id="frame in a comment"),
        pytest.param("<p title='<iframe></iframe>'>x</p>", id="frame in a value"),
        pytest.param("<scr<iframe></iframe>ipt>x</script>", id="frame in a name"),
        pytest.param("<!x>", id="declaration"),
        pytest.param("<?x ?>", id="instruction"),
        pytest.param("<![CDATA[x]]>", id="CDATA"),
        pytest.param("<p>x", id="never closed"),
        pytest.param("x</p>", id="never opened"),
        pytest.param("<b>x<i>y</b>z</i>", id="misnested"),
        pytest.param("<p>x<p>y</p></p>", id="a paragraph in a paragraph"),
        pytest.param("<p>x<div>y</div></p>", id="a block in a paragraph"),
        pytest.param("<p>x<hr>y</p>", id="a rule in a paragraph"),
        pytest.param("<h2>x<h3>y</h3></h2>", id="a heading in a heading"),
        pytest.param("<a href='https://a.example/'>x<a>y</a></a>", id="a link in a link"),
        pytest.param("<li>x</li>", id="an item without a list"),
        pytest.param("<p/>x", id="an element that closes itself"),
        pytest.param("x</br>y", id="the end of a line end"),
        pytest.param("</p x>", id="an end with attributes"),
        pytest.param("<p class=x>x</p>", id="no quotation marks"),
        pytest.param("<p title='>'>x</p>", id="a bracket in a value"),
        pytest.param("<p title='<b>'>x</p>", id="a tag in a value"),
        pytest.param("<p title='a>x</p>", id="an open quotation mark"),
        pytest.param("1 < 2", id="less than"),
        pytest.param("a > b", id="greater than"),
        pytest.param("> <b", id="as many of each"),
        pytest.param("<>", id="no name"),
        pytest.param("</>", id="no name at its end"),
        pytest.param("<p>\u0338x</p>", id="a mark on a bracket"),
        pytest.param("<p>&#824;x</p>", id="a mark by its number"),
        pytest.param("&#8203;", id="an odd letter by its number"),
        pytest.param("<a href='https://1.2.3.4/'>x</a>", id="an address of a kind of its own"),
        pytest.param("<a href='https://a.xn--x/'>x</a>", id="an encoded host"),
        pytest.param("<div>" * 31 + "x" + "</div>" * 31, id="deep"),
        pytest.param("x" * (MAX_TIDY_CHARS + 1), id="long"),
    ],
)  # fmt: skip
def test_what_is_in_doubt_is_left_to_the_other_reader(markup):
    assert read_tidy(markup, link=_link) is None


def test_what_a_tag_means_is_remembered_within_bounds():
    for number in range(9_000):
        read_tidy(f'<p class="x{number}">x</p>', link=_link)

    assert len(tidy_markup._known) <= tidy_markup._MAX_KNOWN


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param("<b>" * 33_000, id="deep"),
        pytest.param("<b></b>" * 14_000, id="empty elements"),
        pytest.param("<p " + "a " * 49_000 + ">", id="attributes"),
        pytest.param("<p" + " " * 99_000 + "=>", id="spaces in a tag"),
        pytest.param("<img " + 'a="" ' * 19_000 + "x>", id="attributes of a picture"),
        pytest.param("<a href=\"x\"" + ' rel=""' * 13_000 + " x>", id="attributes of a link"),
        pytest.param("<p a=\"" * 16_000 + ">" * 16_000, id="open quotation marks"),
        pytest.param(" " * 99_000 + "x", id="spaces"),
        pytest.param("<br> " * 19_000 + "x", id="line ends"),
        pytest.param("&" * 99_000, id="ampersands"),
        pytest.param("<iframe" + " a" * 49_000, id="attributes of a frame"),
        pytest.param("<iframe a " * 9_900, id="frames"),
        pytest.param("<!--" * 24_000, id="comments"),
        pytest.param("<!--" + "--" * 49_000, id="comment of dashes"),
        pytest.param("<script" + " " * 99_000, id="spaces in a script"),
        pytest.param("&#" + "9" * 99_000 + ";", id="a number without end"),
        pytest.param("<i>&nbsp;</i>" * 7_000, id="fillers"),
    ],
)  # fmt: skip
def test_hostile_markup_is_read_or_left_in_linear_time(markup):
    began = time.process_time()

    read_tidy(markup, link=_link)

    assert time.process_time() - began < 3


@settings(max_examples=50)
@given(st.text("<>/!-'\"= &;#pbdivhidenstyl \n[]x", max_size=200))
def test_no_markup_breaks_the_reader(markup):
    visible = read_tidy(markup, link=_link)

    assert visible is None or visible.text == visible.text.strip()

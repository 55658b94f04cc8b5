"""Clean text: nothing hidden, nothing that reorders, nothing without end."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patriot.lib.text import _ODD, clean_text, one_line, text_of_html, title_of_html

# --- clean_text -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        pytest.param("Plain.", "Plain.", id="plain"),
        pytest.param("a\x00b\x07c\x1bd\x7fe\x85f", "abcde\nf", id="controls"),
        pytest.param("a\r\nb\rc\u2028d\u2029e\x0bf", "a\nb\nc\nd\ne\nf", id="line ends"),
        pytest.param("Cafe\u0301", "Café", id="composed"),
        pytest.param("a\u202eb\u202dc\u2066d\u2069e\u200ff", "abcdef", id="bidi controls"),
        pytest.param("ig\u200bno\u2060re\ufeff", "ignore", id="zero width"),
        pytest.param("soft\u00adhyphen", "softhyphen", id="soft hyphen"),
        pytest.param("x\U000e0041\U000e0042\U000e007f", "x", id="tags"),
        pytest.param("x\ufe01\ufe02\U000e0100\U000e01ef", "x\ufe01", id="bytes in selectors"),
        pytest.param("a\ud800b\udfffc", "abc", id="lone surrogates"),
        pytest.param("a\ufdd0b\uffffc\U0001ffffd", "abcd", id="noncharacters"),
        pytest.param("e\u200dv\u200ci\u200dl", "evil", id="joiners between Latin letters"),
        pytest.param("می\u200cخواهم", "می\u200cخواهم", id="Persian needs its joiner"),
        pytest.param("क्\u200dष", "क्\u200dष", id="Hindi needs its joiner"),
        pytest.param("می\u200c\u200c\u200cخ", "میخ", id="no run of joiners"),
        pytest.param("👨\u200d👩\u200d👧 ❤\ufe0f", "👨\u200d👩\u200d👧 ❤\ufe0f", id="emoji"),
        pytest.param("Z" + "\u0335" * 50, "Z" + "\u0335" * 4, id="stacked marks"),
        pytest.param("ทั้งนี้ ที่สุด", "ทั้งนี้ ที่สุด", id="Thai marks"),
        pytest.param("Việt Nam, שָׁלוֹם", unicodedata.normalize("NFC", "Việt Nam, שָׁלוֹם"), id="marks"),
        pytest.param("  \n x \t ", "x", id="white space around"),
        pytest.param("x" * 50, "x" * 20, id="length"),
    ],
)
def test_text_comes_out_clean(text, clean):
    assert clean_text(text, max_chars=20) == clean


@given(st.text(st.characters(codec=None), max_size=300))
def test_clean_text_is_clean_bounded_and_stays_so(text):
    clean = clean_text(text, max_chars=50)

    assert len(clean) <= 50
    assert clean_text(clean, max_chars=50) == clean
    assert not [c for c in clean if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t"]
    clean.encode()


def test_the_quick_look_takes_nothing_for_clean_that_is_not():
    plain = " ".join(chr(code) for code in range(0x110000) if not _ODD.match(chr(code)))

    # With one odd character among them all the passes are made.
    assert clean_text(f"x{plain}\u200bx", max_chars=200_000) == f"x{plain}x"


def test_texts_in_every_script_are_cleaned_in_time():
    text = "Emoji \U0001f600, السلام عليكم, ทั้งนี้ ที่สุด, क्षत्रिय " * 5_000
    began = time.process_time()

    clean_text(text, max_chars=1_000_000)

    assert time.process_time() - began < 3


def test_one_line_has_single_spaces():
    assert one_line(" a\n\n b\t\u00a0c ", max_chars=20) == "a b c"


# --- text_of_html: what is shown ------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("Just text.", "Just text.", id="no markup"),
        pytest.param("<p>One.</p><p>Two.</p>", "One.\n\nTwo.", id="paragraphs"),
        pytest.param("<p>One.<p>Two.", "One.\n\nTwo.", id="unclosed"),
        pytest.param("One.<br><br/>Two.<br>Three.", "One.\n\nTwo.\nThree.", id="breaks"),
        pytest.param("<ul><li>a<li>b</ul>c", "a\n\nb\n\nc", id="list"),
        pytest.param("<h2>Head</h2>text<hr>more", "Head\n\ntext\n\nmore", id="heading and rule"),
        pytest.param("<table><tr><td>a<td>b<tr><td>c</table>", "a b\n\nc", id="table"),
        pytest.param("a <b>b</b><i>c</i>\n  d", "a bc d", id="inline"),
        pytest.param("x&nbsp;&nbsp;y<p>&nbsp;</p>z", "x y\n\nz", id="fillers"),
        pytest.param("&lt;b&gt; &amp;amp; &#8217; &hellip;", "<b> &amp; ’ …", id="decoded once"),
        pytest.param("a &unknown; &# & b", "a &unknown; &# & b", id="no reference"),
        pytest.param("&#x110000;&#0;&#xD800;x", "\ufffd\ufffd\ufffdx", id="impossible letters"),
        pytest.param(f"&#{'9' * 5_000};", "\ufffd", id="a number without end"),
        pytest.param("1 < 2 and 3 <4", "1 < 2 and 3 <4", id="less than"),
        pytest.param("Read <a href='https://x.example/' title='No'>this</a>", "Read this", id="a"),
        pytest.param("<img src=x alt='A cat' onerror=x>Dog", "Dog", id="pictures"),
        pytest.param("Cut off in <a href='https://x.exa", "Cut off in", id="cut in a tag"),
        pytest.param("<p title='>'>a</p><p data-x=\"'>\">b</p>", "a\n\nb", id="> in values"),
        pytest.param("<![CDATA[ <p>Wrapped</p> ]]>", "Wrapped", id="wrapped twice"),
        pytest.param("<pre>a\n  b</pre>", "a\nb", id="preformatted"),
        pytest.param("<span aria-hidden=true>Seen</span>", "Seen", id="aria-hidden is on screen"),
        pytest.param("<details><summary>S</summary>D</details>", "S\n\nD", id="details"),
        pytest.param("<P STYLE='color:red'>Up</P>", "Up", id="upper case"),
        pytest.param("<script/>x</script>y", "y", id="scripts do not close themselves"),
        pytest.param("<p style='color:#fff;background:#000'>Up</p>", "Up", id="white on black"),
        pytest.param(
            "<p style='color:inherit;background:inherit'>Up</p>", "Up", id="colors from elsewhere"
        ),
        pytest.param(
            "<p style='color:#fff;background:#fff;background:url(night.png)'>Up</p>",
            "Up",
            id="white on a picture",
        ),
        pytest.param("<ruby>漢<rt>kan</rt></ruby>", "漢kan", id="ruby"),
        pytest.param(
            "<div style='font-size:0'><p style='font-size:16px'>Mail</p></div>",
            "Mail",
            id="gap hack",
        ),
        pytest.param("<svg><title/><path/></svg>after", "after", id="foreign tags"),
    ],
)
def test_what_is_shown_becomes_text(html, text):
    assert text_of_html(html) == text


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param("<!-- X -->", id="comment"),
        pytest.param("<!-- > X -->", id="comment with >"),
        pytest.param("<!--[if mso]>X<![endif]-->", id="conditional comment"),
        pytest.param("<!X>", id="declaration"),
        pytest.param("<?php X ?>", id="instruction"),
        pytest.param("<script>X</script>", id="script"),
        pytest.param("<script>'</div>' X</SCRIPT >", id="script with tags"),
        pytest.param("<style>X</style>", id="style"),
        pytest.param("<noscript>X</noscript>", id="noscript"),
        pytest.param("<template><p>X</p></template>", id="template"),
        pytest.param("<iframe>X</iframe>", id="iframe"),
        pytest.param("<textarea>X</textarea>", id="textarea"),
        pytest.param("<select><option>X</select>", id="options"),
        pytest.param("<svg><text>X</text></svg>", id="svg"),
        pytest.param("<video>X</video>", id="video"),
        pytest.param("<dialog>X</dialog>", id="closed dialog"),
        pytest.param("<p hidden>X</p>", id="hidden"),
        pytest.param("<p HIDDEN=''>X</p>", id="hidden, upper case"),
        pytest.param("<p style=display:none>X</p>", id="unquoted"),
        pytest.param("<p style='DISPLAY : NONE !important'>X</p>", id="spaces and case"),
        pytest.param("<p style='color:red;display:none'>X</p>", id="second declaration"),
        pytest.param("<p style='display:/**/none'>X</p>", id="CSS comment"),
        pytest.param("<p style='disp\\6c ay:none'>X</p>", id="CSS escape"),
        pytest.param("<p style='display&#58;none'>X</p>", id="reference in the attribute"),
        pytest.param("<p style='visibility:hidden'>X</p>", id="visibility"),
        pytest.param("<p style='opacity:0.0'>X</p>", id="opacity"),
        pytest.param("<p style='font-size:0'>X</p>", id="font size"),
        pytest.param("<p style='font:0/0 a'>X</p>", id="font"),
        pytest.param("<p style='font-size:1px'>X</p>", id="one pixel"),
        pytest.param("<p style='height:0;overflow:hidden'>X</p>", id="height"),
        pytest.param("<p style='max-height:0px'>X</p>", id="max-height"),
        pytest.param("<p style='width:0'>X</p>", id="width"),
        pytest.param("<p style='position:absolute;left:-9999px'>X</p>", id="far away"),
        pytest.param("<p style='text-indent:-100em'>X</p>", id="indent"),
        pytest.param("<p style='clip:rect(0 0 0 0)'>X</p>", id="clip"),
        pytest.param("<p style='clip-path:inset(50%)'>X</p>", id="clip-path"),
        pytest.param("<p style='transform:scale(0)'>X</p>", id="scale"),
        pytest.param("<p style='color:transparent'>X</p>", id="transparent"),
        pytest.param("<p style='color:#fff;background:#fff'>X</p>", id="white on white"),
        pytest.param(
            "<p style='background-color: rgb(255, 255,255); color: White'>X</p>",
            id="white on white, spelled in two ways",
        ),
        pytest.param(
            "<p style='background:#FFFFFF none;color:#fff'>X</p>", id="white on white, shorthand"
        ),
        pytest.param("<p style='color:teal;background:teal'>X</p>", id="teal on teal"),
        pytest.param("<span class='a sr-only'>X</span>", id="for screen readers"),
        pytest.param("<div hidden><p>X</p><p>X</p></div>", id="inside"),
        pytest.param("<div hidden><div></div>X</div>", id="after an inner end"),
        pytest.param("<div hidden></span></b>X</div>", id="after stray ends"),
        pytest.param("<p><b hidden><i>X</p>X</b>", id="formatting is reopened"),
        pytest.param("<div hidden><table><tr><td></div>X</table></div>", id="out of a table"),
        pytest.param("<p hidden><button><div>X</div></button></p>", id="in a button"),
    ],
)
def test_what_is_hidden_never_comes_through(hidden):
    assert text_of_html(f"before {hidden} <p>after</p>") == "before\n\nafter"


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<p hidden>X<p>after", id="the next paragraph"),
        pytest.param("<ul><li hidden>X<li>after</ul>", id="the next list item"),
        pytest.param("<div><p hidden>X</div>after", id="the end of what holds it"),
        pytest.param("<p hidden><span>X<div>after</div>", id="a block ends a paragraph"),
        pytest.param("<table><td hidden>X<td>after</table>", id="the next cell"),
        pytest.param("<input hidden>after", id="an element without content"),
    ],
)
def test_hiding_ends_where_a_browser_ends_it(html):
    assert text_of_html(html) == "after"


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 100_000 + "x", id="deep"),
        pytest.param("<p>" * 50_000 + "x", id="paragraphs"),
        pytest.param("<b hidden>" * 20_000 + "</p>" * 10, id="hidden formatting"),
        pytest.param("<i>" + "<b>" * 99 + "</i><i>" * 20_000, id="misnested"),
        pytest.param("<ul><li>" * 20_000, id="lists"),
        pytest.param("<!--" * 50_000, id="comments"),
        pytest.param("<a b='" * 50_000, id="quotes"),
        pytest.param("<a " + "x " * 50_000, id="attributes"),
        pytest.param("<a b" + " " * 100_000, id="spaces in a tag"),
        pytest.param("<p style='" + "/*" * 50_000 + "'>", id="CSS comments"),
        pytest.param("<p style='" + "x:-" * 50_000 + "'>", id="CSS declarations"),
        pytest.param("<script>" * 20_000, id="scripts"),
        pytest.param("<" * 100_000, id="less thans"),
        pytest.param("&" * 100_000, id="ampersands"),
        pytest.param("&#" * 50_000, id="references"),
        pytest.param(" \n" * 50_000 + "x", id="white space"),
        pytest.param("<br> " * 50_000 + "x", id="breaks"),
        pytest.param("a" + "\u0301" * 100_000, id="marks"),
        pytest.param("\u200d" * 100_000, id="joiners"),
        pytest.param("<![CDATA[" * 20_000, id="CDATA"),
    ],
)
def test_hostile_markup_is_read_in_linear_time(html):
    began = time.process_time()

    text_of_html(html)
    title_of_html(html)

    assert time.process_time() - began < 5


@given(st.text("<>/!-'\"= &;#pbdivhidenstyl \n[]x", max_size=200))
def test_no_markup_breaks_the_reader(html):
    text = text_of_html(html)

    assert "\n\n\n" not in text
    assert text == text.strip()


# --- title_of_html ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "title"),
    [
        pytest.param("Fish &amp; chips", "Fish & chips", id="decoded"),
        pytest.param("Fish &amp;amp; chips", "Fish &amp; chips", id="once"),
        pytest.param("A <em>new</em> bridge", "A new bridge", id="markup"),
        pytest.param("Say <hello> & <goodbye>", "Say <hello> & <goodbye>", id="not HTML's names"),
        pytest.param("I <3 you, 1<2", "I <3 you, 1<2", id="hearts"),
        pytest.param("One<br>two\n three", "One two three", id="one line"),
        pytest.param("x<script>alert(1)</script>", "x", id="scripts"),
        pytest.param("&lt;script&gt;", "<script>", id="names of tags"),
        pytest.param("a <!-- b --> c", "a c", id="comments"),
        pytest.param("x" * 5_000, "x" * 1_000, id="length"),
    ],
)
def test_titles_are_text(html, title):
    assert title_of_html(html) == title

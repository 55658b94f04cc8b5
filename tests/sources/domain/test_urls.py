"""Addresses of articles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.domain.urls import canonical_url, names_a_page, url_hash, web_url


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        pytest.param("HTTPS://News.Example/A", "https://news.example/A", id="case"),
        pytest.param("http://a.example", "http://a.example/", id="empty path"),
        pytest.param("http://a.example:80/x#part", "http://a.example/x", id="port and fragment"),
        pytest.param("https://a.example:8443/x", "https://a.example:8443/x", id="other port"),
        pytest.param("https://me:pw@a.example/x", "https://a.example/x", id="credentials"),
        pytest.param("https://a.example./x", "https://a.example/x", id="dot at the end"),
        pytest.param("https://a.example/x?utm_source=rss&UTM_x=1", "https://a.example/x", id="utm"),
        pytest.param(
            "https://a.example/x?c_id=1&fbclid=z&objectid=2&gclid=q",
            "https://a.example/x?c_id=1&objectid=2",
            id="what names the story stays",
        ),
        pytest.param(
            "https://a.example/?id=3&ref=rss&source=x&page=2",
            "https://a.example/?id=3&ref=rss&source=x&page=2",
            id="what may name it too",
        ),
        pytest.param(
            "https://a.example/?b=1&a=2&a=1", "https://a.example/?b=1&a=2&a=1", id="order"
        ),
        pytest.param("https://a.example/x?&&", "https://a.example/x", id="empty pairs"),
        pytest.param("https://a.example/ü ?q=ä", "https://a.example/%C3%BC%20?q=%C3%A4", id="IRI"),
        pytest.param("https://a.example/%7euser", "https://a.example/~user", id="unreserved"),
        pytest.param("https://a.example/a%2fb%3f", "https://a.example/a%2Fb%3F", id="reserved"),
        pytest.param("https://a.example/100%", "https://a.example/100%25", id="a lone percent"),
        pytest.param("https://a.example/%%37e", "https://a.example/%257e", id="no second decoding"),
        pytest.param("https://a.example/a/./b/../c", "https://a.example/a/c", id="dot segments"),
        pytest.param("https://a.example/../..", "https://a.example/", id="above the root"),
        pytest.param("https://a.example/a/%2e%2E/b", "https://a.example/b", id="encoded dots"),
        pytest.param("https://a.example/.well/..x/y.", "https://a.example/.well/..x/y.", id="dots"),
        pytest.param("https://a.example/a//b/", "https://a.example/a//b/", id="slashes stay"),
        pytest.param("https://a.example/x?", "https://a.example/x", id="empty query"),
        pytest.param("https://a.example/index.html", "https://a.example/index.html", id="index"),
        pytest.param("https://a.example/x;p=1", "https://a.example/x;p=1", id="path parameter"),
        pytest.param(
            "https://a.example/x;jsessionid=0A.b?id=1",
            "https://a.example/x?id=1",
            id="Java session",
        ),
        pytest.param("https://a.example/#!/story/7", "https://a.example/#!/story/7", id="a route"),
        pytest.param("https://a.example/#/story/7", "https://a.example/#/story/7", id="another"),
        pytest.param("https://a.example/x#/", "https://a.example/x", id="a route to nowhere"),
        pytest.param("https://a.example/x#:~:text=a", "https://a.example/x", id="text fragment"),
        pytest.param("https://amp.a.example/x", "https://amp.a.example/x", id="AMP is not guessed"),
        pytest.param("https://a..example/x", "", id="an empty label"),
        pytest.param("https://-a.example/x", "", id="a dash first"),
        pytest.param(f"https://{'a.' * 126}example/", "", id="a host that is too long"),
        pytest.param("https://münchen.example/", "https://xn--mnchen-3ya.example/", id="IDN"),
        pytest.param("https://[2606:4700::ABCD]/x", "https://[2606:4700::abcd]/x", id="IPv6"),
        pytest.param("https://a.example/<b>\"'", "https://a.example/%3Cb%3E%22'", id="markup"),
        pytest.param("javascript:alert(1)", "", id="javascript"),
        pytest.param("data:text/html,<p>", "", id="data"),
        pytest.param("/relative", "", id="relative"),
        pytest.param("http://", "", id="no host"),
        pytest.param("http://[::1", "", id="malformed"),
        pytest.param("http://a.example:port/", "", id="no port"),
        pytest.param("http://a b.example/", "", id="space in the host"),
        pytest.param("http://" + "a" * 5_000, "", id="too long"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_page_has_one_address(url, canonical):
    assert canonical_url(url) == canonical


TELLING = (
    "id=7 p=1234 story=9 v=dQw4w9WgXcQ article=5 articleid=5 page=2 sid=12 s=3 t=99 ref=rss"
    " ref=x source=x src=a cid=1 cmp=2 campaign=3 feature=4 tag=news session=3 session_id=12"
    " q=utm n=1 news_id=8 newsid=8 storyId=4 idArticle=6 item=1 post=2 doc=3 uri=a/b f=17 m=1"
    " lang=de date=2026-06-09 year=2026 spmx=1 gl=de clid=1 mc=4 at=5 at_medium_id=1 utm=32"
    " utmost=1 ito=4 mod=5 ocid=3 partner=1 share=1 print=1 view=full output=amp output=1"
    " token=1 guid=1 pk=3 pk_id=3 xt=1 ns=0 title=Main_Page oldid=1 curid=4 wpisrc=x fbid=12"
    " story_fbid=3 set=a i"
)


@pytest.mark.parametrize("pair", TELLING.split())
def test_what_may_name_a_story_stays(pair):
    url = f"https://a.example/?{pair}"

    assert canonical_url(url) == url
    assert canonical_url(f"{url}&utm_source=rss") == url


TRACKING = (
    "utm_source=rss UTM_Medium=feed utm_id=3 utm%5Fterm=x amp;utm_content=1 fbclid=1 gclid=1"
    " gad_source=1 gbraid=1 wbraid=1 msclkid=1 dclid=1 yclid=1 ysclid=1 ymclid=1 twclid=1"
    " ttclid=1 igsh=1 igshid=1 li_fat_id=1 mc_cid=1 mc_eid=1 mkt_tok=1 _hsenc=1 _hsmi=1 __hstc=1"
    " hsCtaTracking=1 __s=1 vero_id=1 oly_enc_id=1 ml_subscriber=1 wickedid=1 rb_clickid=1"
    " s_cid=1 _openstat=1 _ga=1 _gl=1 at_medium=RSS at_campaign=rss at_recipient_id=1"
    " ns_mchannel=rss xtor=RSS-1 cmpid=rss echobox=1 wt_mc=rss wt_zmc=x WT.mc_id=1"
    " mtm_source=rss pk_campaign=rss piwik_kwd=x ga_source=x hsa_acc=1 itm_source=1 spm=1.2"
    " srsltid=1 guccounter=1 guce_referrer=x __twitter_impression=true fb_source=x fb_ref=x"
    " _branch_match_id=1 PHPSESSID=1 JSESSIONID=1 ASPSESSIONIDQ=1 CFID=1 CFTOKEN=2 osCsid=1"
    " utm_source"
)


@pytest.mark.parametrize("pair", TRACKING.split())
def test_what_only_says_where_a_reader_came_from_goes(pair):
    assert canonical_url(f"https://a.example/x?{pair}") == "https://a.example/x"
    assert canonical_url(f"https://a.example/x?id=1&{pair}&b=2") == "https://a.example/x?id=1&b=2"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        pytest.param(
            "https://www.theguardian.com/x?CMP=rss", "https://www.theguardian.com/x", id="1"
        ),
        pytest.param(
            "https://www.nytimes.com/x?partner=rss&emc=rss", "https://www.nytimes.com/x", id="2"
        ),
        pytest.param("https://www.bbc.com/x?ocid=a&id=1", "https://www.bbc.com/x?id=1", id="3"),
        pytest.param("https://www.wsj.com/x?mod=rss_world", "https://www.wsj.com/x", id="4"),
        pytest.param(
            "https://www.youtube.com/watch?v=a&feature=youtu.be",
            "https://www.youtube.com/watch?v=a",
            id="5",
        ),
    ],
)
def test_some_houses_have_names_of_their_own(url, canonical):
    assert canonical_url(url) == canonical


@given(st.text(max_size=100))
def test_whatever_comes_out_is_an_address_and_stays_it(text):
    for url in (canonical_url(text), canonical_url(f"http://a.example/{text}")):
        assert url == "" or url.startswith(("http://", "https://"))
        assert url.isascii()
        assert not set(url) & set(' <>"\n\t\\')
        assert canonical_url(url) == url


def test_relative_addresses_are_resolved_against_their_base():
    assert web_url("../b?c#d", base="https://a.example/x/y") == "https://a.example/b?c#d"
    assert web_url("", base="https://a.example/") == ""
    assert web_url("https://a.example/x#y?", base="https://b.example/") == "https://a.example/x#y?"
    assert web_url("https://a.example") == "https://a.example"


PIECES = (
    "/ . .. %2e %2F %7e % ; ;jsessionid= a B & ? # ! = utm_source= amp; id= ü \u200b [ ] @ : \\"
)
pieces = st.sampled_from(PIECES.split(" "))


@given(st.lists(pieces, max_size=12).map("".join))
def test_a_canonical_address_is_its_own(rest):
    canonical = canonical_url(f"https://a.example{rest}")

    assert canonical_url(canonical) == canonical
    assert web_url(canonical) == canonical
    assert "utm_" not in canonical.partition("?")[2].partition("#")[0].replace("=utm_", "")


def test_http_and_https_are_one_page():
    assert url_hash("http://a.example/x") == url_hash("https://a.example/x")
    assert url_hash("https://a.example/x") != url_hash("https://a.example/y")
    assert url_hash("") == ""


@pytest.mark.parametrize(
    ("url", "does"),
    [
        pytest.param("https://a.example/", False, id="front page"),
        pytest.param("https://a.example/x", True, id="path"),
        pytest.param("https://a.example/?p=1", True, id="query"),
        pytest.param("https://a.example/#!/story/7", True, id="route"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_a_front_page_names_no_article(url, does):
    assert names_a_page(url) is does


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1/admin", id="loopback"),
        pytest.param("http://[::1]/", id="loopback, version 6"),
        pytest.param("http://10.0.0.7/", id="a private network"),
        pytest.param("http://2130706433/", id="an address as one number"),
        pytest.param("http://0x7f.1/", id="an address in hexadecimal"),
        pytest.param("http://127.1/", id="a short address"),
        pytest.param("https://intranet/news", id="a name without a domain"),
        pytest.param("https://printer.local/", id="a name of this network"),
        pytest.param("http://app.localhost/", id="a name of this machine"),
    ],
)
def test_no_link_leads_into_the_readers_own_network(url):
    assert canonical_url(url) == ""


def test_a_public_address_is_a_link():
    assert canonical_url("http://1.1.1.1/a") == "http://1.1.1.1/a"

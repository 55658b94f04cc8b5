"""Where sites that everybody knows keep their feeds."""

from __future__ import annotations

import re
import time

import pytest

from sources.domain.site_patterns import (
    ANYWHERE,
    PATTERNS,
    closed_site,
    directory_of,
    feeds_by_pattern,
)
from sources.domain.urls import web_url

# ruff: noqa: E501 (a table is read across)
CHANNEL = "abcdefghijklmnopqrstuv"
LIST = f"PL{'x' * 16}"
# An address, then the addresses of its feeds.
TABLE = f"""
https://www.youtube.com/channel/UC{CHANNEL}          https://www.youtube.com/feeds/videos.xml?channel_id=UC{CHANNEL} https://www.youtube.com/feeds/videos.xml?playlist_id=UULF{CHANNEL}
https://m.youtube.com/channel/UC{CHANNEL}/videos?x=1 https://www.youtube.com/feeds/videos.xml?channel_id=UC{CHANNEL} https://www.youtube.com/feeds/videos.xml?playlist_id=UULF{CHANNEL}
https://www.youtube.com/user/courier                 https://www.youtube.com/feeds/videos.xml?user=courier
https://www.youtube.com/playlist?list={LIST}         https://www.youtube.com/feeds/videos.xml?playlist_id={LIST}
https://www.youtube.com/watch?v=a&list={LIST}&t=1    https://www.youtube.com/feeds/videos.xml?playlist_id={LIST}
https://www.youtube.com/@courier                     -
https://vimeo.com/courier                            https://vimeo.com/courier/videos/rss
https://vimeo.com/channels/harbors                   https://vimeo.com/channels/harbors/videos/rss
https://vimeo.com/123456                             -
https://www.dailymotion.com/courier                  https://www.dailymotion.com/rss/user/courier
https://www.dailymotion.com/playlist/x12             https://www.dailymotion.com/rss/playlist/x12
https://odysee.com/@courier:a                        https://odysee.com/$/rss/@courier:a
https://www.reddit.com/r/harbors                     https://www.reddit.com/r/harbors/.rss
https://old.reddit.com/r/harbors+ferries/            https://www.reddit.com/r/harbors+ferries/.rss
https://www.reddit.com/r/harbors/new/                https://www.reddit.com/r/harbors/new/.rss https://www.reddit.com/r/harbors/.rss
https://www.reddit.com/r/harbors/comments/1a/x/      https://www.reddit.com/r/harbors/comments/1a/.rss https://www.reddit.com/r/harbors/.rss
https://www.reddit.com/u/bob                         https://www.reddit.com/user/bob/.rss
https://www.reddit.com/user/bob/m/sea                https://www.reddit.com/user/bob/m/sea/.rss
https://news.ycombinator.com/                        https://news.ycombinator.com/rss
https://news.ycombinator.com/show                    https://news.ycombinator.com/showrss
https://lobste.rs/t/python                           https://lobste.rs/t/python.rss
https://stackoverflow.com/questions/tagged/c%23      https://stackoverflow.com/feeds/tag/c%23
https://sea.stackexchange.com/questions/12/why       https://sea.stackexchange.com/feeds/question/12
https://superuser.com/users/7/bob                    https://superuser.com/feeds/user/7
https://askubuntu.com/                               https://askubuntu.com/feeds
https://bsky.app/profile/bob.bsky.social             https://bsky.app/profile/bob.bsky.social/rss
https://github.com/courier/press                     https://github.com/courier/press/releases.atom https://github.com/courier/press/commits.atom https://github.com/courier/press/tags.atom
https://github.com/courier/press/tags                https://github.com/courier/press/tags.atom
https://github.com/courier                           https://github.com/courier.atom
https://github.com/features                          -
https://gist.github.com/bob                          https://gist.github.com/bob.atom
https://gitlab.com/courier/press/-/issues            https://gitlab.com/courier/press/-/releases.atom https://gitlab.com/courier/press/-/tags?format=atom https://gitlab.com/courier/press.atom
https://codeberg.org/courier/press                   https://codeberg.org/courier/press/releases.rss https://codeberg.org/courier/press.rss https://codeberg.org/courier/press/tags.rss
https://git.sr.ht/~bob/press                         https://git.sr.ht/~bob/press/refs/rss.xml https://git.sr.ht/~bob/press/log/rss.xml
https://pypi.org/project/press/                      https://pypi.org/rss/project/press/releases.xml
https://medium.com/@bob/a-story-12                   https://medium.com/feed/@bob
https://medium.com/harbor-notes                      https://medium.com/feed/harbor-notes
https://medium.com/tag/ferries                       https://medium.com/feed/tag/ferries
https://bob.medium.com/x                             https://bob.medium.com/feed
https://bob.substack.com/p/x                         https://bob.substack.com/feed
https://bob.wordpress.com/                           https://bob.wordpress.com/feed/
https://bob.wordpress.com/category/sea/              https://bob.wordpress.com/category/sea/feed/ https://bob.wordpress.com/feed/
https://bob.blogspot.com/2026/06/x.html              https://bob.blogspot.com/feeds/posts/default
https://bob.blogspot.co.uk/search/label/Sea          https://bob.blogspot.co.uk/feeds/posts/default/-/Sea
https://bob.tumblr.com/                              https://bob.tumblr.com/rss
https://www.tumblr.com/bob                           https://bob.tumblr.com/rss
https://bob.livejournal.com/                         https://bob.livejournal.com/data/rss
https://dev.to/bob                                   https://dev.to/feed/bob
https://dev.to/t/python                              https://dev.to/feed/tag/python
https://letterboxd.com/bob/                          https://letterboxd.com/bob/rss/
https://store.steampowered.com/app/400/x/            https://store.steampowered.com/feeds/news/app/400/
https://en.wikipedia.org/wiki/Ferry                  https://en.wikipedia.org/w/index.php?title=Ferry&action=history&feed=atom
https://de.wikipedia.org/                            https://de.wikipedia.org/w/api.php?action=featuredfeed&feed=featured&feedformat=atom https://de.wikipedia.org/w/index.php?title=Special:RecentChanges&feed=atom
https://arxiv.org/list/cs.CL/recent                  https://rss.arxiv.org/rss/cs.CL
https://news.google.com/search?q=ferry&hl=en         https://news.google.com/rss/search?q=ferry&hl=en
https://news.google.com/topics/CAAq?hl=en            https://news.google.com/rss/topics/CAAq?hl=en
https://news.google.com/                             https://news.google.com/rss
https://www.bing.com/news/search?q=ferry&x=1         https://www.bing.com/news/search?q=ferry&format=rss
https://bbc.co.uk/news                               https://feeds.bbci.co.uk/news/rss.xml
https://www.bbc.com/news/technology                  https://feeds.bbci.co.uk/news/technology/rss.xml https://feeds.bbci.co.uk/news/rss.xml
https://www.theguardian.com/uk/environment           https://www.theguardian.com/uk/environment/rss
https://www.spiegel.de/                              https://www.spiegel.de/schlagzeilen/index.rss
https://www.lemonde.fr/international/                https://www.lemonde.fr/international/rss_full.xml
https://social.example/@bob                          https://social.example/@bob.rss https://social.example/@bob.atom
https://social.example/@bob@other.example            https://other.example/@bob.rss
http://social.example:8080/@bob                      http://social.example:8080/@bob.rss http://social.example:8080/@bob.atom
https://talk.example/c/harbors                       https://talk.example/feeds/c/harbors.xml?sort=New https://talk.example/feeds/videos.xml?videoChannelName=harbors
https://forum.example/c/sea/ferries/7                https://forum.example/c/sea/ferries/7.rss
https://forum.example/t/a-wreck/42/3                 https://forum.example/t/a-wreck/42.rss
https://shop.example/blogs/news                      https://shop.example/blogs/news.atom
https://courier.example/news                         -
https://youtube.com.courier.example/user/x           -
https://notgithub.com/courier/press                  -
"""


@pytest.mark.parametrize("line", TABLE.strip().splitlines(), ids=lambda line: line.split()[0])
def test_feeds_are_known_of_a_page(line):
    url, *feeds = line.split()

    assert [feed for feed, _ in feeds_by_pattern(url)] == [feed for feed in feeds if feed != "-"]


def test_every_pattern_gives_whole_addresses():
    for pattern in (*PATTERNS, *ANYWHERE):
        groups = ["x"] * pattern.path.groups
        for feed in pattern.feeds:
            url = feed.format(*groups, host="a.example", origin="https://a.example")
            assert web_url(url) == url, pattern.site


@pytest.mark.parametrize("piece", ["a/", "a", "-", "@a", "?list=", "/x/-", "%", "é", "&q="])
def test_reading_a_path_is_linear(piece):
    path = "/" + piece * 2_000
    began = time.process_time()

    for pattern in (*PATTERNS, *ANYWHERE):
        pattern.path.match(path)
        pattern.host.match(re.sub(r"\W", ".", piece) * 500)

    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://x.com/courier", "X"),
        ("https://mobile.twitter.com/courier", "X"),
        ("https://www.facebook.com/courier", "Facebook"),
        ("https://de.linkedin.com/in/bob", "LinkedIn"),
        ("https://t.me/courier", "Telegram"),
        ("https://fox.com/", ""),
        ("https://x.com.example/", ""),
    ],
)
def test_some_sites_are_known_to_offer_nothing(url, site):
    assert closed_site(url) == site


def test_apple_s_podcasts_are_looked_up_in_its_directory():
    url = "https://podcasts.apple.com/us/podcast/tides/id123456?i=9"

    assert directory_of(url) == (
        "https://itunes.apple.com/lookup?id=123456&entity=podcast",
        "Apple Podcasts",
    )
    assert directory_of("https://podcasts.apple.com/us/charts") == ("", "")
    assert directory_of("https://courier.example/id123456") == ("", "")

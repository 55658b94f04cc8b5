"""Where sites that everybody knows keep their feeds, though their pages may not name them.

A table: host, then path and query, then the addresses of feeds, best first. In these stand
{0}, {1}, … for what the path's groups matched, {host} for the host and {origin} for the host with
its scheme. A pattern is a guess until the address was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

_NAME = r"([\w.~+-]{1,100})"
_REST = r"(?:[/?].*)?"
_END = r"/?(?:\?.*)?"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Of which pages of a site feeds are known, and where."""

    site: str
    host: re.Pattern[str]
    path: re.Pattern[str]
    """Of path and query, whole."""
    feeds: tuple[str, ...]


def _pattern(site: str, host: str, path: str, *feeds: str) -> Pattern:
    return Pattern(
        site, re.compile(rf"(?:{host})\Z"), re.compile(rf"(?:{path})\Z", re.DOTALL), feeds
    )


_YOUTUBE = r"(?:www\.|m\.|music\.)?youtube\.com"
_REDDIT = r"(?:\w+\.)?reddit\.com"
_MEDIUM = r"(?:www\.)?medium\.com"
_STACK = (
    r"(?:(?:pt|ru|ja|es)\.)?stackoverflow\.com|(?:www\.)?(?:serverfault|superuser|askubuntu"
    r"|stackapps)\.com|mathoverflow\.net|[\w.-]+\.stackexchange\.com"
)
_GITHUB_PAGES = (
    r"(?!(?:about|collections|customer-stories|enterprise|explore|features|login|marketplace|new"
    r"|notifications|orgs|pricing|search|settings|site|sponsors|topics|trending)(?:[/?#]|\Z))"
)
_GITHUB_OWN = r"(?:www\.)?github\.com"
_FORGEJO = r"(?:www\.)?codeberg\.org|gitea\.com"
_BBC = r"(?:www\.)?bbc\.(?:com|co\.uk)"
_WIKI = r"\w[\w-]*\.(?:m\.)?(?:wiki(?:pedia|news|voyage|books|source|quote)|wiktionary)\.org"

PATTERNS = (
    # --- Films and sound
    _pattern(
        "YouTube",
        _YOUTUBE,
        rf"/channel/UC([\w-]{{22}}){_REST}",
        "https://www.youtube.com/feeds/videos.xml?channel_id=UC{0}",
        # The same without short films and live streams.
        "https://www.youtube.com/feeds/videos.xml?playlist_id=UULF{0}",
    ),
    _pattern(
        "YouTube",
        _YOUTUBE,
        rf"/user/{_NAME}{_REST}",
        "https://www.youtube.com/feeds/videos.xml?user={0}",
    ),
    _pattern(
        "YouTube",
        _YOUTUBE,
        r"/(?:playlist|watch)\?(?:[^#]*&)?list=((?:PL|UU|OL|FL)[\w-]{10,64})(?:[&#].*)?",
        "https://www.youtube.com/feeds/videos.xml?playlist_id={0}",
    ),
    _pattern(
        "Vimeo",
        r"(?:www\.)?vimeo\.com",
        rf"/((?:channels|groups)/[\w-]{{1,100}}){_REST}",
        "https://vimeo.com/{0}/videos/rss",
    ),
    _pattern(
        "Vimeo",
        r"(?:www\.)?vimeo\.com",
        r"/((?!\d+(?:/|\Z)|(?:blog|categories|channels|features|groups|ondemand|search|watch)(?:/|\Z))"
        rf"[\w-]{{1,100}}){_REST}",
        "https://vimeo.com/{0}/videos/rss",
    ),
    _pattern(
        "Dailymotion",
        r"(?:www\.)?dailymotion\.com",
        rf"/playlist/(\w+){_REST}",
        "https://www.dailymotion.com/rss/playlist/{0}",
    ),
    _pattern(
        "Dailymotion",
        r"(?:www\.)?dailymotion\.com",
        r"/(?!video/)(?:user/)?([\w-]{1,100})/?",
        "https://www.dailymotion.com/rss/user/{0}",
    ),
    _pattern(
        "Odysee",
        r"(?:www\.)?odysee\.com",
        rf"/(@[^/?#\s]{{1,100}}){_REST}",
        "https://odysee.com/$/rss/{0}",
    ),
    # --- Talk
    _pattern(
        "Reddit",
        _REDDIT,
        rf"/u(?:ser)?/{_NAME}/m/{_NAME}{_REST}",
        "https://www.reddit.com/user/{0}/m/{1}/.rss",
    ),
    _pattern(
        "Reddit",
        _REDDIT,
        rf"/u(?:ser)?/{_NAME}{_REST}",
        "https://www.reddit.com/user/{0}/.rss",
    ),
    _pattern(
        "Reddit",
        _REDDIT,
        rf"/r/{_NAME}/comments/(\w+){_REST}",
        "https://www.reddit.com/r/{0}/comments/{1}/.rss",
        "https://www.reddit.com/r/{0}/.rss",
    ),
    _pattern(
        "Reddit",
        _REDDIT,
        rf"/r/{_NAME}/(new|top|rising|controversial){_END}",
        "https://www.reddit.com/r/{0}/{1}/.rss",
        "https://www.reddit.com/r/{0}/.rss",
    ),
    _pattern("Reddit", _REDDIT, rf"/r/{_NAME}{_REST}", "https://www.reddit.com/r/{0}/.rss"),
    _pattern(
        "Reddit", _REDDIT, rf"/domain/{_NAME}{_REST}", "https://www.reddit.com/domain/{0}/.rss"
    ),
    _pattern(
        "Hacker News", r"news\.ycombinator\.com", r"/show.*", "https://news.ycombinator.com/showrss"
    ),
    _pattern("Hacker News", r"news\.ycombinator\.com", r"/.*", "https://news.ycombinator.com/rss"),
    _pattern(
        "Lobsters", r"lobste\.rs", rf"/t/([\w,.-]{{1,100}}){_REST}", "https://lobste.rs/t/{0}.rss"
    ),
    _pattern("Lobsters", r"lobste\.rs", r"/.*", "https://lobste.rs/rss"),
    _pattern(
        "Stack Exchange",
        _STACK,
        r"/questions/tagged/([\w.#%+-]{1,200})(?:[/?].*)?",
        "https://{host}/feeds/tag/{0}",
    ),
    _pattern(
        "Stack Exchange", _STACK, rf"/questions/(\d+){_REST}", "https://{host}/feeds/question/{0}"
    ),
    _pattern("Stack Exchange", _STACK, rf"/users/(\d+){_REST}", "https://{host}/feeds/user/{0}"),
    _pattern("Stack Exchange", _STACK, r"/(?:questions/?)?(?:\?.*)?", "https://{host}/feeds"),
    _pattern(
        "Bluesky",
        r"bsky\.app",
        rf"/profile/((?:did:[\w:.-]{{1,100}})|[\w.-]{{1,253}}){_REST}",
        "https://bsky.app/profile/{0}/rss",
    ),
    # --- Code
    _pattern(
        "GitHub",
        _GITHUB_OWN,
        rf"/{_GITHUB_PAGES}{_NAME}/{_NAME}/(releases|tags|commits|discussions){_REST}",
        "https://github.com/{0}/{1}/{2}.atom",
    ),
    _pattern(
        "GitHub",
        _GITHUB_OWN,
        rf"/{_GITHUB_PAGES}{_NAME}/{_NAME}{_REST}",
        "https://github.com/{0}/{1}/releases.atom",
        "https://github.com/{0}/{1}/commits.atom",
        "https://github.com/{0}/{1}/tags.atom",
    ),
    _pattern(
        "GitHub", _GITHUB_OWN, rf"/{_GITHUB_PAGES}{_NAME}{_END}", "https://github.com/{0}.atom"
    ),
    _pattern(
        "GitHub", r"gist\.github\.com", rf"/{_NAME}{_REST}", "https://gist.github.com/{0}.atom"
    ),
    _pattern(
        "GitLab",
        r"gitlab\.com",
        rf"/((?!explore/|groups/|help/|users/)[\w.-]{{1,100}}(?:/[\w.-]{{1,100}}){{1,8}}?)(?:/-/.*|{_END})",
        "https://gitlab.com/{0}/-/releases.atom",
        "https://gitlab.com/{0}/-/tags?format=atom",
        "https://gitlab.com/{0}.atom",
    ),
    _pattern("GitLab", r"gitlab\.com", rf"/{_NAME}{_END}", "https://gitlab.com/{0}.atom"),
    _pattern(
        "Forgejo",
        _FORGEJO,
        rf"/{_NAME}/{_NAME}{_REST}",
        "https://{host}/{0}/{1}/releases.rss",
        "https://{host}/{0}/{1}.rss",
        "https://{host}/{0}/{1}/tags.rss",
    ),
    _pattern("Forgejo", _FORGEJO, rf"/{_NAME}{_END}", "https://{host}/{0}.rss"),
    _pattern(
        "sourcehut",
        r"git\.sr\.ht",
        rf"/(~[\w.-]{{1,100}}/[\w.-]{{1,100}}){_REST}",
        "https://git.sr.ht/{0}/refs/rss.xml",
        "https://git.sr.ht/{0}/log/rss.xml",
    ),
    _pattern(
        "SourceForge",
        r"(?:www\.)?sourceforge\.net",
        rf"/projects/{_NAME}{_REST}",
        "https://sourceforge.net/projects/{0}/rss?path=/",
    ),
    _pattern(
        "PyPI",
        r"(?:www\.)?pypi\.org",
        rf"/project/{_NAME}{_REST}",
        "https://pypi.org/rss/project/{0}/releases.xml",
    ),
    _pattern(
        "RubyGems",
        r"(?:www\.)?rubygems\.org",
        rf"/gems/{_NAME}{_REST}",
        "https://rubygems.org/gems/{0}/versions.atom",
    ),
    _pattern(
        "Packagist",
        r"(?:www\.)?packagist\.org",
        rf"/packages/{_NAME}/{_NAME}{_REST}",
        "https://packagist.org/feeds/package.{0}/{1}.rss",
    ),
    _pattern(
        "crates.io",
        r"(?:www\.)?crates\.io",
        rf"/crates/{_NAME}{_REST}",
        "https://static.crates.io/rss/crates/{0}.xml",
    ),
    # --- Writing
    _pattern(
        "Medium",
        _MEDIUM,
        rf"/(@[\w.-]{{1,100}}|tag/[\w-]{{1,100}}){_REST}",
        "https://medium.com/feed/{0}",
    ),
    _pattern(
        "Medium", _MEDIUM, rf"/(?!feed/|m/)([\w-]{{1,100}}){_REST}", "https://medium.com/feed/{0}"
    ),
    _pattern("Medium", r"(?!www\.)[\w-]+\.medium\.com", r"/.*", "https://{host}/feed"),
    _pattern("Substack", r"(?!www\.)[\w-]+\.substack\.com", r"/.*", "https://{host}/feed"),
    _pattern(
        "Substack",
        r"(?:www\.)?substack\.com",
        rf"/@([\w-]{{1,63}}){_REST}",
        "https://{0}.substack.com/feed",
    ),
    _pattern(
        "WordPress",
        r"(?!www\.)[\w-]+\.(?:wordpress\.com|home\.blog)",
        rf"/((?:category|tag|author)/[\w/-]{{1,200}}?){_END}",
        "https://{host}/{0}/feed/",
        "https://{host}/feed/",
    ),
    _pattern(
        "WordPress",
        r"(?!www\.)[\w-]+\.(?:wordpress\.com|home\.blog)",
        r"/.*",
        "https://{host}/feed/",
    ),
    _pattern(
        "Blogger",
        r"(?!www\.)[\w-]+\.blogspot\.[a-z.]{2,6}",
        r"/search/label/([^/?#]{1,200})(?:\?.*)?",
        "https://{host}/feeds/posts/default/-/{0}",
    ),
    _pattern(
        "Blogger",
        r"(?!www\.)[\w-]+\.blogspot\.[a-z.]{2,6}",
        r"/.*",
        "https://{host}/feeds/posts/default",
    ),
    _pattern(
        "Tumblr",
        r"(?!www\.)[\w-]+\.tumblr\.com",
        rf"/tagged/([^/?#]{{1,100}}){_REST}",
        "https://{host}/tagged/{0}/rss",
    ),
    _pattern("Tumblr", r"(?!www\.)[\w-]+\.tumblr\.com", r"/.*", "https://{host}/rss"),
    _pattern(
        "Tumblr",
        r"(?:www\.)?tumblr\.com",
        rf"/(?:blog/)?(?!explore|tagged|login|search)([\w-]{{1,63}}){_REST}",
        "https://{0}.tumblr.com/rss",
    ),
    _pattern(
        "LiveJournal",
        r"(?!www\.)[\w-]+\.(?:livejournal\.com|dreamwidth\.org)",
        r"/.*",
        "https://{host}/data/rss",
    ),
    _pattern("DEV", r"dev\.to", rf"/t/([\w-]{{1,100}}){_REST}", "https://dev.to/feed/tag/{0}"),
    _pattern(
        "DEV", r"dev\.to", rf"/(?!feed/?\Z)([\w-]{{1,100}}){_REST}", "https://dev.to/feed/{0}"
    ),
    _pattern("Hashnode", r"(?!www\.)[\w-]+\.hashnode\.dev", r"/.*", "https://{host}/rss.xml"),
    _pattern(
        "Buttondown",
        r"(?:www\.)?buttondown\.(?:com|email)",
        rf"/([\w-]{{1,100}}){_REST}",
        "https://buttondown.com/{0}/rss",
    ),
    _pattern(
        "Letterboxd",
        r"(?:www\.)?letterboxd\.com",
        rf"/(?!film/|films/|list/)([\w-]{{1,100}}){_REST}",
        "https://letterboxd.com/{0}/rss/",
    ),
    _pattern(
        "Pinterest",
        r"(?:\w+\.)?pinterest\.com",
        rf"/(?!pin/|ideas/)([\w-]{{1,100}})/([\w%-]{{1,100}}){_END}",
        "https://www.pinterest.com/{0}/{1}.rss",
        "https://www.pinterest.com/{0}/feed.rss",
    ),
    _pattern(
        "Pinterest",
        r"(?:\w+\.)?pinterest\.com",
        rf"/([\w-]{{1,100}}){_END}",
        "https://www.pinterest.com/{0}/feed.rss",
    ),
    _pattern(
        "Steam",
        r"store\.steampowered\.com",
        rf"/app/(\d+){_REST}",
        "https://store.steampowered.com/feeds/news/app/{0}/",
    ),
    # --- Knowledge
    _pattern(
        "Wikipedia",
        _WIKI,
        r"/wiki/((?!(?:Special|Wikipedia):|(?:Main_Page|Hauptseite)(?:\?|\Z))[^?#]{1,400})(?:\?.*)?",
        "https://{host}/w/index.php?title={0}&action=history&feed=atom",
    ),
    _pattern(
        "Wikipedia",
        _WIKI,
        r"/.*",
        "https://{host}/w/api.php?action=featuredfeed&feed=featured&feedformat=atom",
        "https://{host}/w/index.php?title=Special:RecentChanges&feed=atom",
    ),
    _pattern(
        "arXiv",
        r"(?:www\.)?arxiv\.org",
        rf"/list/([\w.-]{{1,40}}){_REST}",
        "https://rss.arxiv.org/rss/{0}",
    ),
    # --- News
    _pattern(
        "Google News",
        r"news\.google\.com",
        r"/(?!rss)((?:search|topics/[\w-]{1,400}|topstories)(?:\?[^#]*)?)(?:#.*)?",
        "https://news.google.com/rss/{0}",
    ),
    _pattern(
        "Google News",
        r"news\.google\.com",
        r"/(?:home/?)?(\?[^#]*)?(?:#.*)?",
        "https://news.google.com/rss{0}",
    ),
    _pattern(
        "Bing News",
        r"(?:www\.)?bing\.com",
        r"/news/search\?(?:[^#]*&)?(q=[^&#]+).*",
        "https://www.bing.com/news/search?{0}&format=rss",
    ),
    _pattern("the BBC", _BBC, rf"/(news|sport){_END}", "https://feeds.bbci.co.uk/{0}/rss.xml"),
    _pattern(
        "the BBC",
        _BBC,
        rf"/((?:news|sport)/(?:world/)?[a-z_-]{{1,40}}){_END}",
        "https://feeds.bbci.co.uk/{0}/rss.xml",
        "https://feeds.bbci.co.uk/news/rss.xml",
    ),
    _pattern("the BBC", _BBC, rf"{_END}", "https://feeds.bbci.co.uk/news/rss.xml"),
    _pattern(
        "the Guardian",
        r"(?:www\.)?theguardian\.com",
        rf"/((?:[a-z-]{{1,40}}/){{0,2}}[a-z-]{{1,40}}){_END}",
        "https://www.theguardian.com/{0}/rss",
    ),
    _pattern(
        "the Guardian",
        r"(?:www\.)?theguardian\.com",
        rf"{_END}",
        "https://www.theguardian.com/international/rss",
    ),
    _pattern(
        "the New York Times",
        r"(?:www\.)?nytimes\.com",
        rf"{_END}",
        "https://rss.nytimes.com/services/xml/rss/nyt/HomePage.xml",
    ),
    _pattern(
        "the Financial Times",
        r"(?:www\.)?ft\.com",
        rf"/([a-z-]{{1,60}}){_END}",
        "https://www.ft.com/{0}?format=rss",
    ),
    _pattern(
        "the Economist",
        r"(?:www\.)?economist\.com",
        rf"/((?:topics/)?[a-z-]{{1,60}}){_END}",
        "https://www.economist.com/{0}/rss.xml",
    ),
    _pattern(
        "NPR",
        r"(?:www\.)?npr\.org",
        r"/?(?:sections/news/?)?(?:\?.*)?",
        "https://feeds.npr.org/1001/rss.xml",
    ),
    _pattern(
        "Der Spiegel",
        r"(?:www\.)?spiegel\.de",
        rf"/((?:[a-z-]{{1,40}}/)?[a-z-]{{1,40}}){_END}",
        "https://www.spiegel.de/{0}/index.rss",
    ),
    _pattern(
        "Der Spiegel",
        r"(?:www\.)?spiegel\.de",
        rf"{_END}",
        "https://www.spiegel.de/schlagzeilen/index.rss",
    ),
    _pattern(
        "Die Zeit",
        r"(?:www\.)?zeit\.de",
        r"/([a-z-]{1,40})/(?:index)?(?:\?.*)?",
        "https://newsfeed.zeit.de/{0}/index",
    ),
    _pattern(
        "Die Zeit", r"(?:www\.)?zeit\.de", r"/(?:index)?(?:\?.*)?", "https://newsfeed.zeit.de/index"
    ),
    _pattern(
        "the Tagesschau",
        r"(?:www\.)?tagesschau\.de",
        r"/.*",
        "https://www.tagesschau.de/infoservices/alle-meldungen-100~rss2.xml",
    ),
    _pattern(
        "Le Monde",
        r"(?:www\.)?lemonde\.fr",
        rf"/([a-z-]{{1,40}}){_END}",
        "https://www.lemonde.fr/{0}/rss_full.xml",
    ),
    _pattern(
        "Le Monde", r"(?:www\.)?lemonde\.fr", rf"{_END}", "https://www.lemonde.fr/rss/une.xml"
    ),
    _pattern(
        "El País",
        r"(?:www\.)?elpais\.com",
        rf"/([a-z-]{{1,40}}){_END}",
        "https://feeds.elpais.com/mrss-s/pages/ep/site/elpais.com/section/{0}/portada",
    ),
    _pattern(
        "El País",
        r"(?:www\.)?elpais\.com",
        rf"{_END}",
        "https://feeds.elpais.com/mrss-s/pages/ep/site/elpais.com/portada",
    ),
    _pattern(
        "Deutsche Welle",
        r"(?:www\.)?dw\.com",
        rf"/([a-z]{{2}}){_REST}",
        "https://rss.dw.com/rdf/rss-{0}-all",
        "https://rss.dw.com/xml/rss-{0}-all",
    ),
    _pattern(
        "France 24",
        r"(?:www\.)?france24\.com",
        rf"/((?:en|fr|es|ar)(?:/[a-z-]{{1,40}})?){_END}",
        "https://www.france24.com/{0}/rss",
    ),
    _pattern(
        "Al Jazeera",
        r"(?:www\.)?aljazeera\.com",
        r"/.*",
        "https://www.aljazeera.com/xml/rss/all.xml",
    ),
    _pattern(
        "NHK",
        r"(?:www3?\.)?nhk\.or\.jp",
        r"/(?:news/?)?(?:\?.*)?",
        "https://www3.nhk.or.jp/rss/news/cat0.xml",
    ),
    _pattern(
        "the CBC",
        r"(?:www\.)?cbc\.ca",
        r"/(?:news/?)?(?:\?.*)?",
        "https://www.cbc.ca/webfeed/rss/rss-topstories",
    ),
)

# Software that runs on many hosts: paths that only it has. Asked only where no pattern above is.
ANYWHERE = (
    _pattern(
        "Mastodon", r".+", rf"/@([\w.-]{{1,100}})@([\w.-]{{3,253}}){_REST}", "https://{1}/@{0}.rss"
    ),
    _pattern(
        "Mastodon",
        r".+",
        rf"/@([\w.-]{{1,100}}){_REST}",
        "{origin}/@{0}.rss",
        "{origin}/@{0}.atom",
    ),
    _pattern(
        "Mastodon",
        r".+",
        rf"/users/([\w.-]{{1,100}}){_REST}",
        "{origin}/users/{0}.rss",
        "{origin}/users/{0}.atom",
    ),
    _pattern(
        "Lemmy",
        r".+",
        rf"/(c|u)/([\w.@-]{{1,200}}){_END}",
        "{origin}/feeds/{0}/{1}.xml?sort=New",
    ),
    _pattern(
        "PeerTube",
        r".+",
        rf"/(?:c|video-channels)/([\w.@-]{{1,200}})(?:/videos)?{_END}",
        "{origin}/feeds/videos.xml?videoChannelName={0}",
    ),
    _pattern(
        "PeerTube",
        r".+",
        rf"/(?:a|accounts)/([\w.@-]{{1,200}})(?:/video[\w-]*)?{_END}",
        "{origin}/feeds/videos.xml?accountName={0}",
    ),
    _pattern(
        "Discourse",
        r".+",
        rf"/(c/[\w/-]{{1,200}}?/\d+|t/[\w-]{{1,300}}/\d+|tag/[\w-]{{1,100}}){_REST}",
        "{origin}/{0}.rss",
    ),
    _pattern("Shopify", r".+", rf"/blogs/([\w-]{{1,100}}){_END}", "{origin}/blogs/{0}.atom"),
)

# Sites that let nobody read along: there is nothing to search for.
_CLOSED = {
    "Facebook": r"(?:[\w-]+\.)?facebook\.com|fb\.com",
    "Instagram": r"(?:www\.)?instagram\.com",
    "LinkedIn": r"(?:[\w-]+\.)?linkedin\.com",
    "Spotify": r"open\.spotify\.com",
    "Telegram": r"t\.me|telegram\.me",
    "Threads": r"(?:www\.)?threads\.(?:net|com)",
    "TikTok": r"(?:www\.)?tiktok\.com",
    "X": r"(?:www\.|mobile\.)?(?:twitter|x)\.com",
}
_CLOSED_HOSTS = {name: re.compile(rf"(?:{host})\Z") for name, host in _CLOSED.items()}


def feeds_by_pattern(url: str) -> Iterator[tuple[str, str]]:
    """Yield the feeds that are known of such a page, best first, each with its site's name."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    page = parts.path or "/"
    if parts.query:
        page += f"?{parts.query}"
    netloc = f"{host}:{parts.port}" if parts.port else host
    origin = f"{parts.scheme}://{netloc}"
    own = [pattern for pattern in PATTERNS if pattern.host.match(host)]
    for pattern in own or ANYWHERE:
        found = pattern.path.match(page)
        if not found:
            continue
        groups = [group or "" for group in found.groups()]
        for feed in pattern.feeds:
            yield feed.format(*groups, host=netloc, origin=origin), pattern.site
        if own:  # the first line that fits is the one that says most
            return


def directory_of(url: str) -> tuple[str, str]:
    """Return where a site's own directory says which feed such a page is of, and its name.

    Both are empty where there is none.
    """
    parts = urlsplit(url)
    if re.match(r"(?:podcasts|itunes)\.apple\.com\Z", parts.hostname or ""):
        # https://performance-partners.apple.com/search-api
        found = re.search(r"/id(\d{1,15})\Z", parts.path.rstrip("/"))
        if found:
            address = f"https://itunes.apple.com/lookup?id={found[1]}&entity=podcast"
            return address, "Apple Podcasts"
    return "", ""


def closed_site(url: str) -> str:
    """Return the name of a site that is known to offer no feeds, "" for all others."""
    host = urlsplit(url).hostname or ""
    return next((name for name, closed in _CLOSED_HOSTS.items() if closed.match(host)), "")

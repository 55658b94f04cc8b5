"""What the sources app remembers: a file per noun."""

from sources.models.article import Article, ArticleVersion, Tombstone
from sources.models.digest import Digest
from sources.models.fetch import Fetch
from sources.models.host import Host
from sources.models.imports import Import
from sources.models.passage import Passage
from sources.models.publisher import Publisher
from sources.models.search import ArticleWords
from sources.models.source import Source

__all__ = [
    "Article",
    "ArticleVersion",
    "ArticleWords",
    "Digest",
    "Fetch",
    "Host",
    "Import",
    "Passage",
    "Publisher",
    "Source",
    "Tombstone",
]

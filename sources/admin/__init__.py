"""The desk's pages of sources, their fetches, articles, publishers and digests."""

from sources.admin.article import ArticleAdmin
from sources.admin.digest import DigestAdmin
from sources.admin.fetch import FetchAdmin
from sources.admin.imports import ImportAdmin
from sources.admin.publisher import PublisherAdmin
from sources.admin.source import SourceAdmin

__all__ = [
    "ArticleAdmin",
    "DigestAdmin",
    "FetchAdmin",
    "ImportAdmin",
    "PublisherAdmin",
    "SourceAdmin",
]

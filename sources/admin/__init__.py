"""The desk's pages of sources, articles and publishers."""

from sources.admin.article import ArticleAdmin
from sources.admin.publisher import PublisherAdmin
from sources.admin.source import SourceAdmin

__all__ = ["ArticleAdmin", "PublisherAdmin", "SourceAdmin"]

"""What the sources app remembers: a file per noun."""

from sources.models.article import Article, ArticleVersion
from sources.models.fetch import Fetch
from sources.models.passage import Passage
from sources.models.publisher import Publisher
from sources.models.search import ArticleWords
from sources.models.source import Source

__all__ = ["Article", "ArticleVersion", "ArticleWords", "Fetch", "Passage", "Publisher", "Source"]

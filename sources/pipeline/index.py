"""Index: write down what the search finds articles by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from patriot.lib.bulk import copy_rows
from sources.domain.lexemes import index_language, packed_vector_of_article
from sources.models import Article, ArticleWords, Source


class Words(NamedTuple):
    """A row of ArticleWords."""

    article_id: int
    newsroom: str
    language: str
    published_at: datetime
    vector: bytes
    title: str
    """In small letters."""


def vector_and_language(title: str, text: str, language: str) -> tuple[bytes, str]:
    """Return an article's words, and the language by whose inflection they were cut."""
    return packed_vector_of_article(title, text, language), index_language(language)


def store_words(words: Sequence[Words], *, replace: bool = False) -> None:
    """Write rows; inside the caller's transaction.

    replace: whether their articles may have words already
    """
    if replace:
        ArticleWords.objects.filter(pk__in=[each.article_id for each in words]).delete()
    copy_rows(ArticleWords, Words._fields, words)


def index_articles(articles: Iterable[tuple[Article, str]]) -> None:
    """Write the words of stored articles anew, each with its language."""
    given = list(articles)
    sources = {article.source_id for article, _ in given}
    newsrooms = dict(Source.objects.filter(pk__in=sources).values_list("pk", "newsroom"))
    words = []
    for article, language in given:
        vector, indexed = vector_and_language(article.title, article.text, language)
        newsroom = newsrooms[article.source_id]
        titled = article.title.lower()
        words.append(Words(article.pk, newsroom, indexed, article.published_at, vector, titled))
    store_words(words, replace=True)

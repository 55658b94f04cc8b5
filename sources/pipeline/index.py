"""Index: write down what the search finds articles by."""

from __future__ import annotations

from collections.abc import Iterable

from sources.domain.lexemes import index_language, vector_of_article
from sources.models import Article, ArticleWords, Source


def index_articles(articles: Iterable[tuple[Article, str]]) -> None:
    """Write the words of articles, each with its language; in two queries, however many."""
    given = list(articles)
    sources = {article.source_id for article, _ in given}
    newsrooms = dict(Source.objects.filter(pk__in=sources).values_list("pk", "newsroom"))
    ArticleWords.objects.bulk_create(
        (
            ArticleWords(
                article=article,
                newsroom=newsrooms[article.source_id],
                language=index_language(language),
                published_at=article.published_at,
                vector=vector_of_article(article.title, article.text, language),
            )
            for article, language in given
        ),
        update_conflicts=True,
        unique_fields=["article"],
        update_fields=["newsroom", "language", "published_at", "vector"],
    )

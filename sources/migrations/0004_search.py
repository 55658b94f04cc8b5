"""The words of articles, in a table of their own, also of those that are there already."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

from sources.domain.lexemes import MAX_TEXT_CHARS, index_language, vector_of_article

BATCH = 500


def index_what_is_there(apps, schema_editor):
    Article = apps.get_model("sources", "Article")
    ArticleWords = apps.get_model("sources", "ArticleWords")
    articles = (
        Article.objects.annotate(
            beginning=models.functions.Left("text", MAX_TEXT_CHARS),
            newsroom=models.F("source__newsroom"),
        )
        .order_by("pk")
        .values_list("pk", "title", "beginning", "language", "published_at", "newsroom")
    )
    last = 0
    while batch := list(articles.filter(pk__gt=last)[:BATCH]):
        ArticleWords.objects.bulk_create(
            ArticleWords(
                article_id=pk,
                newsroom=newsroom,
                language=index_language(language),
                published_at=published_at,
                vector=vector_of_article(title, beginning, language),
            )
            for pk, title, beginning, language, published_at, newsroom in batch
        )
        last = batch[-1][0]


class Migration(migrations.Migration):
    dependencies = [("sources", "0003_searches")]
    operations = [
        migrations.CreateModel(
            name="ArticleWords",
            fields=[
                (
                    "language",
                    models.CharField(
                        blank=True,
                        help_text="Whose inflection its words follow; may be empty.",
                        max_length=12,
                    ),
                ),
                ("published_at", models.DateTimeField()),
                ("vector", django.contrib.postgres.search.SearchVectorField()),
                (
                    "article",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="sources.article",
                    ),
                ),
                ("newsroom", models.CharField(blank=True, max_length=40)),
            ],
            options={
                "verbose_name_plural": "article words",
                "abstract": False,
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["vector"], gin_pending_list_limit=512, name="articlewords_vector"
                    ),
                    models.Index(fields=["language"], name="articlewords_language"),
                ],
            },
        ),
        # Last, since a table with rows of this transaction cannot be altered in it.
        migrations.RunPython(index_what_is_there, migrations.RunPython.noop),
    ]

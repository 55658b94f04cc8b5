"""Titles are found by words that are nearly theirs: help for those who mistype."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

FILL = """
    UPDATE sources_articlewords SET title = lower(article.title)
    FROM sources_article AS article WHERE article.id = article_id
"""


class Migration(migrations.Migration):
    dependencies = [("sources", "0011_release_of_articles")]
    operations = [
        TrigramExtension(),
        migrations.AddField(
            model_name="articlewords",
            name="title",
            field=models.TextField(blank=True, db_default="", help_text="The title in small letters."),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop, elidable=True),
        migrations.AddIndex(
            model_name="articlewords",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["title"], name="article_title_trigrams", opclasses=["gin_trgm_ops"]
            ),
        ),
    ]

"""Stories of one tone and of one language are read from an index, however few there are."""

from django.db import migrations, models

import reports.models.story


class Migration(migrations.Migration):
    dependencies = [("reports", "0012_stories_best_supported_first")]
    operations = [
        migrations.AddIndex(
            model_name="story",
            index=models.Index(fields=["sentiment", "-last_article_at", "-id"], name="story_tone"),
        ),
        migrations.AddIndex(
            model_name="story",
            index=models.Index(
                reports.models.story.BaseLanguage("language"),
                models.F("last_article_at").desc(),
                models.F("id").desc(),
                name="story_language",
            ),
        ),
    ]

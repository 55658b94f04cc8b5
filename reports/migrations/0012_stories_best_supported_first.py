"""The list of stories, best supported first, is read from an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0011_names_in_any_case")]
    operations = [
        migrations.AddIndex(
            model_name="story",
            index=models.Index(
                fields=["-independent_count", "-last_article_at", "-id"], name="story_biggest"
            ),
        ),
    ]

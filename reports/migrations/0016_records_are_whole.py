"""A record belongs to a published revision, and no two revisions follow the same one.

That it does not change once it is there, the trigger of 0002 sees to: it refuses every change of
a published row.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0015_prompts_are_tried")]
    operations = [
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.CheckConstraint(
                condition=models.Q(sha256="", record={}, previous_sha256="")
                | models.Q(published_at__isnull=False, sha256__regex="^[0-9a-f]{64}$"),
                name="revision_record_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(
                fields=["sha256"],
                condition=~models.Q(sha256=""),
                name="revision_hash_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(
                fields=["previous_sha256"],
                condition=~models.Q(previous_sha256=""),
                name="revision_followed_once",
            ),
        ),
    ]

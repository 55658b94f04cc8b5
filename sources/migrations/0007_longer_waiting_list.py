"""What was just written waits in the index's list up to 2 MB: less work for each text."""

import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sources", "0006_digests_and_dead_articles")]
    operations = [
        migrations.SeparateDatabaseAndState(
            # A setting; the index need not be made anew.
            database_operations=[
                migrations.RunSQL(
                    "ALTER INDEX articlewords_vector SET (gin_pending_list_limit = 2048)",
                    "ALTER INDEX articlewords_vector SET (gin_pending_list_limit = 512)",
                )
            ],
            state_operations=[
                migrations.RemoveIndex(model_name="articlewords", name="articlewords_vector"),
                migrations.AddIndex(
                    model_name="articlewords",
                    index=django.contrib.postgres.indexes.GinIndex(
                        fields=["vector"], gin_pending_list_limit=2048, name="articlewords_vector"
                    ),
                ),
            ],
        )
    ]

"""Names of stories are found in upper and lower case alike, by an index."""

import django.contrib.postgres.indexes
from django.db import migrations

import reports.models.story

# Not inlined and declared immutable, so that an index may stand on it: arrays have no lower().
FORWARD = """
CREATE FUNCTION reports_lower(names varchar[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT coalesce(array_agg(lower(name)), '{}') FROM unnest(names) AS name $$;
"""
BACKWARD = "DROP FUNCTION reports_lower(varchar[]);"


class Migration(migrations.Migration):
    dependencies = [("reports", "0010_changes_of_memberships_are_numbered")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RemoveIndex(model_name="story", name="story_names"),
        migrations.AddIndex(
            model_name="story",
            index=django.contrib.postgres.indexes.GinIndex(
                reports.models.story.LowerNames("people"),
                reports.models.story.LowerNames("places"),
                reports.models.story.LowerNames("organizations"),
                name="story_names",
            ),
        ),
    ]

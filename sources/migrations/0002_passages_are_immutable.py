"""Passages never change: a changed article gets new ones."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION sources_refuse_passage_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A passage never changes (passage %)', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER passage_is_immutable BEFORE UPDATE ON sources_passage
    FOR EACH ROW EXECUTE FUNCTION sources_refuse_passage_change();
"""

BACKWARD = """
DROP TRIGGER passage_is_immutable ON sources_passage;
DROP FUNCTION sources_refuse_passage_change();
"""


class Migration(migrations.Migration):
    dependencies = [("sources", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

"""What readers were told of a correction does not change any more, and does not go."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION reports_keep_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Correction % is public and does not change', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER reports_correction_is_kept BEFORE UPDATE OR DELETE ON reports_correction
    FOR EACH ROW EXECUTE FUNCTION reports_keep_correction();
"""

BACKWARD = """
DROP TRIGGER reports_correction_is_kept ON reports_correction;
DROP FUNCTION reports_keep_correction();
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0018_editors_sentences_with_a_caveat")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

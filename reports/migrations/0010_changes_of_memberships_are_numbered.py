"""Each change of a membership gets the next number, so that workers see what changed since."""

from django.db import migrations

FORWARD = """
CREATE SEQUENCE reports_membership_changes;
CREATE FUNCTION reports_number_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.change = nextval('reports_membership_changes');
    RETURN NEW;
END $$;
-- Memberships from before keep the order of their ids.
UPDATE reports_membership SET change = numbered.place
    FROM (SELECT id, row_number() OVER (ORDER BY article_id) AS place FROM reports_membership) AS numbered
    WHERE numbered.id = reports_membership.id;
SELECT setval('reports_membership_changes', greatest((SELECT max(change) FROM reports_membership), 1));
-- What describing a story writes changes nothing about where an article belongs.
CREATE TRIGGER membership_is_numbered BEFORE INSERT OR UPDATE OF story_id, article_id, decision_id, signature
    ON reports_membership FOR EACH ROW EXECUTE FUNCTION reports_number_change();
"""

BACKWARD = """
DROP TRIGGER membership_is_numbered ON reports_membership;
DROP FUNCTION reports_number_change();
DROP SEQUENCE reports_membership_changes;
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0009_storylines_and_decisions")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

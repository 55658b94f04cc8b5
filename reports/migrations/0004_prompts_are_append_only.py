"""The database keeps a prompt's words, and which prompts a published revision used."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION reports_keep_prompt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'is_live' = to_jsonb(OLD) - 'is_live' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Prompt % does not change: write the next one', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER prompt_is_append_only BEFORE UPDATE OR DELETE ON reports_prompt
    FOR EACH ROW EXECUTE FUNCTION reports_keep_prompt();

CREATE FUNCTION reports_keep_prompts_used() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    frozen bigint;
BEGIN
    SELECT id INTO frozen FROM reports_revision
        WHERE id IN (
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.revision_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.revision_id END
        ) AND published_at IS NOT NULL
        LIMIT 1;
    IF frozen IS NOT NULL THEN
        RAISE EXCEPTION 'Revision % is published and keeps its prompts', frozen
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER prompts_used_are_frozen BEFORE INSERT OR UPDATE OR DELETE ON reports_revision_prompts
    FOR EACH ROW EXECUTE FUNCTION reports_keep_prompts_used();
"""

BACKWARD = """
DROP TRIGGER prompts_used_are_frozen ON reports_revision_prompts;
DROP FUNCTION reports_keep_prompts_used();
DROP TRIGGER prompt_is_append_only ON reports_prompt;
DROP FUNCTION reports_keep_prompt();
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0003_prompts_and_models")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

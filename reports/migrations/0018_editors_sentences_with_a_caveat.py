"""A published claim without evidence is an editor's, and says so to readers."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION reports_check_revision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bare bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.published_at IS NOT NULL THEN
            RAISE EXCEPTION 'A revision begins as a draft'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'Revision % is published and does not change', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.published_at IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM reports_section WHERE revision_id = NEW.id) THEN
            RAISE EXCEPTION 'Revision % has no section', NEW.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        SELECT section.id INTO bare FROM reports_section section
            WHERE section.revision_id = NEW.id
              AND NOT EXISTS (SELECT FROM reports_claim WHERE section_id = section.id)
            LIMIT 1;
        IF bare IS NOT NULL THEN
            RAISE EXCEPTION 'Section % has no claim', bare
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        SELECT claim.id INTO bare
            FROM reports_claim claim JOIN reports_section section ON section.id = claim.section_id
            WHERE section.revision_id = NEW.id
              AND claim.caveat = ''
              AND NOT EXISTS (SELECT FROM reports_evidence WHERE claim_id = claim.id)
            LIMIT 1;
        IF bare IS NOT NULL THEN
            RAISE EXCEPTION 'Claim % has no evidence', bare
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""

BACKWARD = """
CREATE OR REPLACE FUNCTION reports_check_revision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bare bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.published_at IS NOT NULL THEN
            RAISE EXCEPTION 'A revision begins as a draft'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'Revision % is published and does not change', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.published_at IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM reports_section WHERE revision_id = NEW.id) THEN
            RAISE EXCEPTION 'Revision % has no section', NEW.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        SELECT section.id INTO bare FROM reports_section section
            WHERE section.revision_id = NEW.id
              AND NOT EXISTS (SELECT FROM reports_claim WHERE section_id = section.id)
            LIMIT 1;
        IF bare IS NOT NULL THEN
            RAISE EXCEPTION 'Section % has no claim', bare
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        SELECT claim.id INTO bare
            FROM reports_claim claim JOIN reports_section section ON section.id = claim.section_id
            WHERE section.revision_id = NEW.id
              AND NOT EXISTS (SELECT FROM reports_evidence WHERE claim_id = claim.id)
            LIMIT 1;
        IF bare IS NOT NULL THEN
            RAISE EXCEPTION 'Claim % has no evidence', bare
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0017_desk_and_delivery")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

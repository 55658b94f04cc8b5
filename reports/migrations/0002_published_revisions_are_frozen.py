"""The database keeps two promises by itself.

Evidence is the exact span of its passage; and a published revision, with its sections, claims
and evidence, does not change, and holds no claim without evidence.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION reports_check_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passage text;
BEGIN
    SELECT text INTO passage FROM sources_passage WHERE id = NEW.passage_id;
    -- The length too: a substring silently ends where its text does.
    IF substring(passage FROM NEW.start + 1 FOR NEW."end" - NEW.start) IS DISTINCT FROM NEW.quote
       OR char_length(NEW.quote) <> NEW."end" - NEW.start THEN
        RAISE EXCEPTION 'The quote is not what passage % says from % to %', NEW.passage_id, NEW.start, NEW."end"
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER evidence_is_verbatim BEFORE INSERT OR UPDATE ON reports_evidence
    FOR EACH ROW EXECUTE FUNCTION reports_check_evidence();

-- The foreign key is checked at the end of the transaction: without this, a passage could
-- be deleted and put back with other words under the same id.
CREATE FUNCTION reports_keep_quoted_passage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM reports_evidence WHERE passage_id = OLD.id) THEN
        RAISE EXCEPTION 'Passage % is quoted and stays', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER quoted_passage_stays BEFORE DELETE ON sources_passage
    FOR EACH ROW EXECUTE FUNCTION reports_keep_quoted_passage();

CREATE FUNCTION reports_check_revision() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER revision_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON reports_revision
    FOR EACH ROW EXECUTE FUNCTION reports_check_revision();

CREATE FUNCTION reports_refuse_frozen_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    part record;
    frozen timestamptz;
BEGIN
    -- The lock (FOR SHARE) keeps a publication waiting until this change is there to be checked.
    -- An update may not move a part into or out of a frozen revision either.
    FOR part IN SELECT * FROM (VALUES (TG_OP <> 'INSERT', to_jsonb(OLD)), (TG_OP <> 'DELETE', to_jsonb(NEW))) AS v (applies, r)
    LOOP
        CONTINUE WHEN NOT part.applies;
        IF TG_TABLE_NAME = 'reports_section' THEN
            SELECT published_at INTO frozen FROM reports_revision
                WHERE id = (part.r ->> 'revision_id')::bigint FOR SHARE;
        ELSIF TG_TABLE_NAME = 'reports_claim' THEN
            SELECT revision.published_at INTO frozen FROM reports_revision revision
                JOIN reports_section section ON section.revision_id = revision.id
                WHERE section.id = (part.r ->> 'section_id')::bigint FOR SHARE OF revision;
        ELSE
            SELECT revision.published_at INTO frozen FROM reports_revision revision
                JOIN reports_section section ON section.revision_id = revision.id
                JOIN reports_claim claim ON claim.section_id = section.id
                WHERE claim.id = (part.r ->> 'claim_id')::bigint FOR SHARE OF revision;
        END IF;
        IF frozen IS NOT NULL THEN
            RAISE EXCEPTION 'This part of a published revision does not change (% %)', TG_TABLE_NAME, part.r ->> 'id'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE FUNCTION reports_check_public_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IN ('published', 'withdrawn') AND NOT EXISTS (
        SELECT FROM reports_revision
            WHERE id = NEW.current_id AND report_id = NEW.id AND published_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'What readers see of report % must be a published revision of it', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER public_report_shows_a_published_revision BEFORE INSERT OR UPDATE ON reports_report
    FOR EACH ROW EXECUTE FUNCTION reports_check_public_report();

CREATE TRIGGER section_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON reports_section
    FOR EACH ROW EXECUTE FUNCTION reports_refuse_frozen_part();
CREATE TRIGGER claim_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON reports_claim
    FOR EACH ROW EXECUTE FUNCTION reports_refuse_frozen_part();
CREATE TRIGGER evidence_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON reports_evidence
    FOR EACH ROW EXECUTE FUNCTION reports_refuse_frozen_part();
"""

BACKWARD = """
DROP TRIGGER public_report_shows_a_published_revision ON reports_report;
DROP FUNCTION reports_check_public_report();
DROP TRIGGER quoted_passage_stays ON sources_passage;
DROP FUNCTION reports_keep_quoted_passage();
DROP TRIGGER evidence_is_frozen ON reports_evidence;
DROP TRIGGER claim_is_frozen ON reports_claim;
DROP TRIGGER section_is_frozen ON reports_section;
DROP FUNCTION reports_refuse_frozen_part();
DROP TRIGGER revision_is_frozen ON reports_revision;
DROP FUNCTION reports_check_revision();
DROP TRIGGER evidence_is_verbatim ON reports_evidence;
DROP FUNCTION reports_check_evidence();
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("sources", "0002_passages_are_immutable")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

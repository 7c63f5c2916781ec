"""The audit log refuses to be changed, whoever asks by whichever way; docs/decisions/audit-log.md says what that's worth."""

from django.db import migrations

STANDS = """
    CREATE FUNCTION audit_log_stands() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        -- manage.py forget_audit alone says so, and a year stays whatever it says.
        IF TG_OP = 'DELETE' AND current_setting('xovis.audit_log', true) = 'forget' THEN
            IF OLD.timestamp < now() - interval '365 days' THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION 'The audit log stands as it was written: % is refused.', TG_OP
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'What is older than a year goes by manage.py forget_audit.';
    END $$;

    CREATE TRIGGER audit_log_stands BEFORE UPDATE OR DELETE ON auditlog_logentry
        FOR EACH ROW EXECUTE FUNCTION audit_log_stands();
    CREATE TRIGGER audit_log_stands_whole BEFORE TRUNCATE ON auditlog_logentry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_log_stands();

    -- Also for who replicates, or says so of a session.
    ALTER TABLE auditlog_logentry ENABLE ALWAYS TRIGGER audit_log_stands;
    ALTER TABLE auditlog_logentry ENABLE ALWAYS TRIGGER audit_log_stands_whole;
"""
FALLS = """
    DROP TRIGGER audit_log_stands ON auditlog_logentry;
    DROP TRIGGER audit_log_stands_whole ON auditlog_logentry;
    DROP FUNCTION audit_log_stands();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("sites_app", "0008_roles"),
        ("auditlog", "0017_add_actor_email"),
    ]

    operations = [migrations.RunSQL(STANDS, FALLS)]

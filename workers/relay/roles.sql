-- What schema.sql grants on the relay's tables, once more: applied by `echowall migrate` when roles were lost.
DO $$
DECLARE
    role name;
BEGIN
    FOR role IN SELECT rolname FROM pg_roles
        WHERE rolname IN ('echowall_projector', 'echowall_reader', 'echowall_writer', 'echowall_auditor')
    LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA relay TO %I', role);
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA relay TO %I', role);
    END LOOP;
    IF to_regrole('echowall_projector') IS NOT NULL THEN
        GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA relay TO echowall_projector;
    END IF;
END
$$;

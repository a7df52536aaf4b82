-- Ledgers belong to the projector, which makes them: applied by `echowall migrate` when roles were lost, as
-- after a restore, so that the next rebuild may remove what another user made.
DO $$
DECLARE
    ledgers name;
    one name;
BEGIN
    IF to_regrole('echowall_projector') IS NULL THEN
        RETURN;
    END IF;
    FOR ledgers IN SELECT nspname FROM pg_namespace WHERE nspname IN ('ledger', 'ledger_next') LOOP
        EXECUTE format('ALTER SCHEMA %I OWNER TO echowall_projector', ledgers);
        FOR one IN SELECT relname FROM pg_class WHERE relnamespace = ledgers::text::regnamespace AND relkind IN ('r', 'v') LOOP
            EXECUTE format('ALTER TABLE %I.%I OWNER TO echowall_projector', ledgers, one);
        END LOOP;
        FOR one IN SELECT rolname FROM pg_roles
            WHERE rolname IN ('echowall_reader', 'echowall_writer', 'echowall_auditor')
        LOOP
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', ledgers, one);
            EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', ledgers, one);
        END LOOP;
    END LOOP;
END
$$;

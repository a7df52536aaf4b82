-- Who may do what. Roles belong to the whole server, so they may be there already; a user that may neither make
-- them nor find them goes on without, and then only the triggers stand between a session and the log.
DO $$
DECLARE
    wanted text;
    mine name := current_user;
    may_make boolean := (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user);
    is_super boolean := (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
BEGIN
    FOREACH wanted IN ARRAY ARRAY['owner', 'writer', 'projector', 'reader', 'auditor', 'vault'] LOOP
        wanted := 'echowall_' || wanted;
        IF may_make AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database of this server was migrated at the same moment
            END;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            RAISE NOTICE 'echowall: % may not create roles; the log is kept by triggers alone', mine;
            RETURN;
        END IF;
        IF NOT is_super AND NOT pg_has_role(wanted, 'SET') THEN
            BEGIN
                EXECUTE format('GRANT %I TO %I WITH SET TRUE, INHERIT TRUE', wanted, mine);
            EXCEPTION WHEN insufficient_privilege THEN
                RAISE NOTICE 'echowall: % may not become %; the log is kept by triggers alone', mine, wanted;
                RETURN;
            END;
        END IF;
    END LOOP;

    EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO echowall_owner', current_database());
    EXECUTE format('GRANT CREATE, CONNECT, TEMPORARY ON DATABASE %I TO echowall_projector', current_database());
    ALTER SCHEMA log OWNER TO echowall_owner;
    ALTER TYPE log.stored_event_uuid OWNER TO echowall_owner;
    ALTER TABLE log.events OWNER TO echowall_owner;
    ALTER TABLE log.commands OWNER TO echowall_owner;
    ALTER FUNCTION log.refuse_change OWNER TO echowall_owner;
    ALTER FUNCTION log.next_position OWNER TO echowall_owner;
    ALTER FUNCTION log.append_event OWNER TO echowall_owner;
    ALTER FUNCTION log.append_command OWNER TO echowall_owner;
    ALTER FUNCTION log.append OWNER TO echowall_owner;
    ALTER FUNCTION log.probe OWNER TO echowall_owner;
    ALTER FUNCTION log.refuse_gap OWNER TO echowall_owner;
    -- log.oldest_writer stays with the user that migrates: it may see other users' sessions.
    ALTER SCHEMA vault OWNER TO echowall_owner;
    ALTER TABLE vault.persons OWNER TO echowall_owner;
    ALTER TABLE vault.cases OWNER TO echowall_owner;
    ALTER TABLE vault.values OWNER TO echowall_owner;
    ALTER TABLE vault.access OWNER TO echowall_owner;
    ALTER TABLE vault.erasures OWNER TO echowall_owner;

    REVOKE ALL ON FUNCTION log.append_event, log.append_command, log.append, log.refuse_gap, log.probe, log.oldest_writer,
        log.next_position FROM PUBLIC;
    GRANT USAGE ON SCHEMA log
        TO echowall_writer, echowall_projector, echowall_reader, echowall_auditor, echowall_vault;
    GRANT USAGE ON SCHEMA vault TO echowall_writer, echowall_auditor, echowall_vault;
    GRANT EXECUTE ON FUNCTION log.append_event, log.append_command, log.append TO echowall_writer;
    GRANT EXECUTE ON FUNCTION log.probe, log.oldest_writer
        TO echowall_writer, echowall_projector, echowall_reader, echowall_auditor;
    GRANT SELECT ON log.events, log.commands TO echowall_writer, echowall_auditor;
    GRANT SELECT ON log.events TO echowall_projector, echowall_reader;
    -- Whose a case is and the wrapped key, which are needed to seal a new value; the values only to the vault.
    GRANT SELECT ON vault.persons, vault.cases TO echowall_writer;
    GRANT SELECT ON vault.access, vault.erasures TO echowall_auditor;
    GRANT SELECT ON ALL TABLES IN SCHEMA vault TO echowall_vault;
    GRANT DELETE, UPDATE (wrapped_key) ON vault.persons TO echowall_vault;
    GRANT INSERT ON vault.access, vault.erasures TO echowall_vault;
END
$$;

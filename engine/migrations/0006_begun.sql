-- A mark of the key with which the database was begun, the last line of the vault's key file: fingerprints of
-- commands and cursors of lists come from that key, so no process may work with another one. Nothing in this file
-- minds being applied again.
CREATE TABLE IF NOT EXISTS log.begun (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    mark bytea NOT NULL
);

DO $$
BEGIN
    -- Where roles could not be made, the user that migrates owns the schema.
    IF EXISTS (
        SELECT FROM pg_namespace WHERE nspname = 'log' AND pg_get_userbyid(nspowner) = 'echowall_owner'
    ) THEN
        ALTER TABLE log.begun OWNER TO echowall_owner;
        GRANT SELECT ON log.begun
            TO echowall_writer, echowall_projector, echowall_reader, echowall_auditor, echowall_vault;
        GRANT INSERT ON log.begun TO echowall_writer;
    END IF;
END
$$;

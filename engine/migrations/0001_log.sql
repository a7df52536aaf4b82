-- The event log and the commands that led to it. Table and type of the events are those of the eventsourcing library.
CREATE SCHEMA log;

CREATE TYPE log.stored_event_uuid AS (
    originator_id uuid,
    originator_version bigint,
    topic text,
    state bytea
);

CREATE TABLE log.events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    notification_id bigserial,
    PRIMARY KEY (originator_id, originator_version)
) WITH (
    -- Rows never change: a vacuum comes for what is new alone, each 100,000 rows however many there are, and
    -- freezes them on its first way past, so that no old page is ever written again.
    autovacuum_vacuum_threshold = 100000000,
    autovacuum_vacuum_scale_factor = 0.5,
    autovacuum_vacuum_insert_threshold = 100000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_freeze_min_age = 0,
    autovacuum_analyze_threshold = 100000,
    autovacuum_analyze_scale_factor = 0.01
);
CREATE UNIQUE INDEX events_notification_id_idx ON log.events (notification_id);

-- Each command once: a repeat finds its first answer here.
CREATE TABLE log.commands (
    command_id uuid PRIMARY KEY,
    fingerprint bytea NOT NULL,
    -- The case to which it was given, and that case's version after it.
    stream uuid NOT NULL,
    version bigint NOT NULL,
    -- Names of the events that it recorded on that case; empty when all was so already.
    events text[] NOT NULL,
    -- The last event that it recorded anywhere, by which its position is found.
    last_stream uuid NOT NULL,
    last_version bigint NOT NULL,
    recorded_at timestamptz NOT NULL
) WITH (
    autovacuum_vacuum_threshold = 100000000,
    autovacuum_vacuum_scale_factor = 0.5,
    autovacuum_vacuum_insert_threshold = 100000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_freeze_min_age = 0
);

CREATE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append_only: rows of %.% are never changed or removed', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- ALWAYS: session_replication_role = replica does not get past them.
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON log.events
    FOR EACH ROW EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER events_never_emptied BEFORE TRUNCATE ON log.events
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER commands_append_only BEFORE UPDATE OR DELETE ON log.commands
    FOR EACH ROW EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER commands_never_emptied BEFORE TRUNCATE ON log.commands
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_append_only;
ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_never_emptied;
ALTER TABLE log.commands ENABLE ALWAYS TRIGGER commands_append_only;
ALTER TABLE log.commands ENABLE ALWAYS TRIGGER commands_never_emptied;

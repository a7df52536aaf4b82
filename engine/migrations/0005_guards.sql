-- Four guards that were weaker than they looked.

-- What runs with its owner's rights looks names up where nobody else can put any. An empty path does not do: types
-- are looked for among the caller's temporary ones first, unless the path names those itself, at its end.
ALTER FUNCTION log.append_command SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION log.append SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION log.probe SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION log.oldest_writer SET search_path = pg_catalog, pg_temp;

-- A single event without a command leaves no gap either. The library lets a stream begin with version 0, too.
CREATE OR REPLACE FUNCTION log.append_event(stream uuid, version bigint, name text, state bytea) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    drawn bigint;
BEGIN
    PERFORM pg_catalog.pg_current_xact_id();
    drawn := pg_catalog.nextval('log.events_notification_id_seq');
    INSERT INTO log.events (originator_id, originator_version, topic, state, notification_id)
    SELECT stream, version, name, state, drawn
    WHERE version <= 1 OR EXISTS (
        SELECT FROM log.events e WHERE e.originator_id = stream AND e.originator_version = version - 1
    );
    IF NOT FOUND THEN
        PERFORM log.refuse_gap();
    END IF;
    RETURN drawn;
END
$$;

-- A person is removed, never changed: a key that was overwritten would erase their values without a record. Who
-- erases needs a right to UPDATE all the same, since SELECT ... FOR UPDATE asks for one.
CREATE OR REPLACE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append_only: % of %.% is refused to everybody', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER persons_never_changed BEFORE UPDATE ON vault.persons
    FOR EACH ROW EXECUTE FUNCTION log.refuse_change();
ALTER TABLE vault.persons ENABLE ALWAYS TRIGGER persons_never_changed;

-- Nothing uses it.
DROP TYPE log.stored_event_uuid;

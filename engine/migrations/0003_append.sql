-- The one way into the log: a function call that is a whole transaction. Why it is right: docs/store.md.

-- A position drawn before its transaction has an id could be passed by readers, so even an INSERT by hand, which
-- only the owner could do, draws through this.
CREATE FUNCTION log.next_position() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_catalog.pg_current_xact_id();
    RETURN pg_catalog.nextval('log.events_notification_id_seq');
END
$$;
ALTER TABLE log.events ALTER COLUMN notification_id SET DEFAULT log.next_position();

-- One event, as a library's recorder appends it.
CREATE FUNCTION log.append_event(stream uuid, version bigint, name text, state bytea) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    drawn bigint;
BEGIN
    PERFORM pg_catalog.pg_current_xact_id();
    drawn := pg_catalog.nextval('log.events_notification_id_seq');
    INSERT INTO log.events (originator_id, originator_version, topic, state, notification_id)
    VALUES (stream, version, name, state, drawn);
    RETURN drawn;
END
$$;

-- A command may be decided on a case as its process remembers it. So a version must follow one that is there: a log
-- that lost its end, as a standby that took over may have, gets no gap.
CREATE FUNCTION log.refuse_gap() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'gap: the version before is not in the log' USING ERRCODE = 'foreign_key_violation';
END
$$;

-- One event, the command that led to it, and its personal values, all of one owner: most commands are this, and
-- single values cost less than arrays. `wrapped_key` and `account` are those of an owner new to the vault, and `owned` the
-- case where it is new; NULL for each that is not.
CREATE FUNCTION log.append_command(
    stream uuid, version bigint, name text, state bytea,
    command uuid, fingerprint bytea, recorded_at timestamptz,
    owner uuid, wrapped_key bytea, account uuid, owned uuid,
    commitments bytea[], fields text[], salts bytea[], sealed bytea[]
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    drawn bigint;
BEGIN
    PERFORM pg_catalog.pg_current_xact_id();
    IF wrapped_key IS NOT NULL THEN
        INSERT INTO vault.persons (person, wrapped_key, account)
        VALUES (owner, append_command.wrapped_key, append_command.account);
    END IF;
    IF owned IS NOT NULL THEN
        INSERT INTO vault.cases (case_id, person) VALUES (owned, owner);
    END IF;
    IF commitments IS NOT NULL THEN
        INSERT INTO vault.values (commitment, person, field, salt, sealed)
        SELECT given.commitment, owner, given.field, given.salt, given.sealed
        FROM ROWS FROM (
            pg_catalog.unnest(commitments), pg_catalog.unnest(fields),
            pg_catalog.unnest(salts), pg_catalog.unnest(append_command.sealed)
        ) AS given (commitment, field, salt, sealed);
    END IF;
    drawn := pg_catalog.nextval('log.events_notification_id_seq');
    INSERT INTO log.events (originator_id, originator_version, topic, state, notification_id)
    SELECT stream, version, name, state, drawn
    WHERE version = 1 OR EXISTS (
        SELECT FROM log.events e WHERE e.originator_id = stream AND e.originator_version = version - 1
    );
    IF NOT FOUND THEN
        PERFORM log.refuse_gap();
    END IF;
    INSERT INTO log.commands
        (command_id, fingerprint, stream, version, events, last_stream, last_version, recorded_at)
    VALUES (command, fingerprint, stream, version, ARRAY[name], stream, version, recorded_at);
    RETURN drawn;
END
$$;

-- Any number of events, commands and vault rows; NULL for a part that is empty. The arrays of a part are of one
-- length, and `command_events` holds the names of each command's events with spaces between.
CREATE FUNCTION log.append(
    streams uuid[], versions bigint[], names text[], states bytea[],
    command_ids uuid[], fingerprints bytea[], command_streams uuid[], command_versions bigint[],
    command_events text[], last_streams uuid[], last_versions bigint[], recorded timestamptz[],
    persons uuid[], wrapped_keys bytea[], accounts uuid[],
    cases uuid[], owners uuid[],
    commitments bytea[], value_persons uuid[], fields text[], salts bytea[], sealed bytea[]
) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    drawn bigint[];
BEGIN
    PERFORM pg_catalog.pg_current_xact_id();
    IF persons IS NOT NULL THEN
        INSERT INTO vault.persons (person, wrapped_key, account)
        SELECT * FROM ROWS FROM (
            pg_catalog.unnest(persons), pg_catalog.unnest(wrapped_keys), pg_catalog.unnest(accounts)
        ) AS given;
    END IF;
    IF cases IS NOT NULL THEN
        INSERT INTO vault.cases (case_id, person)
        SELECT * FROM ROWS FROM (pg_catalog.unnest(cases), pg_catalog.unnest(owners)) AS given;
    END IF;
    IF commitments IS NOT NULL THEN
        INSERT INTO vault.values (commitment, person, field, salt, sealed)
        SELECT * FROM ROWS FROM (
            pg_catalog.unnest(commitments), pg_catalog.unnest(value_persons), pg_catalog.unnest(fields),
            pg_catalog.unnest(salts), pg_catalog.unnest(sealed)
        ) AS given;
    END IF;
    IF command_ids IS NOT NULL THEN
        INSERT INTO log.commands
            (command_id, fingerprint, stream, version, events, last_stream, last_version, recorded_at)
        SELECT
            id, print, stream, version,
            CASE WHEN pg_catalog.length(said) > 0 THEN pg_catalog.string_to_array(said, ' ') ELSE '{}' END,
            last_stream, last_version, at
        FROM ROWS FROM (
            pg_catalog.unnest(command_ids), pg_catalog.unnest(fingerprints),
            pg_catalog.unnest(command_streams), pg_catalog.unnest(command_versions),
            pg_catalog.unnest(command_events), pg_catalog.unnest(last_streams), pg_catalog.unnest(last_versions),
            pg_catalog.unnest(recorded)
        ) AS given (id, print, stream, version, said, last_stream, last_version, at);
    END IF;
    IF streams IS NULL THEN
        RETURN '{}';
    END IF;
    -- Positions are drawn in the order of the arrays, since a function's rows come in their order.
    WITH put AS (
        INSERT INTO log.events (originator_id, originator_version, topic, state, notification_id)
        SELECT stream, version, name, state, pg_catalog.nextval('log.events_notification_id_seq')
        FROM ROWS FROM (
            pg_catalog.unnest(streams), pg_catalog.unnest(versions),
            pg_catalog.unnest(names), pg_catalog.unnest(states)
        ) AS given (stream, version, name, state)
        RETURNING notification_id
    )
    SELECT pg_catalog.array_agg(notification_id) INTO drawn FROM put;
    -- The inner query is a scalar one, so that each version is looked up by its key, whatever the table's size.
    PERFORM log.refuse_gap()
    FROM ROWS FROM (pg_catalog.unnest(streams), pg_catalog.unnest(versions)) AS given (stream, version)
    WHERE given.version > 1 AND (
        SELECT true FROM log.events e
        WHERE e.originator_id = given.stream AND e.originator_version = given.version - 1
    ) IS NULL;
    RETURN drawn;
END
$$;

-- First half of the horizon: the last position drawn and, after it, a transaction id of the reader's own; none where
-- nothing was drawn beyond what the reader knows to be final, so that idle readers use up no ids.
CREATE FUNCTION log.probe(known bigint, OUT drawn bigint, OUT mine bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO drawn FROM log.events_notification_id_seq;
    IF drawn > known THEN
        mine := pg_catalog.pg_current_xact_id()::pg_catalog.text::bigint;
    END IF;
END
$$;

-- The transaction in flight with the oldest id anywhere on the server: it is what readers wait for, whenever its
-- session began it. Its age is unknown where the user that migrates may not see other users' sessions.
CREATE FUNCTION log.oldest_writer(
    OUT pid integer, OUT database text, OUT application text, OUT seconds double precision
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT writing.pid, writing.database, writing.application,
        pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - writing.since)
    FROM (
        SELECT pid, datname::text AS database, application_name AS application, xact_start AS since, backend_xid AS id
        FROM pg_catalog.pg_stat_activity
        WHERE backend_xid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()
        UNION ALL
        SELECT NULL, database::text, 'prepared: ' || gid, prepared, transaction
        FROM pg_catalog.pg_prepared_xacts
    ) writing
    ORDER BY pg_catalog.age(writing.id) DESC LIMIT 1
$$;

CREATE TRIGGER access_append_only BEFORE UPDATE OR DELETE ON vault.access
    FOR EACH ROW EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER access_never_emptied BEFORE TRUNCATE ON vault.access
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER erasures_append_only BEFORE UPDATE OR DELETE ON vault.erasures
    FOR EACH ROW EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER erasures_never_emptied BEFORE TRUNCATE ON vault.erasures
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
ALTER TABLE vault.access ENABLE ALWAYS TRIGGER access_append_only;
ALTER TABLE vault.access ENABLE ALWAYS TRIGGER access_never_emptied;
ALTER TABLE vault.erasures ENABLE ALWAYS TRIGGER erasures_append_only;
ALTER TABLE vault.erasures ENABLE ALWAYS TRIGGER erasures_never_emptied;

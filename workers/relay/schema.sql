-- What the relay has told Temporal. Derived: `echowall rebuild-timers` makes it anew from the log.
CREATE SCHEMA relay;

-- How far the log was followed; one row.
CREATE TABLE relay.position (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint NOT NULL
);
INSERT INTO relay.position (position) VALUES (0);

-- The plan last acknowledged for each case that has one; as many rows as there should be running timers.
CREATE TABLE relay.plans (
    case_id uuid PRIMARY KEY,
    generation bigint NOT NULL,
    wake_at timestamptz NOT NULL,
    action text NOT NULL,
    clock text,
    unit text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Cases that can't be planned; each is tried again at its next event and by a rebuild.
CREATE TABLE relay.parked (
    case_id uuid PRIMARY KEY,
    position bigint NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- How many steps were taken because their timers were late; one row, a figure for operators.
CREATE TABLE relay.swept (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    steps bigint NOT NULL,
    last_at timestamptz
);
INSERT INTO relay.swept (steps) VALUES (0);

-- The relay follows the log and keeps what is derived from it, as the projector does; the others may look.
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

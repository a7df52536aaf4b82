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

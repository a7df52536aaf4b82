-- What a supervisor should look at, one row for each clock by which an event gave an alarm.
CREATE TABLE alarms (
    case_id uuid NOT NULL,
    -- Of the event that gave it.
    version bigint NOT NULL,
    position bigint NOT NULL,
    kind text NOT NULL,
    -- Key of the clock that won time; empty where none did.
    clock text NOT NULL,
    -- Unit that was responsible when it happened.
    unit text NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    -- When that clock was due before the event, and after it.
    was_due timestamptz,
    now_due timestamptz,
    PRIMARY KEY (position, kind, clock)
);
CREATE INDEX ON alarms (case_id);
CREATE INDEX ON alarms (unit text_pattern_ops, position);

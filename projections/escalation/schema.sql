-- The open clocks of every case. What is overdue follows from due_at, never from a timer.
CREATE TABLE clocks (
    case_id uuid NOT NULL,
    clock text NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    obligation text NOT NULL,
    owner text NOT NULL,
    started_at timestamptz NOT NULL,
    -- Null where the policy sets none; while the clock stands still, as it will be if that ends on its date.
    due_at timestamptz,
    provisional boolean NOT NULL,
    paused boolean NOT NULL,
    promised boolean NOT NULL,
    -- Rungs that the ladder has taken on this clock, lowest first.
    rungs text[] NOT NULL,
    -- Rungs that fell due before the import of the case: counted, never taken.
    lapsed bigint NOT NULL,
    next_action text,
    next_at timestamptz,
    next_provisional boolean NOT NULL,
    PRIMARY KEY (case_id, clock)
) WITH (fillfactor = 80);
CREATE INDEX ON clocks ((coalesce(due_at, 'infinity'::timestamptz)), case_id, clock);
CREATE INDEX ON clocks (owner text_pattern_ops);
CREATE INDEX ON clocks (next_at) WHERE next_at IS NOT NULL;

-- Clocks, open or ended, with rungs that fell due before the import of their case.
CREATE TABLE lapsed (
    case_id uuid NOT NULL,
    clock text NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    rungs bigint NOT NULL,
    PRIMARY KEY (case_id, clock)
);

-- Cases that are excluded from the appraisal until a date, on which they count again by themselves.
CREATE TABLE exclusions (
    case_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    position bigint NOT NULL,
    until timestamptz NOT NULL
);
CREATE INDEX ON exclusions (until);

-- Every rung taken, by the ladder or by hand.
CREATE TABLE rungs (
    position bigint PRIMARY KEY,
    case_id uuid NOT NULL,
    version bigint NOT NULL,
    clock text NOT NULL,
    rung text NOT NULL,
    unit text NOT NULL,
    -- The unit that took it on its list, or became responsible.
    to_unit text,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    by_ladder boolean NOT NULL,
    -- Units that the policy has told; empty: the rung's own way.
    told text[] NOT NULL
);
CREATE UNIQUE INDEX ON rungs (case_id, clock, rung) WHERE by_ladder;
CREATE INDEX ON rungs (case_id);
CREATE INDEX ON rungs (unit text_pattern_ops, position);

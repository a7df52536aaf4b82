-- One row a case, as it stands now.
CREATE TABLE worklist (
    case_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    position bigint NOT NULL,
    stage text NOT NULL,
    unit text NOT NULL,
    bucket text NOT NULL,
    desk text NOT NULL,
    handler text,
    visitor text,
    place text NOT NULL,
    category text NOT NULL,
    kind text,
    key boolean NOT NULL,
    urgency text NOT NULL,
    channel text NOT NULL,
    round bigint NOT NULL,
    claims bigint NOT NULL,
    policy_id text NOT NULL,
    policy_version bigint NOT NULL,
    policy_hash text NOT NULL,
    collected_at timestamptz NOT NULL,
    since timestamptz NOT NULL,
    -- The earliest limit of the open clocks, of those that stand still too; null where none has one.
    due_at timestamptz,
    due_obligation text,
    due_clock text,
    provisional boolean NOT NULL,
    excluded boolean NOT NULL,
    units text[] NOT NULL,
    reporter text
) WITH (fillfactor = 80);

-- Pages follow (due, case) and (collected, case); a case without a limit comes last.
CREATE INDEX ON worklist ((coalesce(due_at, 'infinity'::timestamptz)), case_id);
CREATE INDEX ON worklist (collected_at, case_id);
CREATE INDEX ON worklist (unit text_pattern_ops, bucket);
CREATE INDEX ON worklist USING gin (units);
CREATE INDEX ON worklist (reporter) WHERE reporter IS NOT NULL;

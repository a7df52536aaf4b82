-- Accountability entries, each with the events that set, answered, appealed and withdrew it (the latest of a kind).
CREATE TABLE entries (
    case_id uuid NOT NULL,
    entry integer NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    unit text NOT NULL,
    clock text NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL,
    set_version bigint NOT NULL,
    set_position bigint NOT NULL UNIQUE,
    answered_at timestamptz,
    answered_version bigint,
    answered_position bigint,
    appealed_at timestamptz,
    appealed_version bigint,
    appealed_position bigint,
    withdrawn_at timestamptz,
    withdrawn_version bigint,
    withdrawn_position bigint,
    status text NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN withdrawn_at IS NOT NULL THEN 'withdrawn'
            WHEN appealed_at IS NOT NULL THEN 'appealed'
            WHEN answered_at IS NOT NULL THEN 'answered'
            ELSE 'open'
        END
    ) STORED,
    PRIMARY KEY (case_id, entry)
);
CREATE INDEX ON entries (unit text_pattern_ops, set_position);

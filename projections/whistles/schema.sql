-- One row for each department that a whistle called: what it answered, and what became of the case in that round.
CREATE TABLE whistles (
    case_id uuid NOT NULL,
    -- 1 for the first whistle of the case.
    number bigint NOT NULL,
    department text NOT NULL,
    -- Newest event of the case that the row knows.
    version bigint NOT NULL,
    position bigint NOT NULL,
    round bigint NOT NULL,
    caller text NOT NULL,
    called_at timestamptz NOT NULL,
    called_version bigint NOT NULL,
    called_position bigint NOT NULL,
    -- Commitment to the words in which help was asked.
    help text NOT NULL,
    -- Null where neither the whistle nor the policy sets a limit.
    due_at timestamptz,
    -- The newest answer, and its moment.
    answer text,
    answered_at timestamptz,
    -- When the clock ended: by the first answer that came before the case's end, or by that end.
    met_at timestamptz,
    void_at timestamptz,
    -- Rungs that the ladder has taken on the department's clock, lowest first.
    rungs text[] NOT NULL,
    stage text NOT NULL,
    -- What the unit reported for each claim in that round, and what the resident said of it when asked again.
    outcomes text[],
    solved boolean,
    -- The lowest of the claims.
    satisfaction bigint,
    PRIMARY KEY (case_id, number, department)
);
CREATE INDEX ON whistles (called_position);
CREATE INDEX ON whistles (department text_pattern_ops, called_position);
CREATE INDEX ON whistles (caller text_pattern_ops, called_position);

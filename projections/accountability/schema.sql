-- Each change of a case's account is two postings: one account gives the case up, another takes it.
-- The account outside gives each case that comes in, so that all postings together are nothing.
CREATE TABLE postings (
    position bigint NOT NULL,
    amount smallint NOT NULL CHECK (amount IN (-1, 1)),
    unit text NOT NULL,
    bucket text NOT NULL,
    case_id uuid NOT NULL,
    version bigint NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (position, amount)
);
CREATE INDEX ON postings (case_id);
CREATE INDEX ON postings (unit text_pattern_ops, bucket, position);

-- What the postings of each account come to, and the last of them.
CREATE TABLE balances (
    unit text COLLATE "C" NOT NULL,
    bucket text NOT NULL,
    cases bigint NOT NULL,
    case_id uuid NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (unit, bucket)
);

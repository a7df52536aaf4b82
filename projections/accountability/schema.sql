-- Each change of a case's account is one transfer: one account gives the case up, another takes it.
-- The account outside gives each case that comes in.
CREATE TABLE transfers (
    position bigint PRIMARY KEY,
    gives bigint NOT NULL,
    takes bigint NOT NULL CHECK (takes <> gives),
    case_id uuid NOT NULL,
    version bigint NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX ON transfers (case_id);
CREATE INDEX ON transfers (gives, position);
CREATE INDEX ON transfers (takes, position);

-- The accounts: what the transfers of each come to, and the last of them. Numbers take half of the room that units
-- and buckets would take in transfers and their indexes.
CREATE TABLE balances (
    unit text COLLATE "C" NOT NULL,
    bucket text NOT NULL,
    account bigint NOT NULL UNIQUE,
    cases bigint NOT NULL,
    case_id uuid NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (unit, bucket)
);

-- The two legs of each transfer, by name: what anybody adds up to check the books.
CREATE VIEW postings AS
SELECT t.position, -1 AS amount, b.unit, b.bucket, t.case_id, t.version, t.at, t.recorded_at
FROM transfers t JOIN balances b ON b.account = t.gives
UNION ALL
SELECT t.position, 1, b.unit, b.bucket, t.case_id, t.version, t.at, t.recorded_at
FROM transfers t JOIN balances b ON b.account = t.takes;

-- What all ledgers share: how far they have read, what each has taken in, and what stands aside.
CREATE TABLE progress (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    -- Position of the last event taken in or set aside.
    position bigint NOT NULL DEFAULT 0,
    -- Hash of the schema files; another one means that the ledgers are to be rebuilt.
    shape text NOT NULL
);

-- Running count and order-free hash of the events that each ledger has applied.
CREATE TABLE tallies (
    ledger text PRIMARY KEY,
    applied bigint NOT NULL DEFAULT 0,
    hash numeric(39) NOT NULL DEFAULT 0
);

-- Streams that a ledger can't take further, from the first event that it refused; later ones are counted.
CREATE TABLE parked (
    ledger text NOT NULL,
    stream uuid NOT NULL,
    position bigint NOT NULL,
    version bigint NOT NULL,
    name text NOT NULL,
    error text NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (ledger, stream)
);

-- What the projector found when it last asked whether all stored events were applied or stand aside.
CREATE TABLE checked (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    at timestamptz NOT NULL,
    position bigint NOT NULL,
    -- Events in the log up to that position.
    stored bigint NOT NULL,
    -- The first ledger whose number is another; null when all agree.
    difference text
);

-- Personal values, apart from the events, so that they can be erased while every proof stays.
CREATE SCHEMA vault;

-- One key a person. `account` finds a resident who has one; whoever has none is known by the one case. No id is given
-- twice, not even to one who comes back after an erasure: what was sealed with the erased key meets no row to belong to.
CREATE TABLE vault.persons (
    person uuid PRIMARY KEY,
    wrapped_key bytea NOT NULL,
    account uuid
);
CREATE UNIQUE INDEX persons_account_idx ON vault.persons (account) WHERE account IS NOT NULL;

CREATE TABLE vault.cases (
    case_id uuid PRIMARY KEY,
    person uuid NOT NULL REFERENCES vault.persons ON DELETE CASCADE
);
CREATE INDEX cases_person_idx ON vault.cases (person);

-- The commitment is the only link from an event to its value.
CREATE TABLE vault.values (
    commitment bytea PRIMARY KEY,
    person uuid NOT NULL REFERENCES vault.persons ON DELETE CASCADE,
    field text NOT NULL,
    salt bytea NOT NULL,
    sealed bytea NOT NULL
);
CREATE INDEX values_person_idx ON vault.values (person);

-- Who read whose values, when and for what.
CREATE TABLE vault.access (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    reader text NOT NULL,
    role text NOT NULL,
    unit text,
    purpose text NOT NULL,
    commitments bytea[] NOT NULL
);

-- Who had what erased, when and on what ground; holds no value and no person.
CREATE TABLE vault.erasures (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    asked_for uuid NOT NULL,
    by_actor text NOT NULL,
    role text NOT NULL,
    ground text NOT NULL,
    cases uuid[] NOT NULL,
    commitments bytea[] NOT NULL
);

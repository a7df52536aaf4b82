-- The units of the organisation, for names and levels beside the figures.
CREATE TABLE units (
    unit text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    position bigint NOT NULL,
    parent text,
    level text NOT NULL,
    name_en text NOT NULL,
    name_zh text NOT NULL,
    -- From the top down to the unit itself.
    path text[] NOT NULL
);
CREATE INDEX ON units (parent);

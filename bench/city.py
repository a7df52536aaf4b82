"""A log of real-shaped events: the sample of Boston, imported once and repeated under new ids."""

import csv
import gzip
from contextlib import closing
from itertools import islice
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from bench.place import Place
from engine.handle import Engine
from engine.ids import RULES
from interfaces.boston.importer import ImportReport, run_import
from interfaces.compose import migrate

SAMPLE = Path(__file__).parents[1] / "samples" / "boston" / "boston_311_2015_sample.csv.gz"
_COPY = "COPY log.events (originator_id, originator_version, topic, state) FROM STDIN"
_READ = "SELECT originator_id, originator_version, topic, state FROM log.events ORDER BY notification_id"


def import_sample(where: Place, rows: int | None = None) -> ImportReport:
    """Import the sample, or its first rows, into an empty database."""
    migrate(where.settings())
    file = SAMPLE if rows is None else _first(rows, where.folder / "sample.csv")
    with closing(Engine.open(where.settings())) as engine:
        return run_import(engine, file, errors=where.folder / "errors.csv", settings=where.settings())


def _first(rows: int, target: Path) -> Path:
    with gzip.open(SAMPLE, "rt", newline="", encoding="utf-8") as source, target.open("w", newline="") as put:
        csv.writer(put).writerows(islice(csv.reader(source), rows + 1))
    return target


def fill(where: Place, events: int) -> int:
    """Import the sample and repeat its cases until the log holds at least so many events; return the number.

    Repeats are copied in by hand, in runs that keep the order of the import; commands and vault hold the
    first ones only.
    """
    import_sample(where)
    with psycopg.connect(where.url, autocommit=True) as connection:
        rows = [row for row in connection.execute(_READ).fetchall() if row[0] not in RULES]
        stored = connection.execute("SELECT count(*) FROM log.events").fetchone()
        count = int(stored[0]) if stored else 0
        while count < events:
            ids: dict[UUID, UUID] = {}
            with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                for stream, version, name, state in rows:
                    new = ids.setdefault(stream, uuid4())
                    copy.write_row(
                        (new, version, name, state.replace(str(stream).encode(), str(new).encode()))
                    )
            count += len(rows)
        connection.execute("VACUUM ANALYZE log.events")
    return count

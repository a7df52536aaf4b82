"""What tests of the import share: an engine, small files, and an import to be killed."""

import csv
import sys
from pathlib import Path

from engine.handle import Engine
from engine.migrate import migrate
from engine.settings import Settings
from interfaces.boston.importer import run_import
from interfaces.boston.rows import HEADER
from tests.interfaces.boston.rows_of import CLEAN


def open_engine(url: str, folder: Path) -> Engine:
    """Return an engine on a database, migrated first; its keys lie in the folder."""
    migrate(url)
    return Engine.open(Settings(DATABASE_URL=url, data_dir=folder))


def row(row_id: int, **changes: str) -> dict[str, str]:
    """Return the clean row under another id, with some columns changed."""
    assert changes.keys() <= CLEAN.keys()
    return {**CLEAN, "CASE_ENQUIRY_ID": f"101001{row_id:06d}", **changes}


def write_rows(path: Path, *rows: dict[str, str]) -> Path:
    """Write a file as the city's, with these rows."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, HEADER)
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_errors(path: Path) -> list[dict[str, str]]:
    """Return the lines of an error file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


if __name__ == "__main__":
    database, keys, source = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    settings = Settings(DATABASE_URL=database, data_dir=keys)
    engine = open_engine(database, keys)
    run_import(engine, source, until_now=True, errors=keys / "errors.csv", settings=settings, jobs=2)

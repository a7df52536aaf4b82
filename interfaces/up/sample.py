"""Which rows to start with, and whether this database has them already."""

from __future__ import annotations

import hashlib
from pathlib import Path

from interfaces.local.errors import LocalError


class SampleUnusable(LocalError):
    """The path given holds no rows to begin with, or it isn't clear which."""

    code = "sample_unusable"


def rows_of(sample: Path) -> Path:
    """Return the file of rows: the path itself, or the one CSV in that folder.

    Raises:
        SampleUnusable: sample_unusable, when there is none, or more than one.
    """
    if sample.is_file():
        return sample.resolve()
    found = sorted([*sample.glob("*.csv"), *sample.glob("*.csv.gz")])
    if len(found) != 1:
        raise SampleUnusable(f"{sample} holds {len(found)} CSV files; name the file itself with --sample.")
    return found[0].resolve()


class Loaded:
    """Remembers in the data folder that a sample was loaded into a database whole.

    Only spares the time: loading it again would record nothing new.
    """

    def __init__(self, data_dir: Path, database_url: str, rows: Path) -> None:
        digest = hashlib.sha256(database_url.encode() + b"\n" + rows.read_bytes()).hexdigest()[:16]
        self._mark = data_dir / "loaded" / digest

    def __bool__(self) -> bool:
        return self._mark.exists()

    def remember(self) -> None:
        """Note that it is done."""
        self._mark.parent.mkdir(exist_ok=True)
        self._mark.touch()

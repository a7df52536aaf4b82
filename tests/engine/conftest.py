"""What tests of the engine share; one that shares an engine among its tests makes its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.handle import Engine
from tests.engine.support import open_engine


@pytest.fixture
def engine(empty_database: str, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a database of its own."""
    engine = open_engine(empty_database, tmp_path)
    yield engine
    engine.close()

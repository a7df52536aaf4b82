"""Offices for the tests of what runs by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers.office import Office, office


@pytest.fixture(scope="module")
def desk(database: str, temporal_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office whose cases are worked, without any process; shared by the tests of a module."""
    with office(database, temporal_address, tmp_path_factory.mktemp("office")) as opened:
        yield opened


@pytest.fixture(scope="module")
def town_hall(desk: Office) -> Iterator[Office]:
    """The same office with a worker and a relay running."""
    with desk.worker(), desk.relay():
        yield desk


@pytest.fixture
def own_desk(empty_database: str, temporal_address: str, tmp_path: Path) -> Iterator[Office]:
    """An office of one test, without any process."""
    with office(empty_database, temporal_address, tmp_path) as opened:
        yield opened

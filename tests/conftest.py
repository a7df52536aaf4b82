"""The servers that tests share; a server that can't be had fails the tests that need it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import servers


def _shared_folder(factory: pytest.TempPathFactory) -> Path:
    base = factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of this session's PostgreSQL: DATABASE_URL, or one started for it. Mostly use `database`."""
    return os.environ.get("DATABASE_URL") or servers.shared_server(
        "postgres", _shared_folder(tmp_path_factory)
    )


@pytest.fixture(scope="module")
def database(postgres_url: str) -> Iterator[str]:
    """Address of an empty database that this test module has for itself."""
    with servers.fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    """Address of an empty database that this one test has for itself."""
    with servers.fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """A short folder for a server of a test's own: its user may enter it, as pytest's not for root."""
    folder = Path(tempfile.mkdtemp(prefix="echowall-test-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def temporal_address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of the Temporal server of this session: TEMPORAL_ADDRESS, or one started for it."""
    return os.environ.get("TEMPORAL_ADDRESS") or servers.shared_server(
        "temporal", _shared_folder(tmp_path_factory)
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files with slow tests begin; the order within a file stays."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the servers with the process that runs the session; workers leave them to it."""
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        factory = session.config._tmp_path_factory  # type: ignore[attr-defined]
        if factory._basetemp is not None:
            servers.stop_servers(factory.getbasetemp())

"""One API on a real database with a small city, its ledgers kept up by a real projector."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from engine.settings import Settings
from interfaces import compose
from projections.projector import Projector
from tests.interfaces.http.city import establish
from tests.interfaces.http.desk import Desk


@pytest.fixture(scope="module")
def settings(database: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    data: Path = tmp_path_factory.mktemp("data")
    made = Settings(data_dir=data).model_copy(update={"database_url": database})
    compose.migrate(made)
    return made


@pytest.fixture(scope="module")
def program(settings: Settings) -> Iterator[compose.Program]:
    with compose.open_program(settings) as opened:
        establish(opened.engine)
        yield opened


@pytest.fixture(scope="module")
def projector(program: compose.Program) -> Iterator[None]:
    stop = threading.Event()
    url = program.settings.database_url
    assert url is not None
    runner = Projector(url, program.engine.store, program.engine.rules.current)
    thread = threading.Thread(target=runner.run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join(timeout=30)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def app(program: compose.Program, projector: None) -> FastAPI:
    return compose.app(program)


@pytest.fixture(scope="module")
def desk(app: FastAPI, program: compose.Program, settings: Settings) -> Iterator[Desk]:
    with Desk(app, compose.token_key(settings)) as opened:
        yield opened

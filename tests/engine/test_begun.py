"""A database that was begun with a key works with that key and no other, and is never given a new one."""

from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from engine.errors import KeyMissing
from engine.handle import Engine
from engine.migrate import migrate
from engine.settings import Settings
from engine.vault import KeyRing
from tests.engine.support import SYSTEM, collect, units
from tests.engine.test_roles import member

pytestmark = pytest.mark.postgres
OTHER = "ab" * 32


@pytest.fixture
def begun(empty_database: str, tmp_path: Path) -> Settings:
    """A database with one case of a resident who gave a name, and its key file."""
    migrate(empty_database)
    settings = Settings(DATABASE_URL=empty_database, data_dir=tmp_path)
    with closing(Engine.open(settings)) as engine:
        engine.rules.establish(units(), SYSTEM)
        engine.handle(uuid4(), collect(), SYSTEM, command_id=uuid4())
    return settings


def refused(settings: Settings, match: str) -> None:
    with pytest.raises(KeyMissing, match=match):
        Engine.open(settings)


def forget_mark(settings: Settings) -> None:
    """Make it a database of a release that kept no mark."""
    with psycopg.connect(settings.database_url or "") as connection:
        connection.execute("DELETE FROM log.begun")


@pytest.mark.parametrize("marked", [True, False])
def test_a_lost_key_is_not_replaced(begun: Settings, marked: bool) -> None:
    if not marked:
        forget_mark(begun)
    begun.vault_key_path.unlink()
    refused(begun, "restore the file")
    assert not begun.vault_key_path.exists()


def test_a_new_line_goes_first_and_the_oldest_stays_last(begun: Settings) -> None:
    path = begun.vault_key_path
    oldest = path.read_text().strip()
    path.write_text(f"{OTHER}\n{oldest}\n")
    with closing(Engine.open(begun)) as engine:
        assert engine.vault.prove() == 1
        engine.handle(uuid4(), collect(name="王五"), SYSTEM, command_id=uuid4())
        assert engine.vault.prove() == 2  # one wrapped by each key
    for wrong in (f"{oldest}\n{OTHER}", OTHER):
        path.write_text(wrong)
        refused(begun, "last line")
    path.write_text(oldest)
    with closing(Engine.open(begun)) as engine, pytest.raises(KeyMissing, match="add it"):
        engine.vault.prove()


def test_a_second_machine_with_a_key_of_its_own_is_refused_before_anything_is_recorded(
    empty_database: str, tmp_path: Path
) -> None:
    migrate(empty_database)
    one, other = (
        Settings(DATABASE_URL=empty_database, data_dir=tmp_path / name) for name in ("one", "other")
    )
    Engine.open(one).close()
    KeyRing.load(other.vault_key_path, create=True)
    refused(other, "last line")


def test_a_database_of_a_former_release_is_marked_by_the_first_who_may(begun: Settings) -> None:
    forget_mark(begun)
    with member(begun.database_url or "", "projector") as login:
        Engine.open(begun.model_copy(update={"database_url": login})).close()
    with psycopg.connect(begun.database_url or "", autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM log.begun").fetchone() == (0,)
        Engine.open(begun).close()
        assert connection.execute("SELECT count(*) FROM log.begun").fetchone() == (1,)
    begun.vault_key_path.write_text(OTHER)
    refused(begun, "last line")

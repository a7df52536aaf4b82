"""Personal values stay out of the log, are read with a trace, and are gone once erased."""

import base64
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.case.commands import Accept, Assign, Reopen, Resolve
from domain.case.commands.closing import Answer
from domain.case.stage import Outcome
from domain.personal import Personal
from engine.errors import KeyMissing, ValueTampered
from engine.handle import Engine
from engine.store import ValueRow
from engine.vault import KeyRing, Vault, has_personal, seal
from engine.vault.seal import unseal
from tests.engine.support import WORKER, collect, everything, open_engine

TEXT = "张三住在和平里三号"


class NoDatabase:
    """Stands where nothing may be read."""

    def __call__(self, work: object) -> object:
        raise AssertionError("no query is expected")


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return KeyRing.load(tmp_path / "keys" / "vault.key", create=True)


@pytest.fixture
def vault(keys: KeyRing) -> Vault:
    return Vault(NoDatabase(), keys)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def engine(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(database, tmp_path_factory.mktemp("vault"))
    yield engine
    engine.close()


def test_every_personal_value_of_a_command_is_sealed_however_deep(vault: Vault) -> None:
    owner, _ = vault.new_owner()
    rows: list[ValueRow] = []
    measures = [Answer(claim=n, outcome=Outcome.SOLVED, measure=Personal(text=f"{n}号")) for n in (1, 2)]
    sealed = seal(Resolve(answers=tuple(measures)), owner, rows)
    assert [one.measure.commitment for one in sealed.answers] == [row.commitment.hex() for row in rows]
    assert [unseal(row, owner.cipher) for row in rows] == ["1号", "2号"]
    assert {row.field for row in rows} == {"resolve.answers.measure"}


def test_equal_values_have_unequal_commitments(vault: Vault) -> None:
    owner, _ = vault.new_owner()
    rows: list[ValueRow] = []
    seal(collect(TEXT, TEXT, name=TEXT), owner, rows)
    assert len({row.commitment for row in rows}) == 3
    assert len({row.salt for row in rows}) == 3


def test_commands_without_personal_values_are_told_apart() -> None:
    assert has_personal(collect(TEXT, name=None))
    assert not has_personal(Accept())
    assert not has_personal(Assign(unit="city.east"))
    assert not has_personal(Reopen())


@pytest.mark.parametrize("column", ["commitment", "field", "salt", "sealed"])
def test_a_changed_row_is_noticed(vault: Vault, column: str) -> None:
    owner, _ = vault.new_owner()
    rows: list[ValueRow] = []
    seal(collect(TEXT, name=None), owner, rows)
    given = rows[0]._asdict()
    value = given[column]
    given[column] = value[:-1] + bytes([value[-1] ^ 1]) if isinstance(value, bytes) else value + "x"
    with pytest.raises(ValueTampered):
        unseal(ValueRow(**given), owner.cipher)


def test_a_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "vault.key"
    with pytest.raises(KeyMissing):
        KeyRing.load(path)
    first = KeyRing.load(path, create=True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyRing.load(path, create=True).secret("x") == first.secret("x")
    path.chmod(0o644)
    with pytest.raises(KeyMissing, match="0600"):
        KeyRing.load(path)


@pytest.mark.parametrize("content", ["", "zz", "ab" * 31, "ab" * 33])
def test_a_malformed_key_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "vault.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyMissing):
        KeyRing.load(path)


def test_a_key_file_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(KeyMissing, match="can't serve"):
        KeyRing.load(tmp_path / "file" / "keys" / "vault.key", create=True)


def test_a_new_key_wraps_while_the_old_one_still_unwraps() -> None:
    old, new, person = bytes(32), bytes([1]) * 32, uuid4()
    wrapped = KeyRing([old]).wrap(person, b"k" * 32)
    both = KeyRing([new, old])
    assert both.unwrap(person, wrapped) == b"k" * 32
    assert both.secret("fingerprint") == KeyRing([old]).secret("fingerprint")
    with pytest.raises(KeyMissing):
        KeyRing([old]).unwrap(person, both.wrap(person, b"k" * 32))
    with pytest.raises(ValueTampered):
        both.unwrap(uuid4(), wrapped)


@pytest.mark.postgres
def test_values_are_read_with_a_trace(engine: Engine, database: str) -> None:
    case = _collected(engine)
    words = _words(engine, case)
    assert engine.vault.open([words, "0" * 64, words], WORKER, "case page") == {words: TEXT}
    assert engine.vault.open([], WORKER, "case page") == {}
    with psycopg.connect(database) as connection:
        trace = connection.execute(
            "SELECT reader, role, unit, purpose FROM vault.access WHERE %s = ANY(commitments)",
            (bytes.fromhex(words),),
        ).fetchall()
    assert trace == [("w-1", "case_worker", "city.east", "case page")]


@pytest.mark.postgres
def test_erasing_removes_value_salt_and_key_and_leaves_every_event(engine: Engine, database: str) -> None:
    case, other = _collected(engine), _collected(engine)
    words, kept = _words(engine, case), _words(engine, other)
    stored = everything(engine.store)
    assert engine.vault.erase(case, WORKER, "PIPL 47(1)(3)") == 2
    assert engine.vault.erase(case, WORKER, "PIPL 47(1)(3)") == 0
    assert engine.vault.erase(uuid4(), WORKER, "PIPL 47(1)(3)") == 0
    assert engine.vault.open([words, kept], WORKER, "test") == {kept: TEXT}
    assert engine.vault.owners([case]) == {}
    assert everything(engine.store) == stored
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT ground, cases, cardinality(commitments) FROM vault.erasures"
        ).fetchall()
        assert rows == [("PIPL 47(1)(3)", [case], 2)]


@pytest.mark.postgres
def test_the_log_holds_no_personal_value_in_any_form(engine: Engine) -> None:
    _collected(engine)
    log = b"\0".join(raw.state for raw in everything(engine.store))
    forms = [
        TEXT.encode(),
        TEXT.encode("utf-16-le"),
        base64.b64encode(TEXT.encode()),
        ascii(TEXT)[1:-1].encode(),
    ]
    assert all(form not in log for form in forms)


def _collected(engine: Engine) -> UUID:
    case = uuid4()
    engine.handle(case, collect(TEXT), WORKER, command_id=uuid4())
    return case


def _words(engine: Engine, case: UUID) -> str:
    found = engine.case(case)
    assert found is not None
    return found.claims[0].words

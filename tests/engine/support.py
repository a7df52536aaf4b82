"""What tests of the engine share: a small organisation, actors, and an engine on a database of their own."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from domain.actor import Actor, Role
from domain.case.commands import Collect
from domain.case.events import ClaimRaised, Collected, Place, PolicyRef, Screened
from domain.case.evolve import evolve
from domain.case.stage import Channel, Kind, Urgency
from domain.case.state import Case
from domain.organisation import UnitEstablished
from domain.personal import Personal
from engine import clock
from engine.codec import Raw
from engine.envelope import Recorded
from engine.handle import Engine
from engine.migrate import migrate
from engine.settings import Settings
from engine.store import Append, CommandRow, Store

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
SYSTEM = Actor(id="import", role=Role.SYSTEM)
WORKER = Actor(id="w-1", role=Role.CASE_WORKER, unit="city.east")
RESIDENT = Actor(id="r-1", role=Role.RESIDENT)
UNITS = (
    ("city", None, "district"),
    ("city.east", "city", "street"),
    ("city.east.lane", "city.east", "community"),
    ("city.west", "city", "street"),
    ("city.roads", "city", "department"),
)


def units() -> list[UnitEstablished]:
    return [
        UnitEstablished(at=BEGIN, unit=unit, parent=parent, level=level, name_en=unit, name_zh=unit)
        for unit, parent, level in UNITS
    ]


def open_engine(url: str, folder: Path) -> Engine:
    """Open an engine with a key file in a folder; the key is one for all, as a database asks for."""
    migrate(url)
    path = Settings(data_dir=folder).vault_key_path
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("5e" * 32)
        path.chmod(0o600)
    engine = Engine.open(Settings(DATABASE_URL=url, data_dir=folder))
    engine.rules.establish(units(), SYSTEM)
    return engine


def collect(*words: str, name: str | None = "李四") -> Collect:
    return Collect(
        channel=Channel.HOTLINE,
        claims=tuple(Personal(text=one) for one in (words or ("路灯坏了",))),
        category="lighting",
        place=Place(unit="city.east.lane"),
        name=Personal(text=name) if name else None,
    )


def a_case(case: UUID | None = None) -> Case:
    """A case just collected, as a base to build on."""
    collected = Collected(
        at=BEGIN,
        case=case or uuid4(),
        channel=Channel.HOTLINE,
        claims=(ClaimRaised(id=1, words="c" * 64),),
        category="lighting",
        place=Place(unit="city.east.lane"),
        urgency=Urgency.ORDINARY,
        desk="city.east",
        policy=PolicyRef(id="demo", version=1, hash="a" * 64),
    )
    return evolve(None, collected)


def event(stream: UUID, version: int, command: UUID | None = None, kind: Kind = Kind.ISSUE) -> Recorded:
    screened = Screened(at=BEGIN, kind=kind, key=False, category="lighting")
    return Recorded(stream, version, screened, WORKER, command or uuid4(), BEGIN)


def batch(*events: Recorded, fingerprint: bytes = b"f") -> Append:
    last = events[-1]
    names = tuple(one.name for one in events)
    key = (last.stream, last.version)
    row = CommandRow(last.command, fingerprint, last.stream, last.version, names, key, BEGIN)
    return Append(events=events, commands=[row])


def everything(store: Store) -> Sequence[Raw]:
    """All that is recorded by now; a reader of the log may be held back by what another test is writing."""
    return store.read_raw(0, 100_000, store.head())


def next_workdays(engine: Engine, count: int) -> list[date]:
    """The next workdays of China's calendar, after today as it is there."""
    china = engine.rules.current().calendars["china"]
    today = china.local_day(clock.now())
    days = [today + timedelta(days=number) for number in range(1, 40)]
    return [one for one in days if china.is_workday(one)][:count]

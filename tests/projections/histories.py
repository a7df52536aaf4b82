"""Random histories of a small town in the order of the log, and ways to bring them into a store."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from uuid import UUID, uuid5

import psycopg

from domain.actor import LADDER
from domain.case.book import Rulebook
from domain.case.events import AnyCaseEvent
from domain.errors import DomainError
from engine.codec import encode
from engine.envelope import AnyEvent, Recorded
from engine.ids import ORGANISATION
from tests.domain.case import chance
from tests.support import town
from tests.support.given import CASE, World


@dataclass
class Diary(World):
    """A world that keeps the order in which everything was recorded."""

    log: list[Recorded] = field(default_factory=list)
    versions: dict[UUID, int] = field(default_factory=dict)

    def record(self, *events: AnyCaseEvent, case: UUID = CASE) -> None:
        super().record(*events, case=case)
        for event in events:
            self.write(case, event)

    def write(self, stream: UUID, event: AnyEvent) -> None:
        self.versions[stream] = self.versions.get(stream, 0) + 1
        command = uuid5(stream, str(self.versions[stream]))
        self.log.append(Recorded(stream, self.versions[stream], event, LADDER, command, self.now))


def walk(seed: int, *, cases: int = 8, steps: int = 120, founded: bool = True) -> list[Recorded]:
    """Draw commands and steps of the ladder over some cases; the same seed gives the same log."""
    random, diary = Random(seed), Diary()
    if founded:
        for unit in town.FOUNDED:
            diary.write(ORGANISATION, unit)
    ids = [UUID(int=random.getrandbits(128), version=4) for _ in range(cases)]
    for _ in range(steps):
        one = random.choice(ids)
        if one in diary.cases and random.random() < 0.25:
            _ladder(diary, one)
            continue
        command, actor = chance.command(random, diary, diary.cases.get(one), ids)
        try:
            diary.give(command, actor, case=one)
        except DomainError:
            continue
        diary.now += random.choice([0, 1, 30]) * town.HOUR
    return diary.log


def _ladder(diary: Diary, case: UUID) -> None:
    if diary.plan(case) is not None:
        diary.step(case)


def book() -> Rulebook:
    return town.rulebook()


def store_log(url: str, log: Iterable[Recorded]) -> int:
    """Put events into the log as they are, and return the last position."""
    rows = [(one.stream, one.version, one.name, encode(one)) for one in log]
    return store_rows(url, rows)


def store_rows(url: str, rows: Sequence[tuple[UUID, int, str, bytes]]) -> int:
    """Put stored forms into the log, broken ones too."""
    with psycopg.connect(url, autocommit=True) as connection:
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY log.events (originator_id, originator_version, topic, state) FROM STDIN"
            ) as copy,
        ):
            for row in rows:
                copy.write_row(row)
        found = connection.execute("SELECT max(notification_id) FROM log.events").fetchone()
        assert found is not None
        return int(found[0])


def rows_of(url: str, table: str) -> Iterator[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield from connection.execute(f"SELECT * FROM ledger.{table}".encode()).fetchall()

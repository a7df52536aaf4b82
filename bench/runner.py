"""The library's own way to a ledger: its ProjectionRunner with one worklist row a case, event by event."""

from time import perf_counter
from typing import Any

import psycopg
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

from bench.harness import PAYLOAD
from bench.life import VERBS, Issue, Issues

_TABLE = SQL(
    "CREATE TABLE IF NOT EXISTS issue_worklist "
    "(case_id uuid PRIMARY KEY, version bigint NOT NULL, stage text NOT NULL, words text NOT NULL)"
)
_PUT = (
    "INSERT INTO issue_worklist VALUES (%s, %s, %s, %s) ON CONFLICT (case_id) DO UPDATE "
    "SET version = excluded.version, stage = excluded.stage, words = excluded.words"
)
_LONGEST = 600.0


class Worklist(PostgresTrackingRecorder):
    """A table of cases as they stand, written in one transaction with the position."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sql_create_statements.append(_TABLE.format())

    def put(self, row: tuple[Any, ...], tracking: Tracking) -> None:
        """Write one row."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(_PUT, row, prepare=True)


class WorklistProjection(Projection[Worklist]):
    """Folds events of `Issue` into the worklist."""

    name = "issueworklist"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Take in one event."""
        stage = getattr(domain_event, "stage", "collected")
        row = (domain_event.originator_id, domain_event.originator_version, stage, domain_event.words)
        self.view.put(row, tracking)


def runner(env: dict[str, str]) -> ProjectionRunner[Issues, Worklist]:
    """Return the library's runner, at work from now on; it is a context manager."""
    return ProjectionRunner(
        application_class=Issues, projection_class=WorklistProjection, view_class=Worklist, env=env
    )


def catch_up(url: str, env: dict[str, str]) -> float:
    """Return how many events a second the runner takes in from the first to the log's end."""
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS issue_worklist, issueworklist_tracking")
    begun = perf_counter()
    with runner(env) as running:
        goal = running.app.recorder.max_notification_id() or 0
        running.wait(goal, timeout=_LONGEST)
        return goal / (perf_counter() - begun)


def live_whole(app: Issues, cases: int) -> None:
    """Record whole lives as a backlog for the runner; the library hangs on one save of very many events."""
    for _ in range(cases):
        issue = Issue(words=PAYLOAD)
        for verb in VERBS:
            issue.step(verb)
        app.save(issue)

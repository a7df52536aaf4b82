"""Puts a question to every case of the log, in several processes where that pays."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final
from uuid import UUID

from domain.case.book import Rulebook
from engine import replay
from engine.pool import Mapped, cores, pool
from engine.store.postgres import PostgresStore
from engine.store.seam import Store
from engine.whatif.outcome import Outcome
from engine.whatif.trial import Question, Trial, other_book

CHUNK: Final = 400
"""Cases that are read with one query and judged by one process at a time."""


def ask(
    store: Store,
    question: Question,
    book: Rulebook,
    *,
    url: str | None = None,
    jobs: int | None = None,
    chunk: int = CHUNK,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Outcome:
    """Put the question to every case of the log.

    Args:
        store: Where the cases are listed; they are read here too when `url` is None.
        question: What is to be tried.
        book: The rules of this moment.
        url: Connection string with which processes of their own read the cases.
        jobs: Number of processes; None: one for each core.
        chunk: Cases read with one query.
        progress: Told the number of cases read and of all.

    Raises:
        PolicyInvalid: The policy that is tried counts by a calendar that doesn't exist.
        Unavailable: unavailable.
    """
    other_book(question, book)
    cases = store.cases()
    chunks = (cases[start : start + chunk] for start in range(0, len(cases), chunk))
    processes = min(jobs or cores(), -(-len(cases) // chunk))
    total, done = Outcome(), 0
    with _judging(store, question, book, url, processes) as judged:
        for part in judged(chunks):
            total.add(part, question.most)
            done = min(done + chunk, len(cases))
            progress(done, len(cases))
    return total


@contextmanager
def _judging(
    store: Store, question: Question, book: Rulebook, url: str | None, processes: int
) -> Iterator[Mapped[Sequence[UUID], Outcome]]:
    """Give what judges cases: here, or in processes of their own where there is something to share out."""
    if url is None or processes < 2:  # noqa: PLR2004 - one process more gains nothing
        yield partial(map, partial(_judged, store, Trial(question, book)))
        return
    with pool(_reading, (url, question, book), processes) as judged:
        yield judged


@contextmanager
def _reading(url: str, question: Question, book: Rulebook) -> Iterator[Callable[[Sequence[UUID]], Outcome]]:
    """Judge in a process that reads the cases by itself."""
    with PostgresStore(url, pool_size=1) as store:
        yield partial(_judged, store, Trial(question, book))


def _judged(store: Store, trial: Trial, cases: Iterable[UUID]) -> Outcome:
    outcome = Outcome()
    for case in replay.cases(store, cases):
        trial.judge(case, outcome)
    outcome.differing = sorted(outcome.differing)[: trial.most]
    return outcome

"""Tells all stories at once by many hands, and takes Temporal away in the middle."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from threading import local
from uuid import UUID

from domain.actor import Actor
from domain.case.plan import plan
from engine import clock
from engine.handle import Engine
from engine.settings import Settings
from interfaces.demo.client import Client
from interfaces.demo.ladder import Outage
from interfaces.demo.life import PATIENCE, Course, Life
from interfaces.demo.stack import Stack
from interfaces.demo.stories import Story, neglected, straight
from interfaces.local.processes import wait_until
from interfaces.tokens import TokenKey, issue
from workers.relay.rebuild import rebuild_timers
from workers.temporal.timers import Timers

HANDS = 12


@dataclass(frozen=True)
class Told:
    """A case's life under one story, and what came of it."""

    life: Life
    done: "Future[None]"


class Telling:
    """One telling of the stories; use it once.

    Attributes:
        told: The cases whose stories have begun.
    """

    def __init__(self, stack: Stack, settings: Settings, engine: Engine, say: Callable[[str], None]) -> None:
        self.told: list[Told] = []
        self._stack = stack
        self._settings = settings
        self._engine = engine
        self._say = say
        self._key = TokenKey.load(settings.token_key_path)
        self._hands = local()
        self._course = Course()

    def client(self) -> Client:
        """Return the connection of the thread that asks."""
        if not hasattr(self._hands, "client"):
            self._hands.client = Client("127.0.0.1", self._settings.port, self._token)
        return self._hands.client  # type: ignore[no-any-return]

    def tell(self, cases: Sequence[UUID], stories: Sequence[Story]) -> Outage:
        """Live each case by its story, with an outage in the middle.

        Half of the neglected cases, which only wait, begin first, and the other half just before the outage;
        a tenth of all are handled as they should be while it lasts.

        Raises:
            TimeoutError: It takes too long.
            Exception: What went wrong in the first story that failed; all others end then.
        """
        pairs = list(zip(cases, stories, strict=True))
        left = [pair for pair in pairs if pair[1] is neglected]
        early, late = left[: len(left) // 2], left[len(left) // 2 :]
        meanwhile = [pair for pair in pairs if pair[1] is straight][: len(pairs) // 10]
        others = [pair for pair in pairs if pair not in left and pair not in meanwhile]
        with ExitStack() as pools:
            patient, busy = (pools.enter_context(ThreadPoolExecutor(size)) for size in (len(left), HANDS))
            # Hands of their own: suspended cases that wait for their timer may hold all others by then.
            free = pools.enter_context(ThreadPoolExecutor(HANDS))
            try:
                self._begin(patient, early)
                self._begin(busy, others)
                self._await(lambda: self._finished() >= len(pairs) // 3, "a third of the stories is told")
                waiting = self._begin(patient, late)
                self._await(lambda: all(one.life.left.is_set() for one in waiting), "the next are left alone")
                outage = self._break(waiting, lambda: self._begin(free, meanwhile))
                self._course.repaired.set()
                self._finish()
            finally:
                # Whoever waits for something that won't come any more ends, and this with them.
                self._course.over.set()
                self._course.repaired.set()
        return outage

    def _begin(self, hands: ThreadPoolExecutor, pairs: Sequence[tuple[UUID, Story]]) -> list[Told]:
        lives = [Life(case, self.client, self._course) for case, _ in pairs]
        told = [Told(life, hands.submit(story, life)) for life, (_, story) in zip(lives, pairs, strict=True)]
        self.told += told
        return told

    def _break(self, waiting: Sequence[Told], work: Callable[[], list[Told]]) -> Outage:
        """Kill Temporal and the worker, work, let rungs fall due, and bring the timers back."""
        began = clock.now()
        self._stack.kill()
        self._say("killed the Temporal server and the worker; cases are worked on without them")
        meanwhile = work()
        self._await(lambda: all(one.done.done() for one in meanwhile), "cases are finished without it")
        self._await(lambda: self._overdue([one.life.case for one in waiting]), "rungs fall due without it")
        self._say(f"{len(meanwhile)} cases were begun and struck off meanwhile")
        mending = clock.now()
        self._stack.mend()
        assert self._settings.database_url is not None
        with Timers.connect(self._settings) as timers:
            rebuilt = rebuild_timers(self._engine, self._settings.database_url, timers)
        self._say(f"an empty Temporal server is up again, with {rebuilt.sent} timers rebuilt from the log")
        return Outage(began, mending, clock.now())

    def _overdue(self, cases: Sequence[UUID]) -> bool:
        """Whether rungs of these cases are due, and none is still to come."""
        book = self._engine.rules.current()
        states = [self._engine.case(case) for case in cases]
        steps = [plan(state, book) for state in states if state is not None]
        moments = [step.wake_at for step in steps if step is not None]
        return bool(moments) and max(moments) <= clock.now()

    def _finished(self) -> int:
        """Count the stories that are told. Raises: what went wrong in one."""
        return sum(one.done.done() and one.done.result() is None for one in self.told)

    def _await(self, come: Callable[[], bool], what: str) -> None:
        if not wait_until(lambda: bool(self._finished() >= 0 and come()), PATIENCE, every=0.2):
            raise TimeoutError(f"waited {PATIENCE:.0f} s until {what}")

    def _finish(self) -> None:
        done, late = wait([one.done for one in self.told], PATIENCE, FIRST_EXCEPTION)
        for one in done:
            one.result()
        if late:
            raise TimeoutError(f"{len(late)} stories were not told within {PATIENCE:.0f} s")
        self._say(f"{len(done)} cases were lived from assignment to strike-off")

    def _token(self, actor: Actor) -> str:
        return issue(self._key, actor, now=clock.now())

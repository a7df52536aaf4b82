"""Tells a case's story in a test: what was given, what is asked, and what must come of it.

`given(*steps).when(command, by=actor).then(*events)`, or `.refused(code)`, or `.nothing()`. A step is an
event, a command (given by whoever usually gives it) or a pair of command and actor. Commands are sealed and
decided here just as the engine does it, linked cases included, only without a store.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Self, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel

from domain.actor import LADDER, Actor
from domain.case import commands as c
from domain.case.book import Rulebook
from domain.case.commands import AnyCaseCommand, Context
from domain.case.decide import consequences, decide, linked
from domain.case.events import AnyCaseEvent, CaseEvent
from domain.case.evolve import evolve, fold
from domain.case.plan import Step, plan
from domain.case.state import Case
from domain.errors import DomainError
from domain.personal import Personal
from domain.records import replace
from tests.support import town

Value = TypeVar("Value")

CASE = UUID("11111111-1111-4111-8111-111111111111")
OTHER = UUID("22222222-2222-4222-8222-222222222222")
THIRD = UUID("33333333-3333-4333-8333-333333333333")

USUALLY: Mapping[type[AnyCaseCommand], Actor] = {
    c.Collect: town.GRID_WORKER,
    **dict.fromkeys((c.Screen, c.Refuse, c.Assign, c.RuleObjection, c.Whistle), town.STREET_WORKER),
    **dict.fromkeys((c.Merge, c.Unmerge, c.SplitOff), town.STREET_WORKER),
    **dict.fromkeys((c.Accept, c.Object, c.Contact, c.Progress, c.Resume, c.AskExtension), town.WATER_WORKER),
    c.Resolve: town.WATER_WORKER,
    c.AnswerWhistle: town.HOUSING_WORKER,
    **dict.fromkeys((c.Suspend, c.AnswerAccountability, c.AppealAccountability), town.WATER_HEAD),
    **dict.fromkeys((c.GrantExtension, c.RefuseExtension, c.MovePolicy), town.SUPERVISOR),
    **dict.fromkeys((c.Remind, c.Supervise, c.Raise, c.HoldAccountable), town.SUPERVISOR),
    **dict.fromkeys((c.WithdrawAccountability, c.HangUp, c.TakeDown), town.SUPERVISOR),
    **dict.fromkeys((c.Exclude, c.Include), town.SUPERVISOR),
    **dict.fromkeys((c.Visit, c.StrikeOff), town.VISITOR),
    **dict.fromkeys((c.AskReview, c.AskRecheck), town.STREET_WORKER),
    c.AnswerReview: town.DISTRICT_WORKER,
    **dict.fromkeys((c.AnswerRecheck, c.Hear), town.SUPERVISOR),
    c.ReachMilestone: town.WATER_WORKER,
    c.Reopen: town.RESIDENT,
    c.ReceiveTarget: town.ADMINISTRATOR,
    c.Recalibrate: town.ADMINISTRATOR,
}  # fmt: skip
"""Who gives a command when a test does not say."""


def usual(command: AnyCaseCommand) -> Actor:
    """Return who gives a command when a test does not say; only an administrator names a policy."""
    named = isinstance(command, c.Collect) and command.policy is not None
    return town.ADMINISTRATOR if named else USUALLY[type(command)]


def commitment(text: str) -> str:
    """Return what stands for a text in this module's events: its plain hash, where the engine's is keyed."""
    return sha256(text.encode()).hexdigest()


def seal(value: Value) -> Value:
    """Return the same value with a commitment beside each personal text in it."""
    return _sealed(value)  # type: ignore[no-any-return]


def _sealed(value: Any) -> Any:
    match value:
        case Personal():
            return value.model_copy(update={"commitment": commitment(value.text)})
        case BaseModel():
            return value.model_copy(
                update={name: _sealed(getattr(value, name)) for name in type(value).model_fields}
            )
        case tuple():
            return tuple(_sealed(one) for one in value)
        case _:
            return value


@dataclass
class World:
    """Cases side by side in memory, and the clock on the wall.

    Attributes:
        events: The stream of each case.
        givers: Who gave the command behind an event, by its case and its place in the stream from 0.
        recorded: When each of its events was recorded.
        now: Moves on by a second with each command that names no moment.
    """

    book: Rulebook = field(default_factory=town.rulebook)
    now: datetime = town.MONDAY
    cases: dict[UUID, Case] = field(default_factory=dict)
    events: dict[UUID, list[AnyCaseEvent]] = field(default_factory=dict)
    givers: dict[tuple[UUID, int], Actor] = field(default_factory=dict)
    commands: int = 0
    recorded: dict[UUID, list[datetime]] = field(default_factory=dict)

    def give(
        self,
        command: AnyCaseCommand,
        by: Actor | None = None,
        at: datetime | None = None,
        *,
        case: UUID = CASE,
        entered: datetime | None = None,
    ) -> tuple[AnyCaseEvent, ...]:
        """Decide a command and record what comes of it; returns the events of the case itself.

        Args:
            at: When it happened; None: now.
            entered: When it is recorded, where that is later than it happened.
        """
        self.now = max(self.now, entered or at or self.now)
        self.commands += 1
        context = Context(
            case=case,
            command=uuid5(CASE, f"command {self.commands}"),
            actor=by or usual(command),
            at=at or self.now,
            now=self.now,
            book=self.book,
        )
        events = self._decide(seal(command), context)
        self.now += town.SECOND
        return events

    def _decide(self, command: AnyCaseCommand, context: Context) -> tuple[AnyCaseEvent, ...]:
        before = self.cases.get(context.case)
        others = {one: self.cases[one] for one in linked(command, before) if one in self.cases}
        events = decide(command, before, context, others)
        touched = consequences(events, before, others, context)
        begin = len(self.events.get(context.case, ()))
        self.givers.update({(context.case, begin + n): context.actor for n in range(len(events))})
        for case, recorded in {context.case: events, **touched}.items():
            self.record(*recorded, case=case)
        return events

    def record(self, *events: AnyCaseEvent, case: UUID = CASE) -> None:
        """Fold events that happened anyhow."""
        for event in events:
            before = self.cases.get(case)
            kept = None if before is None else replace(before)
            self.cases[case] = evolve(before, event)
            assert before == kept, "folding leaves the case before as it was"
            self.events.setdefault(case, []).append(event)
            self.recorded.setdefault(case, []).append(self.now)

    def case(self, case: UUID = CASE) -> Case:
        """Return a case as it stands."""
        return self.cases[case]

    def plan(self, case: UUID = CASE) -> Step | None:
        """Return what the ladder does next."""
        return plan(self.cases[case], self.book)

    def step(self, case: UUID = CASE) -> tuple[AnyCaseEvent, ...]:
        """Wait until the planned step is due and take it, as the timer does."""
        step = self.plan(case)
        assert step is not None, "nothing is planned"
        self.now = max(self.now, step.wake_at)
        return self.give(rung(step), LADDER, case=case)


def rung(step: Step) -> AnyCaseCommand:
    """Return the command that carries a planned step out."""
    return c.BY_VERB[step.action.value].model_validate({} if step.clock is None else {"clock": step.clock})


Given = AnyCaseEvent | AnyCaseCommand | tuple[AnyCaseCommand, Actor]


class Story:
    """What was given, and then what is asked; the outcome is compared by one of the last three methods."""

    def __init__(self, *steps: Given) -> None:
        self.world = World()
        self.also(*steps)

    def also(self, *steps: Given, case: UUID = CASE) -> Self:
        """Go on with more steps, on another case where one is named."""
        for step in steps:
            if isinstance(step, CaseEvent):
                self.world.record(step, case=case)
            elif isinstance(step, tuple):
                self.world.give(step[0], step[1], case=case)
            else:
                self.world.give(step, case=case)
        return self

    def when(
        self,
        command: AnyCaseCommand,
        by: Actor | None = None,
        at: datetime | None = None,
        *,
        case: UUID = CASE,
        entered: datetime | None = None,
    ) -> Self:
        """Ask for something; a refusal is kept for `refused`."""
        self.came: tuple[AnyCaseEvent, ...] = ()
        self.error: DomainError | None = None
        try:
            self.came = self.world.give(command, by, at, case=case, entered=entered)
        except DomainError as error:
            self.error = error
        return self

    def then(self, *expected: AnyCaseEvent | type[AnyCaseEvent]) -> Case:
        """Expect these events in this order, whole or by their class; returns the case as it stands then."""
        assert self.error is None, self.error
        shown = tuple(
            type(one) if isinstance(want, type) else one
            for one, want in zip(self.came, expected, strict=False)
        )
        assert (len(self.came), shown) == (len(expected), expected), self.came
        return self.world.case()

    def refused(self, code: str) -> Self:
        """Expect a refusal with this code."""
        assert self.error is not None, f"not refused: {self.came}"
        assert self.error.code == code, self.error
        return self

    def nothing(self) -> Self:
        """Expect that nothing more is recorded, since it is so already."""
        assert self.error is None, self.error
        assert self.came == ()
        return self


def given(*steps: Given) -> Story:
    """Begin a story."""
    return Story(*steps)


def folded(events: tuple[AnyCaseEvent, ...] | list[AnyCaseEvent]) -> Case:
    """Return the case of a whole stream."""
    case = fold(events)
    assert case is not None
    return case

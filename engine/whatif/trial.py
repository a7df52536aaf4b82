"""Judges one case after the other under the rules that are tried; pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from domain.calendar import Calendar, Moment
from domain.case.book import Rulebook
from domain.case.clocks import Clock, promised
from domain.case.events.base import PolicyRef
from domain.case.rungs import rung_places
from domain.case.state import Case
from domain.errors import Refused
from domain.policy import Obligation, Policy, PolicyInvalid
from engine.whatif.outcome import Differing, Outcome

_TRIED: Final = "0" * 64
"""Stands for the hash of the policy that is tried, which nobody has adopted."""
MOST_LISTED: Final = 1_000
"""Differing clocks that an answer lists unless it is told otherwise; all of them are counted."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be tried.

    Attributes:
        policy: In place of what the cases are pinned to; None: their own.
        calendar: In place of the one with its id and what was amended in it for everybody; what units have
            otherwise stays. None: as it is.
        instead_of: Id of the policy whose cases are asked about; None: all.
        since: Only cases collected from this moment on; so `until`, which is excluded.
        units: Only clocks that these units owe; None: all.
        as_of: When open clocks are judged.
        most: Differing clocks to list at most.
    """

    as_of: datetime
    policy: Policy | None = None
    calendar: Calendar | None = None
    instead_of: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    units: frozenset[str] | None = None
    most: int = MOST_LISTED


@dataclass(frozen=True, slots=True)
class _Fate:
    """How a clock goes under one set of rules."""

    due: Moment | None
    late: bool
    rungs: tuple[str, ...]


class Trial:
    """The question put to one case after the other. Pure: it reads nothing and writes nothing."""

    def __init__(self, question: Question, book: Rulebook) -> None:
        self._question = question
        self.most = question.most
        self._book = book
        self._other = other_book(question, book)

    def judge(self, case: Case, outcome: Outcome) -> None:
        """Add what would have been of one case."""
        question = self._question
        if not self._asked_about(case):
            return
        try:
            other = self._moved(case)
            own = [self._book.rules_for(case, clock) for clock in case.clocks]
        except Refused:
            outcome.skipped += 1
            return
        outcome.cases += 1
        for clock, rules, tried in zip(case.clocks, own, other.clocks, strict=True):
            if question.units is None or clock.owner in question.units:
                now = _fate(case, clock, rules, self._book, question.as_of)
                then = self._other.rules_for(other, tried)
                # Another calendar promises nothing else, so a target from outside stays what it was.
                asked = tried if question.policy is None else _as_promised(tried, then)
                would = _fate(other, asked, then, self._other, question.as_of)
                _count(outcome, case, clock, now, would)

    def _asked_about(self, case: Case) -> bool:
        question = self._question
        return (
            question.instead_of in (None, case.policy.id)
            and (question.since is None or case.collected_at >= question.since)
            and (question.until is None or case.collected_at < question.until)
        )

    def _moved(self, case: Case) -> Case:
        policy = self._question.policy
        if policy is None:
            return case
        ref = PolicyRef(id=policy.id, version=policy.version, hash=_TRIED)
        # What is asked is how every clock had gone under it from its start, the ended ones too.
        clocks = tuple(replace(clock, terms=None, climbs_from=None) for clock in case.clocks)
        return replace(case, policy=ref, clocks=clocks)


def other_book(question: Question, book: Rulebook) -> Rulebook:
    """Return the rules with the policy and the calendar that are to be tried in their places.

    Raises:
        PolicyInvalid: The policy that is tried counts by a calendar that doesn't exist.
    """
    policies, calendars, overlays = dict(book.policies), dict(book.calendars), book.overlays
    hashes = dict(book.hashes)
    if question.policy is not None:
        key = (question.policy.id, question.policy.version)
        policies[key], hashes[key] = question.policy, _TRIED
    if question.calendar is not None:
        calendars[question.calendar.id] = question.calendar
        # What a unit has otherwise, such as its hours or a day of snow, stays over whatever it inherits.
        overlays = tuple(
            one for one in overlays if one.calendar != question.calendar.id or one.unit is not None
        )
    other = replace(book, policies=policies, hashes=hashes, calendars=calendars, overlays=overlays)
    if question.policy is not None and question.policy.calendar not in calendars:
        known = ", ".join(sorted(calendars))
        message = f"There is no calendar {question.policy.calendar}; known ones: {known}."
        raise PolicyInvalid("policy_invalid", message)
    return other


def _as_promised(clock: Clock, policy: Policy) -> Clock:
    """Drop a target that came from outside where the other policy has a limit of its own."""
    rule = policy.rules_for(clock.obligation)
    whistle = clock.obligation is Obligation.ANSWER_WHISTLE
    if clock.target is None or whistle or rule is None or rule.external_target:
        return clock
    return replace(clock, target=None)


def _fate(case: Case, clock: Clock, policy: Policy, book: Rulebook, as_of: datetime) -> _Fate:
    """Return how a clock goes; rungs that were really taken don't matter, so that both sides are alike."""
    due = book.due(case, clock)
    if due is None:
        return _Fate(None, False, ())
    ended = clock.ended_at or as_of
    calendar = book.calendar_for(case, clock)
    bare = replace(case, rungs=()) if case.rungs else case
    ladder = iter(rung_places(bare, clock, due, policy, calendar))
    if due.at >= ended:
        # Nothing after the limit is reached, and what stands before it comes first in every ladder.
        ladder = islice(ladder, sum(rule.at.when == "before" for rule in policy.ladder_for(clock.obligation)))
    rungs = tuple(one.rule.rung.value for one in ladder if one.moment.at < ended)
    counts = promised(clock, policy)
    return _Fate(due if counts else None, counts and due.at < ended, rungs)


def _count(outcome: Outcome, case: Case, clock: Clock, now: _Fate, then: _Fate) -> None:
    taken = tuple(one.rung.value for one in case.rungs if one.clock == clock.key)
    what = ["clocks", *_verdicts(now.late, then.late)]
    what += [f"rung:{one}" for one in now.rungs]
    what += [f"rung_then:{one}" for one in then.rungs]
    what += [f"taken:{one}" for one in taken]
    category = case.intake.category
    for kind, name in (("all", ""), ("unit", clock.owner), ("category", category)):
        outcome.counts.update((kind, name, one) for one in what)
    if not _same(now, then):
        outcome.differing_total += 1
        outcome.differing.append(
            Differing(
                case=case.id,
                clock=clock.key,
                unit=clock.owner,
                category=category,
                due=now.due,
                due_then=then.due,
                late=now.late,
                late_then=then.late,
                rungs=now.rungs,
                rungs_then=then.rungs,
                taken=taken,
            )
        )


def _same(now: _Fate, then: _Fate) -> bool:
    """Whether the clock goes as before: a limit that moves without making anybody late is no difference."""
    return now.late is then.late and now.rungs == then.rungs


def _verdicts(late: bool, late_then: bool) -> list[str]:
    found = ["late"] if late else []
    if late_then:
        found.append("late_then")
    if late is not late_then:
        found.append("worse" if late_then else "better")
    return found

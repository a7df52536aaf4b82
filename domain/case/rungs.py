"""Where the rungs of a clock stand: a pure function of the clock, its policy and its calendar."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from domain.calendar import Calendar, Duration, Moment, due
from domain.case.book import Rulebook
from domain.case.clocks import Clock, due_moment, pauses, promised, standstill
from domain.case.state import Case
from domain.policy import Obligation, Offset, Policy, Rung, RungRule


def rung_moments(
    case: Case,
    clock: Clock,
    book: Rulebook,
    *,
    calendar: Calendar | None = None,
    until: datetime | None = None,
) -> Iterator[tuple[Rung, Moment]]:
    """Return the rungs of an open clock not taken yet, with their moments, the earliest first.

    None while it stands still, unless its limit had passed before: stopping a clock does not make it timely.

    Args:
        case: Whose clock it is.
        clock: The clock.
        book: The rules of the moment.
        calendar: What to count by instead of the calendar of the unit that owes.
        until: Rungs after this moment are left out.
    """
    policy = book.rules_for(case, clock)
    if not policy.ladder_for(clock.obligation):
        return iter(())
    calendar = calendar or book.calendar_for(case, clock)
    return coming_rungs(case, clock, due_moment(clock, policy, calendar), policy, calendar, until)


def coming_rungs(  # noqa: PLR0917 - as `rung_places`, and how far
    case: Case,
    clock: Clock,
    limit: Moment | None,
    policy: Policy,
    calendar: Calendar,
    until: datetime | None = None,
) -> Iterator[tuple[Rung, Moment]]:
    """As `rung_moments`, for a due moment that is known already; none where it is None."""
    stop = standstill(clock, policy)
    if limit is None or (stop is not None and limit.at > stop.start):
        return
    for one in rung_places(case, clock, limit, policy, calendar):
        if until is not None and one.moment.at > until:
            return
        if one.taken_at is None:
            yield one.rule.rung, one.moment


_CALLS_TO_MIND: Final = frozenset({Rung.REMIND, Rung.SUPERVISE})
_NO_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RungDate:
    """One rung of a clock on its date, with the clock of the level that it brings in.

    Attributes:
        at: When it falls due.
        taken_at: When the ladder took it; None when it has not.
        provisional: Whether a year that is not published decides `at`.
        gives: The time that the level has which the rung brings in; None: none of its own.
        level_over: When that is used up, from `taken_at` on, or from `at` where it is not taken yet.
    """

    rung: Rung
    at: datetime
    provisional: bool
    taken_at: datetime | None
    gives: Duration | None
    level_over: Moment | None


def ladder_dates(case: Case, clock: Clock, book: Rulebook) -> Iterator[RungDate]:
    """Yield every rung of a clock, taken or not; none where the policy sets no limit.

    The case's clock and the level's are two clocks: a rung waits for its place beside the due moment, and
    for the end of the time that the rung before gave to its level.
    """
    policy = book.rules_for(case, clock)
    calendar = book.calendar_for(case, clock)
    limit = due_moment(clock, policy, calendar)
    for one in rung_places(case, clock, limit, policy, calendar) if limit is not None else ():
        over = _level_over(one, clock, policy, calendar)
        rule, moment = one.rule, one.moment
        yield RungDate(rule.rung, moment.at, moment.provisional, one.taken_at, rule.gives, over)


class RungPlace(NamedTuple):
    """Where one rung of a clock stands.

    Attributes:
        taken_at: When the ladder took it; None when it has not.
    """

    rule: RungRule
    moment: Moment
    taken_at: datetime | None


def rung_places(
    case: Case, clock: Clock, limit: Moment, policy: Policy, calendar: Calendar
) -> Iterable[RungPlace]:
    """Return every rung of a clock whose due moment is known, taken or not.

    They come in the order of their moments: none falls due before the one below it. Where nothing is
    promised the ladder only calls to mind: no source sets the limit, so nobody answers.

    Rules that came later than the clock make nobody late for the time before them: where the limit had
    passed by then, the rungs stand beside the moment from which the rules hold.
    """
    taken = {one.rung: one.at or limit.at for one in case.rungs if one.clock == clock.key}
    since = clock.started_at
    if clock.climbs_from is not None:
        since = max(since, clock.climbs_from)
        if limit.at < clock.climbs_from:
            limit = Moment(clock.climbs_from, provisional=False)
    # A short limit, or a target already past, must not put a rung before its clock.
    earliest = max(since, case.collected_at)
    if not taken and clock.target is None and not clock.holds and not clock.extensions:
        places = _places_beside(limit, clock.obligation, policy, calendar)
        if not places or places[0].moment.at >= earliest:
            return places
    return _climb(clock, limit, policy, calendar, earliest, taken)


_places: Final[dict[tuple[int, Obligation, Moment, Calendar], tuple[Policy, tuple[RungPlace, ...]]]] = {}
_MOST_PLACES: Final = 8_192


def _places_beside(
    limit: Moment, obligation: Obligation, policy: Policy, calendar: Calendar
) -> tuple[RungPlace, ...]:
    """Return where the rungs stand for a clock of which nothing but its limit matters.

    Most limits end with a day, so thousands of clocks share theirs, and this spares counting it anew. A
    policy goes by its identity, since to compare two costs more; it is kept, lest another one get the same.
    """
    key = (id(policy), obligation, limit, calendar)
    found = _places.get(key)
    if found is None:
        if len(_places) >= _MOST_PLACES:
            _places.clear()
        clock = Clock(key="", obligation=obligation, owner="", started_at=limit.at)
        found = _places[key] = policy, tuple(_climb(clock, limit, policy, calendar, _NO_EARLIEST, {}))
    return found[1]


def _climb(  # noqa: PLR0917 - as `rung_places`, and from where
    clock: Clock,
    limit: Moment,
    policy: Policy,
    calendar: Calendar,
    not_before: datetime,
    taken: Mapping[Rung, datetime],
) -> Iterator[RungPlace]:
    earliest = Moment(not_before, provisional=False)
    counts = promised(clock, policy)
    for rule in policy.ladder_for(clock.obligation):
        if not counts and rule.rung not in _CALLS_TO_MIND:
            return
        at = _later(_beside(rule, clock, limit, policy, calendar), earliest)
        place = RungPlace(rule, at, taken.get(rule.rung))
        yield place
        over = _level_over(place, clock, policy, calendar)  # not before somebody asks for the next
        earliest = at if over is None else _later(over, at)


def _later(one: Moment, other: Moment) -> Moment:
    return one if one.at >= other.at else other


def _beside(rule: RungRule, clock: Clock, limit: Moment, policy: Policy, calendar: Calendar) -> Moment:
    """Return where a rung stands; what stands beside a provisional limit is no surer than that."""
    if isinstance(rule.at, Offset):
        moment = rule.at.moment(limit.at, calendar)
    else:
        moment = rule.at.moment(limit.at, _counted(clock, limit.at, policy), calendar)
    return Moment(moment.at, provisional=True) if limit.provisional else moment


def _counted(clock: Clock, due_at: datetime, policy: Policy) -> Duration | timedelta:
    """Return the limit of which a share is taken: with what was granted in its own unit, without the rest."""
    rule = policy.rules_for(clock.obligation)
    limit = rule.limit or rule.fallback if rule is not None else None
    if clock.target is not None or limit is None:
        return max(due_at - clock.started_at, timedelta())
    granted = sum(one.amount for one in clock.extensions if one.unit is limit.unit)
    return Duration(amount=limit.amount + granted, unit=limit.unit)


def _level_over(place: RungPlace, clock: Clock, policy: Policy, calendar: Calendar) -> Moment | None:
    """Return when a level's own time is over; what pauses the obligation pauses its level as well.

    Most limits are over at midnight, and a timer is a little late: what reaches a level before its offices
    open leaves it all of that day, which is its first.
    """
    gives = place.rule.gives
    if gives is None or (counted := policy.rules_for(clock.obligation)) is None:
        return None
    since = place.moment if place.taken_at is None else Moment(place.taken_at, provisional=False)
    counting = counted.counting
    if not counting.first_day_counted and calendar.is_before_opening(since.at):
        counting = replace(counting, first_day_counted=True)
    over = due(since.at, gives, pauses(clock, policy), None, counting, calendar)
    return None if over is None else Moment(over.at, over.provisional or since.provisional)


def lapsed(case: Case, moment: datetime) -> bool:
    """Whether a rung fell due before its case was imported: it is counted, and never taken."""
    return case.intake.before_import(moment)


def rung_due(case: Case, clock: Clock, rung: Rung, book: Rulebook) -> datetime | None:
    """Return when a rung is to be taken; None when it was taken, has lapsed, or its clock stands still."""
    for one, moment in rung_moments(case, clock, book):
        if one is rung and not lapsed(case, moment.at):
            return moment.at
    return None

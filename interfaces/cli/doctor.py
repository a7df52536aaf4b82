"""Examines an installation: each check says what was found and, when it is wrong, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from domain.errors import DomainError
from interfaces.cli.foundation import Check, database, keys, vault

if TYPE_CHECKING:
    from domain.calendar import Calendar
    from domain.case.book import Rulebook
    from engine.settings import Settings
    from engine.store.horizon import Figures
    from workers.relay.swept import Swept

DECEMBER: Final = 12
"""From its first day on, the days of the next year are asked for."""
LAG_ALLOWED: Final = 10_000
"""Events that the ledgers may be behind before they count as stuck."""
RELAY_ALLOWED: Final = timedelta(minutes=1)
"""How old the first event may be that the relay has not followed, before it counts as stuck."""
LATELY: Final = timedelta(minutes=10)
"""How long it is told that a step was taken in the place of a timer."""
TRANSACTION_ALLOWED: Final = 60.0
"""Seconds that a writing transaction may last before it counts as holding readers back."""


def examine(settings: Settings) -> list[Check]:
    """Return every check in the order in which to mend things; what can't be examined counts as wrong."""
    checks = [*_examined("policies", _rules, settings), *_examined("keys", keys, settings)]
    base = list(_examined("database", database, settings))
    checks += base
    if all(check.ok for check in base):
        checks += _examined("vault", vault, settings)
        checks += _examined("calendars", _calendars, settings)
        checks += [*_examined("ledgers", _ledgers, settings), *_examined("relay", _relay, settings)]
        checks += _examined("steps overdue", _overdue, settings)
    return [*checks, *_examined("temporal", _temporal, settings)]


def _examined(name: str, look: Callable[[Settings], Iterator[Check]], settings: Settings) -> Iterator[Check]:
    import psycopg

    try:
        yield from look(settings)
    except DomainError as error:
        yield Check(name, False, error.code, error.message)
    except psycopg.Error as error:
        yield Check(name, False, f"{type(error).__name__}: {str(error).strip()}", "Run `echowall migrate`.")


def _rules(settings: Settings) -> Iterator[Check]:
    from engine.rulefiles import read_files

    book = read_files(settings.policy_dir, settings.calendar_dir, settings.default_policy)
    yield Check("policies", True, f"{len(book.policies)}, default {settings.default_policy}", "")


def _calendars(settings: Settings) -> Iterator[Check]:
    """Examine the calendars that policies use, with the amendments that the log holds."""
    from engine import clock
    from engine.rulebook import Rules
    from engine.store import PostgresStore

    with PostgresStore(settings.database_url or "", pool_size=1) as store:
        folders = {"policy_dir": settings.policy_dir, "calendar_dir": settings.calendar_dir}
        rules = Rules(store, **folders, default_policy=settings.default_policy)
        book = rules.refresh()
    yield Check(
        "rule files",
        not rules.contradictions,
        ", ".join(rules.contradictions) or "as the log holds them",
        "The log's text counts; give the changed file a new version.",
    )
    for name in sorted({policy.calendar for policy in book.policies.values()}):
        yield calendar_check(book.calendar_of(name), clock.now())


def calendar_check(calendar: Calendar, now: datetime) -> Check:
    """Examine whether the days of this year are known and, from 1 December on, those of the next one."""
    name, years, today = f"calendar {calendar.id}", calendar.years, calendar.local_day(now)
    if years is None:
        return Check(name, True, "holds for every year", "")
    found = f"published up to {max(years)}"
    missing = today.year if today.year not in years else today.year + 1
    advice = (
        f"Amend it with the notice for {missing} (`echowall calendar amend`); "
        "until then moments that lie in that year are provisional."
    )
    if today.year not in years:
        return Check(name, False, found, advice)
    late = today.month == DECEMBER and missing not in years
    return Check(name, True, found, advice if late else "", warning=late)


def _ledgers(settings: Settings) -> Iterator[Check]:
    from engine.recalibrate import untold
    from interfaces.compose import open_program
    from projections.parking import parked
    from projections.progress import position
    from projections.selfcheck import latest
    from projections.worklist.view import pinned

    with open_program(settings) as program, program.ledgers.connection() as connection:
        head, at, waiting = program.engine.store.head(), position(connection), len(parked(connection))
        readers, checked = program.engine.store.figures(), latest(connection)
        yield pinned_check(pinned(connection), program.engine.rules.refresh())
        moved = untold(program.engine)
    yield Check(
        "calendar told",
        not moved,
        f"{moved} cases not told of an amended calendar",
        "Start `echowall relay`, which tells them, or run `echowall calendar recalibrate`.",
    )
    yield readers_check(readers)
    difference = None if checked is None else checked.difference
    yield Check(
        "applied + parked = stored",
        difference is None,
        difference or ("not checked yet" if checked is None else f"checked at {checked.at.isoformat()}"),
        "Run `echowall reconcile`, then `echowall rebuild`.",
    )
    yield Check(
        "ledgers", head - at <= LAG_ALLOWED, f"at {at} of {head}", "Start `echowall projector`; see its log."
    )
    yield Check("parked", not waiting, f"{waiting}", "See `echowall parked`; then `echowall unpark`.")


def readers_check(figures: Figures) -> Check:
    """Examine what holds readers of the log back, if anything does."""
    found, age = f"{figures.behind} positions behind", figures.seconds
    if figures.database is not None:
        old = "of unknown age" if age is None else f"{age:.0f} s old"
        session = f"session {figures.pid}" if figures.pid else "no session"
        found += f"; oldest transaction: {figures.database}, {session} ({figures.application}), {old}"
    advice = "End the long transaction: nothing that was recorded since is shown before it ends."
    if age is None:
        advice += " Grant pg_read_all_stats to the user that migrates, and its age is told."
    late = figures.behind > LAG_ALLOWED
    return Check(
        "readers", age is None or age <= TRANSACTION_ALLOWED, found, advice, warning=late or age is None
    )


def timers_check(late: Swept, now: datetime) -> Check:
    """Examine whether steps are taken in the place of late timers: no harm, and told for a while."""
    lately = late.last_at is not None and now - late.last_at <= LATELY
    last = "" if late.last_at is None else f", last {late.last_at.isoformat()}"
    advice = "Timers are late: look whether `echowall worker` runs and whether Temporal keeps up."
    found = f"{late.steps} steps taken in their place{last}"
    return Check("timers", True, found, advice if lately else "", warning=lately)


def pinned_check(cases: Mapping[tuple[str, int, str], int], book: Rulebook) -> Check:
    """Examine whether every open case is judged by the very text to which it is pinned.

    Args:
        cases: Number of open cases by id, version and hash of their policy.
        book: The rules in force.
    """
    wrong = {
        f"{id_}@{version}": count
        for (id_, version, hash_), count in cases.items()
        if book.hashes.get((id_, version)) != hash_
    }
    found = ", ".join(f"{count} pinned to another text of {name}" for name, count in wrong.items())
    return Check(
        "pinned policies",
        not wrong,
        found or f"{sum(cases.values())} open cases",
        "Move them by `move-policy` to a policy that is installed; until then what needs their limits is "
        "refused with policy_text_differs, and their ledgers stand aside.",
    )


def _relay(settings: Settings) -> Iterator[Check]:
    from engine import clock
    from engine.store import PostgresStore
    from workers.relay.swept import swept
    from workers.relay.table import RelayTable

    url = settings.database_url or ""
    with RelayTable(url) as relay, PostgresStore(url, pool_size=1) as store:
        at, head, waiting = relay.position(), store.head(), len(relay.parked())
        age = max((clock.now() - one.recorded_at for one in store.read(at, 1)), default=timedelta())
        late = swept(relay.connected())
    found = f"at {at} of {head}" + (f", {age.total_seconds():.0f} s behind" if age else "")
    yield Check("relay", age <= RELAY_ALLOWED, found, "Start `echowall relay`; see its log.")
    yield Check(
        "unplanned", not waiting, f"{waiting}", "See the relay's log, then run `echowall rebuild-timers`."
    )
    yield timers_check(late, clock.now())


def _overdue(settings: Settings) -> Iterator[Check]:
    """Examine whether what should happen by itself happens, whoever is to blame for it."""
    from engine import clock
    from projections.escalation.due import overdue
    from workers.relay.table import RelayTable

    with RelayTable(settings.database_url or "") as relay:
        steps = overdue(relay.connected(), clock.now())
    yield Check(
        "steps overdue",
        not steps,
        f"{steps}" if not steps else f"{steps} due for over a minute",
        "Look whether `echowall relay` and `echowall worker` run and Temporal answers; see their logs.",
    )


def _temporal(settings: Settings) -> Iterator[Check]:
    from workers.temporal.timers import Timers

    advice = "Set TEMPORAL_ADDRESS and start the server; until then the relay takes what falls due."
    if settings.temporal_address is None:
        yield Check("temporal", False, "TEMPORAL_ADDRESS is not set", advice)
        return
    with Timers.connect(settings) as timers:
        answers = timers.ping()
    yield Check(
        "temporal",
        answers,
        f"{settings.temporal_address} {'answers' if answers else 'does not answer'}",
        advice,
    )

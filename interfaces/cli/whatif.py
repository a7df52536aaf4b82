"""The command that tries a policy or a calendar on what has happened, before anybody adopts it."""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.files import read_text
from interfaces.cli.outcome import BadUsage
from interfaces.cli.output import Json, emit, progress, table

if TYPE_CHECKING:
    from domain.calendar import Calendar
    from domain.case.book import Rulebook
    from domain.policy import Policy
    from engine.whatif import Outcome, Question

_COLUMNS = ("name", "clocks", "late", "late_then", "worse", "better", "raise", "raise_then", "raised")


def add_to(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(whatif)


def whatif(
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", exists=True, dir_okay=False, help="TOML file.")
    ] = None,
    calendar: Annotated[
        Path | None,
        typer.Option("--calendar", metavar="FILE", exists=True, dir_okay=False, help="TOML file."),
    ] = None,
    *,
    since: Annotated[
        str | None,
        typer.Option(
            "--from", help="Cases collected from this day on, such as 2026-01-01, in the calendar's zone."
        ),
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Cases collected before this day.")] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", help="Clocks that this unit or one under it owes.")
    ] = None,
    instead_of: Annotated[
        str | None,
        typer.Option("--instead-of", help="Only cases under this policy; default: all in the span."),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="When open clocks are judged (RFC 3339); default: now.")
    ] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Processes; default: one a core.")] = None,
    most: Annotated[int, typer.Option("--most", min=0, help="Differing clocks to list at most.")] = 20,
    as_json: Json = False,
) -> None:
    """Tell which clocks would have been late, and which rungs taken, under another policy or calendar.

    Nothing is written.
    """
    from engine.whatif import as_json as plain
    from engine.whatif import ask
    from interfaces.cli.place import opened_engine, settings

    if policy is None and calendar is None:
        raise BadUsage("Give --policy or --calendar, or both.")
    with opened_engine() as engine, progress("cases") as told:
        book = engine.rules.current()
        question = _question(
            book,
            policy=policy,
            calendar=calendar,
            since=since,
            until=until,
            unit=unit,
            instead_of=instead_of,
            as_of=as_of,
            most=most,
        )
        outcome = ask(engine.store, question, book, url=settings().database_url, jobs=jobs, progress=told)
    emit(plain(outcome), as_json, _lines(outcome))


def _moment(text: str | None, zone: tzinfo) -> datetime | None:
    """Read a moment, or a day that begins in the zone of the calendar by which the cases are counted."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadUsage(
            f"{text} is no day and no moment; write 2026-01-01 or 2026-01-01T09:00+08:00."
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def _question(book: Rulebook, *, unit: str | None, **said: Any) -> Question:
    from domain.calendar import parse_calendar
    from domain.policy import parse_policy
    from engine import clock
    from engine.authorise import subtree
    from engine.whatif import Question

    if unit is not None and not book.organisation.knows(unit):
        raise BadUsage(f"There is no unit {unit}.")
    if said["instead_of"] is not None and said["instead_of"] not in {id_ for id_, _ in book.policies}:
        raise BadUsage(f"There is no policy {said['instead_of']}; `echowall policy show` lists them.")
    policy = parse_policy(read_text(said["policy"])) if said["policy"] else None
    calendar = parse_calendar(read_text(said["calendar"])) if said["calendar"] else None
    zone = _zone(policy, calendar, said["instead_of"], book)
    return Question(
        as_of=_moment(said["as_of"], zone) or clock.now(),
        policy=policy,
        calendar=calendar,
        instead_of=said["instead_of"],
        since=_moment(said["since"], zone),
        until=_moment(said["until"], zone),
        units=subtree(unit, book.organisation) if unit is not None else None,
        most=said["most"],
    )


def _zone(policy: Policy | None, calendar: Calendar | None, instead_of: str | None, book: Rulebook) -> tzinfo:
    """Return the zone of the calendar that is tried, of the policy's, or of the cases' own policy."""
    if calendar is not None:
        return calendar.tz
    own = policy or book.policy(book.newest(instead_of))
    known = own.calendar in book.calendars
    return book.calendars[own.calendar if known else book.policy(book.newest(None)).calendar].tz


def _lines(outcome: Outcome) -> list[str]:
    total = outcome.of("all", "")
    lines = [
        f"{outcome.cases:,} cases, {total.get('clocks', 0):,} clocks: late {total.get('late', 0):,}, "
        f"then {total.get('late_then', 0):,}; late only then {total.get('worse', 0):,}, "
        f"no longer late {total.get('better', 0):,}.",
        *([f"{outcome.skipped:,} cases left out: their policy is not installed."] if outcome.skipped else []),
    ]
    for kind in ("unit", "category"):
        rows = [_row(name, outcome.of(kind, name)) for name in outcome.names(kind)]
        lines += ["", f"By {kind}:", *table(rows, _COLUMNS, "None.")]
    lines += ["", f"{outcome.differing_total:,} clocks differ; the first {len(outcome.differing):,}:"]
    return lines + [
        f"  {one.case} {one.clock} {one.unit}: {_fate(one.late, one.rungs)} -> "
        f"{_fate(one.late_then, one.rungs_then)}"
        for one in outcome.differing
    ]


def _row(name: str, counts: dict[str, int]) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, **{one: counts.get(one, 0) for one in _COLUMNS[1:6]}}
    return row | {
        "raise": counts.get("rung:raise", 0),
        "raise_then": counts.get("rung_then:raise", 0),
        "raised": counts.get("taken:raise", 0),
    }


def _fate(late: bool, rungs: tuple[str, ...]) -> str:
    return " ".join(("late" if late else "in time", *rungs))

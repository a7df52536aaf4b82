"""Decide assignment, acceptance and the work of the responsible unit."""

from typing import assert_never

from domain.case.clocks import Ending
from domain.case.commands import (
    Accept,
    AnswerWhistle,
    Assign,
    Contact,
    Context,
    HandlingCommand,
    Object,
    Progress,
    RuleObjection,
    Whistle,
)
from domain.case.decide.guards import must_seal, sealed
from domain.case.events import (
    Accepted,
    Assigned,
    Contacted,
    HandlingEvent,
    MilestonesSet,
    Objected,
    ObjectionRuled,
    ProgressNoted,
    WhistleAnswered,
    Whistled,
)
from domain.case.parts import Call
from domain.case.rights import objection_right
from domain.case.stage import WhistleAnswer
from domain.case.state import Case
from domain.errors import Refused
from domain.organisation import WORKPLACES, Level, Organisation
from domain.policy import MILESTONES, Obligation


def decide_handling(
    command: HandlingCommand, case: Case, context: Context
) -> tuple[HandlingEvent | MilestonesSet, ...]:
    """Decide a command of the handling."""
    match command:
        case Assign():
            return _assign(command, case, context)
        case Accept():
            worker = context.person
            return (Accepted(at=context.at, unit=context.actor.unit, worker=worker),)
        case Object():
            return _object(command, case, context)
        case RuleObjection():
            return (
                ObjectionRuled(
                    at=context.at, upheld=command.upheld, explanation=must_seal(command.explanation)
                ),
            )
        case Contact():
            _since_assigned(case, context)
            return (Contacted(at=context.at, means=command.means, reached=command.reached),)
        case Progress():
            _since_assigned(case, context)
            note = must_seal(command.note)
            return (ProgressNoted(at=context.at, note=note, attachments=command.attachments),)
        case Whistle():
            return _whistle(command, case, context)
        case AnswerWhistle():
            return _answer_whistle(command, case, context)
        case _:
            assert_never(command)


def _assign(command: Assign, case: Case, context: Context) -> tuple[Assigned | MilestonesSet, ...]:
    organisation = context.book.organisation
    for unit in (command.unit, *command.co_units):
        if organisation.unit(unit).level not in WORKPLACES:
            raise Refused("not_a_workplace", unit)
    assigned = Assigned(
        at=context.at,
        unit=command.unit,
        manner=command.manner,
        co_units=tuple(unit for unit in dict.fromkeys(command.co_units) if unit != command.unit),
        why=command.why,
        rule=command.rule,
    )
    owed = _milestones(case, context)
    if not owed:
        return (assigned,)
    return (assigned, MilestonesSet(at=context.at, unit=command.unit, milestones=owed))


def _milestones(case: Case, context: Context) -> tuple[Obligation, ...]:
    """Return the milestones that the policy sets for such a case and nobody has reached yet.

    A promise is one for each assignment: that an earlier one was kept does not keep this one.
    """
    policy = context.book.rules(case)
    reached = {clock.obligation for clock in case.clocks if clock.ending is Ending.MET} - {Obligation.PROMISE}
    return tuple(one for one in MILESTONES if policy.rules_for(one) is not None and one not in reached)


def _since_assigned(case: Case, context: Context) -> None:
    """Refuse what is said to have been done before the case was assigned, or opened again, to this unit."""
    starts = [clock.started_at for clock in case.clocks if clock.obligation is Obligation.CONTACT]
    if starts and context.at < starts[-1]:
        raise Refused("happened_too_early", f"not before {starts[-1].isoformat()}")


def _object(command: Object, case: Case, context: Context) -> tuple[Objected]:
    _in_time_to_object(case, context)
    return (
        Objected(
            at=context.at,
            reason=command.reason,
            explanation=must_seal(command.explanation),
            ruled_by=_ruler(case, context.book.organisation),
        ),
    )


def _in_time_to_object(case: Case, context: Context) -> None:
    right = objection_right(case, context.book)
    if right is not None and context.latest > right.until.at:
        raise Refused("objection_too_late", f"until {right.until}")


def _ruler(case: Case, organisation: Organisation) -> str:
    """Return the desk that assigned, or the unit above the handler where the desk itself objects."""
    handler, desk = case.duties.bearer, case.duties.desk
    return organisation.parent(handler) if organisation.contains(handler, desk) else desk


def _whistle(command: Whistle, case: Case, context: Context) -> tuple[Whistled]:
    organisation = context.book.organisation
    for department in command.departments:
        if organisation.unit(department).level not in (Level.DEPARTMENT, Level.OFFICE):
            raise Refused("not_a_department", department)
    if command.by is not None and command.by <= context.at:
        raise Refused("until_in_past")
    return (
        Whistled(
            at=context.at,
            number=max((call.number for call in case.calls), default=0) + 1,
            caller=context.actor.unit or case.duties.desk,
            called=tuple(dict.fromkeys(command.departments)),
            help=must_seal(command.help),
            by=command.by,
        ),
    )


def _answer_whistle(command: AnswerWhistle, case: Case, context: Context) -> tuple[WhistleAnswered]:
    calls = _calls_of(context.actor.unit, command.number, case, context.book.organisation)
    if not calls:
        raise Refused("unknown_whistle")
    done = {WhistleAnswer.DID, WhistleAnswer.DECLINED, command.answer}
    waiting = [call for call in calls if call.answer not in done]
    if not waiting:
        raise Refused("whistle_answered")
    if command.answer is WhistleAnswer.DECLINED and command.words is None:
        raise Refused("reason_missing")
    return (
        WhistleAnswered(
            at=context.at,
            number=command.number,
            department=waiting[0].department,
            answer=command.answer,
            words=sealed(command.words),
            unit=context.actor.unit,
        ),
    )


def _calls_of(unit: str | None, number: int, case: Case, organisation: Organisation) -> list[Call]:
    """Return the calls of a whistle that this unit answers for, the nearest department first.

    A unit answers for itself and for those above it, and for a call that was raised to it.
    """
    above = (
        [one.id for one in organisation.chain(unit)] if unit is not None and organisation.knows(unit) else []
    )
    rank = {one: place for place, one in enumerate(above)}
    calls = [
        call
        for call in case.calls
        if call.number == number and (call.department in rank or (unit is not None and call.bearer == unit))
    ]
    return sorted(calls, key=lambda call: rank.get(call.department, len(rank)))

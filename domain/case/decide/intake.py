"""Decide collection and screening."""

from typing import assert_never

from domain.actor import Role
from domain.case.commands import Collect, Context, Refuse, Screen
from domain.case.decide.guards import guard_role, guard_time, listed, must_seal, sealed
from domain.case.events import ClaimRaised, Collected, IntakeEvent, RefusedToTake, Screened
from domain.case.stage import Stage
from domain.case.state import Case
from domain.errors import Refused
from domain.organisation import AXIS


def collect(command: Collect, context: Context) -> tuple[Collected]:
    """Decide the first command of a case."""
    guard_role(context.actor, Collect)
    guard_time(context, None)
    if command.origin is not None and context.actor.role is not Role.SYSTEM:
        raise Refused("origin_not_yours")
    if command.policy is not None and context.actor.role not in (Role.SYSTEM, Role.ADMINISTRATOR):
        raise Refused("policy_not_yours")
    if not command.claims:
        raise Refused("no_claim")
    organisation = context.book.organisation
    place = command.place.unit
    if not organisation.knows(place) or organisation.unit(place).level not in AXIS:
        raise Refused("unknown_place", place)
    resident = context.actor.id if context.actor.role is Role.RESIDENT else None
    return (
        Collected(
            at=context.at,
            case=context.case,
            channel=command.channel,
            claims=tuple(
                ClaimRaised(id=number, words=must_seal(words))
                for number, words in enumerate(command.claims, 1)
            ),
            category=command.category,
            place=command.place,
            urgency=command.urgency,
            desk=organisation.desk(place),
            policy=context.book.newest(command.policy, context.at),
            name=sealed(command.name),
            telephone=sealed(command.telephone),
            address=sealed(command.address),
            reporter=resident,
            origin=command.origin,
        ),
    )


def decide_intake(command: Screen | Refuse, case: Case, context: Context) -> tuple[IntakeEvent, ...]:
    """Decide a command of the intake on a case that exists."""
    match command:
        case Screen():
            category = command.category or case.intake.category
            same = (command.kind, command.key, category) == (
                case.intake.kind,
                case.intake.key,
                case.intake.category,
            )
            if case.stage is Stage.SCREENED and same:
                return ()
            return (Screened(at=context.at, kind=command.kind, key=command.key, category=category),)
        case Refuse():
            reasons = context.book.rules(case).refusal_reasons
            return (
                RefusedToTake(
                    at=context.at,
                    reason=listed(command.reason, reasons),
                    explanation=must_seal(command.explanation),
                    turn_to=command.turn_to,
                ),
            )
        case _:
            assert_never(command)

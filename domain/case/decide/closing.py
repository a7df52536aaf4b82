"""Decide resolution, return visit, strike-off, and what counts in the appraisal."""

from collections.abc import Iterable
from typing import assert_never

from domain.actor import Role
from domain.calendar import shift
from domain.case.commands import (
    ClosingCommand,
    Context,
    Exclude,
    Include,
    Judgement,
    Reopen,
    Resolve,
    StrikeOff,
    Visit,
)
from domain.case.decide.appraisal import exclude, include
from domain.case.decide.evidence import evidenced
from domain.case.decide.guards import must_seal, sealed
from domain.case.decide.standing import is_own
from domain.case.events import (
    ClaimAnswered,
    ClaimJudged,
    ClosingEvent,
    Reopened,
    Resolved,
    StruckOff,
    Visited,
)
from domain.case.stage import Ground, Stage
from domain.case.state import Case
from domain.errors import Refused
from domain.organisation import Level


def decide_closing(command: ClosingCommand, case: Case, context: Context) -> tuple[ClosingEvent, ...]:
    """Decide a command of the closing."""
    match command:
        case Resolve():
            return (_resolve(command, case, context),)
        case Visit():
            return _visit(command, case, context)
        case Reopen():
            words = sealed(command.words)
            return (Reopened(at=context.at, ground=Ground.RESIDENT, round=case.round + 1, words=words),)
        case StrikeOff():
            return (_strike_off(case, context),)
        case Exclude():
            return (exclude(command, case, context),)
        case Include():
            return include(command, case, context)
        case _:
            assert_never(command)


def named_once(claims: Iterable[int], case: Case) -> frozenset[int]:
    """Return the claims named, each of the case and each once.

    Raises:
        Refused: unknown_claim, claim_twice.
    """
    known = {claim.id for claim in case.claims}
    seen: set[int] = set()
    for claim in claims:
        if claim not in known:
            raise Refused("unknown_claim", str(claim))
        if claim in seen:
            raise Refused("claim_twice", str(claim))
        seen.add(claim)
    return frozenset(seen)


def visiting_unit(case: Case, context: Context) -> str:
    """Return the unit that owes the return visit: the desk, or the nearest above it that did not handle it.

    At the top nobody is left but an outside body: the district is named, and a third party must go.
    """
    organisation = context.book.organisation
    chain = [unit.id for unit in organisation.chain(case.duties.desk)]
    return next((unit for unit in chain if not is_own(unit, case, organisation)), chain[-1])


def _resolve(command: Resolve, case: Case, context: Context) -> Resolved:
    answered = named_once((answer.claim for answer in command.answers), case)
    missing = {claim.id for claim in case.claims} - answered
    if missing:
        raise Refused("claim_unanswered", ", ".join(str(claim) for claim in sorted(missing)))
    return Resolved(
        at=context.at,
        answers=tuple(
            ClaimAnswered(
                claim=one.claim,
                outcome=one.outcome,
                measure=must_seal(one.measure),
                facts=sealed(one.facts),
                reasons=sealed(one.reasons),
                basis=sealed(one.basis),
            )
            for one in command.answers
        ),
        visited_by=visiting_unit(case, context),
        evidence=evidenced(command.evidence, "resolve", context.book.rules(case), context),
        unit=context.actor.unit,
        workers=(context.actor.id,) if context.person else (),
    )


def _independent(case: Case, context: Context) -> str:
    """Return the unit for which the actor visits or strikes off; an import tells what others did.

    An administrator without a unit goes in the name of the unit that owes the visit.
    """
    unit = context.actor.unit or case.duties.visitor or case.duties.desk
    if context.actor.role is not Role.SYSTEM and is_own(unit, case, context.book.organisation):
        raise Refused("own_visit")
    return unit


def _visit(command: Visit, case: Case, context: Context) -> tuple[Visited | Reopened, ...]:
    organisation = context.book.organisation
    unit = _independent(case, context)
    third_party = organisation.unit(unit).level is Level.THIRD_PARTY
    if not third_party and (command.third_party or context.book.rules(case).visit.third_party):
        raise Refused("third_party_only")
    named = named_once((one.claim for one in command.judgements), case)
    if not command.reached and named:
        raise Refused("visit_not_reached")
    if command.reached and named != {claim.id for claim in case.claims}:
        raise Refused("visit_incomplete")
    visited = Visited(
        at=context.at,
        visitor=context.actor.id,
        unit=unit,
        third_party=third_party,
        reached=command.reached,
        judged=tuple(
            ClaimJudged(
                claim=one.claim, solved=one.solved, satisfaction=one.satisfaction, words=sealed(one.words)
            )
            for one in command.judgements
        ),
        counts=command.reached or _apart(unit, case, context),
    )
    if not command.reached or _confirms(command.judgements, case, context):
        return (visited,)
    return (visited, Reopened(at=context.at, ground=Ground.VISIT, round=case.round + 1))


def _apart(unit: str, case: Case, context: Context) -> bool:
    """Whether so much time lies between this try and each other one of the same visitor that both count."""
    between = context.book.rules(case).visit.between_tries
    if between is None:
        return True
    calendar = context.book.calendar(case.policy, unit)
    return all(
        shift(min(one.at, context.at), between, calendar).at <= max(one.at, context.at)
        for one in case.visits
        if one.tried and one.visitor == context.actor.id
    )


def _confirms(judgements: tuple[Judgement, ...], case: Case, context: Context) -> bool:
    """Not satisfied means handled again. Source: Jinan hotline regulation (2018), Art. 27."""
    least = context.book.rules(case).visit.satisfied_from
    return all(one.solved and one.satisfaction >= least for one in judgements)


def _strike_off(case: Case, context: Context) -> StruckOff:
    unit = _independent(case, context)
    if case.stage is Stage.VISITED and case.confirmed:
        return StruckOff(at=context.at, ground=Ground.CONFIRMED, unit=unit)
    if case.stage is Stage.VISITED:
        raise Refused("not_confirmed")
    tries = context.book.rules(case).visit.tries_before_unreachable
    if context.person is not None or case.intake.origin is None:
        # Only what is told of elsewhere may have been closed without asking.
        tries = max(tries, 1)
    if case.tries < tries:
        if case.tries == 0:
            raise Refused("not_confirmed")
        raise Refused("resident_not_reached", f"{case.tries} of {tries}")
    return StruckOff(at=context.at, ground=Ground.UNREACHABLE, unit=unit)

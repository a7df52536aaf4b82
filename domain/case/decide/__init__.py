"""How a command becomes events, purely: the same command on the same case gives the same answer."""

from collections.abc import Mapping
from uuid import UUID

from domain.actor import Actor
from domain.case.commands import (
    CASE_COMMANDS,
    AnyCaseCommand,
    ClosingCommand,
    Collect,
    Context,
    HandlingCommand,
    LadderCommand,
    LinkCommand,
    ReviewCommand,
    TimingCommand,
)
from domain.case.decide.closing import decide_closing
from domain.case.decide.guards import guard, may_give
from domain.case.decide.handling import decide_handling
from domain.case.decide.hindrance import guard_case, is_hindered
from domain.case.decide.intake import collect, decide_intake
from domain.case.decide.ladder import decide_ladder
from domain.case.decide.links import consequences, decide_links, linked, split_case
from domain.case.decide.review import decide_review
from domain.case.decide.standing import stands_right
from domain.case.decide.timing import decide_timing
from domain.case.events import AnyCaseEvent
from domain.case.state import Case
from domain.case.transitions import has_place
from domain.errors import Refused
from domain.organisation import Organisation

__all__ = ["allowed", "consequences", "decide", "linked", "may_give", "split_case"]


def decide(
    command: AnyCaseCommand,
    case: Case | None,
    context: Context,
    others: Mapping[UUID, Case] | None = None,
) -> tuple[AnyCaseEvent, ...]:
    """Return the events that a command gives, in order; empty when what it asks is so already.

    Args:
        command: Sealed: every personal value carries its commitment.
        case: None before collection.
        context: Who asks, when, and under which rules.
        others: The cases that `linked` named, by id.

    Raises:
        DomainError: The refusal, with a stable code; nothing happens.
    """
    if isinstance(command, Collect):
        if case is not None:
            raise Refused("already_collected")
        return collect(command, context)
    if case is None:
        raise Refused("unknown_case")
    guard(command, case, context)
    guard_case(type(command), case)
    return _decide(command, case, context, others or {})


def _decide(
    command: AnyCaseCommand, case: Case, context: Context, others: Mapping[UUID, Case]
) -> tuple[AnyCaseEvent, ...]:
    if isinstance(command, HandlingCommand):
        return decide_handling(command, case, context)
    if isinstance(command, TimingCommand):
        return decide_timing(command, case, context)
    if isinstance(command, ClosingCommand):
        return decide_closing(command, case, context)
    if isinstance(command, LadderCommand):
        return decide_ladder(command, case, context)
    if isinstance(command, LinkCommand):
        return decide_links(command, case, context, others)
    if isinstance(command, ReviewCommand):
        return decide_review(command, case, context)
    if isinstance(command, Collect):
        raise Refused("already_collected")
    return decide_intake(command, case, context)


def allowed(case: Case, actor: Actor, organisation: Organisation) -> tuple[str, ...]:
    """Return the verbs that this actor may give on this case now, in the order of a case's life.

    A verb listed here may still be refused for what it says; one not listed is always refused.
    """
    return tuple(
        command.VERB
        for command in CASE_COMMANDS
        if has_place(command, case.stage)
        and may_give(actor, command)
        and stands_right(actor, command, case, organisation)
        and not is_hindered(command, case)
    )

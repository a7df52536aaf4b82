"""Many commands in one transaction: of each case all that is asked, or nothing."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from domain.case.evolve import fold
from domain.errors import DomainError
from engine import clock
from engine.draft import Draft, Known, Tools
from engine.replay import case_events
from engine.request import BulkAnswer, Request, fingerprint, reused
from engine.rulebook import Rules
from engine.store import Answered

Groups = Mapping[UUID, Sequence[Request]]
"""Commands by their case, in their order."""


def record_all(requests: Sequence[Request], tools: Tools, rules: Rules) -> BulkAnswer:
    """Decide and record many commands at once; see `Engine.handle_many`, which tries again.

    Raises:
        Conflict: conflict. Unavailable: unavailable. Nothing is recorded then.
    """
    first: dict[UUID, Request] = {}
    for request in requests:
        first.setdefault(request.command_id, request)
    done = tools.store.answers(first)
    new: dict[UUID, list[Request]] = {request.case: [] for request in requests}
    for request in first.values():
        if request.command_id not in done:
            new[request.case].append(request)
    refused = _changed(requests, done, first, tools.secret)
    todo = {case: group for case, group in new.items() if group and case not in refused}
    whole = Draft(tools, _known(todo, tools), rules.refresh(), clock.now())
    refused |= _decide(whole, todo)
    batch = whole.batch()
    positions = tools.store.append(batch) if batch.commands else []
    asked = todo.keys() - refused.keys()
    return BulkAnswer(
        cases_new=len(asked),
        cases_repeated=sum(not group for case, group in new.items() if case not in refused),
        events=len(batch.events),
        position=positions[-1] if positions else 0,
        refused=refused,
        cases={case: found for case in asked if (found := whole.known.cases[case]) is not None},
    )


def _changed(
    requests: Sequence[Request], done: Mapping[UUID, Answered], first: Mapping[UUID, Request], secret: bytes
) -> dict[UUID, DomainError]:
    """Return the refusal of each case of which a command's id was used for another request before."""
    refused: dict[UUID, DomainError] = {}
    for request in requests:
        before, mine = done.get(request.command_id), first[request.command_id]
        if before is None and mine is request:
            continue
        print_ = fingerprint(mine, secret) if before is None else before.fingerprint
        if print_ != fingerprint(request, secret):
            refused[request.case] = reused(request)
    return refused


def _known(cases: Groups, tools: Tools) -> Known:
    """Read what is so before with two queries, however many cases there are."""
    loaded = tools.store.load_many(cases)
    owners = tools.vault.owners(loaded) if loaded else {}
    return Known(
        cases={case: fold(case_events(loaded.get(case, ()))) for case in cases},
        owners={case: owners.get(case) for case in cases},
    )


def _decide(whole: Draft, todo: Groups) -> dict[UUID, DomainError]:
    """Add to a draft what each case is asked; return the first refusal of those that it leaves out."""
    refused: dict[UUID, DomainError] = {}
    for case, group in todo.items():
        part = whole.part()
        try:
            for request in group:
                part.give(request)
        except DomainError as refusal:
            refused[case] = refusal
        else:
            whole.absorb(part)
    return refused

"""What in the case itself stands against a command, whatever the command says."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Final

from domain.case import commands as c
from domain.case.clocks import Clock, find
from domain.case.parts import Ask, Review
from domain.case.rights import may_object_again
from domain.case.state import Case
from domain.errors import Refused
from domain.policy import Obligation


def guard_case(command: type[c.AnyCaseCommand], case: Case) -> None:
    """Refuse what is refused as the case stands, whatever the command says.

    Raises:
        Refused: By what; the functions of this module.
    """
    look = _LOOK.get(command)
    if look is not None:
        look(case)


def is_hindered(command: type[c.AnyCaseCommand], case: Case) -> bool:
    """Whether every such command is refused as the case stands: nobody should be offered it."""
    with suppress(Refused):
        guard_case(command, case)
        return False
    return True


def asked(case: Case) -> tuple[Ask, Clock]:
    """Return the request for more time that waits for its decision, and its clock.

    Raises:
        Refused: no_extension_asked.
    """
    found = _open_ask(case)
    if found is None:
        raise Refused("no_extension_asked")
    return found


def _open_ask(case: Case) -> tuple[Ask, Clock] | None:
    """Return what was asked and for which clock; a request falls away with its clock."""
    clock = find(case.clocks, case.ask.clock) if case.ask is not None else None
    return (case.ask, clock) if case.ask is not None and clock is not None and clock.open else None


def owed_opinion(case: Case, step: Obligation) -> Review:
    """Return the review, or the re-examination, that waits for its opinion.

    Raises:
        Refused: no_review_open.
    """
    review = case.review
    if review is None or review.answered or review.step is not step:
        raise Refused("no_review_open")
    return review


def reviewed(case: Case) -> Review:
    """Return the review of this round's answer, which may be re-examined.

    Raises:
        Refused: answered_for_good, review_first.
    """
    _not_for_good(case)
    if case.review is None:
        raise Refused("review_first")
    return case.review


def _not_for_good(case: Case) -> None:
    """Refuse what would take up a matter again after its re-examination.

    Source: Letters and Visits Regulations (2022), Arts. 36 and 37.
    """
    if case.final:
        raise Refused("answered_for_good")


def _not_reviewed(case: Case) -> None:
    _not_for_good(case)
    if case.review is not None:
        raise Refused("reviewed_already")


def _no_open_objection(case: Case) -> None:
    if case.duties.objection is not None:
        raise Refused("objection_open")


def _may_object(case: Case) -> None:
    _no_open_objection(case)
    if not may_object_again(case):
        raise Refused("designated")


def _objected(case: Case) -> None:
    if case.duties.objection is None:
        raise Refused("no_objection")


def _may_be_refused(case: Case) -> None:
    if case.links.followers:
        raise Refused("leads_others")
    if case.round > 1:
        raise Refused("taken_already")


def _leads_nobody(case: Case) -> None:
    if case.links.followers:
        raise Refused("merge_of_leader")


def _not_asked(case: Case) -> None:
    if _open_ask(case) is not None:
        raise Refused("extension_asked")


def _has_entry(case: Case) -> None:
    if not case.entries:
        raise Refused("unknown_entry")


def _counts(case: Case) -> None:
    if case.excluded:
        raise Refused("already_excluded")


def _is_excluded(case: Case) -> None:
    if not case.excluded:
        raise Refused("not_excluded")


_LOOK: Final[Mapping[type[c.AnyCaseCommand], Callable[[Case], object]]] = {
    c.Refuse: _may_be_refused,
    c.Accept: _no_open_objection,
    c.Object: _may_object,
    c.RuleObjection: _objected,
    c.AskExtension: _not_asked,
    c.GrantExtension: asked,
    c.RefuseExtension: asked,
    c.Resolve: _no_open_objection,
    c.Reopen: _not_for_good,
    c.AnswerAccountability: _has_entry,
    c.AppealAccountability: _has_entry,
    c.WithdrawAccountability: _has_entry,
    c.Exclude: _counts,
    c.Include: _is_excluded,
    c.Merge: _leads_nobody,
    c.AskReview: _not_reviewed,
    c.AnswerReview: partial(owed_opinion, step=Obligation.ANSWER_REVIEW),
    c.AskRecheck: reviewed,
    c.AnswerRecheck: partial(owed_opinion, step=Obligation.ANSWER_RECHECK),
}

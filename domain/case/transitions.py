"""The transition table as data: in which stages a command has its place, and where it may lead."""

from collections.abc import Mapping
from typing import Final

from domain.case import commands as c
from domain.case.stage import OPEN, Stage

Table = Mapping[Stage | None, frozenset[Stage]]


def _stays(*stages: Stage) -> Table:
    return {stage: frozenset({stage}) for stage in stages}


def _leads(to: frozenset[Stage], *stages: Stage) -> Table:
    return {stage: to for stage in stages}


_BEFORE_WORK = (Stage.COLLECTED, Stage.SCREENED, Stage.ASSIGNED)
_AT_WORK = (Stage.ASSIGNED, Stage.ACCEPTED)
_VISITS = (Stage.RESOLVED, Stage.VISITED)
_REVIEWED = frozenset({Stage.UNDER_REVIEW})
_EVERY = tuple(Stage)
_OPEN = tuple(stage for stage in Stage if stage in OPEN)
_UNDER_WAY = (*_AT_WORK, Stage.SUSPENDED, Stage.HUNG_UP)

TRANSITIONS: Final[Mapping[type[c.AnyCaseCommand], Table]] = {
    c.Collect: {None: frozenset({Stage.COLLECTED})},
    c.Screen: _leads(frozenset({Stage.SCREENED}), Stage.COLLECTED, Stage.SCREENED),
    c.Refuse: _leads(frozenset({Stage.REFUSED}), *_BEFORE_WORK),
    c.Assign: {Stage.SCREENED: frozenset({Stage.ASSIGNED})},
    c.Accept: {Stage.ASSIGNED: frozenset({Stage.ACCEPTED})},
    c.Object: _stays(Stage.ASSIGNED),
    c.RuleObjection: {Stage.ASSIGNED: frozenset({Stage.ASSIGNED, Stage.SCREENED})},
    c.Contact: _stays(*_UNDER_WAY),
    c.Progress: _stays(*_UNDER_WAY, *_VISITS, Stage.UNDER_REVIEW, Stage.CLOSED),
    c.Whistle: _stays(*_AT_WORK),
    c.AnswerWhistle: _stays(Stage.SCREENED, *_UNDER_WAY, *_VISITS, Stage.MERGED, Stage.UNDER_REVIEW),
    c.Suspend: {Stage.ACCEPTED: frozenset({Stage.SUSPENDED})},
    c.Resume: {Stage.SUSPENDED: frozenset({Stage.ACCEPTED})},
    c.AskExtension: _stays(*_AT_WORK),
    c.GrantExtension: _stays(*_UNDER_WAY),
    c.RefuseExtension: _stays(*_UNDER_WAY),
    c.HangUp: {Stage.ACCEPTED: frozenset({Stage.ACCEPTED, Stage.HUNG_UP})},
    c.TakeDown: {Stage.HUNG_UP: frozenset({Stage.HUNG_UP, Stage.ACCEPTED})},
    c.ReceiveTarget: _stays(*_UNDER_WAY),
    c.MovePolicy: _stays(*_OPEN),
    c.Recalibrate: _stays(*_OPEN),
    c.Resolve: _leads(frozenset({Stage.RESOLVED}), *_AT_WORK),
    c.Visit: {
        Stage.RESOLVED: frozenset({Stage.RESOLVED, Stage.VISITED, Stage.ASSIGNED}),
        Stage.VISITED: frozenset({Stage.VISITED, Stage.ASSIGNED}),
    },
    c.Reopen: _leads(frozenset({Stage.ASSIGNED}), *_VISITS, Stage.CLOSED),
    c.StrikeOff: _leads(frozenset({Stage.CLOSED}), *_VISITS),
    c.Exclude: _stays(*_EVERY),
    c.Include: _stays(*_EVERY),
    c.Remind: _stays(*_OPEN),
    c.Supervise: _stays(*_OPEN),
    c.Raise: _stays(*_OPEN),
    c.HoldAccountable: _stays(*_OPEN),
    c.AnswerAccountability: _stays(*_EVERY),
    c.AppealAccountability: _stays(*_EVERY),
    c.WithdrawAccountability: _stays(*_EVERY),
    c.Merge: _leads(frozenset({Stage.MERGED}), *_BEFORE_WORK, Stage.ACCEPTED),
    c.Unmerge: {Stage.MERGED: frozenset({*_BEFORE_WORK, Stage.ACCEPTED})},
    c.ReachMilestone: _stays(*_UNDER_WAY),
    c.AskReview: _leads(_REVIEWED, *_VISITS, Stage.CLOSED),
    c.AnswerReview: {Stage.UNDER_REVIEW: frozenset({Stage.RESOLVED, Stage.CLOSED, Stage.ASSIGNED})},
    c.AskRecheck: _leads(_REVIEWED, *_VISITS, Stage.CLOSED),
    c.AnswerRecheck: {Stage.UNDER_REVIEW: frozenset({Stage.RESOLVED, Stage.CLOSED, Stage.ASSIGNED})},
    c.Hear: _stays(Stage.UNDER_REVIEW),
    c.SplitOff: _stays(*_BEFORE_WORK, Stage.ACCEPTED),
}
"""For each command, the stages where it has its place (None: before collection) and where it may lead."""


def has_place(command: type[c.AnyCaseCommand], stage: Stage | None) -> bool:
    """Whether the table has a row for this command in this stage."""
    return stage in TRANSITIONS[command]

"""Every command of a case: one table from which routes, roles and allowed actions follow."""

from typing import Final, get_args

from domain.case.commands.base import CaseCommand, Context, Relation
from domain.case.commands.closing import (
    Answer,
    Exclude,
    Include,
    Judgement,
    Reopen,
    Resolve,
    StrikeOff,
    Visit,
)
from domain.case.commands.handling import (
    Accept,
    AnswerWhistle,
    Assign,
    Contact,
    Object,
    Progress,
    RuleObjection,
    Whistle,
)
from domain.case.commands.intake import Collect, Refuse, Screen
from domain.case.commands.ladder import (
    AnswerAccountability,
    AppealAccountability,
    HoldAccountable,
    Raise,
    Remind,
    Supervise,
    TakeRung,
    WithdrawAccountability,
)
from domain.case.commands.links import Merge, SplitOff, Unmerge
from domain.case.commands.review import (
    AnswerRecheck,
    AnswerReview,
    AskRecheck,
    AskReview,
    Hear,
    ReachMilestone,
)
from domain.case.commands.timing import (
    AskExtension,
    GrantExtension,
    HangUp,
    MovePolicy,
    Recalibrate,
    ReceiveTarget,
    RefuseExtension,
    Resume,
    Suspend,
    TakeDown,
)

IntakeCommand = Collect | Screen | Refuse
HandlingCommand = Assign | Accept | Object | RuleObjection | Contact | Progress | Whistle | AnswerWhistle
TimingCommand = (
    Suspend
    | Resume
    | AskExtension
    | GrantExtension
    | RefuseExtension
    | HangUp
    | TakeDown
    | ReceiveTarget
    | MovePolicy
    | Recalibrate
)
ReviewCommand = ReachMilestone | AskReview | AnswerReview | AskRecheck | AnswerRecheck | Hear
ClosingCommand = Resolve | Visit | Reopen | StrikeOff | Exclude | Include
LadderCommand = (
    Remind
    | Supervise
    | Raise
    | HoldAccountable
    | AnswerAccountability
    | AppealAccountability
    | WithdrawAccountability
)
LinkCommand = Merge | Unmerge | SplitOff
AnyCaseCommand = (
    IntakeCommand
    | HandlingCommand
    | TimingCommand
    | ClosingCommand
    | LadderCommand
    | LinkCommand
    | ReviewCommand
)

CASE_COMMANDS: Final[tuple[type[AnyCaseCommand], ...]] = get_args(AnyCaseCommand)
"""Each command class once, in the order of a case's life."""
BY_VERB: Final[dict[str, type[AnyCaseCommand]]] = {command.VERB: command for command in CASE_COMMANDS}

__all__ = [
    "BY_VERB",
    "CASE_COMMANDS",
    "Accept",
    "Answer",
    "AnswerAccountability",
    "AnswerRecheck",
    "AnswerReview",
    "AnswerWhistle",
    "AnyCaseCommand",
    "AppealAccountability",
    "AskExtension",
    "AskRecheck",
    "AskReview",
    "Assign",
    "CaseCommand",
    "ClosingCommand",
    "Collect",
    "Contact",
    "Context",
    "Exclude",
    "GrantExtension",
    "HandlingCommand",
    "HangUp",
    "Hear",
    "HoldAccountable",
    "Include",
    "IntakeCommand",
    "Judgement",
    "LadderCommand",
    "LinkCommand",
    "Merge",
    "MovePolicy",
    "Object",
    "Progress",
    "Raise",
    "ReachMilestone",
    "Recalibrate",
    "ReceiveTarget",
    "Refuse",
    "RefuseExtension",
    "Relation",
    "Remind",
    "Reopen",
    "Resolve",
    "Resume",
    "ReviewCommand",
    "RuleObjection",
    "Screen",
    "SplitOff",
    "StrikeOff",
    "Supervise",
    "Suspend",
    "TakeDown",
    "TakeRung",
    "TimingCommand",
    "Unmerge",
    "Visit",
    "Whistle",
    "WithdrawAccountability",
]

"""Commands with an ordinary body, so that a test writes out only what matters to it."""

from typing import Any

from domain.case import commands as c
from domain.case.state import Case
from tests.support import town

EVIDENCE = [{"sha256": "e" * 64, "media_type": "application/pdf", "size": 20_000}]
"""What a decision stands on, for those that need it."""


def collect(*claims: str, **more: Any) -> c.Collect:
    body = {
        "channel": "hotline",
        "claims": claims or ("The cellar is under water",),
        "category": "water",
        "place": {"unit": town.PINE},
        "telephone": "555-0100",
    }
    return c.Collect.model_validate(body | more)


def screen(**more: Any) -> c.Screen:
    return c.Screen.model_validate({"kind": "issue"} | more)


def refuse(**more: Any) -> c.Refuse:
    body = {
        "reason": "beyond_public_duties",
        "explanation": "A matter between neighbours",
        "turn_to": "the court",
    }
    return c.Refuse.model_validate(body | more)


def assign(unit: str = town.WATER, **more: Any) -> c.Assign:
    return c.Assign.model_validate({"unit": unit} | more)


def object_() -> c.Object:
    return c.Object.model_validate({"reason": "not_competent", "explanation": "The pipe is private"})


def rule(upheld: bool) -> c.RuleObjection:
    return c.RuleObjection.model_validate({"upheld": upheld, "explanation": "So the duty list says"})


def contact(**more: Any) -> c.Contact:
    return c.Contact.model_validate({"means": "telephone"} | more)


def progress(text: str = "Dug at the corner") -> c.Progress:
    return c.Progress.model_validate({"note": text})


def whistle(*departments: str, **more: Any) -> c.Whistle:
    called = departments or (town.HOUSING, town.TRAFFIC)
    return c.Whistle.model_validate({"departments": called, "help": "Close the road"} | more)


def report_in(number: int = 1, answer: str = "did", words: str | None = None) -> c.AnswerWhistle:
    return c.AnswerWhistle.model_validate({"number": number, "answer": answer, "words": words})


def suspend(until: Any = None, **more: Any) -> c.Suspend:
    body = {
        "reason": "awaits_works_by_others",
        "until": until or town.MONDAY + 10 * town.DAY,
        "evidence": EVIDENCE,
    }
    return c.Suspend.model_validate(body | more)


def ask_extension(by: str = "5 working_day", **more: Any) -> c.AskExtension:
    return c.AskExtension.model_validate({"by": by, "reason": "The pipe has to be ordered"} | more)


def refuse_extension() -> c.RefuseExtension:
    return c.RefuseExtension.model_validate({"reason": "It lies in the store"})


def hang_up(until: Any = None, **more: Any) -> c.HangUp:
    later = until or town.MONDAY + 60 * town.DAY
    body = {"reason": "awaits_budget", "until": later, "evidence": EVIDENCE}
    return c.HangUp.model_validate(body | more)


def receive_target(due: Any = None, **more: Any) -> c.ReceiveTarget:
    body = {"due": due or town.MONDAY + 20 * town.DAY, "source": "open data"}
    return c.ReceiveTarget.model_validate(body | more)


def move_policy(policy: str = "boston-2015") -> c.MovePolicy:
    return c.MovePolicy.model_validate({"policy": policy, "reason": "Wrongly pinned"})


def recalibrate(cause: str = "Snow day") -> c.Recalibrate:
    return c.Recalibrate(cause=cause)


def resolve(*claims: int, outcome: str = "solved") -> c.Resolve:
    answers = [{"claim": claim, "outcome": outcome, "measure": "Mended"} for claim in claims or (1,)]
    return c.Resolve.model_validate({"answers": answers})


def visit(*claims: int, satisfaction: int = 5, solved: bool = True, **more: Any) -> c.Visit:
    said = {"solved": solved, "satisfaction": satisfaction, "words": "As promised"}
    judgements = [{"claim": claim, **said} for claim in claims or (1,)]
    return c.Visit.model_validate({"reached": True, "judgements": judgements} | more)


def visit_all(case: Case, satisfaction: int = 5) -> c.Visit:
    return visit(*(claim.id for claim in case.claims), satisfaction=satisfaction, solved=satisfaction > 2)


def nobody_home() -> c.Visit:
    return c.Visit(reached=False)


def reopen() -> c.Reopen:
    return c.Reopen.model_validate({"words": "It came back"})


def exclude(reason: str = "force_majeure", **more: Any) -> c.Exclude:
    later = town.MONDAY + 300 * town.DAY
    return c.Exclude.model_validate({"reason": reason, "until": later, "evidence": EVIDENCE} | more)


def include(reason: str = "error", **more: Any) -> c.Include:
    return c.Include.model_validate({"reason": reason, "evidence": EVIDENCE} | more)


def hold_accountable(clock: str = "1/resolve") -> c.HoldAccountable:
    return c.HoldAccountable.model_validate({"clock": clock, "note": "Late"})


def answer_entry(entry: int = 1) -> c.AnswerAccountability:
    return c.AnswerAccountability.model_validate({"entry": entry, "words": "The store was shut"})


def appeal_entry(entry: int = 1) -> c.AppealAccountability:
    return c.AppealAccountability.model_validate({"entry": entry, "words": "Not ours"})


def withdraw_entry(entry: int = 1) -> c.WithdrawAccountability:
    return c.WithdrawAccountability.model_validate({"entry": entry, "reason": "Rightly said"})


def ask_review() -> c.AskReview:
    return c.AskReview.model_validate({"words": "The answer forgets the cellar"})


def answer_review(upheld: bool = True) -> c.AnswerReview:
    return c.AnswerReview.model_validate({"upheld": upheld, "opinion": "So it stands"})


def ask_recheck() -> c.AskRecheck:
    return c.AskRecheck.model_validate({"words": "It is not so"})


def answer_recheck(upheld: bool = True) -> c.AnswerRecheck:
    return c.AnswerRecheck.model_validate({"upheld": upheld, "opinion": "So it stands"})


def hear(begun: Any, ended: Any) -> c.Hear:
    return c.Hear.model_validate({"begun": begun, "ended": ended})


def reach(milestone: str = "secure") -> c.ReachMilestone:
    return c.ReachMilestone.model_validate({"milestone": milestone})


PETITION = "letters-and-visits-2022"
SCREENED = (collect(), screen())
ASSIGNED = (*SCREENED, assign())
ACCEPTED = (*ASSIGNED, c.Accept())
SUSPENDED = (*ACCEPTED, suspend())
HUNG_UP = (*ACCEPTED, (hang_up(), town.WATER_HEAD), hang_up())
RESOLVED = (*ACCEPTED, resolve())
VISITED = (*RESOLVED, visit())
CLOSED = (*VISITED, c.StrikeOff())
REVIEWED = (
    collect(policy=PETITION), screen(), assign(), c.Accept(), resolve(), visit(), c.StrikeOff(), ask_review(),
    answer_review(),
)  # fmt: skip

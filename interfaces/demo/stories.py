"""What happens to the lived cases: each story is one way through a case, told in commands over the API."""

from collections.abc import Callable
from datetime import timedelta

from domain.actor import Role
from engine import clock
from interfaces.demo.client import Refusal
from interfaces.demo.ladder import SLACK
from interfaces.demo.life import Json, Life, somebody, supervisor


def give_back(life: Life) -> None:
    """Put the case under the demonstration's policy; its unit objects, and the desk screens it anew."""
    life.do("move-policy", supervisor, policy="demo", reason="a demonstration in seconds")
    unit = life.state()["duties"]["handler"]
    life.do(
        "object",
        life.person(Role.CASE_WORKER, "handler"),
        reason="wrong_unit",
        explanation="not our pavement",
    )
    life.do("rule-objection", life.person(Role.CASE_WORKER, "desk"), upheld=True, explanation="agreed")
    life.do("screen", life.person(Role.CASE_WORKER, "desk"), kind="issue", key=False)
    life.do("assign", life.person(Role.CASE_WORKER, "desk"), unit=unit, manner="direct", why="person")


def work(life: Life) -> None:
    """Take the case, reach the resident and write down progress."""
    worker = life.person(Role.CASE_WORKER, "handler")
    life.do("accept", worker)
    life.do("contact", worker, means="telephone", reached=True)
    life.do("progress", worker, note="a crew was there")


def resolve(life: Life) -> None:
    """Answer each claim."""
    claims = [claim["id"] for claim in life.state()["claims"]]
    answers = [{"claim": claim, "outcome": "solved", "measure": "repaired"} for claim in claims]
    life.do("resolve", life.person(Role.CASE_WORKER, "handler"), answers=answers)


def visit(life: Life, *, solved: bool, satisfaction: int) -> None:
    """Ask the resident again, claim by claim."""
    claims = [claim["id"] for claim in life.state()["claims"]]
    judged = [{"claim": claim, "solved": solved, "satisfaction": satisfaction} for claim in claims]
    life.do("visit", life.person(Role.VISITOR, "visitor"), reached=True, judgements=judged)


def finish(life: Life) -> None:
    """Resolve, visit with a satisfied resident, and strike off."""
    resolve(life)
    visit(life, solved=True, satisfaction=5)
    life.do("strike-off", life.person(Role.VISITOR, "visitor"))


def straight(life: Life) -> None:
    """Handled as it should be."""
    give_back(life)
    work(life)
    finish(life)


def designated(life: Life) -> None:
    """The unit objects a second time, and is designated."""
    give_back(life)
    worker = life.person(Role.CASE_WORKER, "handler")
    life.do("object", worker, reason="wrong_unit", explanation="still not ours")
    desk = life.person(Role.CASE_WORKER, "desk")
    life.do("rule-objection", desk, upheld=False, explanation="the duty list names you")
    work(life)
    finish(life)


def whistled(life: Life) -> None:
    """A street calls two departments; one comes and one declines."""
    give_back(life)
    work(life)
    called = ["boston.dept-park", "boston.dept-pwdx"]
    life.do("whistle", life.person(Role.CASE_WORKER, "desk"), departments=called, help="a crane, today")
    for unit, answer in zip(called, ("did", "declined"), strict=True):
        life.do(
            "answer-whistle",
            somebody(Role.CASE_WORKER, unit),
            number=1,
            answer=answer,
            words="as agreed on the telephone",
        )
    finish(life)


def suspend(life: Life) -> None:
    """Suspend the case for three seconds; on a busy machine they may pass before the command arrives."""
    while True:
        until = clock.now() + timedelta(seconds=3)
        head = life.person(Role.UNIT_HEAD, "handler")
        try:
            life.do("suspend", head, reason="awaits_works_by_others", until=until.isoformat())
        except Refusal as refusal:
            if refusal.code != "until_in_past":
                raise
        else:
            return


def suspended(life: Life) -> None:
    """The clock stops for three seconds and goes on by itself, on the date that was set."""
    give_back(life)
    work(life)
    suspend(life)
    life.until(lambda state: bool(state["stage"] == "accepted"))
    finish(life)


def dissatisfied(life: Life) -> None:
    """The visit finds it unsolved: a second round, and then it is done."""
    give_back(life)
    work(life)
    resolve(life)
    visit(life, solved=False, satisfaction=2)
    work(life)
    finish(life)


def neglected(life: Life) -> None:
    """Nobody moves until the whole ladder is taken on every clock; then the unit above does the work.

    The entry is answered, appealed against and withdrawn.
    """
    give_back(life)
    life.left.set()
    life.until(lambda state: _taken(state) >= NEGLECTED_RUNGS)
    life.await_repair()
    # A rung that is taken twice would come now; and only then do the clocks count as those of the ladder.
    life.rest(SLACK.total_seconds())
    work(life)
    finish(life)
    entry = life.state()["entries"][0]
    unit = entry["unit"]
    head = somebody(Role.UNIT_HEAD, unit)
    life.do("answer-accountability", head, entry=entry["number"], words="the case lay in the wrong tray")
    life.do("appeal-accountability", head, entry=entry["number"], words="the tray was not ours")
    life.do("withdraw-accountability", supervisor, entry=entry["number"], reason="granted")


NEGLECTED_RUNGS = frozenset(
    (obligation, rung)
    for obligation in ("accept", "contact", "resolve")
    for rung in ("remind", "supervise", "raise", "hold_accountable")
)
"""What the ladder must have recorded for a case that nobody touched: every rung of each clock that ran."""


def _taken(state: Json) -> frozenset[tuple[str, str]]:
    """Return the rungs that stand on the clocks that are open."""
    return frozenset((clock["obligation"], rung) for clock in state["clocks"] for rung in clock["rungs"])


Story = Callable[[Life], None]
STORIES: tuple[tuple[Story, int], ...] = (
    (straight, 60),
    (neglected, 40),
    (dissatisfied, 30),
    (whistled, 30),
    (suspended, 20),
    (designated, 20),
)
"""Each story and how many of 200 lived cases take it."""
FEWEST = 20
"""Lived cases with which every story is told once, and the one of neglect before and in the outage."""


def shares(cases: int) -> list[Story]:
    """Return a story for each of so many cases, FEWEST at least; what is left over is told straight."""
    whole = sum(count for _, count in STORIES)
    told = [story for story, count in STORIES for _ in range(count * cases // whole)]
    return [straight] * (cases - len(told)) + told

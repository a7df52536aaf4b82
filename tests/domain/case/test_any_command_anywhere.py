"""No silent case: whatever is asked of any case, there are events or a refusal, and the laws hold.

Each seed is one sequence of random commands over several cases that merge and split, and afterwards each of
these cases climbs its whole ladder. Most begin with a case in a stage drawn evenly. 2,000 are walked
every time: 1,900 of 8 commands and 100 of 60, which go far. `make test-release` walks 100,000: 95,000
of 8 commands and 5,000 of 150; that takes more than an hour of processor time, shared among all cores.
"""

import contextlib
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from random import Random
from uuid import UUID, uuid5

import pytest

from domain.actor import LADDER
from domain.case import commands as c
from domain.case.stage import Stage
from domain.errors import DomainError
from tests.domain.case import laws
from tests.domain.case.chance import amend, command
from tests.domain.case.histories import HISTORIES, excluded
from tests.support import asks, town
from tests.support.given import CASE, OTHER, World, given, rung

RELEASE = os.environ.get("ECHOWALL_PROPERTIES") == "release"
WALKS, FAR = (int(os.environ.get("ECHOWALL_WALKS", "100000")), 150) if RELEASE else (2_000, 60)
NEAR = 8
"""Commands of an ordinary walk; every twentieth has FAR."""
BATCH = 500 if RELEASE else 100
PROCESSES = (os.cpu_count() or 1) if RELEASE else 2
NAMES = [uuid5(CASE, f"walk {number}") for number in range(3)]

LED = "moved or resolved with its leader"
"""What walks count beside the verbs: something that happened to a merged case through another one."""

Met = tuple[Counter[str], Counter[Stage]]


def met(first: int) -> Met:
    """Walk a batch of seeds; return the answers and the stages that were met."""
    answers: Counter[str] = Counter()
    stages: Counter[Stage] = Counter()
    for seed in range(first, first + BATCH):
        try:
            _, codes, seen = walk(seed, NEAR if seed % 20 else FAR)
        except Exception as error:
            error.add_note(f"walk {seed}")
            raise
        answers.update(codes)
        stages.update(seen)
    return answers, stages


@pytest.fixture(scope="module")
def batches() -> Iterator[dict[int, Future[Met]]]:
    """Begin all batches, by their first seeds, in processes of their own."""
    pool = ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn"))
    yield {first: pool.submit(met, first) for first in range(0, WALKS, BATCH)}
    pool.shutdown(cancel_futures=True)


def walk(seed: int, steps: int = FAR) -> tuple[World, Counter[str], Counter[Stage]]:
    """Give a random walk's commands one by one and check the laws after each; returns what was met."""
    random = Random(seed)
    world = World(book=town.rulebook(random.choice(["hotline-five-working-days", "boston-2015", "demo"])))
    if random.random() < 0.7:
        world = _begun(random)
    codes: Counter[str] = Counter()
    stages: Counter[Stage] = Counter()
    for _ in range(steps):
        case = random.choice([*NAMES, *[CASE] * 4, *list(world.cases)[:4]])
        codes[_one(random, world, case)] += 1
        if case in world.cases:
            stages[world.case(case).stage] += 1
    for case in world.cases:
        most = 4 * (1 + len(world.case(case).clocks)) + 4
        laws.climb(world, case, most)
    return world, codes, stages


def _begun(random: Random) -> World:
    """Return a world in which one case stands in a stage drawn evenly."""
    story = given().also(asks.collect("also wet"), case=OTHER)
    story.also(*random.choice(HISTORIES[random.choice(list(Stage))]))
    if random.random() < 0.2:
        story.also(*excluded(story.world.case()))
    if random.random() < 0.3:
        with contextlib.suppress(DomainError):  # the case may stand where it can lead nobody
            first = [{"claim": 1, "leading": 1}]
            story.also(c.Merge.model_validate({"into": CASE, "claims": first}), case=OTHER)
    return story.world


def _one(random: Random, world: World, case: UUID) -> str:
    if random.random() < 0.1:
        world.now += random.choice([1, 24, 24 * 10]) * random.random() * town.HOUR
    if random.random() < 0.03:
        amend(random, world)
    before = dict(world.cases)
    step = world.plan(case) if case in world.cases else None
    if step is not None and step.wake_at < world.now + town.DAY and random.random() < 0.2:
        request, actor = rung(step), LADDER
        world.now = max(world.now, step.wake_at)
    else:
        request, actor = command(random, world, world.cases.get(case), [*world.cases, *NAMES])
    at = world.now - random.choice([0] * 15 + [0.02, 2]) * random.random() * town.DAY
    try:
        events = world.give(request, actor, at, case=case, entered=world.now)
    except DomainError as error:
        assert world.cases == before
        return error.code
    changed = [one for one, after in world.cases.items() if before.get(one) is not after]
    for one in changed:
        laws.check(world, one)
        laws.asked_again_is_nothing(world, one)
    laws.check_step(before.get(case), events, world, actor)
    if any(before[one].stage is Stage.MERGED for one in changed if one != case and one in before):
        return LED
    return type(request).VERB if events else "nothing"


@pytest.mark.parametrize("first", range(0, WALKS, BATCH))
def test_any_command_on_any_reachable_case_gives_events_or_a_refusal(
    first: int, batches: dict[int, Future[Met]]
) -> None:
    answers, _ = batches[first].result()
    assert answers.total() >= NEAR * BATCH


def test_walks_meet_every_stage_and_every_command(batches: dict[int, Future[Met]]) -> None:
    answers: Counter[str] = Counter()
    stages: Counter[Stage] = Counter()
    verbs = {kind.VERB for kind in c.CASE_COMMANDS}
    for first in range(0, 2 * WALKS, BATCH):
        if first >= WALKS and verbs <= set(answers):
            break  # the rarest commands need a batch or two more
        codes, seen = batches[first].result() if first in batches else met(first)
        answers.update(codes)
        stages.update(seen)
    assert set(stages) == set(Stage)
    assert not verbs - set(answers)
    assert answers[LED]
    assert answers["merge_into_resolved"]


def test_a_walk_told_again_is_the_same_walk() -> None:
    assert walk(7)[0].events == walk(7)[0].events

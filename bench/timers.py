"""Timers through a real Temporal: rungs due within a minute, and the relay beside a bare client.

All processes of an installation run but the API: the sweep takes the rungs that timers are late with, and how
many those were is told.
"""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from time import monotonic, perf_counter, sleep
from typing import Any, Final
from uuid import UUID, uuid4

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from bench.harness import Result, Sizes, alternate, say
from bench.life import collect
from bench.place import Place, engine_at
from domain.actor import Actor, Role
from domain.case.events import CaseEvent
from domain.case.plan import Step, plan
from engine import ids
from engine.handle import Engine
from engine.request import Request
from engine.settings import Settings
from interfaces.compose import migrate
from interfaces.local.temporal import LocalTemporal
from workers.relay.run import Relay
from workers.relay.swept import swept
from workers.relay.table import RelayTable
from workers.temporal.client import connect, prepare
from workers.temporal.messages import (
    DUE,
    PLAN_CHANGED,
    RUNG,
    TASK_QUEUE,
    UNIT,
    WORKFLOW,
    EscalationInput,
    PlanChanged,
    PlannedStep,
    workflow_id,
)
from workers.temporal.timers import IN_FLIGHT, Timers

ADMINISTRATOR: Final = Actor(id="administrator", role=Role.ADMINISTRATOR)
"""Only who has this role names the policy of a case."""
LIMIT: Final = timedelta(hours=1)
WINDOW: Final = timedelta(minutes=1)
"""Span within which all cases fall due."""
_LONGEST: Final = 900.0
_ASKED: Final = 500
"""Timers asked for at a time."""
_RUNGS: Final = frozenset({"case.reminded", "case.supervised", "case.raised", "case.held_accountable"})
_POLICY: Final = """
id = "bench"
version = 1
effective_from = 2015-01-01
calendar = "always"
refusal_reasons = ["beyond_public_duties"]
suspension_reasons = ["awaits_resident"]
exclusion_reasons = ["private_dispute"]
hang_up_max = "600 second"
ladder = [{ rung = "remind", at = "after 0 second" }]
title = { en = "Benchmark, one rung", zh = "基准" }
source = { instrument = "Echo Wall benchmark", date = "2026", status = "local" }
visit = { tries_before_unreachable = 2, satisfied_from = 3 }

[obligations]
dispatch = { limit = "3600 second" }
accept = { limit = "3600 second" }
contact = { limit = "3600 second" }
resolve = { limit = "3600 second" }
visit = { limit = "3600 second" }
answer_whistle = { limit = "3600 second", paused_by = [] }
answer_objection = { limit = "3600 second", paused_by = [] }
"""


@dataclass(frozen=True)
class Town:
    """An engine and the settings of the processes that work on its log."""

    engine: Engine
    settings: Settings

    @property
    def url(self) -> str:
        """Where its log is."""
        return self.settings.database_url or ""


def run(where: Place, sizes: Sizes) -> Result:
    """Compare the relay with a bare client first, then let rungs fall due under a worker and a relay."""
    result = Result("timers", figures={"cases": float(sizes.cases)})
    with _town(where) as (town, address):
        apart = town.settings.model_copy(update={"temporal_namespace": _namespace(address)})
        _relay_beside_bare(Town(town.engine, apart), sizes, result)
        _rungs(town, sizes, result)
    return result


@contextmanager
def _town(where: Place) -> Iterator[tuple[Town, str]]:
    policies = where.folder / "policies"
    policies.mkdir()
    (policies / "bench.toml").write_text(_POLICY, "utf-8")
    with ExitStack() as stack:
        address = os.environ.get("TEMPORAL_ADDRESS")
        if not address:
            server = LocalTemporal(where.folder)
            stack.callback(server.stop)
            address = server.start()
        # The relay's tables come with the whole migration, and an engine of its own reads our policy.
        stack.enter_context(engine_at(where))
        settings = where.settings().model_copy(
            update={
                "temporal_address": address,
                "temporal_namespace": _namespace(address),
                "policy_dir": policies,
            }
        )
        migrate(settings)
        engine = Engine.open(settings)
        stack.callback(engine.close)
        yield Town(engine, settings), address


def _namespace(address: str) -> str:
    name = f"bench-{uuid4().hex}"

    async def register() -> None:
        client = await Client.connect(address)
        await client.workflow_service.register_namespace(
            RegisterNamespaceRequest(
                namespace=name, workflow_execution_retention_period=Duration(seconds=86_400)
            )
        )

    asyncio.run(register())
    return name


def _record(engine: Engine, cases: int, due_from: datetime) -> None:
    """Record new cases, collected an hour before they fall due one after the other within the window."""
    command = collect().model_copy(update={"policy": "bench"})
    begun = due_from - LIMIT
    requests = [
        Request(ids.new(), command, ADMINISTRATOR, uuid4(), begun + WINDOW * number / cases)
        for number in range(cases)
    ]
    for start in range(0, cases, 500):
        answer = engine.handle_many(requests[start : start + 500])
        if answer.refused:
            raise next(iter(answer.refused.values()))


def _relay_beside_bare(town: Town, sizes: Sizes, result: Result) -> None:
    """No worker runs, so that both sides are told apart from the work that signals lead to."""
    cases = min(sizes.cases, 1_000)
    with RelayTable(town.url) as table, Timers.connect(town.settings) as timers:
        relay = Relay(town.engine, table, timers)
        while relay.step():
            pass

        def relayed() -> float:
            _record(town.engine, cases, datetime.now(UTC) + LIMIT / 2)
            begun = perf_counter()
            while relay.step():
                pass
            return cases / (perf_counter() - begun)

        duel = alternate(relayed, lambda: _bare(town, cases), sizes.runs)
    result.take("relay_bare", "relay_starts", "bare_starts", duel)


def _bare(town: Town, cases: int) -> float:
    """Return how many of the relay's calls a second a client's own loop sends, as many at a time."""

    async def send() -> float:
        client = await connect(town.settings)
        await prepare(client)
        step = PlannedStep(
            wake_at=datetime.now(UTC) + timedelta(days=1),
            action="remind",
            clock="1/dispatch",
            unit="city.east",
        )
        pairs: list[SearchAttributePair[Any]] = [
            SearchAttributePair(UNIT, step.unit),
            SearchAttributePair(RUNG, step.action),
            SearchAttributePair(DUE, step.wake_at),
        ]
        shown = TypedSearchAttributes(pairs)
        todo = iter([uuid4() for _ in range(cases)])

        async def loop() -> None:
            for case in todo:
                await client.start_workflow(
                    WORKFLOW,
                    EscalationInput(case=case),
                    id=workflow_id(case),
                    task_queue=TASK_QUEUE,
                    start_signal=PLAN_CHANGED,
                    start_signal_args=[PlanChanged(case=case, generation=1, step=step)],
                    search_attributes=shown,
                )

        begun = perf_counter()
        await asyncio.gather(*(loop() for _ in range(IN_FLIGHT)))
        return cases / (perf_counter() - begun)

    return asyncio.run(send())


def _rungs(town: Town, sizes: Sizes, result: Result) -> None:
    """Let all cases fall due after their timers run, and look at each rung that the log then holds."""
    # Recording and relaying must be done before the first case falls due.
    begin = datetime.now(UTC) + timedelta(seconds=30 + sizes.cases / 40)
    before = town.engine.store.head()
    taken = _Taken(town, before)
    with _process(town, "projector"), _process(town, "relay"), _process(town, "worker"):
        _record(town.engine, sizes.cases, begin)
        due = _due(town, before)
        with Timers.connect(town.settings) as timers:
            _until(lambda: _relayed(town), "the relay follows")
            running = len(timers.running(due))
        ready = datetime.now(UTC) < begin
        say(f"  {running:,} timers run{'' if ready else ', the first cases are due already'}")
        _until(lambda: taken.look() >= len(due), "the rungs are taken")
        # A rung that is taken twice is taken by a timer that still runs; none may be left.
        left = set(due)
        _until(lambda: _ended(town, left), "the timers end")
        _until(lambda: _relayed(town), "the relay follows")
    taken.look()
    counts = Counter((case, clock, name) for case, clock, name, _ in taken.rungs)
    right = {(case, step.clock, "case.reminded") for case, step in due.items()}
    late = sorted((at - due[case].wake_at).total_seconds() for case, _, _, at in taken.rungs)
    result.figures |= {
        "exactly_once": set(counts) == right and set(counts.values()) == {1},
        "ready_before_due": ready,
        "rungs": float(len(taken.rungs)),
        "taken_by_sweep": float(_swept(town)),
        "lateness_p50_s": late[len(late) // 2],
        "lateness_p99_s": quantiles(late, n=100)[98],
        "lateness_max_s": late[-1],
    }


def _due(town: Town, before: int) -> dict[UUID, Step]:
    """Return the step for which each case recorded after a position waits."""
    book, found = town.engine.rules.refresh(), {}
    for case in {one.stream for one in _after(town, before)}:
        known = town.engine.case(case)
        step = None if known is None else plan(known, book)
        if step is not None:
            found[case] = step
    return found


def _after(town: Town, position: int) -> Iterator[Any]:
    """Yield the events of cases recorded after a position."""
    while batch := town.engine.store.read(position, 5_000):
        yield from (one for one in batch if isinstance(one.event, CaseEvent))
        position = batch[-1].position or position


class _Taken:
    """The rungs recorded after a position; each event is read once, to leave the worker its core."""

    def __init__(self, town: Town, position: int) -> None:
        self._town = town
        self._position = position
        self.rungs: list[tuple[UUID, str | None, str, datetime]] = []

    def look(self) -> int:
        """Read on to the log's end; return how many rungs there are: case, clock, name, when recorded."""
        for one in _after(self._town, self._position):
            self._position = one.position or self._position
            if one.name in _RUNGS:
                self.rungs.append((one.stream, getattr(one.event, "clock", None), one.name, one.recorded_at))
        return len(self.rungs)


def _swept(town: Town) -> int:
    with RelayTable(town.url) as table:
        return swept(table.connected()).steps


def _relayed(town: Town) -> bool:
    with RelayTable(town.url) as table:
        return table.position() >= town.engine.store.head()


def _ended(town: Town, left: set[UUID]) -> bool:
    """Take away those whose timers have ended, some at a time, since asking holds them up."""
    some = list(left)[:_ASKED]
    with Timers.connect(town.settings) as timers:
        left.difference_update(set(some) - timers.running(some))
    return not left


def _until(condition: Any, what: str) -> None:
    say(f"  waiting until {what}")
    end = monotonic() + _LONGEST
    while not condition():
        if monotonic() > end:
            raise RuntimeError(f"not in time: {what}")
        sleep(0.5)


@contextmanager
def _process(town: Town, command: str) -> Iterator[None]:
    """A process of the program on the town's servers; it ends with the block."""
    settings = town.settings
    environment = {
        **os.environ,
        "DATABASE_URL": town.url,
        "TEMPORAL_ADDRESS": str(settings.temporal_address),
        "TEMPORAL_NAMESPACE": settings.temporal_namespace,
        "ECHOWALL_DATA_DIR": str(settings.data_dir),
        "ECHOWALL_POLICY_DIR": str(settings.policy_dir),
        "LOG_LEVEL": "WARNING",
    }
    program = [sys.executable, "-m", "interfaces.cli.main", command]
    with subprocess.Popen(program, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr) as child:
        try:
            yield
            if child.poll() is not None:
                raise RuntimeError(f"echowall {command} ended early")
        finally:
            child.terminate()

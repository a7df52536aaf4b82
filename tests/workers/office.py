"""An office on real servers: a database with the town in it, a namespace of its own, and its processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client

from domain.actor import LADDER, Actor
from domain.case.commands import AnyCaseCommand
from domain.case.state import Case
from engine.handle import Engine
from engine.migrate import migrate
from engine.replay import history
from engine.settings import Settings
from interfaces.local.processes import wait_until
from tests.support import asks, town
from tests.support.given import usual
from workers.relay import SCHEMA
from workers.relay.run import run_relay
from workers.relay.table import RelayTable
from workers.temporal.messages import PlanChanged
from workers.temporal.timers import Timers
from workers.temporal.worker import run_worker

ROOT = Path(__file__).parents[2]
RUNGS = ["case.reminded", "case.supervised", "case.raised", "case.held_accountable"]


class Sent(Timers):
    """Real timers that also tell what they were given to send."""

    plans: list[PlanChanged]

    def send(self, plans: Sequence[PlanChanged]) -> None:
        self.plans = [*getattr(self, "plans", []), *plans]
        super().send(plans)


class Office:
    """What a test asks of the system."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = Engine.open(settings)
        self.engine.rules.establish(town.FOUNDED, LADDER)

    @property
    def url(self) -> str:
        assert self.settings.database_url is not None
        return self.settings.database_url

    def give(self, case: UUID, command: AnyCaseCommand, by: Actor | None = None) -> None:
        self.engine.handle(case, command, by or usual(command), command_id=uuid4())

    def collect(self, *further: AnyCaseCommand, policy: str = "demo") -> UUID:
        """Record a new case under the policy that counts in seconds, and what is done with it at once."""
        case = uuid4()
        self.give(case, asks.collect(policy=policy))
        for command in further:
            self.give(case, command)
        return case

    def case(self, case: UUID) -> Case:
        found = self.engine.case(case)
        assert found is not None
        return found

    def names(self, case: UUID) -> list[str]:
        return [one.name for one in history(self.engine.store, case)]

    def rungs(self, case: UUID, clock: str | None = None) -> list[str]:
        """Names of the rungs recorded, in order; of one clock where it is named."""
        return [
            one.name
            for one in history(self.engine.store, case)
            if one.name in RUNGS and clock in (None, getattr(one.event, "clock", None))
        ]

    def until(self, condition: Callable[[], bool], seconds: float = 40.0) -> None:
        assert wait_until(condition, seconds), "it did not come about in time"

    def relayed(self) -> bool:
        """Whether the relay has followed the whole log."""
        with RelayTable(self.url) as table:
            return table.position() >= self.engine.store.head()

    def timers(self) -> Timers:
        return Timers.connect(self.settings)

    @contextmanager
    def worker(self, metrics_address: str | None = None) -> Iterator[None]:
        with running(lambda stop: run_worker(self.settings, stop, metrics_address=metrics_address)):
            yield

    @contextmanager
    def relay(self) -> Iterator[None]:
        with running(lambda stop: run_relay(self.settings, stop)):
            yield

    @contextmanager
    def process(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """A program of tests/workers/process.py, killed at the end if it still runs."""
        environment = {
            **os.environ,
            "DATABASE_URL": self.url,
            "TEMPORAL_ADDRESS": str(self.settings.temporal_address),
            "TEMPORAL_NAMESPACE": self.settings.temporal_namespace,
            "ECHOWALL_DATA_DIR": str(self.settings.data_dir),
        }
        program = [sys.executable, "-m", "tests.workers.process", *command]
        with subprocess.Popen(program, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL) as child:
            try:
                yield child
            finally:
                if child.poll() is None:
                    child.kill()

    def close(self) -> None:
        self.engine.close()


@contextmanager
def running(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run a process's main function on a thread until the block ends; what it raises fails the test."""
    stop = threading.Event()
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work(stop)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive(), "it does not stop"
    if errors:
        raise errors[0]


@contextmanager
def office(database: str, temporal: str, folder: Path, namespace: str | None = None) -> Iterator[Office]:
    """An office in an empty database; a namespace of its own unless one is named."""
    migrate(database, extra=[SCHEMA])
    settings = Settings().model_copy(
        update={
            "database_url": database,
            "temporal_address": temporal,
            "temporal_namespace": namespace or new_namespace(temporal),
            "data_dir": folder,
        }
    )
    opened = Office(settings)
    try:
        yield opened
    finally:
        opened.close()


def new_namespace(address: str) -> str:
    """Make a namespace, so that workers of other tests take nothing from this one."""
    name = f"t-{uuid4().hex}"

    async def register() -> None:
        client = await Client.connect(address)
        retention = Duration(seconds=int(timedelta(days=1).total_seconds()))
        await client.workflow_service.register_namespace(
            RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=retention)
        )

    asyncio.run(register())
    return name

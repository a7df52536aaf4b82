"""Runs a worker: activities on as many threads as there are database connections, workflows beside them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Final

from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from engine import log
from engine.handle import Engine
from engine.settings import Settings
from workers import stopping
from workers.schedules.activity import Periodic
from workers.schedules.workflow import PeriodicWorkflow
from workers.temporal.activities import Activities
from workers.temporal.client import connect, prepare
from workers.temporal.messages import TASK_QUEUE
from workers.temporal.workflows import EscalationWorkflow

GRACE: Final = timedelta(seconds=10)
"""What a stopping worker gives the steps that it is taking."""
_PAUSE: Final = 1.0
CACHED: Final = 10_000
"""Timers that it keeps between two steps; for others Temporal sends the history again, some ten events."""
TASKS_A_THREAD: Final = 4
"""Timers woken at a time for each thread: enough that no thread waits, few enough that none times out."""
STICKY: Final = timedelta(seconds=30)
"""How long Temporal keeps a woken timer for the worker that knows it, before any other may have it.

The default of 10 makes a worker that is behind replay what it had at hand, and fall further behind; much
longer would leave the timers of a worker that was killed lying.
"""


def worker(client: Client, engine: Engine, executor: ThreadPoolExecutor, threads: int) -> Worker:
    """Return a worker that takes steps on `threads` threads of `executor`.

    Its workflows run outside the SDK's sandbox, which takes longer to build for each case than the case's
    step takes; tests replay every path inside it.

    Source: docs/decisions/0012-timers-outside-the-sandbox.md.
    """
    activities = Activities(engine)
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[EscalationWorkflow, PeriodicWorkflow],
        activities=[activities.take_step, Periodic(engine).periodic],
        activity_executor=executor,
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=CACHED,
        max_concurrent_workflow_tasks=TASKS_A_THREAD * threads,
        sticky_queue_schedule_to_start_timeout=STICKY,
        max_concurrent_activities=threads,
        max_concurrent_local_activities=threads,
        graceful_shutdown_timeout=GRACE,
    )


def run_worker(settings: Settings, stop: Event | None = None, *, metrics_address: str | None = None) -> None:
    """Run a worker until SIGTERM, SIGINT or `stop`. Temporal may be down at the start.

    Args:
        settings: Name both servers; `pool_size` is the number of steps taken at a time.
        stop: Ends it from another thread; with it no signal is handled.
        metrics_address: Host and port where the SDK serves its own metrics to Prometheus; None serves none.

    Raises:
        SettingsInvalid, KeyMissing, UnsafeServer, Unavailable: What is wrong with the installation.
    """
    stop = stop or stopping.on_signals()
    engine = Engine.open(settings)
    try:
        engine.rules.install()
        asyncio.run(_run(settings, engine, stop, metrics_address))
    finally:
        engine.close()


async def _run(settings: Settings, engine: Engine, stop: Event, metrics_address: str | None) -> None:
    runtime = _runtime(metrics_address)
    stopped = asyncio.create_task(asyncio.to_thread(stop.wait))
    with ThreadPoolExecutor(max_workers=settings.pool_size, thread_name_prefix="step") as executor:
        while not stopped.done():
            try:
                client = await connect(settings, runtime=runtime)
                await prepare(client)
                await _until(stopped, worker(client, engine, executor, settings.pool_size))
            except (RuntimeError, RPCError) as error:  # the SDK says RuntimeError when it can't connect
                log.get("worker").warning("temporal can't be reached", error=str(error))
                await asyncio.wait([stopped], timeout=_PAUSE)


async def _until(stopped: asyncio.Task[bool], running: Worker) -> None:
    """Run a worker until told to stop, or until it gives up, as on a namespace that is gone."""
    log.get("worker").info("worker started", task_queue=TASK_QUEUE)
    run = asyncio.create_task(running.run())
    await asyncio.wait([stopped, run], return_when=asyncio.FIRST_COMPLETED)
    if not run.done():
        await running.shutdown()
    await run
    log.get("worker").info("worker stopped")


def _runtime(metrics_address: str | None) -> Runtime | None:
    if metrics_address is None:
        return None
    return Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=metrics_address)))

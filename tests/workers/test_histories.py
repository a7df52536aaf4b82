"""Runs recorded before must be told the same way, or timers would stand still after an upgrade."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.workflow import NondeterminismError

from tests.histories.record import NONDETERMINISTIC, PATHS
from tests.histories.sandbox import runner
from workers.schedules.workflow import PeriodicWorkflow
from workers.temporal.workflows import EscalationWorkflow

HISTORIES = Path(__file__).parents[1] / "histories"
STORED = sorted(path.stem for path in HISTORIES.glob("*.json") if path.stem != NONDETERMINISTIC)


RUNNERS = {"sandbox": runner(), "worker": UnsandboxedWorkflowRunner()}


def replay(name: str, within: WorkflowRunner) -> None:
    history = WorkflowHistory.from_json(f"stored-{name}", (HISTORIES / f"{name}.json").read_text())
    replayer = Replayer(
        workflows=[EscalationWorkflow, PeriodicWorkflow],
        data_converter=pydantic_data_converter,
        workflow_runner=within,
    )
    asyncio.run(replayer.replay_workflow(history))


@pytest.mark.parametrize("within", RUNNERS)
@pytest.mark.parametrize("name", STORED)
def test_a_stored_history_is_replayed_without_a_difference(name: str, within: str) -> None:
    replay(name, RUNNERS[within])


def test_every_path_has_a_stored_history() -> None:
    assert set(PATHS) <= set(STORED), "run `python -m tests.histories.record` and commit the files"


@pytest.mark.parametrize("within", RUNNERS)
def test_a_history_of_another_workflow_is_noticed(within: str) -> None:
    with pytest.raises(NondeterminismError):
        replay(NONDETERMINISTIC, RUNNERS[within])

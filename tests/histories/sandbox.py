"""The SDK's sandbox, in which tests run and replay our workflows: what is not deterministic fails there."""

from typing import Final

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

PASSED_THROUGH: Final = (
    "workers.temporal.messages",
    "workers.schedules.messages",
    "pydantic",
    "pydantic_core",
)
"""Modules that workflows share with the rest of the process; none of them gives a time or an id."""


def runner() -> SandboxedWorkflowRunner:
    """Return the sandbox."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    )

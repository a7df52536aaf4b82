"""Runs what a schedule asks for; one short run for each time it falls due."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workers.schedules.messages import (
        PERIODIC,
        PERIODIC_WORKFLOW,
        SCHEDULED,
        PeriodicDue,
        PeriodicInput,
        PeriodicResult,
    )

TIMEOUT: Final = timedelta(minutes=1)
RETRY: Final = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
"""Without end, as for rungs: what a job needs comes back."""


@workflow.defn(name=PERIODIC_WORKFLOW)
class PeriodicWorkflow:
    """One run of a periodic job."""

    @workflow.run
    async def run(self, asked: PeriodicInput) -> PeriodicResult:
        """Have the job done for the moment for which it was scheduled."""
        info = workflow.info()
        due = info.typed_search_attributes.get(SCHEDULED) or info.start_time
        result: PeriodicResult = await workflow.execute_activity(
            PERIODIC,
            PeriodicDue(job=asked.job, at=due),
            result_type=PeriodicResult,
            start_to_close_timeout=TIMEOUT,
            retry_policy=RETRY,
        )
        return result

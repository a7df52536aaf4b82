"""What `up` runs once: tried again where that may help, run again for a new cause, then left alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from interfaces.local.processes import Child, Program, wait_until
from interfaces.up.children import Task
from interfaces.up.people import units_for
from interfaces.up.sample import SampleUnusable, rows_of
from tests.interfaces.cli.conftest import SAMPLE


class Trial:
    """A task that runs a line of Python, and all that it reported."""

    def __init__(self, folder: Path, script: str) -> None:
        self.done: list[dict[str, Any]] = []
        self.said: list[str] = []
        self.cause: int | None = 1
        self.child = Child(Program("trial", (sys.executable, "-c", script)), folder)
        self.task = Task(self.child, self.done.append, self.said.append, lambda: self.cause)

    def run(self) -> bool:
        """Run it to its end; return whether it is content."""
        self.task.start()
        assert wait_until(lambda: not self.child.alive(), 20)
        return self.task.alive()


def test_a_task_that_is_done_tells_its_last_object_once(tmp_path: Path) -> None:
    trial = Trial(tmp_path, "print('noise'); print('{\"rows\": 3}')")
    assert trial.run()
    assert trial.task.alive()
    assert (trial.done, trial.said) == ([{"rows": 3}], [])


def test_a_task_runs_again_for_a_new_cause_and_waits_while_there_is_none(tmp_path: Path) -> None:
    trial = Trial(tmp_path, "")
    assert trial.run()
    trial.cause = None
    assert trial.task.alive()
    trial.cause = 2
    assert not trial.task.alive()
    assert trial.run()
    assert trial.done == [{}, {}]


@pytest.mark.parametrize(("code", "content"), [(1, False), (4, False), (70, False), (2, True), (3, True)])
def test_a_task_that_failed_is_tried_again_unless_the_answer_would_be_the_same(
    tmp_path: Path, code: int, content: bool
) -> None:
    trial = Trial(tmp_path, f"import sys; sys.exit({code})")
    assert trial.run() is content
    assert (trial.done, len(trial.said)) == ([], 1)
    assert "trial failed" in trial.said[0]


def test_the_sample_is_a_file_or_the_only_one_of_a_folder(tmp_path: Path) -> None:
    assert rows_of(SAMPLE) == rows_of(SAMPLE.parent) == SAMPLE.resolve()
    with pytest.raises(SampleUnusable, match="holds 0 CSV files"):
        rows_of(tmp_path)


def test_each_role_gets_a_unit_that_fits_the_others() -> None:
    from domain.actor import Role
    from domain.organisation.organisation import Organisation, fold
    from interfaces.boston.axis import Axis
    from interfaces.boston.importer import units_of

    organisation = fold(units_of(Axis.load()))
    units = units_for(organisation, ["boston.dept-park", *organisation.units])
    grid, street = units[Role.GRID_WORKER], units[Role.CASE_WORKER]
    assert grid is not None
    assert street is not None
    assert organisation.contains(street, grid)
    assert units[Role.UNIT_HEAD] == "boston.dept-park"
    assert units[Role.SUPERVISOR] == "boston"
    assert units[Role.ADMINISTRATOR] is units[Role.RESIDENT] is None
    assert set(units_for(Organisation(), []).values()) == {None}

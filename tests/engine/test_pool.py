"""Processes that share work: in order, bounded, and none of them stays behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.errors import Unavailable
from engine.pool import AHEAD, pool
from interfaces.local.processes import wait_until
from tests.engine.pooled import Piece, doing
from tests.support.servers import ROOT


@pytest.fixture(autouse=True)
def nobody_stays_behind() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def test_answers_come_in_the_order_of_the_pieces_and_the_second_may_be_done_first(tmp_path: Path) -> None:
    mark = str(tmp_path / "mark")
    pieces = [("await", mark), ("touch", mark), *(("say", str(number)) for number in range(7))]
    with pool(doing, (), 2) as did:
        assert list(did(pieces)) == [mark, mark, "0", "1", "2", "3", "4", "5", "6"]


def test_pieces_are_taken_a_bounded_number_ahead() -> None:
    taken: list[int] = []

    def pieces() -> Iterator[Piece]:
        for number in range(100):
            taken.append(number)
            yield "say", str(number)

    with pool(doing, (), 2) as did:
        answers = did(pieces())
        assert next(answers) == "0"
        assert len(taken) == 2 * AHEAD
        assert next(answers) == "1"
        assert len(taken) == 2 * AHEAD + 1


@pytest.mark.parametrize(
    ("piece", "raised", "words"),
    [
        (("fail", "what was asked"), LookupError, "what was asked"),
        (("refuse", "unknown_case"), RuntimeError, "Refused: No case has this id"),
    ],
    ids=["as it is", "as its text, when it does not pickle"],
)
def test_what_the_work_raises_is_raised_here_with_a_note_of_where(
    piece: Piece, raised: type[Exception], words: str, tmp_path: Path
) -> None:
    with pytest.raises(raised, match=words) as caught, pool(doing, (), 2) as did:
        list(did([("say", "a"), piece, ("hang", str(tmp_path / "hangs")), ("say", "b")]))
    if raised is LookupError:
        assert any("pooled.py" in note for note in caught.value.__notes__)


def test_a_process_that_is_killed_is_told_and_the_others_end() -> None:
    with pytest.raises(Unavailable, match="run it again"), pool(doing, (), 2) as did:
        pid = next(did([("pid", "")]))
        os.kill(int(pid), signal.SIGKILL)
        list(did([("say", str(number)) for number in range(20)]))


Hanging = tuple["subprocess.Popen[str]", list[psutil.Process]]


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[Hanging]:
    """A parent in a session of its own, whose two processes are both at work and will never be done."""
    marks = [tmp_path / "one", tmp_path / "two"]
    command = [sys.executable, "-m", "tests.engine.pooled", *map(str, marks)]
    parent = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    with parent:
        try:
            assert wait_until(lambda: all(mark.exists() for mark in marks), 60)
            yield parent, psutil.Process(parent.pid).children(recursive=True)
        finally:
            parent.kill()


def test_they_end_when_their_parent_is_killed(hanging: Hanging) -> None:
    parent, children = hanging
    parent.kill()
    parent.communicate(timeout=30)
    assert len(children) >= 2
    assert psutil.wait_procs(children, timeout=30)[1] == []


def test_a_ctrl_c_is_the_parents_business_and_ends_all(hanging: Hanging) -> None:
    parent, children = hanging
    os.killpg(parent.pid, signal.SIGINT)
    _, told = parent.communicate(timeout=30)
    assert psutil.wait_procs(children, timeout=30)[1] == []
    assert told.count("Traceback") == 1, "only the parent says that it was interrupted"
    assert told.rstrip().endswith("KeyboardInterrupt")

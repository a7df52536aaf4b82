"""What-if on real cases: by the city's targets its own figures, by a limit those counted from the file."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.policy import Policy, parse_policy
from engine.handle import Engine
from engine.whatif import Question, ask
from interfaces.boston.importer import run_import
from interfaces.boston.mend import mend
from interfaces.boston.record import SNAPSHOT_END, BostonCase, Flag
from interfaces.boston.rows import FIRST_LINE, read_rows
from tests.interfaces.boston.imports import open_engine
from tests.interfaces.boston.rows_of import SAMPLE

BOSTON = Path(__file__).parents[3] / "engine" / "data" / "policies" / "boston-2015.toml"


@pytest.fixture(scope="module")
def engine(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(database, tmp_path_factory.mktemp("engine"))
    run_import(engine, SAMPLE, until_now=False, errors=tmp_path_factory.mktemp("errors") / "errors.csv")
    yield engine
    engine.close()


def rows() -> list[BostonCase]:
    made = (mend(raw, line).case for line, raw in enumerate(read_rows(SAMPLE), FIRST_LINE))
    return [one for one in made if one is not None]


def patient(text: str) -> Policy:
    """The policy of a text with all the time in the world for everything but the resolution."""
    for limit in ("1 working_day", "2 working_day", "3 working_day"):
        text = text.replace(f'limit = "{limit}"', 'limit = "900 working_day"')
    return parse_policy(text.replace("version = 1", "version = 9", 1))


def late_then(engine: Engine, policy: Policy) -> int:
    outcome = ask(engine.store, Question(as_of=SNAPSHOT_END, policy=policy), engine.rules.current())
    assert outcome.cases == len(rows())
    return outcome.of("all", "")["late_then"]


def test_by_the_citys_own_targets_the_late_ones_are_those_that_the_city_flags(engine: Engine) -> None:
    targets = [one for one in rows() if one.target is not None]
    flagged = sum(one.flag is Flag.OVERDUE for one in targets)
    blank = sum(one.flag is None for one in targets)  # without a flag, and late by our clocks: see test_flags
    assert (flagged, blank) == (1_233, 51)
    assert late_then(engine, patient(BOSTON.read_text("utf-8"))) == flagged + blank


def test_by_thirty_days_of_the_clock_the_late_ones_are_those_counted_in_the_file(engine: Engine) -> None:
    text = BOSTON.read_text("utf-8")
    head, rest = text.split("external_target = true", 1)
    policy = patient(head + 'limit = "720 urgent_hour"' + rest.split('fallback = "30 natural_day"', 1)[1])
    month = timedelta(hours=720)
    expected = sum(one.opened + month < (one.closed or SNAPSHOT_END) for one in rows())
    assert expected == 1_497
    assert late_then(engine, policy) == expected

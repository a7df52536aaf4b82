"""What a user means by a day when trying another policy or calendar."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from interfaces.cli import whatif
from tests.support import town

BOSTON = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("policy", "calendar", "zone"),
    [
        (None, None, town.ZONE),
        ("policies/boston-2015.toml", None, BOSTON),
        ("policies/hotline-five-working-days.toml", "calendars/boston.toml", BOSTON),
    ],
)
def test_a_day_begins_in_the_zone_of_the_calendar_that_is_tried(
    policy: str | None, calendar: str | None, zone: ZoneInfo
) -> None:
    question = whatif._question(
        town.rulebook(),
        unit=None,
        policy=_file(policy),
        calendar=_file(calendar),
        since="2026-01-01",
        until="2026-02-01T09:00+00:00",
        as_of=None,
        instead_of=None,
        most=1,
    )
    assert question.since == datetime(2026, 1, 1, tzinfo=zone)
    assert question.until == datetime.fromisoformat("2026-02-01T09:00+00:00")


def test_without_a_file_the_policy_asked_about_gives_the_zone() -> None:
    question = whatif._question(
        town.rulebook(), unit=None, policy=None, calendar=None, since="2026-01-01", until=None,
        as_of=None, instead_of="boston-2015", most=1,
    )  # fmt: skip
    assert question.since == datetime(2026, 1, 1, tzinfo=BOSTON)


def _file(name: str | None) -> Path | None:
    return None if name is None else town.DATA / name

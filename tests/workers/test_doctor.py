"""What the doctor says of an installation in which nothing escalates."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from domain.case.plan import plan
from engine import clock
from interfaces.cli import doctor
from projections import schema
from projections.escalation.due import LATE, overdue
from projections.projector import Projector
from tests.support import asks
from tests.workers.office import Office

pytestmark = [pytest.mark.temporal, pytest.mark.postgres]
MOMENT = timedelta(milliseconds=1)


def test_steps_that_nobody_takes_and_events_that_no_relay_follows_are_told(
    own_desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    schema.install(own_desk.url)
    case = own_desk.collect(*asks.ACCEPTED[1:], asks.contact(), policy="hotline-five-working-days")
    Projector(own_desk.url, own_desk.engine.store, own_desk.engine.rules.refresh).catch_up()
    step = plan(own_desk.case(case), own_desk.engine.rules.refresh())
    assert step is not None

    (steps,), relay = list(doctor._overdue(own_desk.settings)), next(doctor._relay(own_desk.settings))
    assert (steps.ok, steps.found, relay.ok) == (True, "0", True)
    now = step.wake_at + LATE
    assert next(doctor._overdue(own_desk.settings)).ok
    now += MOMENT
    (steps,), relay = list(doctor._overdue(own_desk.settings)), next(doctor._relay(own_desk.settings))
    assert (steps.ok, steps.found, relay.ok) == (False, "1 due for over a minute", False)
    with psycopg.connect(own_desk.url) as connection:
        assert overdue(connection, now) == 1

"""The one place that makes ids: new ones, and ones derived so that a repeat makes the same."""

import time
from functools import lru_cache
from secrets import randbits
from typing import Final
from uuid import UUID, uuid5

from domain.case.plan import Step

NAMESPACE: Final = UUID("5f0b7c1e-6b0f-5c38-9a55-0f1d6a2f7b41")
"""Root of every derived id; never changes, since stored ids follow from it."""
ORGANISATION: Final = uuid5(NAMESPACE, "organisation")
"""The stream in which the units of the organisation are established."""
CALENDARS: Final = uuid5(NAMESPACE, "calendars")
"""The stream in which calendars are amended."""
POLICIES: Final = uuid5(NAMESPACE, "policies")
"""The stream in which policies are adopted."""
RULES: Final = frozenset({ORGANISATION, CALENDARS, POLICIES})
"""The streams that are no cases."""
_ACCOUNTS: Final = uuid5(NAMESPACE, "accounts")
_IMPORTS: Final = uuid5(NAMESPACE, "imports")


def new() -> UUID:
    """Return a new id that begins with the time and ends in 74 random bits: version 7 of RFC 9562.

    What is begun together lies together in every index, however large it grows. The time is only for that:
    nothing reads it back, and two ids of one millisecond are in no order.

    Source: docs/decisions/0011-ids-begin-with-the-time.md.
    """
    milliseconds, chance = time.time_ns() // 1_000_000, randbits(74)
    high = milliseconds << 16 | 0x7000 | chance >> 62
    return UUID(int=high << 64 | 1 << 63 | chance & (1 << 62) - 1)


def step_command(case: UUID, step: Step) -> UUID:
    """Return the id of the command that takes a planned step, so that a timer that fires twice takes it once.

    The version of the case belongs to it: a step that came to nothing because the case moved on must not use
    up the id of the one that comes later. That a rung is taken once is kept by the case itself.

    Source: docs/escalation.md.
    """
    return uuid5(case, f"rung:{step.clock or 'hold'}:{step.action.value}:{step.generation}")


def recalibrate_command(case: UUID, amendments: int, version: int) -> UUID:
    """Return the command id with which a case at a version takes note of so many amendments of calendars."""
    return uuid5(case, f"recalibrate:{amendments}:{version}")


def import_case(source: str, row: str) -> UUID:
    """Return the id of the case that a row of a source becomes, so that importing twice makes it once."""
    return uuid5(_source(source), row)


@lru_cache(maxsize=16)
def _source(source: str) -> UUID:
    return uuid5(_IMPORTS, source)


def import_command(case: UUID, step: str) -> UUID:
    """Return the command id of one step of an imported case."""
    return uuid5(case, f"import:{step}")


def account(actor: str) -> UUID:
    """Return by what the vault finds a resident with an account; it never stands in an event."""
    return uuid5(_ACCOUNTS, actor)

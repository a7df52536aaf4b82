"""Clocks and escalation: what is owed and by when, what is overdue, and every rung that was taken."""

from projections.escalation.fold import fold
from projections.escalation.write import pack, write
from projections.ledger import Ledger

LEDGER = Ledger(
    name="escalation",
    of_cases=True,
    tables=("clocks", "lapsed", "exclusions", "rungs"),
    fold=fold,
    pack=pack,
    write=write,
)

__all__ = ["LEDGER"]

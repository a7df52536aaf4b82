"""The list of all ledgers, for the projector and for whoever looks after all of them."""

from typing import Any, Final

from projections import accountability, alarms, entries, escalation, units, whistles, worklist
from projections.ledger import Ledger

LEDGERS: Final[tuple[Ledger[Any, Any], ...]] = (
    units.LEDGER,
    worklist.LEDGER,
    accountability.LEDGER,
    escalation.LEDGER,
    entries.LEDGER,
    whistles.LEDGER,
    alarms.LEDGER,
)

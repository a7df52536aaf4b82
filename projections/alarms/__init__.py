"""Alarms: ways of winning time that a supervisor should look at, over all cases."""

from projections.alarms.fold import fold
from projections.alarms.write import pack, write
from projections.ledger import Ledger

LEDGER = Ledger(name="alarms", of_cases=True, tables=("alarms",), fold=fold, pack=pack, write=write)

__all__ = ["LEDGER"]

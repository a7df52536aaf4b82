"""The units of the organisation as a table, for names and levels beside the figures."""

from projections.ledger import Ledger
from projections.units.fold import fold
from projections.units.write import pack, write

LEDGER = Ledger(name="units", of_cases=False, tables=("units",), fold=fold, pack=pack, write=write)

__all__ = ["LEDGER"]

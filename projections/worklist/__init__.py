"""The worklist: one row a case, with where it stands, who must act and by when."""

from projections.ledger import Ledger
from projections.worklist.fold import fold
from projections.worklist.write import pack, write

LEDGER = Ledger(name="worklist", of_cases=True, tables=("worklist",), fold=fold, pack=pack, write=write)

__all__ = ["LEDGER"]

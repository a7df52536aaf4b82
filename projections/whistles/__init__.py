"""Whistles (吹哨): what each department called has answered, and what became of the caller's case."""

from projections.ledger import Ledger
from projections.whistles.fold import fold
from projections.whistles.write import pack, write

LEDGER = Ledger(name="whistles", of_cases=True, tables=("whistles",), fold=fold, pack=pack, write=write)

__all__ = ["LEDGER"]

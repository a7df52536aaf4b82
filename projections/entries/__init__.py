"""Accountability entries (问责): who was held accountable for what, and what was said about it."""

from projections.entries.fold import fold
from projections.entries.write import pack, write
from projections.ledger import Ledger

LEDGER = Ledger(name="entries", of_cases=True, tables=("entries",), fold=fold, pack=pack, write=write)

__all__ = ["LEDGER"]

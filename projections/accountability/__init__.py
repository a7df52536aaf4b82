"""The accountability ledger (责任台账): double entry, so that a loss shows in a figure."""

from projections.accountability.fold import fold
from projections.accountability.write import pack, write
from projections.ledger import Ledger

LEDGER = Ledger(
    name="accountability", of_cases=True, tables=("transfers", "balances"), fold=fold, pack=pack, write=write
)

__all__ = ["LEDGER"]

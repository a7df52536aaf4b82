"""The event log behind one seam: what is asked of it, and how PostgreSQL keeps it."""

from engine.codec import Raw
from engine.store.postgres import PostgresStore
from engine.store.seam import Answered, Append, CommandRow, Loaded, PersonRow, Store, ValueRow, VaultRows

__all__ = [
    "Answered",
    "Append",
    "CommandRow",
    "Loaded",
    "PersonRow",
    "PostgresStore",
    "Raw",
    "Store",
    "ValueRow",
    "VaultRows",
]

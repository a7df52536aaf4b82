"""Personal values: committed to in events, kept apart, readable with a trace, and erasable."""

from engine.vault.keys import KeyRing
from engine.vault.seal import Owner, has_personal, seal
from engine.vault.vault import Vault

__all__ = ["KeyRing", "Owner", "Vault", "has_personal", "seal"]

"""The HTTP API: commands as verbs on a case, and queries on the ledgers."""

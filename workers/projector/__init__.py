"""The process that keeps the ledgers up to date."""

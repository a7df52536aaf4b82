"""The relay: tells Temporal of every plan that the event log changed; the log itself is its outbox."""

from importlib.resources import files

SCHEMA = files("workers.relay") / "schema.sql"
"""The relay's tables, for engine.migrate."""
ROLES = files("workers.relay") / "roles.sql"
"""What roles may do with them."""

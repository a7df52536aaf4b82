"""The case: one resident issue from collection to strike-off, as one event-sourced aggregate."""

"""What the audit compares, in SQL and folds of its own; nothing here serves the projector."""

"""Temporal: the workflow that waits for the next step of a case, and the activity that takes it."""

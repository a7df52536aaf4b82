"""Periodic jobs: when they fall due is kept by Temporal Schedules, and what is due runs in our worker."""

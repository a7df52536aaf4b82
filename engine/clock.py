"""The one place that asks what time it is, so that everything else can be given a moment."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)

"""The errors of the embedded servers, so that whoever starts the system learns what to do.

LocalError
├── DataDirUnusable        data_dir_unusable
├── ChildNotStarted        child_not_started
├── PostgresNotStarted     postgres_not_started
├── TemporalNotFound       temporal_not_found
└── TemporalNotStarted     temporal_not_started
"""

from __future__ import annotations

from domain.errors import DomainError


class LocalError(DomainError):
    """Something on this machine keeps a local server or process from running."""

    code = "local_error"


class DataDirUnusable(LocalError):
    """The data directory can't be made or written."""

    code = "data_dir_unusable"


class ChildNotStarted(LocalError):
    """A program of ours could not be started."""

    code = "child_not_started"


class PostgresNotStarted(LocalError):
    """The embedded PostgreSQL did not become ready in time."""

    code = "postgres_not_started"


class TemporalNotFound(LocalError):
    """No Temporal program was found, fetched or built; the message lists what was tried."""

    code = "temporal_not_found"


class TemporalNotStarted(LocalError):
    """The Temporal development server did not answer in time."""

    code = "temporal_not_started"

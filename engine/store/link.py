"""Opens connections that notice a server that is gone, leave no transaction open, and take on a role."""

from typing import Any, Final, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict

from engine.store.roles import Role, narrow

C = TypeVar("C", bound=psycopg.Connection[Any])
_KEEPALIVE: Final = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A peer that is silently gone is given up within some 25 seconds; the system's default is two hours."""
_IDLE_IN_TRANSACTION: Final = 60
"""Seconds after which the server ends a session of ours that left a transaction open."""


def arguments(url: str, application: str, *, seconds: int = 5) -> dict[str, Any]:
    """Return what to connect with beside the address; what the address says itself about the network stays.

    Args:
        url: The address.
        application: How the connection calls itself.
        seconds: Longest time to wait for it.
    """
    given = conninfo_to_dict(url)
    kept = {name: value for name, value in _KEEPALIVE.items() if name not in given}
    return {"autocommit": True, "connect_timeout": seconds, "application_name": application, **kept}


def settle(connection: psycopg.Connection[Any], role: Role, *, lock_timeout: int = 0) -> None:
    """Give a new connection its limits and its role.

    Args:
        connection: In no transaction.
        role: Taken on where the roles could be made and the user may.
        lock_timeout: Seconds that a statement waits for a lock; 0: for ever.
    """
    narrow(connection, role)
    connection.execute(
        f"SET lock_timeout = '{lock_timeout}s'; "
        f"SET idle_in_transaction_session_timeout = '{_IDLE_IN_TRANSACTION}s'".encode()
    )


def connect(
    url: str, application: str, role: Role, kind: type[C], *, lock_timeout: int = 0, **options: Any
) -> C:
    """Open one connection that commits each statement.

    Raises:
        psycopg.OperationalError: The server can't be reached.
    """
    connection = kind.connect(url, **arguments(url, application), **options)
    settle(connection, role, lock_timeout=lock_timeout)
    return connection

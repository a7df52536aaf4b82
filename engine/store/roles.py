"""Takes on the narrow roles that a migration makes, so that a process can do only what it is for.

Whoever connects as a superuser, as on the embedded server, sheds that with SET ROLE. This keeps a fault of
ours from harm; it does not hold somebody who runs SQL of their own, since RESET ROLE takes it back. For
that, connect as a user who is nothing but a member of the role.
"""

from typing import Any, Final, Literal

import psycopg
from psycopg.rows import tuple_row

from engine.store.statements import statement

Role = Literal["owner", "writer", "projector", "reader", "auditor", "vault"]
ROLES: Final[tuple[Role, ...]] = ("owner", "writer", "projector", "reader", "auditor", "vault")
PREFIX: Final = "echowall_"


def narrow(connection: psycopg.Connection[Any], role: Role) -> bool:
    """Take on a role for the rest of a session; return False where the roles could not be made."""
    return bool(connection.execute(statement("narrow"), (False, PREFIX + role)).fetchall())


def within(connection: psycopg.Connection[Any], role: Role) -> bool:
    """Take on a role to the end of the transaction that is open. Returns as `narrow` does."""
    return bool(connection.execute(statement("narrow"), (True, PREFIX + role)).fetchall())


def amiss(connection: psycopg.Connection[Any]) -> list[str]:
    """Return what a migrated database lacks of roles, ownership and privileges, each in words."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return [what for (what,) in cursor.execute(statement("roles_amiss")).fetchall()]


def mendable(connection: psycopg.Connection[Any]) -> bool:
    """Return whether the user of a connection may give the database what `amiss` names."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(statement("roles_mendable")).fetchone() == (True,)

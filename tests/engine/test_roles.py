"""Nobody changes what is recorded: every forbidden statement fails for every role."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from engine.migrate import migrate, pending
from engine.store import PersonRow, PostgresStore, ValueRow, VaultRows
from engine.store.roles import PREFIX, ROLES, Role, amiss, mendable, narrow
from engine.store.seam import Append
from interfaces.local.processes import wait_until
from tests.engine.support import batch, event

pytestmark = pytest.mark.postgres

KEPT = ("log.events", "log.commands", "vault.access", "vault.erasures")
COLUMN = {
    "log.events": "topic",
    "log.commands": "stream",
    "vault.access": "reader",
    "vault.erasures": "ground",
    "vault.persons": "person",
    "vault.cases": "person",
    "vault.values": "field",
}
CHANGES = ("UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table}")
NEW = "gen_random_uuid()"
APPENDS = (
    f"SELECT log.append_event({NEW}, 1, 'case.screened', '')",
    f"SELECT log.append_command({NEW}, 1, 'case.screened', '', {NEW}, '', now(), {', '.join(['NULL'] * 8)})",
    f"SELECT log.append(ARRAY[{NEW}], ARRAY[1::bigint], ARRAY['case.screened'], ARRAY[''::bytea]"
    + ", NULL" * 18
    + ")",
)
READERS = {
    "log.events": {"writer", "projector", "reader", "auditor"},
    "log.commands": {"writer", "auditor"},
    "vault.persons": {"writer", "vault"},
    "vault.cases": {"writer", "vault"},
    "vault.values": {"vault"},
    "vault.access": {"auditor", "vault"},
    "vault.erasures": {"auditor", "vault"},
}
REFUSED = psycopg.errors.InsufficientPrivilege
TRAP = (
    "CREATE FUNCTION pg_temp.evil(v pg_catalog.text) RETURNS boolean LANGUAGE plpgsql AS $$ "
    "BEGIN EXECUTE 'ALTER ROLE {user} SUPERUSER'; RETURN true; END $$",
    "CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.evil(VALUE))",
    "GRANT USAGE ON TYPE pg_temp.text TO PUBLIC",
)


@pytest.fixture(scope="module")
def migrated(database: str) -> str:
    migrate(database)
    person = uuid4()
    made = batch(event(uuid4(), 1))
    values = [ValueRow(uuid4().bytes, person, "f", b"salt", b"sealed")]
    with PostgresStore(database) as store:
        rows = VaultRows([PersonRow(person, b"key")], [(made.events[0].stream, person)], values)
        store.append(Append(made.events, made.commands, rows))
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO vault.access (at, reader, role, purpose, commitments) "
            "VALUES (now(), 'w', 'r', 'p', '{}')"
        )
        connection.execute(
            "INSERT INTO vault.erasures (at, asked_for, by_actor, role, ground, cases, commitments) "
            "VALUES (now(), gen_random_uuid(), 'w', 'r', 'g', '{}', '{}')"
        )
    return database


@contextmanager
def acting(url: str, role: Role | None, *, replica: bool = False) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        if replica:
            connection.execute("SET session_replication_role = replica")
        if role is not None:
            assert narrow(connection, role)
        yield connection


@pytest.mark.parametrize("replica", [False, True])
@pytest.mark.parametrize("role", [None, *ROLES])
@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_kept_for_ever_is_changed_by_nobody(
    migrated: str, role: Role | None, table: str, change: str, replica: bool
) -> None:
    with acting(migrated, role, replica=replica) as connection, pytest.raises(REFUSED):
        connection.execute(change.format(table=table, column=COLUMN[table]).encode())


@pytest.mark.parametrize("role", [role for role in ROLES if role != "owner"])
def test_only_the_function_records_and_only_the_writer_may_call_it(migrated: str, role: Role) -> None:
    with acting(migrated, role) as connection:
        for table in KEPT[:2]:
            with pytest.raises(REFUSED):
                connection.execute(f"INSERT INTO {table} DEFAULT VALUES".encode())
        for append in APPENDS:
            if role == "writer":
                connection.execute(append.encode())
            else:
                with pytest.raises(REFUSED):
                    connection.execute(append.encode())


@pytest.mark.parametrize("role", [role for role in ROLES if role != "owner"])
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE log.events DISABLE TRIGGER ALL",
        "DROP TRIGGER events_append_only ON log.events",
        "DROP TABLE log.events",
        "ALTER TABLE log.events OWNER TO current_user",
        "CREATE OR REPLACE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
        "SELECT setval('log.events_notification_id_seq', 1)",
        "SELECT nextval('log.events_notification_id_seq')",
        "SET session_replication_role = replica",
        "CREATE TABLE log.mine (n int)",
    ],
)
def test_the_guards_are_out_of_reach(migrated: str, role: Role, statement: str) -> None:
    # A superuser's session keeps its right to the replica setting, so this one logs in as the role's member.
    with member(migrated, role) as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(PREFIX + role)))
        with pytest.raises(psycopg.Error) as refused:
            connection.execute(statement.encode())
        assert refused.value.sqlstate in {"42501", "42P17", "42P13"}


@pytest.mark.parametrize("role", [role for role in ROLES if role not in {"owner", "vault"}])
def test_only_the_vault_reads_values(migrated: str, role: Role) -> None:
    with acting(migrated, role) as connection:
        for statement in (
            "SELECT * FROM vault.values",
            "DELETE FROM vault.persons",
            "UPDATE vault.values SET field = ''",
        ):
            with pytest.raises(REFUSED):
                connection.execute(statement.encode())


@pytest.mark.parametrize("role", [role for role in ROLES if role != "owner"])
@pytest.mark.parametrize("table", READERS)
def test_each_table_is_read_by_those_who_need_it(migrated: str, role: Role, table: str) -> None:
    query = f"SELECT * FROM {table} LIMIT 1".encode()
    with acting(migrated, role) as connection:
        if role in READERS[table]:
            connection.execute(query)
        else:
            with pytest.raises(REFUSED):
                connection.execute(query)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "owner"])
@pytest.mark.parametrize("table", [table for table in COLUMN if table.startswith("vault.")])
def test_rows_of_the_vault_come_in_through_the_function_and_go_by_erasure(
    migrated: str, role: Role, table: str
) -> None:
    noted = role == "vault" and table in KEPT
    with acting(migrated, role) as connection:
        with pytest.raises(psycopg.errors.NotNullViolation if noted else REFUSED):
            connection.execute(f"INSERT INTO {table} DEFAULT VALUES".encode())
        with pytest.raises(REFUSED):
            connection.execute(f"TRUNCATE {table} CASCADE".encode())
        if (role, table) != ("vault", "vault.persons"):
            with pytest.raises(REFUSED):
                connection.execute(f"DELETE FROM {table}".encode())


def test_the_vault_erases_and_reads_but_changes_no_value(migrated: str) -> None:
    with acting(migrated, "vault") as connection:
        assert connection.execute("SELECT count(*) FROM vault.values").fetchone() == (1,)
        for table in ("vault.cases", "vault.values"):
            for change in CHANGES:
                with pytest.raises(REFUSED):
                    connection.execute(change.format(table=table, column=COLUMN[table]).encode())


def test_not_even_the_vault_changes_a_persons_key(migrated: str) -> None:
    """A key that is overwritten erases without a record; to lock the row is what the right is for."""
    for role in (None, "owner", "vault"):
        with acting(migrated, role, replica=role is None) as connection:
            with pytest.raises(REFUSED, match="append_only"):
                connection.execute("UPDATE vault.persons SET wrapped_key = ''")
            assert connection.execute("SELECT 1 FROM vault.persons FOR UPDATE").fetchone() == (1,)


def test_every_function_that_runs_with_its_owners_rights_looks_nowhere_else(migrated: str) -> None:
    query = (
        "SELECT oid::regproc::text, proconfig FROM pg_proc WHERE prosecdef "
        "AND pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')"
    )
    with acting(migrated, None) as connection:
        found = dict(connection.execute(query.encode()).fetchall())
    assert set(found) >= {"log.append", "log.append_command", "log.append_event", "log.probe"}
    assert {name: path for name, path in found.items() if path != ["search_path=pg_catalog, pg_temp"]} == {}


def test_a_reader_with_a_type_of_its_own_gains_nothing(migrated: str) -> None:
    """A domain named as a built-in type would run its check with the rights of whoever casts to it."""
    with (
        member(migrated, "reader") as url,
        psycopg.connect(migrated) as other,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        other.execute("SELECT pg_current_xact_id()")
        for trap in TRAP:
            connection.execute(trap.format(user=connection.info.user).encode())
        assert connection.execute("SELECT pid FROM log.oldest_writer()").fetchone() is not None
        is_super = "SELECT rolsuper FROM pg_roles WHERE rolname = session_user"
        assert connection.execute(is_super.encode()).fetchone() == (False,)


def test_a_login_that_is_only_a_writer_serves_the_store(migrated: str) -> None:
    with member(migrated, "writer") as url, PostgresStore(url, pool_size=2) as store:
        stream = uuid4()
        position = store.append(batch(event(stream, 1)))[-1]
        assert store.load(stream)[0].position == position
        assert store.wait(position - 1, 5)
        assert store.figures().drawn >= position


def test_where_roles_can_not_be_had_the_store_works_and_the_triggers_stand(empty_database: str) -> None:
    with member(empty_database, None) as url:
        with psycopg.connect(empty_database, autocommit=True) as connection:
            name = psycopg.conninfo.conninfo_to_dict(url)["user"]
            for grant in ("CREATE ON DATABASE {} TO {}", "CREATE ON SCHEMA public TO {1}"):
                database = sql.Identifier(connection.info.dbname)
                connection.execute(sql.SQL("GRANT " + grant).format(database, sql.Identifier(str(name))))
        migrate(url)
        assert migrate(url) == pending(url) == []
        with psycopg.connect(url) as connection:
            assert amiss(connection)
            assert not mendable(connection)
        with PostgresStore(url) as store:
            store.append(batch(event(uuid4(), 1)))
            assert wait_until(lambda: len(store.read(0, 10)) == 1, 60)
            # Whose it is shows; its age only to a member of pg_read_all_stats.
            with psycopg.connect(empty_database, application_name="dawdler") as other:
                other.execute("SELECT pg_current_xact_id()")
                # Those of other tests on this server end before it.
                assert wait_until(lambda: store.figures().application == "dawdler", 60)
                assert store.figures().seconds is None
        with psycopg.connect(url) as connection, pytest.raises(REFUSED, match="append_only"):
            connection.execute("DELETE FROM log.events")


@contextmanager
def member(url: str, role: Role | None, *further: Role) -> Iterator[str]:
    """A user of the server who is a member of these roles and nothing else; gone afterwards."""
    name = f"t_{uuid4().hex}"
    user = sql.Identifier(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(user))
        for one in (role, *further):
            if one is not None:
                connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(PREFIX + one), user))
        try:
            yield make_conninfo(url, user=name, password="secret")
        finally:
            connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(user))
            connection.execute(sql.SQL("DROP ROLE {}").format(user))

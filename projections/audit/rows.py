"""Rows that follow from single events: read in SQL from the stored JSON itself, and compared both ways."""

from collections.abc import Mapping, Sequence
from typing import Final

from projections.audit.sums import PASSED, Check, Connection

_SAID: Final = f"""
WITH taken AS MATERIALIZED (
    -- First without what stands aside: it may be no JSON at all.
    SELECT originator_id, originator_version, topic, state, notification_id FROM log.events
    WHERE topic = ANY(%(topics)s) AND {PASSED} AND NOT EXISTS (
        SELECT FROM ledger.parked p
        WHERE p.ledger = %(ledger)s AND p.stream = originator_id AND p.position <= notification_id
    )
), said AS MATERIALIZED (
    SELECT originator_id AS case_id, originator_version AS version, notification_id AS position, topic,
        body -> 'data' AS data, (body #>> '{{data,at}}')::timestamptz AS at,
        (body #>> '{{meta,recorded}}')::timestamptz AS recorded_at
    FROM taken CROSS JOIN LATERAL (SELECT convert_from(state, 'UTF8')::jsonb AS body) stored
), """
_COMPARED: Final = """
SELECT 'is missing' AS fault, missing::text AS found, position FROM (
    SELECT {columns} FROM expected EXCEPT ALL SELECT {columns} FROM ledger.{table}
) missing
UNION ALL
SELECT 'follows from no event', extra::text, position FROM (
    SELECT {columns} FROM ledger.{table} EXCEPT ALL SELECT {columns} FROM expected
) extra
ORDER BY position, fault LIMIT 1"""
_RUNGS: Final = """
expected AS (
    SELECT position, case_id, version, data ->> 'clock' AS clock,
        CASE topic WHEN 'case.reminded' THEN 'remind' WHEN 'case.supervised' THEN 'supervise'
            WHEN 'case.raised' THEN 'raise' ELSE 'hold_accountable' END AS rung,
        data ->> 'unit' AS unit, coalesce(data ->> 'supervisor', data ->> 'to') AS to_unit,
        at, recorded_at, (data ->> 'by_ladder')::boolean AS by_ladder,
        ARRAY(SELECT jsonb_array_elements_text(coalesce(data -> 'told', '[]'))) AS told
    FROM said
)"""
_ENTRIES: Final = """
acts AS (
    SELECT DISTINCT ON (case_id, entry, topic) case_id, (data ->> 'entry')::bigint AS entry, topic,
        at, version, position
    FROM said WHERE topic <> 'case.held_accountable' ORDER BY case_id, entry, topic, position DESC
), expected AS (
    SELECT e.case_id, e.entry, greatest(e.version, n.version, a.version, w.version) AS version,
        greatest(e.position, n.position, a.position, w.position) AS position,
        e.unit, e.clock, e.set_by, e.at AS set_at, e.version AS set_version, e.position AS set_position,
        n.at AS answered_at, n.version AS answered_version, n.position AS answered_position,
        a.at AS appealed_at, a.version AS appealed_version, a.position AS appealed_position,
        w.at AS withdrawn_at, w.version AS withdrawn_version, w.position AS withdrawn_position
    FROM (
        SELECT *, (data ->> 'entry')::bigint AS entry, data ->> 'unit' AS unit, data ->> 'clock' AS clock,
            data ->> 'set_by' AS set_by
        FROM said WHERE topic = 'case.held_accountable'
    ) e
    LEFT JOIN acts n ON (n.case_id, n.entry, n.topic) = (e.case_id, e.entry, 'case.accountability_answered')
    LEFT JOIN acts a ON (a.case_id, a.entry, a.topic) = (e.case_id, e.entry, 'case.accountability_appealed')
    LEFT JOIN acts w ON (w.case_id, w.entry, w.topic) = (e.case_id, e.entry, 'case.accountability_withdrawn')
)"""
_UNITS: Final = """
expected AS (
    SELECT DISTINCT ON (data ->> 'unit') data ->> 'unit' COLLATE "C" AS unit, version, position,
        data ->> 'parent' AS parent, data ->> 'level' AS level,
        data ->> 'name_en' AS name_en, data ->> 'name_zh' AS name_zh
    FROM said ORDER BY data ->> 'unit', position DESC
)"""
_PATHS: Final = """
SELECT u.unit, u.path FROM ledger.units u LEFT JOIN ledger.units above ON above.unit = u.parent
WHERE u.path IS DISTINCT FROM coalesce(above.path, array_remove(ARRAY[u.parent], NULL)) || u.unit
ORDER BY u.unit LIMIT 1"""
# A row that names a case names the event that supports it, and the event is there.
_NAMING: Final = """
SELECT table_name FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'ledger' AND table_type = 'BASE TABLE'
    AND column_name IN ('case_id', 'version', 'position')
GROUP BY table_name HAVING count(*) = 3 ORDER BY table_name"""
_UNSUPPORTED: Final = """
SELECT r.case_id, r.version, r.position FROM ledger.{table} r LEFT JOIN log.events e
    ON e.originator_id = r.case_id AND e.originator_version = r.version AND e.notification_id = r.position
WHERE e.originator_id IS NULL OR r.position > (SELECT position FROM ledger.progress)
ORDER BY r.position LIMIT 1"""
_ABSENT: Final = f"""
SELECT originator_id, notification_id FROM log.events
WHERE topic = 'case.collected' AND originator_version = 1 AND {PASSED}
    AND NOT EXISTS (SELECT FROM ledger.parked WHERE ledger = %s AND stream = originator_id)
    AND NOT EXISTS (SELECT FROM ledger.{{table}} WHERE case_id = originator_id)
ORDER BY notification_id LIMIT 1"""


def _compare(ledger: str, table: str, topics: Sequence[str], expected: str, columns: str) -> Check:
    def check(connection: Connection) -> str | None:
        query = _SAID + expected + _COMPARED.format(table=table, columns=columns)
        params = {"ledger": ledger, "topics": list(topics)}
        row = connection.execute(query.encode(), params).fetchone()
        return None if row is None else f"at {row[2]} a row {row[0]}: {row[1]}"

    return check


def _paths(connection: Connection) -> str | None:
    row = connection.execute(_PATHS).fetchone()
    return None if row is None else f"{row[0]}: the way from the top is not {row[1]}"


def _supported(connection: Connection) -> str | None:
    for (table,) in connection.execute(_NAMING).fetchall():
        row = connection.execute(_UNSUPPORTED.format(table=table).encode()).fetchone()
        if row is not None:
            return f"{table}: version {row[1]} of {row[0]} at {row[2]} is not in the log"
    return None


def _present(connection: Connection) -> str | None:
    for ledger, table in (("worklist", "worklist"), ("accountability", "transfers")):
        row = connection.execute(_ABSENT.format(table=table).encode(), (ledger,)).fetchone()
        if row is not None:
            return f"{table}: nothing of {row[0]}, collected at {row[1]}"
    return None


_RUNG_TOPICS: Final = ("case.reminded", "case.supervised", "case.raised", "case.held_accountable")
_ENTRY_TOPICS: Final = (
    "case.held_accountable",
    "case.accountability_answered",
    "case.accountability_appealed",
    "case.accountability_withdrawn",
)
ROWS: Final[Mapping[str, Check]] = {
    "supported": _supported,
    "present": _present,
    "rungs": _compare(
        "escalation",
        "rungs",
        _RUNG_TOPICS,
        _RUNGS,
        "position, case_id, version, clock, rung, unit, to_unit, at, recorded_at, by_ladder, told",
    ),
    "entries": _compare(
        "entries",
        "entries",
        _ENTRY_TOPICS,
        _ENTRIES,
        "case_id, entry, version, position, unit, clock, set_by, set_at, set_version, set_position,"
        " answered_at, answered_version, answered_position, appealed_at, appealed_version, appealed_position,"
        " withdrawn_at, withdrawn_version, withdrawn_position",
    ),
    "units": _compare(
        "units",
        "units",
        ("unit.established",),
        _UNITS,
        "unit, version, position, parent, level, name_en, name_zh",
    ),
    "unit_paths": _paths,
}
"""By the name under which a finding is reported."""

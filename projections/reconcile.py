"""An audit of the ledgers against the log, sharing nothing with what fed them: own SQL, fresh folds."""

from dataclasses import dataclass

from domain.case.book import Rulebook
from projections import schema
from projections.audit.cases import compare_cases
from projections.audit.rows import ROWS
from projections.audit.sums import PASSED, SUMS, Connection


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be; `detail` names the first place."""

    check: str
    detail: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit looked at and found.

    Attributes:
        position: Of the ledgers.
        events: Events in the log up to it.
        cases: Cases that were folded afresh.
        parked: (ledger, stream) pairs that stand aside; what they hold is not compared.
    """

    position: int
    events: int
    cases: int
    parked: int
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def reconcile(url: str, book: Rulebook | None = None, *, sample: int | None = None) -> Audit:
    """Compare the ledgers with the log, in one snapshot while both go on.

    Args:
        url: Connection string of a role that may read the log and the ledgers.
        book: Policies and calendars as they are now, from which limits are derived; None: what follows from
            them is not compared.
        sample: Most cases to fold afresh; None folds all. What needs no fold is compared for all in any case.

    Raises:
        Unavailable: unavailable.
    """
    with schema.connect(url, "auditor") as connection, schema.snapshot(connection):
        position = _number(connection, "SELECT position FROM ledger.progress")
        findings = [
            Finding(name, detail)
            for name, check in {**SUMS, **ROWS}.items()
            if (detail := check(connection)) is not None
        ]
        compared = compare_cases(connection, book, sample)
        findings += [Finding(name, detail) for name, detail in compared.first.items()]
        return Audit(
            position=position,
            events=_number(connection, f"SELECT count(*) FROM log.events WHERE {PASSED}"),
            cases=compared.cases,
            parked=_number(connection, "SELECT count(*) FROM ledger.parked"),
            findings=tuple(findings),
        )


def _number(connection: Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return 0 if row is None else int(row[0])

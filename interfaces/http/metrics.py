"""Measures for Prometheus: requests by route, and how far the ledgers are behind the log."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from domain.errors import DomainError
from engine import clock
from interfaces.compose import Program
from projections import parking, progress, selfcheck
from projections.escalation.due import overdue
from workers.relay.standing import standing
from workers.relay.swept import swept

_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The measures of one API process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "echowall_http_requests", "Requests served", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "echowall_http_request_seconds",
            "Time to answer",
            ("method", "route"),
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self._head = Gauge(
            "echowall_log_head_position", "Position of the newest event", registry=self.registry
        )
        self._position = Gauge(
            "echowall_ledgers_position", "Position that the ledgers show", registry=self.registry
        )
        self._applied = Gauge(
            "echowall_ledger_applied_events", "Events applied", ("ledger",), registry=self.registry
        )
        self._parked = Gauge(
            "echowall_ledger_parked_events", "Events parked", ("ledger",), registry=self.registry
        )
        self._behind = Gauge(
            "echowall_readers_behind_positions",
            "Positions drawn that readers may not read yet",
            registry=self.registry,
        )
        self._oldest = Gauge(
            "echowall_oldest_transaction_seconds",
            "Age of the oldest writing transaction on the server, which holds readers back",
            registry=self.registry,
        )
        self._differ = Gauge(
            "echowall_ledgers_differ_from_log",
            "1 when applied and parked events were not all events in the last check, made each minute",
            registry=self.registry,
        )
        self._cases = Gauge("echowall_parked_cases", "Cases parked in any ledger", registry=self.registry)
        self._relay = Gauge(
            "echowall_relay_position", "Position up to which timers know the plans", registry=self.registry
        )
        self._unplanned = Gauge(
            "echowall_relay_parked_cases", "Cases that can't be planned", registry=self.registry
        )
        self._swept = Gauge(
            "echowall_steps_swept",
            "Steps of the ladder ever taken because their timers were late",
            registry=self.registry,
        )
        self._overdue = Gauge(
            "echowall_steps_overdue",
            "Steps of the ladder that the board has shown as due for over a minute",
            registry=self.registry,
        )
        self._up = Gauge("echowall_database_up", "Whether the database answers", registry=self.registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; an unheard-of method counts as OTHER, so that nobody fills the registry."""
        name = method if method in _METHODS else "OTHER"
        self._requests.labels(name, route, str(status)).inc()
        self._seconds.labels(name, route).observe(seconds)

    def page(self, program: Program) -> bytes:
        """Return all measures as text; those of the database are left as they were while it is away."""
        try:
            self._look(program)
            self._up.set(1)
        except DomainError:
            self._up.set(0)
        return generate_latest(self.registry)

    def _look(self, program: Program) -> None:
        self._head.set(program.engine.store.head())
        readers = program.engine.store.figures()
        self._behind.set(readers.behind)
        self._oldest.set(float("nan") if readers.seconds is None else readers.seconds)
        with program.ledgers.connection() as connection:
            self._position.set(progress.position(connection))
            for ledger, applied, aside in progress.taken_in(connection):
                self._applied.labels(ledger).set(applied)
                self._parked.labels(ledger).set(aside)
            checked = selfcheck.latest(connection)
            self._differ.set(checked is not None and checked.difference is not None)
            relay = standing(connection)
            self._relay.set(relay.position)
            self._unplanned.set(relay.parked)
            self._swept.set(swept(connection).steps)
            self._overdue.set(overdue(connection, clock.now()))
            self._cases.set(len({row.stream for row in parking.parked(connection)}))

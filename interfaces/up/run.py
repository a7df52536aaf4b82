"""Starts the whole system on one machine, keeps it running, and stops what it started and nothing else."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.request import urlopen

from domain.errors import DomainError
from engine.errors import Unavailable
from interfaces.local.data_dir import data_dir, make_folder
from interfaces.local.postgres import LocalPostgres
from interfaces.local.processes import wait_until
from interfaces.local.supervisor import Supervisor
from interfaces.local.temporal import LocalTemporal
from interfaces.up.children import Task, child
from interfaces.up.people import Person, people
from interfaces.up.ports import HOST, free_port
from interfaces.up.running import Running, announce, held
from interfaces.up.sample import Loaded, rows_of
from projections.ledger import LedgersOutdated
from projections.rebuild import rebuild

if TYPE_CHECKING:
    from engine.settings import Settings

_UI_PORT: Final = 8233
_API_SECONDS: Final = 90.0


@dataclass(frozen=True)
class UpOptions:
    """What `up` is asked for.

    Attributes:
        sample: Rows to begin with; None begins with what is there.
        policy: Policy of cases that name none; None takes the setting.
        port: Of the API; None takes the setting. When taken, the next free one.
        temporal: Whether timers run; without them cases are worked and nothing escalates.
        temporal_ui: Whether Temporal's own pages are served.
        as_json: One JSON object on standard output once it is up, and everything else on standard error.
    """

    sample: Path | None = None
    policy: str | None = None
    port: int | None = None
    temporal: bool = True
    temporal_ui: bool = True
    as_json: bool = False


def run_up(options: UpOptions) -> int:
    """Run everything until SIGINT, SIGTERM or SIGHUP; return 0 then.

    Raises:
        AlreadyRunning, NoPort, SampleUnusable, DataDirUnusable, PostgresNotStarted, TemporalNotFound,
        TemporalNotStarted, SettingsInvalid, PolicyInvalid, CalendarInvalid: Why it can't start; whatever was
        started is stopped.
    """
    from engine.log import configure

    say = _to_stderr if options.as_json else _to_stdout
    settings = _settings(options, say)
    configure(settings.log_level)
    with held(settings.data_dir), Supervisor(say) as supervisor:
        return _Up(options, settings, supervisor, say).run()
    return 0


def _settings(options: UpOptions, say: Callable[[str], None]) -> Settings:
    """Return the settings with the folder made, a free port, and rules that were looked at."""
    from engine.rulefiles import read_files
    from engine.settings import load

    read = load()
    policy = options.policy or read.default_policy
    read_files(read.policy_dir, read.calendar_dir, policy)
    folder = read.data_dir.resolve()
    if read.database_url is None:
        folder = data_dir(read.data_dir, say=say)
    else:
        make_folder(folder)
    return read.model_copy(update={"data_dir": folder, "default_policy": policy})


class _Up:
    """One run of `up`."""

    def __init__(
        self, options: UpOptions, settings: Settings, supervisor: Supervisor, say: Callable[[str], None]
    ) -> None:
        self._options = options
        self._supervisor = supervisor
        self._say = say
        self._introduced = False
        self._rows = None if options.sample is None else rows_of(options.sample)
        self._temporal, settings = self._plan_temporal(settings)
        wanted = settings.port if options.port is None else options.port
        port = free_port(wanted)
        if wanted not in (port, 0):
            say(f"Port {wanted} is taken; the API takes {port}.")
        self._settings = settings.model_copy(update={"port": port})

    @property
    def _api(self) -> str:
        return f"http://{HOST}:{self._settings.port}"

    def run(self) -> int:
        """Start everything and keep it."""
        self._say(f"Echo Wall (回音壁) starts; its API will answer at {self._api}")
        self._start_database()
        loading = self._start_sample()
        self._start_own("serve")
        self._start_own("projector")
        if not wait_until(lambda: _answers(f"{self._api}/livez"), _API_SECONDS, every=0.1):
            raise Unavailable(
                f"The API does not answer; see {self._settings.data_dir / 'logs' / 'serve.log'}."
            )
        self._start_temporal()
        self._announce()
        self._welcome(loading)
        return self._supervisor.run()

    def _plan_temporal(self, settings: Settings) -> tuple[LocalTemporal | None, Settings]:
        """Choose the ports beforehand, so that every process knows the address from its start."""
        if not self._options.temporal:
            return None, settings.model_copy(update={"temporal_address": None})
        if settings.temporal_address is not None:
            return None, settings
        server = LocalTemporal(
            settings.data_dir,
            free_port(0),
            ui_port=free_port(_UI_PORT) if self._options.temporal_ui else None,
            namespace=settings.temporal_namespace,
            say=self._say,
        )
        return server, settings.model_copy(update={"temporal_address": server.address})

    def _start_database(self) -> None:
        from interfaces.compose import migrate, open_engine, open_tokens

        if self._settings.database_url is None:
            postgres = LocalPostgres(self._settings.data_dir)
            url = self._supervisor.start(postgres)
            self._say(f"PostgreSQL keeps its data in {postgres.pgdata}")
            self._settings = self._settings.model_copy(update={"database_url": url})
        try:
            applied = migrate(self._settings)
        except LedgersOutdated:
            self._rebuild_ledgers()
        else:
            if applied:
                self._say(f"The database was brought up to date: {len(applied)} steps")
        # Makes the development keys, and refuses a server that could lose what it acknowledges.
        open_tokens(self._settings)
        with closing(open_engine(self._settings)) as engine:
            engine.rules.install()

    def _rebuild_ledgers(self) -> None:
        from interfaces.compose import open_engine

        self._say("The ledgers are of a former release; building them anew from the log")
        with closing(open_engine(self._settings)) as engine:
            rebuild(self._settings.database_url or "", engine.store, engine.rules.current)

    def _start_own(self, name: str) -> None:
        self._supervisor.start(child(name, self._settings))

    def _start_temporal(self) -> None:
        if self._settings.temporal_address is None:
            self._say("Without Temporal nothing escalates by itself.")
            return
        server = self._temporal
        if server is not None:
            self._supervisor.start(server)
        self._start_own("worker")
        self._start_own("relay")
        timers = child("timers", self._settings, ("rebuild-timers", "--json"))
        # The development server keeps timers in memory: each new one gets them all again.
        cause = (lambda: 0) if server is None else (lambda: server.pid)
        self._supervisor.start(Task(timers, self._say_timers, self._say, cause))

    def _say_timers(self, done: dict[str, Any]) -> None:
        self._say(f"{done.get('planned', 0)} timers run for {done.get('open', 0)} open cases")

    def _start_sample(self) -> bool:
        """Begin to load the sample beside everything else; return whether there is something to load."""
        if self._rows is None:
            return False
        folder = self._settings.data_dir
        loaded = Loaded(folder, self._settings.database_url or "", self._rows)
        if loaded:
            self._say(f"{self._rows.name} was loaded before; going on with the data that is there")
            return False
        self._say(f"Loading {self._rows.name}. Its times are moved, all by as much, so that it ends today.")
        arguments = (
            "import",
            "boston",
            str(self._rows),
            "--until-now",
            "--errors",
            str(folder / "import-errors.csv"),
        )

        def done(counts: dict[str, Any]) -> None:
            loaded.remember()
            self._say(f"Loaded {counts.get('rows')} rows as {counts.get('cases')} cases")
            self._introduce()

        def failed(line: str) -> None:
            self._say(line)
            try:
                self._introduce()
            except DomainError as error:  # what kept the import from its end keeps us as well
                self._say(f"Tokens can't be made now either: {error.message}")

        self._supervisor.start(Task(child("import", self._settings, (*arguments, "--json")), done, failed))
        return True

    def _announce(self) -> None:
        ui = None if self._temporal is None else self._temporal.ui_url
        self._running = Running(
            pid=os.getpid(),
            database_url=self._settings.database_url or "",
            api=self._api,
            policy=self._settings.default_policy,
            temporal_address=self._settings.temporal_address,
            temporal_ui=ui,
        )
        announce(self._settings.data_dir, self._running)

    def _welcome(self, loading: bool) -> None:
        self._say(f"API       {self._api}/v1")
        self._say(f"Pages     {self._api}/docs")
        if self._running.temporal_ui is not None:
            self._say(f"Temporal  {self._running.temporal_ui}")
        self._say(f"Logs      {self._settings.data_dir / 'logs'}")
        self._say("Ctrl-C stops everything.")
        if not loading:
            self._introduce()

    def _introduce(self) -> None:
        """Print a token for each role, for the units that there are; as JSON only the first time."""
        found = people(self._settings) if self._settings.oidc_issuer is None else []
        if found:
            self._list(found)
        else:
            self._say(f"Tokens come from {self._settings.oidc_issuer}.")
        if self._options.as_json and not self._introduced:
            self._introduced = True
            print(json.dumps(_summary(self._settings, self._running, found)), flush=True)

    def _list(self, found: list[Person]) -> None:
        self._say("Tokens, valid for a day; send one as `Authorization: Bearer TOKEN`:")
        width = max(len(person.unit or "-") for person in found)
        for person in found:
            self._say(f"  {person.role:<15}  {person.unit or '-':<{width}}  {person.token}")
        if all(person.unit is None for person in found):
            self._say("  (the other roles speak for a unit, and there is none yet; --sample brings some)")


def _summary(settings: Settings, running: Running, found: list[Person]) -> dict[str, Any]:
    addresses = {"docs": f"{running.api}/docs", "data_dir": str(settings.data_dir)}
    return {**asdict(running), **addresses, "tokens": [asdict(person) for person in found]}


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - the one status that means it serves
    except OSError:
        return False


def _to_stdout(line: str) -> None:
    print(line, flush=True)


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

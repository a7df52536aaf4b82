"""Gathers the rules in force: policies and calendars from files, the organisation from its events."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.abc import Traversable
from importlib.resources import files
from pathlib import Path

from domain.actor import Actor
from domain.calendar import Calendar, parse_calendar
from domain.case.book import Rulebook
from domain.organisation import Level, Organisation, UnitEstablished
from domain.organisation.organisation import fold
from domain.policy import Policy, content_hash, parse_policy
from engine import clock, ids
from engine.envelope import Recorded
from engine.errors import Conflict, OrganisationInvalid, SettingsInvalid
from engine.store.seam import Append, Store

FRESH = 1.0
"""Seconds for which the organisation is believed unchanged; a refusal for an unknown unit looks at once."""
_ATTEMPTS = 4


class Rules:
    """The rulebook of an installation, kept up to date with the log.

    Args:
        policy_dir: Policies of the installation, beside the packaged ones.
        calendar_dir: Calendars of the installation; of one id the newest version counts, of equal
            versions the installation's.
        default_policy: Id of the policy of a case that names none.

    Raises:
        PolicyInvalid, CalendarInvalid: A file that can't be read.
        SettingsInvalid: settings_invalid, for files that contradict each other.
    """

    def __init__(
        self,
        store: Store,
        *,
        policy_dir: Path | None = None,
        calendar_dir: Path | None = None,
        default_policy: str = "hotline-five-working-days",
    ) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._version = 0
        self._looked = float("-inf")
        self._book = read_files(policy_dir, calendar_dir, default_policy)

    def current(self) -> Rulebook:
        """Return the rules of this moment."""
        if time.monotonic() - self._looked > FRESH:
            self.refresh()
        return self._book

    def refresh(self) -> Rulebook:
        """Look at the log now, and return the rules of this moment."""
        with self._lock:
            if self._store.version(ids.ORGANISATION) != self._version:
                units = _units(self._store)
                self._book = replace(self._book, organisation=fold(units))
                self._version = len(units)
            self._looked = time.monotonic()
            return self._book

    def establish(self, units: Sequence[UnitEstablished], actor: Actor) -> int:
        """Record the units that don't exist yet; return how many were new. Doing so twice is nothing.

        Args:
            units: Parents before children.
            actor: Who establishes them.

        Raises:
            OrganisationInvalid: organisation_invalid.
            Conflict: conflict, when others keep changing the organisation.
        """
        for _ in range(_ATTEMPTS):
            known = self.refresh().organisation
            missing = _missing(units, known)
            try:
                self._record(missing, actor)
            except Conflict:
                continue
            self.refresh()
            return len(missing)
        raise Conflict("The organisation is being changed by others; try again.")

    def _record(self, units: Sequence[UnitEstablished], actor: Actor) -> None:
        command, now = ids.new(), clock.now()
        events = [
            Recorded(ids.ORGANISATION, version, unit, actor, command, now)
            for version, unit in enumerate(units, self._version + 1)
        ]
        if events:
            self._store.append(Append(events=events))


def read_files(policy_dir: Path | None, calendar_dir: Path | None, default_policy: str) -> Rulebook:
    """Return a rulebook without an organisation. Raises: as Rules."""
    data = files("engine") / "data"
    calendars: dict[str, Calendar] = {}
    for text in _texts(data / "calendars", calendar_dir):
        calendar = parse_calendar(text)
        newest = calendars.get(calendar.id)
        if newest is None or calendar.version >= newest.version:
            calendars[calendar.id] = calendar
    policies: dict[tuple[str, int], Policy] = {}
    hashes: dict[tuple[str, int], str] = {}
    for text in _texts(data / "policies", policy_dir):
        policy = parse_policy(text)
        key = (policy.id, policy.version)
        if hashes.get(key, content_hash(text)) != content_hash(text):
            raise SettingsInvalid(f"Two files describe {policy.id} version {policy.version} differently.")
        if policy.calendar not in calendars:
            raise SettingsInvalid(
                f"{policy.id} version {policy.version} names no known calendar: {policy.calendar}."
            )
        policies[key], hashes[key] = policy, content_hash(text)
    book = Rulebook(policies=policies, hashes=hashes, calendars=calendars, default_policy=default_policy)
    if not any(id_ == default_policy for id_, _ in policies):
        raise SettingsInvalid(f"There is no policy {default_policy}; correct ECHOWALL_DEFAULT_POLICY.")
    return book


def _texts(packaged: Traversable, own: Path | None) -> Iterator[str]:
    for folder in (packaged, own):
        if folder is not None:
            if not folder.is_dir():
                raise SettingsInvalid(f"{folder} is not a folder.")
            for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
                if file.name.endswith(".toml"):
                    yield file.read_text("utf-8")


def _units(store: Store) -> list[UnitEstablished]:
    return [one.event for one in store.load(ids.ORGANISATION) if isinstance(one.event, UnitEstablished)]


def _missing(units: Sequence[UnitEstablished], known: Organisation) -> list[UnitEstablished]:
    missing: list[UnitEstablished] = []
    names = set(known.units)
    for unit in units:
        if unit.level not in frozenset(Level) or (unit.parent is not None and unit.parent not in names):
            raise OrganisationInvalid(
                f"{unit.unit} has an unknown parent or level: {unit.parent}, {unit.level}."
            )
        if unit.unit not in names:
            missing.append(unit)
            names.add(unit.unit)
    return missing

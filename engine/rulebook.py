"""Keeps the rules in force: what is installed as files, and over it what the log says of units and rules."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from domain.actor import Actor
from domain.calendar import CalendarAmended
from domain.case.book import Rulebook
from domain.organisation import Level, Organisation, UnitEstablished
from domain.organisation.organisation import fold
from domain.policy import PolicyAdopted, parse_policy
from engine import clock, ids
from engine.adoption import Adoption, adopted, adoptions
from engine.amendments import Amendment, amended, amendments
from engine.envelope import AnyEvent, Recorded
from engine.errors import Conflict, OrganisationInvalid
from engine.installed import (
    INSTALLATION,
    calendar_differs,
    changed_calendars,
    held_calendars,
    unheld_policies,
)
from engine.rulefiles import Files, read
from engine.store.seam import Append, Store

FRESH = 1.0
"""Seconds for which the organisation is believed unchanged; a refusal for an unknown unit looks at once."""
_ATTEMPTS = 4
_STREAMS = (ids.ORGANISATION, ids.CALENDARS, ids.POLICIES)


class _Held(NamedTuple):
    """What a look at the log found, exchanged as a whole: the book belongs to these events and no others."""

    book: Rulebook
    units: int = 0
    amendments: Sequence[CalendarAmended] = ()
    adoptions: Sequence[PolicyAdopted] = ()


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
        self._looked = float("-inf")
        self._files = read(policy_dir, calendar_dir, default_policy)
        self._held = _Held(self._files.book)

    def current(self) -> Rulebook:
        """Return the rules of this moment."""
        if time.monotonic() - self._looked > FRESH:
            self.refresh()
        return self._held.book

    def refresh(self) -> Rulebook:
        """Look at the log now, and return the rules of this moment.

        What the log holds and this release can't read is refused each time, not passed over once.
        """
        return self._look().book

    def _look(self) -> _Held:
        """Return the rules of this moment with the events that they hold, by which a next one is numbered."""
        with self._lock:
            book, units, amended_, adopted_ = self._held
            units_now, amendments_now, adoptions_now = self._store.versions(_STREAMS)
            if units_now != units:
                found = _units(self._store)
                book, units = replace(book, organisation=fold(found)), len(found)
            if amendments_now != len(amended_):
                amended_ = amendments(self._store)
                book = _with_amended(book, self._files, amended_)
            if adoptions_now != len(adopted_):
                adopted_ = adoptions(self._store)
                book = _with_adopted(book, self._files, adopted_)
            self._held = _Held(book, units, amended_, adopted_)
            self._looked = time.monotonic()
            return self._held

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
            held = self._look()
            missing = _missing(units, held.book.organisation)
            try:
                self._record(ids.ORGANISATION, held.units, missing, actor)
            except Conflict:
                continue
            self.refresh()
            return len(missing)
        raise Conflict("The organisation is being changed by others; try again.")

    def amend(self, wanted: Amendment, actor: Actor) -> CalendarAmended | None:
        """Record an amendment of a calendar; None when it is so already.

        Raises:
            AmendmentInvalid: amendment_invalid.
            Conflict: conflict, when others keep amending calendars.
        """
        for _ in range(_ATTEMPTS):
            held = self._look()
            event = amended(wanted, held.book, clock.now())
            if event is None:
                return None
            try:
                self._record(ids.CALENDARS, len(held.amendments), [event], actor)
            except Conflict:
                continue
            self.refresh()
            return event
        raise Conflict("The calendars are being amended by others; try again.")

    def adopt(self, toml_text: str, reason: str, actor: Actor) -> PolicyAdopted | None:
        """Record the text of a policy; None when this very text was adopted before.

        Cases stay under the version that they have; from its first day on, new cases get this one.

        Raises:
            PolicyInvalid: The file is no sound policy.
            AdoptionRefused: adoption_refused.
            Conflict: conflict, when others keep adopting policies.
        """
        for _ in range(_ATTEMPTS):
            wanted, held = Adoption(toml_text, reason, actor.id), self._look()
            event = adopted(wanted, held.book, held.adoptions, clock.now())
            if event is None:
                return None
            try:
                self._record(ids.POLICIES, len(held.adoptions), [event], actor)
            except Conflict:
                continue
            self.refresh()
            return event
        raise Conflict("Policies are being adopted by others; try again.")

    def install(self) -> int:
        """Let the log hold what files say: each policy's text on first use, each change of a calendar's file.

        Every process that works on cases does so when it starts; any number may at once, and what the log
        holds is never recorded again. Of a version that it holds the log's text counts, not the file's.

        Returns:
            The number of events recorded now.

        Raises:
            SettingsInvalid: settings_invalid, when a calendar's file changes more than it may.
            Conflict: conflict, when others keep changing the rules.
        """
        for _ in range(_ATTEMPTS):
            held, now = self._look(), clock.now()
            policies = list(unheld_policies(self._files.policies, held.adoptions, now))
            calendars = list(changed_calendars(self._files.calendars, held.amendments, held.book, now))
            try:
                self._record(ids.CALENDARS, len(held.amendments), calendars, INSTALLATION)
                self._record(ids.POLICIES, len(held.adoptions), policies, INSTALLATION)
            except Conflict:
                continue
            self.refresh()
            return len(calendars) + len(policies)
        raise Conflict("The rules are being changed by others; start again.")

    @property
    def contradictions(self) -> list[str]:
        """Name the files that say otherwise than the log holds of the same version; the log's text counts."""
        held = self._held
        policies = [
            f"policy {id_} version {version}"
            for (id_, version), hash_ in sorted(self._files.book.hashes.items())
            if held.book.hashes[id_, version] != hash_
        ]
        calendars = [
            f"calendar {id_} version {file.version}"
            for id_, file in sorted(self._files.calendars.items())
            if calendar_differs(file, held.amendments)
        ]
        return policies + calendars

    @property
    def adoptions(self) -> tuple[PolicyAdopted, ...]:
        """Every adoption that the present rules hold, the oldest first."""
        return tuple(self._held.adoptions)

    @property
    def amendments(self) -> int:
        """How many amendments of calendars the present rules hold."""
        return len(self._held.amendments)

    def _record(self, stream: UUID, after: int, facts: Sequence[AnyEvent], actor: Actor) -> None:
        command, now = ids.new(), clock.now()
        events = [
            Recorded(stream, version, fact, actor, command, now)
            for version, fact in enumerate(facts, after + 1)
        ]
        if events:
            self._store.append(Append(events=events))


def _with_amended(book: Rulebook, files: Files, found: Sequence[CalendarAmended]) -> Rulebook:
    """Put what was amended over the calendars that the log, or else a file, begins with."""
    known = (event.overlay() for event in found)
    calendars = held_calendars(files.calendars, found)
    return replace(book, calendars=calendars, overlays=(*files.book.overlays, *known))


def _with_adopted(book: Rulebook, files: Files, found: Sequence[PolicyAdopted]) -> Rulebook:
    """Put what was adopted over the files: a case is pinned to a text, and the log holds it."""
    policies, hashes = dict(files.book.policies), dict(files.book.hashes)
    for event in found:
        key = (event.policy, event.version)
        if hashes.get(key) != event.hash:
            policies[key] = parse_policy(event.content)
            hashes[key] = event.hash
    return replace(book, policies=policies, hashes=hashes)


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

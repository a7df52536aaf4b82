"""The rules of a moment: policies, calendars and the organisation, as one value that decisions are handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from domain.calendar import Calendar, Moment, Overlay, overlaid
from domain.case.clocks import Clock, Terms, due_moment
from domain.case.events.base import PolicyRef
from domain.errors import Refused
from domain.organisation import Organisation
from domain.policy import Policy

if TYPE_CHECKING:
    from domain.case.state import Case


class Grounds(NamedTuple):
    """The rules by which an event of a case was decided.

    Attributes:
        policy: Id of the policy to which the case was pinned.
        version: Its version.
        hash: SHA-256 of its text.
        calendar: Version of that policy's calendar as it was known then, the changes of all units included;
            None when the policy was not installed.
    """

    policy: str
    version: int
    hash: str
    calendar: int | None


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What decisions look up. Built by engine.rulebook.

    Attributes:
        policies: By (id, version).
        hashes: Content hash of each policy's file, by the same key.
        calendars: By id, in their newest version, as their files say.
        overlays: What units and later notices have otherwise, in the order in which it became known.
        default_policy: Id used for a case that names none.
    """

    policies: Mapping[tuple[str, int], Policy]
    hashes: Mapping[tuple[str, int], str]
    calendars: Mapping[str, Calendar]
    organisation: Organisation = field(default_factory=Organisation)
    default_policy: str = "hotline-five-working-days"
    overlays: tuple[Overlay, ...] = ()
    _holding: dict[tuple[str, str | None], tuple[int, ...]] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )
    _seen: dict[tuple[str, tuple[int, ...]], Calendar] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )
    _grounds: dict[tuple[str, int, str], Grounds] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )
    _earlier: dict[int, Rulebook] = field(init=False, default_factory=dict, compare=False, repr=False)

    def as_known(self, at: datetime) -> Rulebook:
        """Return the same rules with the changes of calendars that were known at a moment, and no others."""
        held = [one for one in self.overlays if one.known_at is None or one.known_at <= at]
        count = len(held)
        if count == len(self.overlays):
            return self
        # What was known only grows, so its number says which changes it was.
        found = self._earlier.get(count)
        if found is None:
            found = self._earlier[count] = replace(self, overlays=tuple(held))
        return found

    def newest(self, policy: str | None, at: datetime | None = None) -> PolicyRef:
        """Return a reference to the newest version of a policy (None: of the default one).

        Args:
            policy: Id of the policy.
            at: A version that takes effect after this moment is passed over, unless there is no other.

        Raises:
            Refused: unknown_policy.
        """
        wanted = policy or self.default_policy
        versions = [version for (id_, version) in self.policies if id_ == wanted]
        if not versions:
            raise Refused("unknown_policy", wanted)
        ready = [version for version in versions if at is None or self._in_effect((wanted, version), at)]
        key = (wanted, max(ready) if ready else min(versions))
        return PolicyRef(id=wanted, version=key[1], hash=self.hashes[key])

    def _in_effect(self, key: tuple[str, int], at: datetime) -> bool:
        policy = self.policies[key]
        return policy.effective_from <= at.astimezone(self.calendars[policy.calendar].tz).date()

    def policy(self, ref: PolicyRef) -> Policy:
        """Return the policy to which a case is pinned.

        Raises:
            Refused: unknown_policy, when that version is not installed; policy_text_differs, when it is
                installed with another text than the one to which the case was pinned.
        """
        key = (ref.id, ref.version)
        try:
            found = self.policies[key]
        except KeyError:
            raise Refused("unknown_policy", f"{ref.id} version {ref.version}") from None
        if self.hashes.get(key, ref.hash) != ref.hash:
            raise Refused("policy_text_differs", f"{ref.id} version {ref.version}, {ref.hash[:12]}")
        return found

    def grounds(self, ref: PolicyRef) -> Grounds:
        """Return by which rules a case pinned to a policy is decided now, for its events' envelopes."""
        key = (ref.id, ref.version, ref.hash)
        found = self._grounds.get(key)
        if found is None:
            policy = self.policies.get((ref.id, ref.version))
            calendar = None if policy is None else self.calendar_version(policy.calendar)
            found = self._grounds[key] = Grounds(*key, calendar)
        return found

    def calendar_version(self, id_: str) -> int:
        """Return the newest version of a calendar for any unit: versions rise over all of them.

        Raises:
            KeyError: There is none with this id.
        """
        changes = (one.version for one in self.overlays if one.calendar == id_)
        return max((self.calendars[id_].version, *changes))

    def rules(self, case: Case) -> Policy:
        """Return the policy of a case as it reads for its channel, category, urgency and resident.

        Raises:
            Refused: unknown_policy, policy_text_differs.
        """
        return self._under(case, None)

    def rules_for(self, case: Case, clock: Clock) -> Policy:
        """Return the policy by which a clock is measured: of one that ended, as it was when it did.

        Raises:
            Refused: unknown_policy, policy_text_differs.
        """
        return self._under(case, clock.terms)

    def _under(self, case: Case, ended_by: Terms | None) -> Policy:
        policy, intake = self.policy(case.policy if ended_by is None else ended_by.policy), case.intake
        if not policy.sections:
            return policy
        terms = ended_by or case.terms
        return policy.under(intake.channel, terms.category, intake.urgency, terms.key, intake.reachable)

    def calendar(self, ref: PolicyRef, unit: str | None = None, known: Known | None = None) -> Calendar:
        """Return the calendar that the policy of a case counts by, as it holds for a unit.

        A unit inherits from the unit above it: the nearer one's days and hours count.

        Args:
            ref: The policy.
            unit: Whose obligation is counted; None: only what holds for everybody.
            known: Only what was known then; None: all that is known.
        """
        return self.calendar_of(self.policy(ref).calendar, unit, known)

    def calendar_for(self, case: Case, clock: Clock) -> Calendar:
        """Return the calendar by which a clock is counted: that of the unit that owes.

        A clock that has ended keeps the calendar that was known then: what was judged is not judged anew.
        """
        policy = case.policy if clock.terms is None else clock.terms.policy
        if not self.overlays:
            return self.calendar(policy)
        known = None if clock.ended_at is None else Known(clock.ended_at, clock.calendar_version)
        return self.calendar(policy, clock.owner, known)

    def due(self, case: Case, clock: Clock) -> Moment | None:
        """Return when an obligation must be met under the rules of its case; as `due_moment`."""
        return due_moment(clock, self.rules_for(case, clock), self.calendar_for(case, clock))

    def calendar_of(self, id_: str, unit: str | None = None, known: Known | None = None) -> Calendar:
        """Return a calendar by its id, as it holds for a unit; see `calendar`.

        Raises:
            KeyError: There is none with this id.
        """
        held = self._holding.get((id_, unit))
        if held is None:
            held = self._holding[id_, unit] = self._changes(id_, unit)
        if known is not None:
            held = tuple([one for one in held if known.covers(self.overlays[one])])
        # Most units have no changes of their own, and all of those get the same calendar.
        found = self._seen.get((id_, held))
        if found is None:
            changes = [self.overlays[one] for one in held]
            found = self._seen[id_, held] = overlaid(self.calendars[id_], changes)
        return found

    def _changes(self, id_: str, unit: str | None) -> tuple[int, ...]:
        """Return the places of the changes that hold for a unit, those of the units farthest above first."""
        chain = (
            [one.id for one in self.organisation.chain(unit)]
            if unit is not None and self.organisation.knows(unit)
            else []
        )
        rank: dict[str | None, int] = {one: place for place, one in enumerate(reversed(chain))}
        rank[None] = -1
        held = [place for place, one in enumerate(self.overlays) if one.calendar == id_ and one.unit in rank]
        return tuple(sorted(held, key=lambda place: rank[self.overlays[place].unit]))


@dataclass(frozen=True, slots=True)
class Known:
    """How far the changes of a calendar were known to somebody.

    Attributes:
        at: Those recorded by this moment were.
        version: Those up to this version of the calendar were, too.
    """

    at: datetime
    version: int = 0

    def covers(self, change: Overlay) -> bool:
        """Whether a change was known; what stands in a file always was."""
        return change.known_at is None or change.known_at <= self.at or change.version <= self.version

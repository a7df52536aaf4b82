"""The rules of a moment: policies, calendars and the organisation, as one value that decisions are handed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.calendar import Calendar
from domain.case.events.base import PolicyRef
from domain.errors import Refused
from domain.organisation import Organisation
from domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What decisions look up. Built by engine.rulebook.

    Attributes:
        policies: By (id, version).
        hashes: Content hash of each policy's file, by the same key.
        calendars: By id, in their newest version.
        default_policy: Id used for a case that names none.
    """

    policies: Mapping[tuple[str, int], Policy]
    hashes: Mapping[tuple[str, int], str]
    calendars: Mapping[str, Calendar]
    organisation: Organisation = field(default_factory=Organisation)
    default_policy: str = "hotline-five-working-days"

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
            Refused: unknown_policy, when the file of that version is no longer installed.
        """
        try:
            return self.policies[ref.id, ref.version]
        except KeyError:
            raise Refused("unknown_policy", f"{ref.id} version {ref.version}") from None

    def calendar(self, ref: PolicyRef) -> Calendar:
        """Return the calendar that the policy of a case counts by."""
        return self.calendars[self.policy(ref).calendar]

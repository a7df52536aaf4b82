"""Adopting a policy: checked, then recorded with its text, so that the log holds every policy used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.case.book import Rulebook
from domain.policy import Policy, PolicyAdopted, content_hash, parse_policy
from engine import ids
from engine.errors import AdoptionRefused
from engine.store.seam import Store


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is asked: a file's text, why, and the actor id of who asks."""

    toml_text: str
    reason: str
    by: str


def adoptions(store: Store) -> list[PolicyAdopted]:
    """Return every adoption in the order of recording."""
    return [one.event for one in store.load(ids.POLICIES) if isinstance(one.event, PolicyAdopted)]


def adopted(
    wanted: Adoption, book: Rulebook, known: Sequence[PolicyAdopted], now: datetime
) -> PolicyAdopted | None:
    """Return the event of an adoption, or None when this very text was adopted before.

    Raises:
        PolicyInvalid: The file is no sound policy.
        AdoptionRefused: adoption_refused.
    """
    policy, hash_ = parse_policy(wanted.toml_text), content_hash(wanted.toml_text)
    if any((one.policy, one.version, one.hash) == (policy.id, policy.version, hash_) for one in known):
        return None
    _check(policy, hash_, book, now)
    return PolicyAdopted(
        at=now,
        policy=policy.id,
        version=policy.version,
        hash=hash_,
        content=wanted.toml_text,
        effective_from=policy.effective_from,
        by=wanted.by,
        reason=wanted.reason,
    )


def _check(policy: Policy, hash_: str, book: Rulebook, now: datetime) -> None:
    """Refuse another text for a known version, a step back, and a law that is to hold before it is made."""
    if policy.calendar not in book.calendars:
        raise AdoptionRefused(f"There is no calendar {policy.calendar}; install it first.")
    former = book.hashes.get((policy.id, policy.version))
    if former == hash_:
        return
    if former is not None:
        raise AdoptionRefused(f"{policy.id} version {policy.version} has another text; give a new version.")
    newest = max((version for id_, version in book.policies if id_ == policy.id), default=0)
    if policy.version < newest:
        raise AdoptionRefused(f"{policy.id} has version {newest} already; give a later one.")
    today: date = now.astimezone(book.calendars[policy.calendar].tz).date()
    if policy.effective_from < today:
        raise AdoptionRefused(
            f"{policy.id} would take effect on {policy.effective_from}, before it is adopted; "
            f"choose {today} or later. Running cases are moved by `move-policy`, one by one, with a reason."
        )

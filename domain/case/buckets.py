"""The account on which a case stands in the double-entry ledger: one unit and one bucket at every moment."""

from enum import StrEnum
from typing import NamedTuple

from domain.case.stage import Stage
from domain.case.state import Case


class Bucket(StrEnum):
    """The accounts of a unit. Source: docs/ledgers.md."""

    TO_SCREEN = "to_screen"
    TO_ASSIGN = "to_assign"
    TO_ACCEPT = "to_accept"
    IN_HAND = "in_hand"
    SUSPENDED = "suspended"
    HUNG_UP = "hung_up"
    TO_VISIT = "to_visit"
    STRUCK_OFF = "struck_off"
    REFUSED = "refused"
    MERGED = "merged"
    UNDER_REVIEW = "under_review"


class Account(NamedTuple):
    """One account of the ledger."""

    unit: str
    bucket: Bucket


BUCKETS: dict[Stage, Bucket] = {
    Stage.COLLECTED: Bucket.TO_SCREEN,
    Stage.SCREENED: Bucket.TO_ASSIGN,
    Stage.ASSIGNED: Bucket.TO_ACCEPT,
    Stage.ACCEPTED: Bucket.IN_HAND,
    Stage.SUSPENDED: Bucket.SUSPENDED,
    Stage.HUNG_UP: Bucket.HUNG_UP,
    Stage.RESOLVED: Bucket.TO_VISIT,
    Stage.VISITED: Bucket.TO_VISIT,
    Stage.CLOSED: Bucket.STRUCK_OFF,
    Stage.REFUSED: Bucket.REFUSED,
    Stage.MERGED: Bucket.MERGED,
    Stage.UNDER_REVIEW: Bucket.UNDER_REVIEW,
}


def account(case: Case) -> Account:
    """Return the account on which the case stands: that of the unit that must act, or that acted last."""
    return Account(case.responsible, BUCKETS[case.stage])

"""The rules that a policy holds: what each obligation allows, its ladder, and the return visit."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from domain.calendar import Counting, Duration
from domain.policy.terms import Cited, Offset, Rung


class RungRule(Cited):
    """One rung and where it stands beside the due moment."""

    rung: Rung
    at: Offset


def _climbs(ladder: tuple[RungRule, ...]) -> tuple[RungRule, ...]:
    order = list(Rung)
    for lower, upper in pairwise(ladder):
        if order.index(upper.rung) <= order.index(lower.rung):
            raise ValueError(f"{upper.rung} must stand before {lower.rung}, and each rung once")
        if lower.at.unit is upper.at.unit and _signed(upper.at) < _signed(lower.at):
            raise ValueError(f"{upper.rung} would fall due before {lower.rung}")
        if (lower.at.when, upper.at.when) == ("after", "before"):
            raise ValueError(f"{upper.rung} would fall due before {lower.rung}")
    return ladder


def _signed(offset: Offset) -> int:
    return -offset.amount if offset.when == "before" else offset.amount


def _some(duration: Duration) -> Duration:
    if duration.amount == 0:
        raise ValueError("a limit of 0 is over as it begins; give at least 1")
    return duration


Limit = Annotated[Duration, AfterValidator(_some)]
Ladder = Annotated[tuple[RungRule, ...], Field(min_length=1), AfterValidator(_climbs)]


class Extension(Cited):
    """More time that may be granted: `max` in all grants together, at most `times` of them, by `approver`."""

    max: Limit
    times: int = Field(ge=1, strict=True)
    approver: Literal["parent", "district"]


class ObligationRule(Cited):
    """What one obligation allows.

    Attributes:
        limit: Time given; None only with `external_target`.
        external_target: A due moment that came with the record counts instead of `limit`.
        fallback: Limit when no target came, so that the case does not fall silent; never appraised.
        first_day_counted: Whether the day of the start is day one.
        roll_on_holiday: Whether a natural-day limit that ends on a day off ends on the next workday.
        paused_by: What stops the clock; empty: nothing does.
        extension: None: no more time is given.
        ladder: None: the policy's default ladder.
    """

    limit: Limit | None = None
    external_target: bool = False
    fallback: Limit | None = None
    first_day_counted: bool = False
    roll_on_holiday: bool = True
    paused_by: tuple[Literal["suspension", "hang_up"], ...] = ("suspension", "hang_up")
    extension: Extension | None = None
    ladder: Ladder | None = None

    @model_validator(mode="after")
    def _one_limit_counts(self) -> Self:
        if self.limit is None and not self.external_target:
            raise ValueError("give a limit, or external_target = true where the record brings its own")
        if self.fallback is not None and not self.external_target:
            raise ValueError("a fallback stands in for an external target only; give a limit instead")
        if self.fallback is not None and self.limit is not None:
            raise ValueError("give a limit (appraised) or a fallback (never appraised), not both")
        return self

    @property
    def counting(self) -> Counting:
        """How the days of this obligation are counted."""
        return Counting(first_day_counted=self.first_day_counted, roll_on_holiday=self.roll_on_holiday)


class VisitRule(Cited):
    """How the return visit is judged.

    Attributes:
        tries_before_unreachable: Visits without reaching the resident after which the rule for the
            unreachable applies; 0: at once.
        satisfied_from: Lowest grade, of 1 to 5, that counts as satisfied.
        third_party: Whether only a third party may visit.
    """

    tries_before_unreachable: int = Field(ge=0, strict=True)
    satisfied_from: int = Field(ge=1, le=5, strict=True)
    third_party: bool = False

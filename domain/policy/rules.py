"""The rules that a policy holds: what each obligation allows, its ladder, and the return visit."""

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from domain.calendar import Counting, Duration
from domain.case.stage import Channel, Urgency
from domain.policy.terms import Cited, Obligation, Offset, Record, Rung, Share


def _some(duration: Duration) -> Duration:
    if duration.amount == 0:
        raise ValueError("a limit of 0 is over as it begins; give at least 1")
    return duration


Limit = Annotated[Duration, AfterValidator(_some)]
Evidenced = Literal["suspend", "resolve", "hang_up"]
Told = Literal["unit", "desk", "parent", "street", "district"]


class RungRule(Cited):
    """One rung and where it stands beside the due moment.

    Attributes:
        tells: Who is told: the unit that owes, the desk, the unit above the one that owes, or the street or
            district above it; empty: the rung's own way (remind tells the unit, the others the one above).
        to: Who takes over when the rung raises, or supervises.
        gives: How long the level that the rung brings in has. This level clock begins when the rung is
            taken, beside the case's own clock, which goes on: the next rung waits for both.
    """

    rung: Rung
    at: Offset | Share
    tells: tuple[Told, ...] = ()
    to: Literal["parent", "street", "district"] = "parent"
    gives: Limit | None = None


def _climbs(ladder: tuple[RungRule, ...]) -> tuple[RungRule, ...]:
    order = list(Rung)
    for lower, upper in pairwise(ladder):
        if order.index(upper.rung) <= order.index(lower.rung):
            raise ValueError(f"{upper.rung} must stand before {lower.rung}, and each rung once")
        if _order(lower.at, upper.at):
            raise ValueError(f"{upper.rung} would fall due before {lower.rung}")
    return ladder


def _order(lower: Offset | Share, upper: Offset | Share) -> bool:
    """Whether two places stand in the wrong order, as far as that can be told without a calendar."""
    if isinstance(lower, Share) and isinstance(upper, Share):
        return upper.percent > lower.percent
    if isinstance(lower, Offset) and isinstance(upper, Offset) and lower.unit is upper.unit:
        return _signed(upper) < _signed(lower)
    return (lower.when, upper.when) == ("after", "before")


def _signed(offset: Offset) -> int:
    return -offset.amount if offset.when == "before" else offset.amount


Ladder = Annotated[tuple[RungRule, ...], Field(min_length=1), AfterValidator(_climbs)]


class Extension(Cited):
    """More time that may be granted: `max` in all grants together, at most `times` of them.

    Attributes:
        approver: `head`: of the unit that owes; `parent`: the unit above it; `district`: only that.
        notice: Whether the reason must be told to the resident.
    """

    max: Limit
    times: int = Field(ge=1, strict=True)
    approver: Literal["head", "parent", "district"]
    notice: bool = False


class ObligationRule(Cited):
    """What one obligation allows.

    Attributes:
        limit: Time given; None only with `external_target`.
        external_target: A due moment that came with the record counts instead of `limit`.
        fallback: Limit when no target came, so that the case does not fall silent; never appraised.
        first_day_counted: Whether the day of the start is day one.
        roll_on_holiday: Whether a natural-day limit that ends on a day off ends on the next workday.
        cut_off: Hour of the wall, such as 17:00, from which what comes is received on the next workday, as is
            what comes on a day off; only for limits in working hours and days. None: there is none.
        paused_by: What stops the clock; empty: nothing does.
        takes_whole_days: Of what stops it, what keeps each day that it touches from counting towards a limit
            in days; of the rest only the days at whose end the clock stands still don't count.
        extension: None: no more time is given.
        ladder: None: the policy's default ladder.
        starts: Whether the limit of `resolve` runs from the assignment or from the acceptance by the unit.
        window: How long after the answer a review or re-examination may be asked; None: at any time.
    """

    limit: Limit | None = None
    external_target: bool = False
    fallback: Limit | None = None
    first_day_counted: bool = False
    roll_on_holiday: bool = True
    cut_off: str | None = Field(default=None, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
    paused_by: tuple[Literal["suspension", "hang_up", "hearing"], ...] = ("suspension", "hang_up")
    takes_whole_days: tuple[Literal["suspension", "hang_up", "hearing"], ...] = ("hearing",)
    extension: Extension | None = None
    ladder: Ladder | None = None
    starts: Literal["assignment", "acceptance"] = "assignment"
    window: Limit | None = None

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
    def falls_due(self) -> bool:
        """Whether what is owed falls due one day though no target comes from outside."""
        return self.limit is not None or self.fallback is not None

    @cached_property
    def counting(self) -> Counting:
        """How the days of this obligation are counted."""
        return Counting(
            first_day_counted=self.first_day_counted,
            roll_on_holiday=self.roll_on_holiday,
            cut_off=None if self.cut_off is None else _seconds(self.cut_off),
        )


def _seconds(hour_and_minute: str) -> int:
    hour, minute = hour_and_minute.split(":")
    return int(hour) * 3600 + int(minute) * 60


class AppliesTo(Record):
    """To which cases a section applies: every list given must hold the case's own; empty ones hold all.

    Attributes:
        key: Whether only key matters, or only others; None: both.
        reachable: Whether only residents who gave a telephone, an address or an account, or only others;
            None: both.
    """

    channels: tuple[Channel, ...] = ()
    categories: tuple[str, ...] = ()
    urgency: tuple[Urgency, ...] = ()
    key: bool | None = None
    reachable: bool | None = None

    @model_validator(mode="after")
    def _tells_some_apart(self) -> Self:
        lists = self.channels or self.categories or self.urgency
        if not lists and self.key is None and self.reachable is None:
            words = "name channels, categories, urgency, key or reachable; what applies to all stands outside"
            raise ValueError(words)
        return self

    def fits(
        self, channel: Channel, category: str, urgency: Urgency, key: bool, reachable: bool = True
    ) -> bool:
        """Whether a case with these facts falls under the section."""
        return (
            (not self.channels or channel in self.channels)
            and (not self.categories or category in self.categories)
            and (not self.urgency or urgency in self.urgency)
            and self.key in (None, key)
            and self.reachable in (None, reachable)
        )


class Section(Cited):
    """Rules that some cases have in place of the policy's; what it does not name stays.

    Attributes:
        ladder: None: the policy's default ladder.
    """

    name: str = Field(pattern=r"^[a-z]+(_[a-z0-9]+)*$", max_length=60)
    applies_to: AppliesTo
    obligations: Mapping[Obligation, ObligationRule] = Field(default_factory=dict)
    ladder: Ladder | None = None


class ObjectionRule(Cited):
    """How long after the assignment a unit may say that it is not competent."""

    within: Limit


class Provision(Cited):
    """One rule of the source in a sentence, and by what it is held here.

    Attributes:
        held_by: Places in this file (`obligations.resolve.limit`), commands (`command:object`), or `duty:`
            with what persons must do, since no clock can.
        values: Figures and words of the rule that programs may read.
    """

    says: str = Field(min_length=1)
    held_by: tuple[Annotated[str, Field(pattern=r"^[a-z0-9_.]+$|^(command|duty):.+$")], ...] = Field(
        min_length=1
    )
    values: Mapping[str, int | str | tuple[str, ...]] = Field(default_factory=dict)


class Switch(Cited):
    """A question that the source leaves open, and how it is answered here."""

    choice: str = Field(min_length=1)


class VisitRule(Cited):
    """How the return visit is judged.

    Attributes:
        tries_before_unreachable: Visits without reaching the resident after which the rule for the
            unreachable applies; 0: at once, in what an import tells; here somebody must have tried.
        satisfied_from: Lowest grade, of 1 to 5, that counts as satisfied.
        third_party: Whether only a third party may visit.
        between_tries: How much later a visitor must come again for both tries to count; None: every one does.
    """

    tries_before_unreachable: int = Field(ge=0, strict=True)
    satisfied_from: int = Field(ge=1, le=5, strict=True)
    third_party: bool = False
    between_tries: Limit | None = None

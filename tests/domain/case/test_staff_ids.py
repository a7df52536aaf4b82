"""Which fields of events hold ids of members of staff: all with an actor's id, but the resident's own."""

from typing import Any, get_args, get_type_hints

from pydantic import BaseModel

from domain.case.events import CASE_EVENTS, CaseEvent, staff_fields
from domain.case.events.base import Label

WORDS = {"category", "turn_to", "cause", "source", "origin"}
"""Fields with a label that names nobody."""
(PATTERN,) = [one for one in get_args(Label) if not isinstance(one, type)]


def labelled(hint: Any) -> bool:
    """Whether a type holds a label somewhere, in the records inside it too."""
    if PATTERN in getattr(hint, "__metadata__", ()):
        return True
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return any(map(labelled, get_type_hints(hint, include_extras=True).values()))
    return any(map(labelled, get_args(hint)))


def labels(event: type[CaseEvent]) -> set[str]:
    hints = get_type_hints(event, include_extras=True)
    return {name for name in event.model_fields if labelled(hints[name])}


def test_every_label_of_an_event_is_a_word_or_the_id_of_somebody() -> None:
    assert {name for event in CASE_EVENTS for name in staff_fields(event)} == {
        "worker", "workers", "visitor", "signer", "signed_by", "set_by", "approved_by", "asked_by",
        "answered_by",
    }  # fmt: skip
    for event in CASE_EVENTS:
        assert labels(event) - WORDS - {"reporter"} == staff_fields(event), event.NAME

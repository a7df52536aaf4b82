"""A resident reads the history of a case without the ids of those who worked on it."""

import re

from domain.case.events import CASE_EVENTS
from interfaces.http.portray import _STAFF_NAMES


def test_every_field_that_holds_an_actors_id_is_kept_from_residents() -> None:
    named = set()
    for event in CASE_EVENTS:
        named |= set(re.findall(r"^\s+(\w+): Actor ids? of", event.__doc__ or "", re.MULTILINE))
        for name, field in event.model_fields.items():
            if (field.description or "").startswith("Actor id"):
                named.add(name)
    assert {"worker", "workers", "asked_by", "approved_by", "answered_by"} <= named
    assert named - {"reporter"} <= _STAFF_NAMES

"""Every event finds the function that folds it."""

from domain.case.events import CASE_EVENTS
from domain.case.evolve import _EVOLVE


def test_every_event_is_folded_in_one_way() -> None:
    assert set(_EVOLVE) == set(CASE_EVENTS)

"""The tree of units: who is above whom, who screens what, and who can be made responsible."""

import pytest
from pydantic import ValidationError

from domain.errors import Refused
from domain.organisation import WORKPLACES, Level, Organisation, UnitEstablished
from domain.organisation.organisation import fold
from tests.support import town
from tests.support.town import TOWN


def test_a_chain_goes_from_a_unit_to_the_top() -> None:
    assert [unit.id for unit in TOWN.chain(town.GRID_1)] == [town.GRID_1, town.PINE, town.EAST, town.DISTRICT]


def test_a_unit_contains_itself_and_what_lies_under_it_and_nothing_else() -> None:
    assert TOWN.contains(town.EAST, town.EAST)
    assert TOWN.contains(town.EAST, town.GRID_1)
    assert not TOWN.contains(town.GRID_1, town.EAST)
    assert not TOWN.contains(town.EAST, town.MILL)
    assert not TOWN.contains(town.EAST, None)
    assert not TOWN.contains(town.EAST, "yuhua.nowhere")


def test_a_name_that_only_begins_alike_is_not_contained() -> None:
    east_2 = UnitEstablished(
        at=town.MONDAY, unit="yuhua.east2", parent="yuhua", level=Level.STREET, name_en="a", name_zh="b"
    )
    assert not fold((east_2,), TOWN).contains(town.EAST, "yuhua.east2")


@pytest.mark.parametrize(
    ("place", "desk"),
    [
        (town.GRID_1, town.EAST),
        (town.PINE, town.EAST),
        (town.EAST, town.EAST),
        (town.DISTRICT, town.DISTRICT),
        (town.WATER_OFFICE, town.DISTRICT),
    ],
)
def test_the_nearest_street_screens_or_else_the_district(place: str, desk: str) -> None:
    assert TOWN.desk(place) == desk


def test_above_the_top_there_is_only_the_top() -> None:
    assert TOWN.parent(town.EAST) == town.DISTRICT
    assert TOWN.parent(town.DISTRICT) == town.DISTRICT


def test_an_unknown_unit_is_refused_by_its_code() -> None:
    with pytest.raises(Refused, match=r"yuhua\.nowhere") as caught:
        TOWN.unit("yuhua.nowhere")
    assert caught.value.code == "unknown_unit"
    assert not TOWN.knows("yuhua.nowhere")
    assert not Organisation().knows(town.DISTRICT)


def test_everybody_but_a_third_party_can_be_made_responsible() -> None:
    assert set(Level) - WORKPLACES == {Level.THIRD_PARTY}


def test_folding_splits_anywhere() -> None:
    for middle in range(len(town.FOUNDED) + 1):
        assert fold(town.FOUNDED[middle:], fold(town.FOUNDED[:middle])) == TOWN


def test_a_unit_id_is_a_dotted_path_of_plain_letters() -> None:
    for unit in ("Yuhua", "yuhua..east", "雨花", "yuhua/east", ""):
        with pytest.raises(ValidationError):
            UnitEstablished(
                at=town.MONDAY, unit=unit, parent=None, level="district", name_en="a", name_zh="b"
            )

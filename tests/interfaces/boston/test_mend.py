from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.case.stage import Channel
from interfaces.boston.closure import HEADS, kind_of
from interfaces.boston.findings import CODES, EXCERPT, Fate
from interfaces.boston.mend import mend
from interfaces.boston.record import BostonCase, Closure, ClosureKind, Flag, Status, shift_to_now
from interfaces.boston.rows import HEADER
from tests.interfaces.boston.rows_of import CLEAN, codes, mended


def case_of(**changes: str) -> BostonCase:
    case = mended(**changes).case
    assert case is not None
    return case


def closure_of(text: str) -> Closure:
    closure = case_of(CLOSURE_REASON=text).closure
    assert closure is not None
    return closure


def test_a_clean_row_becomes_a_case_without_findings() -> None:
    result = mended()
    assert (result.line, result.id, result.findings) == (2, "101001240735", ())
    case = result.case
    assert case is not None
    assert case.opened == datetime(2015, 6, 1, 13, tzinfo=UTC)
    assert case.closed == datetime(2015, 6, 3, 20, 17, 43, tzinfo=UTC)
    assert (case.flag, case.status, case.channel) == (Flag.ONTIME, Status.CLOSED, Channel.HOTLINE)
    assert case.closure == Closure(ClosureKind.RESOLVED, "Case Resolved Bulb replaced.", case.closed)
    assert case.place.address == "12 Ashmont St, Dorchester, MA, 02124"
    assert (case.place.ward, case.place.precinct, case.place.zip) == (17, "1703", "02124")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"CASE_ENQUIRY_ID": " "}, "id_blank"),
        ({"CASE_ENQUIRY_ID": "A-17"}, "id_form"),
        ({"OPEN_DT": ""}, "opened_blank"),
        ({"OPEN_DT": "2015-06-01"}, "opened_form"),
        ({"OPEN_DT": "02/30/2015 09:00:00 AM"}, "opened_form"),
        ({"OPEN_DT": "06/01/2015 13:00:00 AM"}, "opened_form"),
        ({"OPEN_DT": "06/01/0215 09:00:00 AM"}, "opened_form"),
    ],
)
def test_without_id_or_opening_no_case_is_made_and_the_row_is_reported(
    changes: dict[str, str], code: str
) -> None:
    result = mended(**changes)
    assert result.case is None
    assert [finding.code for finding in result.findings] == [code]
    assert CODES[code][0] is Fate.REFUSED


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"TARGET_DT": ""}, ["target_missing"]),
        ({"TARGET_DT": "soon"}, ["target_form"]),
        ({"TARGET_DT": CLEAN["OPEN_DT"]}, ["target_at_opening"]),
        ({"TARGET_DT": "05/01/2015 09:00:00 AM"}, ["target_before_opened"]),
        ({"CLOSED_DT": "later"}, ["closed_form", "closed_blank"]),
        ({"CLOSED_DT": "06/03/2015 12:00:00 AM"}, ["closed_text_differs"]),
        ({"CASE_STATUS": "Pending"}, ["status_unknown"]),
        ({"CASE_STATUS": "Open", "CLOSURE_REASON": ""}, ["open_with_closed"]),
        ({"CASE_STATUS": "Open", "CLOSED_DT": ""}, ["open_with_closure"]),
        ({"OnTime_Status": ""}, ["flag_blank"]),
        ({"OnTime_Status": "LATE"}, ["flag_unknown"]),
        ({"CLOSURE_REASON": ""}, ["closure_empty"]),
        ({"CLOSURE_REASON": "Case Closed :"}, ["closure_empty"]),
        ({"Department": "No Q", "QUEUE": "No Queue Assigned To User"}, ["no_queue_department"]),
        ({"Department": ""}, ["department_blank"]),
        ({"QUEUE": ""}, ["queue_blank"]),
        ({"Source": "Pigeon"}, ["source_unknown"]),
        ({"SUBJECT": ""}, ["label_blank"]),
        ({"LOCATION_ZIPCODE": ""}, ["zip_blank"]),
        ({"LOCATION_ZIPCODE": "", "Property_Type": "Intersection"}, []),
        ({"LOCATION_ZIPCODE": "Boston"}, ["zip_unknown"]),
        ({"neighborhood": ""}, ["neighbourhood_blank"]),
        ({"neighborhood": "Boston"}, ["neighbourhood_postal"]),
        ({"precinct": ""}, ["precinct_blank"]),
        ({"precinct": "9901"}, ["precinct_unknown"]),
        ({"ward": "Ward 23"}, ["ward_unknown"]),
        ({"LATITUDE": "north"}, ["point_form"]),
        ({"LATITUDE": "nan"}, ["point_outside"]),
        ({"LATITUDE": "52.1"}, ["point_outside"]),
        ({"Geocoded_Location": "(42.3, -71.1)"}, ["point_differs"]),
        ({"Geocoded_Location": "(0, 0)"}, ["point_default"]),
        ({"Location": "Norway Maple (172 L St)"}, ["address_form"]),
    ],
)
def test_each_doubt_is_reported_with_its_code_and_a_case_is_made(
    changes: dict[str, str], expected: list[str]
) -> None:
    assert codes(**changes) == expected
    assert mended(**changes).case is not None


@pytest.mark.parametrize(
    ("column", "value", "code", "right"),
    [
        ("ward", "17", "ward_form", "17"),
        ("LOCATION_ZIPCODE", "2124.0", "zip_form", "02124"),
        ("LOCATION_ZIPCODE", "02167", "zip_retired", "02467"),
        ("precinct", "1703.0", "precinct_form", "1703"),
        ("precinct", "1703A", "precinct_suffix", "1703"),
        ("ward", "", "ward_blank", "17"),
        ("neighborhood", "Brighton", "neighbourhood_form", "Allston / Brighton"),
        ("CASE_TITLE", "", "title_blank", "Street Light Outages"),
        ("CASE_TITLE", "PRINTED //", "title_note", "Street Light Outages"),
        ("TYPE", "Heat - Excessive  Insufficient", "type_comma", "Heat - Excessive, Insufficient"),
        ("LOCATION_STREET_NAME", "12  Ashmont St", "street_blanks", "12 Ashmont St"),
    ],
)
def test_what_is_certain_is_mended_and_reported(column: str, value: str, code: str, right: str) -> None:
    (finding,) = mended(**{column: value}).findings
    assert (finding.code, finding.column, finding.value, finding.mended) == (code, column, value, right)


@pytest.mark.parametrize("ward", ["Ward 3", "03", "3"])
def test_all_forms_of_a_ward_are_one_ward(ward: str) -> None:
    assert case_of(ward=ward, precinct="306.0").place.ward == 3


def test_a_precinct_of_another_ward_is_left_out() -> None:
    case = case_of(ward="07", precinct="204.0", neighborhood="South Boston")
    assert (case.place.ward, case.place.precinct) == (7, None)
    assert "precinct_ward" in codes(ward="07", precinct="204.0")


def test_a_row_without_place_has_none() -> None:
    blank = dict.fromkeys(
        [
            "Location",
            "LOCATION_STREET_NAME",
            "LOCATION_ZIPCODE",
            "Property_Type",
            "neighborhood",
            "ward",
            "precinct",
        ],
        "",
    )
    assert codes(**blank) == ["place_blank", "precinct_blank", "ward_blank", "neighbourhood_blank"]
    place = case_of(**blank).place
    assert (place.address, place.ward, place.precinct, place.neighbourhood) == (None, None, None, None)


def test_two_blanks_inside_a_street_are_no_comma() -> None:
    case = case_of(
        Location="765  Saratoga St  East Boston  MA  02128", LOCATION_STREET_NAME="765  Saratoga St"
    )
    assert case.place.address == "765 Saratoga St, East Boston, MA, 02128"


@pytest.mark.parametrize(
    ("closed", "code"),
    [
        ("06/01/2015 08:59:02 AM", "closed_before_opened"),
        ("05/01/2015 08:59:02 AM", "closed_long_before_opened"),
    ],
)
def test_a_case_closed_before_it_was_opened_is_closed_at_its_opening(closed: str, code: str) -> None:
    case = case_of(CLOSED_DT=closed, CLOSURE_REASON="Case Closed Case Resolved")
    assert case.closed == case.opened
    assert codes(CLOSED_DT=closed, CLOSURE_REASON="Case Closed Case Resolved") == [code]


def test_a_missing_closing_time_is_taken_from_the_text() -> None:
    assert case_of(CLOSED_DT="").closed == datetime(2015, 6, 3, 20, 17, 43, tzinfo=UTC)
    assert case_of(CLOSED_DT="", CLOSURE_REASON="Case Closed Case Noted").closed is None


def test_summer_and_winter_have_their_own_offset() -> None:
    assert case_of(OPEN_DT="03/07/2015 09:00:00 AM").opened.hour == 14
    assert case_of(OPEN_DT="03/08/2015 09:00:00 AM").opened.hour == 13
    assert case_of(OPEN_DT="10/31/2015 09:00:00 AM").opened.hour == 13
    assert case_of(OPEN_DT="11/01/2015 09:00:00 AM").opened.hour == 14


def test_the_hour_that_spring_leaves_out_is_an_hour_later() -> None:
    result = mended(OPEN_DT="03/08/2015 02:30:00 AM")
    assert result.case is not None
    assert result.case.opened == datetime(2015, 3, 8, 7, 30, tzinfo=UTC)
    assert [finding.code for finding in result.findings] == ["moment_nonexistent"]


def test_in_the_hour_that_autumn_repeats_the_order_is_kept() -> None:
    text = "Case Closed Case Resolved"
    both = case_of(OPEN_DT="11/01/2015 01:50:00 AM", CLOSED_DT="11/01/2015 01:10:00 AM", CLOSURE_REASON=text)
    assert both.opened == datetime(2015, 11, 1, 5, 50, tzinfo=UTC)
    assert both.closed == datetime(2015, 11, 1, 6, 10, tzinfo=UTC)
    early = case_of(OPEN_DT="11/01/2015 01:10:00 AM", CLOSED_DT="11/01/2015 01:50:00 AM", CLOSURE_REASON=text)
    assert early.closed == datetime(2015, 11, 1, 5, 50, tzinfo=UTC)


@pytest.mark.parametrize("head", [head for head, _ in HEADS])
def test_each_head_of_a_closure_has_its_kind(head: str) -> None:
    assert kind_of(head.upper() + " and more") is dict(HEADS)[head]


@pytest.mark.parametrize(
    ("text", "repeated", "reported"),
    [
        ("Case Closed Duplicate of Existing Case 101001236407 duplicate case #", "101001236407", []),
        ("Case Closed Duplicate of Existing Case Same as #1289867.", "101001289867", ["duplicate_short"]),
        ("Case Closed Duplicate of Existing Case of #433091", "101001433091", ["duplicate_short"]),
        ("Case Closed Duplicate of Existing Case", None, ["duplicate_unnamed"]),
        ("Case Closed Duplicate of Existing Case entered in ISD 1623242", None, ["duplicate_unnamed"]),
        ("Case Closed Duplicate of Existing Case 101001240735", None, ["duplicate_self"]),
        ("Case Closed Case Invalid Duplicate. 101001240735 of 101001236407", "101001236407", []),
        ("Case Closed Case Noted - this is a duplicate of 101001236407", "101001236407", []),
    ],
)
def test_a_duplicate_names_the_case_that_it_repeats(
    text: str, repeated: str | None, reported: list[str]
) -> None:
    closure = closure_of(text)
    assert (closure.kind, closure.duplicate_of) == (ClosureKind.DUPLICATE, repeated)
    assert codes(CLOSURE_REASON=text) == reported


def test_a_resolved_case_that_speaks_of_a_duplicate_stays_resolved() -> None:
    assert (
        closure_of("Case Closed Case Resolved cart filled, duplicate order 1500001").kind
        is ClosureKind.RESOLVED
    )


def test_text_is_cleaned_and_reported() -> None:
    assert codes(CLOSURE_REASON="Case Closed Case Noted a\tb\ufffdc") == [
        "text_control",
        "text_lost_character",
    ]
    assert closure_of("Case Closed Case Noted a\tb").text == "Case Noted a b"
    assert codes(CASE_TITLE="x" * 121) == ["text_long"]
    assert len(case_of(CASE_TITLE="x" * 121).matter.title) == 120
    assert codes(CLOSURE_REASON=f"Case Closed {'x' * 3988}") == ["text_cut"]
    assert codes(CLOSURE_REASON=f"Case Closed {'x' * 5000}") == ["text_long"]


def test_a_case_moves_in_time_as_one() -> None:
    case, delta = case_of(), timedelta(days=3_600, seconds=7)
    moved = shift_to_now(case, delta)
    assert case.closed is not None and moved.closed is not None
    assert moved.closure is not None and moved.target is not None and case.target is not None
    assert moved.opened - case.opened == moved.closed - case.closed == moved.target - case.target == delta
    assert moved.closure.at == moved.closed
    assert shift_to_now(moved, -delta) == case


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(HEADER), st.text(max_size=40) | st.from_regex(r"[0-9/:. APMward,()-]{0,30}")
    )
)
def test_no_row_makes_it_crash(changes: dict[str, str]) -> None:
    result = mend({**CLEAN, **changes}, 2)
    for finding in result.findings:
        assert finding.code in CODES
        assert len(finding.value) <= EXCERPT
        assert finding.value.isprintable() or not any(ord(sign) < 32 for sign in finding.value)
    if result.case is None:
        assert any(CODES[finding.code][0] is Fate.REFUSED for finding in result.findings)
    elif result.case.closed is not None:
        assert result.case.closed >= result.case.opened


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=5))
def test_no_shape_of_row_makes_it_crash(raw: dict[str, str]) -> None:
    assert [finding.code for finding in mend(raw, 9).findings] == ["row_shape"]

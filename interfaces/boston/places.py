"""Mends the columns that say where a case is."""

import re
from collections.abc import Mapping
from typing import Final

from interfaces.boston.findings import Findings
from interfaces.boston.record import Place
from interfaces.boston.texts import clean

WARDS: Final = 22
"""Boston has wards 1 to 22."""

SHORT_NAMES: Final[dict[str, str]] = {
    "Allston": "Allston / Brighton",
    "Brighton": "Allston / Brighton",
    "Mattapan": "Greater Mattapan",
    "South Boston": "South Boston / South Boston Waterfront",
}
"""Postal names inside one neighbourhood; one of the city's two address systems prints them."""

POSTAL_TOWNS: Final = frozenset({"Boston", "Chestnut Hill"})
"""Postal names that cover parts of several neighbourhoods."""

RETIRED_ZIPS: Final[dict[str, str]] = {"02146": "02446", "02167": "02467"}
"""Replaced on 1 July 1998 when the region's western suburbs moved to codes beginning with 024."""

STAND_IN: Final = (42.3594, -71.0587)
"""Printed for each row whose location wasn't found; City Hall lies beside it, at another point."""

_BOX: Final = ((42.22, 42.41), (-71.20, -70.90))
_WARD = re.compile(r"(Ward )?(\d{1,2})", re.ASCII)
_PRECINCT = re.compile(r"(\d{3,4})([A-Z]?)(?:\.0)?", re.ASCII)
_ZIP = re.compile(r"(\d{4,5})(?:\.0)?", re.ASCII)
_BLANKS = re.compile(r"\s{2,}")
_POINT = re.compile(r"\((-?\d+(?:\.\d+)?), (-?\d+(?:\.\d+)?)\)", re.ASCII)


def read_place(raw: Mapping[str, str], found: Findings) -> Place:
    """Return where the case is and report each doubt."""
    street, address = _address(raw, found)
    ward, precinct = _ward_and_precinct(raw, found)
    return Place(
        address=address,
        street=street,
        zip=_zip(raw, found),
        neighbourhood=_neighbourhood(clean(raw, "neighborhood", found), found),
        ward=ward,
        precinct=precinct,
        point=_point(raw, found),
    )


def _address(raw: Mapping[str, str], found: Findings) -> tuple[str | None, str | None]:
    location, street = clean(raw, "Location", found), clean(raw, "LOCATION_STREET_NAME", found)
    if not location:
        found.add("place_blank", "Location", "")
        return street or None, None
    squeezed = _BLANKS.sub(" ", street)
    if squeezed != street:
        found.add("street_blanks", "LOCATION_STREET_NAME", street, squeezed)
        location = location.replace(street, squeezed)
    if "  MA" not in location:
        found.add("address_form", "Location", location)
    # The export prints ", " as two blanks; between street, town and state that is certain.
    return squeezed or None, _BLANKS.sub(", ", location)


def _zip(raw: Mapping[str, str], found: Findings) -> str | None:
    text = clean(raw, "LOCATION_ZIPCODE", found)
    if not text:
        if raw["Property_Type"] == "Address":
            found.add("zip_blank", "LOCATION_ZIPCODE", "")
        return None
    match = _ZIP.fullmatch(text)
    if match is None:
        found.add("zip_unknown", "LOCATION_ZIPCODE", text)
        return None
    digits = match[1].zfill(5)
    if digits != text:
        found.add("zip_form", "LOCATION_ZIPCODE", text, digits)
    if digits in RETIRED_ZIPS:
        found.add("zip_retired", "LOCATION_ZIPCODE", digits, RETIRED_ZIPS[digits])
    return RETIRED_ZIPS.get(digits, digits)


def _neighbourhood(name: str, found: Findings) -> str | None:
    if not name:
        found.add("neighbourhood_blank", "neighborhood", "")
        return None
    if name in POSTAL_TOWNS:
        found.add("neighbourhood_postal", "neighborhood", name)
        return None
    if name in SHORT_NAMES:
        found.add("neighbourhood_form", "neighborhood", name, SHORT_NAMES[name])
    return SHORT_NAMES.get(name, name)


def _ward_and_precinct(raw: Mapping[str, str], found: Findings) -> tuple[int | None, str | None]:
    precinct = _precinct(clean(raw, "precinct", found), found)
    ward = _ward(clean(raw, "ward", found), precinct, found)
    if precinct is not None and ward != int(precinct[:2]):
        # In all 11 rows of 2015 the neighbourhood agrees with the ward and not with the precinct.
        found.add("precinct_ward", "precinct", f"{precinct} in ward {ward}")
        return ward, None
    return ward, precinct


def _ward(text: str, precinct: str | None, found: Findings) -> int | None:
    by_precinct = None if precinct is None else int(precinct[:2])
    if not text:
        found.add("ward_blank", "ward", "", None if by_precinct is None else str(by_precinct))
        return by_precinct
    match = _WARD.fullmatch(text)
    if match is None or not 1 <= int(match[2]) <= WARDS:
        found.add("ward_unknown", "ward", text, None if by_precinct is None else str(by_precinct))
        return by_precinct
    number = int(match[2])
    if text != f"Ward {number}":
        found.add("ward_form", "ward", text, str(number))
    return number


def _precinct(text: str, found: Findings) -> str | None:
    if not text:
        found.add("precinct_blank", "precinct", "")
        return None
    match = _PRECINCT.fullmatch(text)
    digits = match[1].zfill(4) if match else "0000"
    if match is None or not 1 <= int(digits[:2]) <= WARDS or digits[2:] == "00":
        found.add("precinct_unknown", "precinct", text)
        return None
    if match[2]:
        found.add("precinct_suffix", "precinct", text, digits)
    elif digits != text:
        found.add("precinct_form", "precinct", text, digits)
    return digits


def _point(raw: Mapping[str, str], found: Findings) -> tuple[float, float] | None:
    printed = f"{raw['LATITUDE']}, {raw['LONGITUDE']}"
    try:
        point = (float(raw["LATITUDE"]), float(raw["LONGITUDE"]))
    except ValueError:
        found.add("point_form", "LATITUDE", printed)
        return None
    match = _POINT.fullmatch(raw["Geocoded_Location"])
    other = (float(match[1]), float(match[2])) if match else None
    if point == STAND_IN or other == (0.0, 0.0):
        found.add("point_default", "LATITUDE", printed)
        return None
    if not all(low <= value <= high for value, (low, high) in zip(point, _BOX, strict=True)):
        found.add("point_outside", "LATITUDE", printed)
        return None
    if point != other:
        found.add("point_differs", "Geocoded_Location", raw["Geocoded_Location"])
    return point

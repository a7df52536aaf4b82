"""Rows to try things on: a clean one, changed where a test says so."""

from pathlib import Path

from interfaces.boston.mend import Mended, mend
from interfaces.boston.rows import HEADER, read_rows

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "samples" / "boston" / "boston_311_2015_sample.csv.gz"

CLEAN = {
    **dict.fromkeys(HEADER, ""),
    "CASE_ENQUIRY_ID": "101001240735",
    "OPEN_DT": "06/01/2015 09:00:00 AM",
    "TARGET_DT": "06/08/2015 08:30:00 AM",
    "CLOSED_DT": "06/03/2015 04:17:43 PM",
    "OnTime_Status": "ONTIME",
    "CASE_STATUS": "Closed",
    "CLOSURE_REASON": "Case Closed. Closed date : 2015-06-03 16:17:43.5 Case Resolved Bulb replaced.",
    "CASE_TITLE": "Street Light Outages",
    "SUBJECT": "Public Works Department",
    "REASON": "Street Lights",
    "TYPE": "Street Light Outages",
    "QUEUE": "PWDx_Street Light Outages",
    "Department": "PWDx",
    "Location": "12 Ashmont St  Dorchester  MA  02124",
    "LOCATION_STREET_NAME": "12 Ashmont St",
    "LOCATION_ZIPCODE": "02124",
    "Property_Type": "Address",
    "neighborhood": "Dorchester",
    "ward": "Ward 17",
    "precinct": "1703",
    "LATITUDE": "42.2851",
    "LONGITUDE": "-71.0702",
    "Geocoded_Location": "(42.2851, -71.0702)",
    "Source": "Constituent Call",
}


def mended(**changes: str) -> Mended:
    """Mend the clean row with some columns changed."""
    assert changes.keys() <= CLEAN.keys()
    return mend({**CLEAN, **changes}, 2)


def codes(**changes: str) -> list[str]:
    """Return the codes that the changed row is reported with."""
    return [finding.code for finding in mended(**changes).findings]


def lapsed_in(path: Path) -> int:
    """Count, from a file's two columns alone, the rungs that lapse by its import of long afterwards.

    An open row leaves its case assigned, with two clocks of four rungs each, to accept it and to resolve it;
    without a target nothing is promised, and the resolution has the two rungs that only call to mind.
    """
    waiting = [raw for raw in read_rows(path) if raw["CASE_STATUS"] == "Open"]
    return sum(4 + (4 if raw["TARGET_DT"].strip() else 2) for raw in waiting)

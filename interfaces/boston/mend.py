"""Makes a clean case of one raw row, or says why none can be made; nothing is dropped in silence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.case.stage import Channel
from interfaces.boston.closure import COLUMN as CLOSURE
from interfaces.boston.closure import read_closure
from interfaces.boston.findings import Finding, Findings
from interfaces.boston.moments import parse, settle
from interfaces.boston.places import read_place
from interfaces.boston.record import CHANNELS, BostonCase, Closure, ClosureKind, Desk, Flag, Matter, Status
from interfaces.boston.rows import HEADER, SURPLUS
from interfaces.boston.texts import clean

NO_QUEUE: Final = "No Q"
"""What the department column holds when no queue was assigned."""

LOST_COMMAS: Final[dict[str, str]] = {
    "Heat - Excessive  Insufficient": "Heat - Excessive, Insufficient",
    "New Sign  Crosswalk or Pavement Marking": "New Sign, Crosswalk or Pavement Marking",
    "Unsatisfactory Utilities - Electrical  Plumbing": "Unsatisfactory Utilities - Electrical, Plumbing",
}
"""The types whose names hold a comma."""

SKEW: Final = timedelta(minutes=1)
"""How far apart the clocks of the city's two systems were at most; 58 seconds were seen."""

_ID = re.compile(r"\d{6,20}", re.ASCII)
_NOTE = re.compile(r"\W*(?:printed|sent)\W*", re.IGNORECASE)
_COLUMNS = frozenset(HEADER)


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of one row.

    Attributes:
        line: The row's line in the file; the header is line 1.
        id: The row's case id as printed; empty when it has none.
        case: None when no case can be made; `findings` then says why.
        findings: Every doubt, in a fixed order; empty for a clean row.
    """

    line: int
    id: str
    case: BostonCase | None
    findings: tuple[Finding, ...]


def mend(raw: Mapping[str, str], line: int) -> Mended:
    """Return the case that a row tells, with one finding for each thing that was mended, missing or doubtful.

    Never raises, whatever the row holds. The codes are those of findings.CODES.
    """
    found = Findings()
    case_id = raw.get("CASE_ENQUIRY_ID", "").strip()
    case = _case(raw, case_id, found) if _is_whole(raw, found) and _is_id(case_id, found) else None
    return Mended(line, case_id, case, found.all())


def _is_whole(raw: Mapping[str, str], found: Findings) -> bool:
    if raw.keys() == _COLUMNS:
        return True
    fields = f"{len(raw)} of {len(HEADER)} fields" if SURPLUS not in raw else f"surplus: {raw[SURPLUS]}"
    found.add("row_shape", "", fields)
    return False


def _is_id(case_id: str, found: Findings) -> bool:
    if _ID.fullmatch(case_id):
        return True
    found.add("id_form" if case_id else "id_blank", "CASE_ENQUIRY_ID", case_id)
    return False


def _case(raw: Mapping[str, str], case_id: str, found: Findings) -> BostonCase | None:
    opened = _moment(raw, "OPEN_DT", None, found)
    if opened is None:
        if not raw["OPEN_DT"].strip():
            found.add("opened_blank", "OPEN_DT", "")
        return None
    target = _target(raw, opened, found)
    closure, printed = read_closure(clean(raw, CLOSURE, found), case_id, found)
    status = _status(raw, found)
    closed = _closed(raw, status, opened, printed, found)
    _check_closure(status, closure, raw[CLOSURE], found)
    return BostonCase(
        id=case_id,
        opened=opened,
        target=target,
        closed=closed,
        flag=_flag(raw, found),
        status=status,
        channel=_channel(raw, found),
        matter=_matter(raw, found),
        desk=_desk(raw, found),
        place=read_place(raw, found),
        closure=closure,
    )


_FORM_CODES: Final = {"OPEN_DT": "opened_form", "TARGET_DT": "target_form", "CLOSED_DT": "closed_form"}


def _moment(
    raw: Mapping[str, str], column: str, not_before: datetime | None, found: Findings
) -> datetime | None:
    text = raw[column].strip()
    if not text:
        return None
    wall = parse(text)
    if wall is None:
        found.add(_FORM_CODES[column], column, text)
        return None
    moment, doubt = settle(wall, not_before)
    if doubt is not None:
        found.add(doubt, column, text, moment.isoformat())
    return moment


def _target(raw: Mapping[str, str], opened: datetime, found: Findings) -> datetime | None:
    target = _moment(raw, "TARGET_DT", opened, found)
    if target is None:
        if not raw["TARGET_DT"].strip():
            found.add("target_missing", "TARGET_DT", "")
    elif target <= opened:
        found.add(
            "target_at_opening" if target == opened else "target_before_opened", "TARGET_DT", raw["TARGET_DT"]
        )
    return target


def _status(raw: Mapping[str, str], found: Findings) -> Status:
    text = raw["CASE_STATUS"].strip()
    if text in (Status.OPEN, Status.CLOSED):
        return Status(text)
    status = Status.CLOSED if raw["CLOSED_DT"].strip() else Status.OPEN
    found.add("status_unknown", "CASE_STATUS", text, status)
    return status


def _closed(
    raw: Mapping[str, str], status: Status, opened: datetime, printed: datetime | None, found: Findings
) -> datetime | None:
    text = raw["CLOSED_DT"].strip()
    if status is Status.OPEN:
        if text:
            found.add("open_with_closed", "CLOSED_DT", text)
        return None
    closed = _moment(raw, "CLOSED_DT", opened, found)
    if closed is None:
        closed = None if printed is None else settle(printed, opened)[0]
        found.add("closed_blank", "CLOSED_DT", text, None if closed is None else closed.isoformat())
    elif printed is not None and parse(text) != printed:
        found.add("closed_text_differs", CLOSURE, f"{printed:%m/%d/%Y %I:%M:%S %p}")
    if closed is None or closed >= opened:
        return closed
    code = "closed_before_opened" if opened - closed <= SKEW else "closed_long_before_opened"
    found.add(code, "CLOSED_DT", text, opened.isoformat())
    return opened


def _check_closure(status: Status, closure: Closure | None, text: str, found: Findings) -> None:
    if status is Status.OPEN:
        if closure is not None:
            found.add("open_with_closure", CLOSURE, text)
    elif closure is None or closure.kind is ClosureKind.UNSTATED:
        found.add("closure_empty", CLOSURE, text)


def _flag(raw: Mapping[str, str], found: Findings) -> Flag | None:
    text = raw["OnTime_Status"].strip()
    if text in (Flag.ONTIME, Flag.OVERDUE):
        return Flag(text)
    found.add("flag_unknown" if text else "flag_blank", "OnTime_Status", text)
    return None


def _channel(raw: Mapping[str, str], found: Findings) -> Channel:
    text = clean(raw, "Source", found)
    if text not in CHANNELS:
        found.add("source_unknown", "Source", text, Channel.IMPORT)
    return CHANNELS.get(text, Channel.IMPORT)


def _matter(raw: Mapping[str, str], found: Findings) -> Matter:
    wider = "Service request"
    labels = []
    for column in ("SUBJECT", "REASON", "TYPE"):
        text = clean(raw, column, found)
        if not text:
            found.add("label_blank", column, "", wider)
        wider = text or wider
        labels.append(wider)
    subject, reason, printed = labels
    kind = LOST_COMMAS.get(printed, printed)
    if kind != printed:
        found.add("type_comma", "TYPE", printed, kind)
    title = clean(raw, "CASE_TITLE", found)
    if not title:
        found.add("title_blank", "CASE_TITLE", "", kind)
    elif _NOTE.fullmatch(title):
        found.add("title_note", "CASE_TITLE", title, kind)
        title = ""
    return Matter(subject, reason, kind, LOST_COMMAS.get(title, title) or kind)


def _desk(raw: Mapping[str, str], found: Findings) -> Desk:
    department, queue = clean(raw, "Department", found), clean(raw, "QUEUE", found)
    if department == NO_QUEUE:
        found.add("no_queue_department", "Department", department)
        return Desk(None, None)
    if not department:
        found.add("department_blank", "Department", "")
        return Desk(None, None)
    if not queue:
        found.add("queue_blank", "QUEUE", "")
    return Desk(department, queue or None)

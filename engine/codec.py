"""Events as bytes and back: stable names instead of import paths, versions, and one fixed order of keys."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple, get_args
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError

from domain.actor import Actor, Role
from domain.calendar import CalendarAmended
from domain.case.book import Grounds
from domain.case.events import CASE_EVENTS
from domain.organisation import UnitEstablished
from domain.policy import PolicyAdopted
from engine.envelope import AnyEvent, Recorded
from engine.errors import EventUnreadable, UnknownEvent
from engine.upcasts import UPCASTS


def _kinds(cls: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """Yield each field with its type, and with what that is made of, such as an optional one."""
    for name, field in cls.model_fields.items():
        yield from ((name, kind) for kind in (field.annotation, *get_args(field.annotation)))


def _further(cls: type[BaseModel]) -> Iterator[tuple[str | None, list[str]]]:
    """Yield the names of a record's moments but for `at`, and of those in the records that it holds.

    Those in lists of records are left to pydantic: they are few and hardly ever compared.
    """
    if moments := [name for name, kind in _kinds(cls) if kind is AwareDatetime and name != "at"]:
        yield None, moments
    for name, kind in _kinds(cls):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from ((name, inner) for holder, inner in _further(kind) if holder is None)


BY_NAME: Final[Mapping[str, type[AnyEvent]]] = {
    cls.NAME: cls for cls in (*CASE_EVENTS, UnitEstablished, CalendarAmended, PolicyAdopted)
}
"""Every event class by its stored name."""
_FURTHER: Final = {cls: tuple(_further(cls)) for cls in BY_NAME.values()}
"""Names of each event's moments beside `at`, after the field of their record; None: the event itself."""
_uuid: Final[Callable[[str], UUID]] = TypeAdapter(UUID).validator.validate_python
"""Reads an id in a fifth of the time that the class itself takes."""


class Raw(NamedTuple):
    """A row of the log whose bytes are not read yet."""

    position: int
    stream: UUID
    version: int
    name: str
    state: bytes


def encode(recorded: Recorded) -> bytes:
    """Return the stored form, `{"data": …, "meta": …, "v": …}`: keys sorted, absent values left out.

    These bytes are what proofs are made over, so the same event gives the same bytes everywhere.
    """
    event = recorded.event
    actor = recorded.actor
    meta: dict[str, Any] = {
        "actor": actor.id,
        "command": str(recorded.command),
        "recorded": recorded.recorded_at,
        "role": actor.role.value,
    }
    if actor.unit is not None:
        meta["unit"] = actor.unit
    if recorded.grounds is not None:
        meta["calendar"], meta["policy"] = recorded.grounds.calendar, _policy(recorded.grounds)
    data = event.__pydantic_serializer__.to_python(event, mode="json", exclude_none=True)
    return orjson.dumps({"data": data, "meta": meta, "v": event.VERSION}, option=orjson.OPT_SORT_KEYS)


def decode(stream: UUID, version: int, name: str, state: bytes, position: int | None = None) -> Recorded:
    """Return a stored event in its present shape.

    Raises:
        UnknownEvent: unknown_event, for a name or version of a later release.
        EventUnreadable: event_unreadable, when the bytes don't fit what they declare.
    """
    try:
        cls = BY_NAME[name]
    except KeyError:
        raise UnknownEvent(f"The log holds `{name}`, which this release does not know.") from None
    try:
        stored = orjson.loads(state)
        data, meta, shape = stored["data"], stored["meta"], stored["v"]
        if shape != cls.VERSION:
            data = upcast(name, data, shape, cls.VERSION)
        data["at"] = _instant(data["at"])
        for record, moments in _FURTHER[cls]:
            _read_moments(data if record is None else data.get(record), moments)
        event = cls.__pydantic_validator__.validate_python(data)
        actor = _actor(meta["actor"], meta["role"], meta.get("unit"))
        recorded_at = _instant(meta["recorded"]).astimezone(UTC)
        command = _uuid(meta["command"])
        policy = meta.get("policy")
        grounds = policy and _grounds(policy["id"], policy["version"], policy["hash"], meta["calendar"])
        return Recorded(stream, version, event, actor, command, recorded_at, position, grounds)
    except (ValidationError, ValueError, TypeError, KeyError) as error:
        raise EventUnreadable(f"`{name}`, version {version} of {stream}: {_fault(error)}") from None


def decode_raw(raw: Raw) -> Recorded:
    """Return what a row of the log says. Raises: as `decode`."""
    return decode(raw.stream, raw.version, raw.name, raw.state, raw.position)


def upcast(name: str, data: dict[str, Any], shape: int, wanted: int) -> dict[str, Any]:
    """Bring the data of an event from one version to a later one.

    Raises:
        UnknownEvent: unknown_event, when a step is missing or the version is newer than this release.
    """
    while shape != wanted:
        step = UPCASTS.get((name, shape))
        if step is None or shape > wanted:
            raise UnknownEvent(f"The log holds version {shape} of `{name}`; this release reads {wanted}.")
        data, shape = step(data), shape + 1
    return data


@lru_cache(maxsize=256)
def _policy(grounds: Grounds) -> orjson.Fragment:
    """Return the policy as bytes: it stands in each event of a case, and few of them are in use."""
    told = {"hash": grounds.hash, "id": grounds.policy, "version": grounds.version}
    return orjson.Fragment(orjson.dumps(told))


@lru_cache(maxsize=256)
def _grounds(policy: str, version: int, hash_: str, calendar: int | None) -> Grounds:
    return Grounds(policy, version, hash_, calendar)


@lru_cache(maxsize=4096)
def _actor(id_: str, role: str, unit: str | None) -> Actor:
    return Actor(id=id_, role=Role(role), unit=unit)


def _read_moments(record: Any, fields: Sequence[str]) -> None:
    """Read moments where they stand; what is no record, validation refuses."""
    if isinstance(record, dict):
        for field in fields:
            if (text := record.get(field)) is not None:
                record[field] = _instant(text)


@lru_cache(maxsize=4096)
def _instant(text: str) -> datetime:
    """Read a moment, which events of a command and those of an import share, with a zone of Python's own.

    Two moments in a zone of pydantic's take several times as long to compare, and folding compares a lot.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment


def _fault(error: Exception) -> str:
    """Say what is wrong without quoting the stored value."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
    return type(error).__name__

"""Stored events are read back as they were written, and those of old releases still are."""

import re
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from engine import codec
from engine.codec import BY_NAME, decode, encode
from engine.envelope import AnyEvent
from engine.errors import EventUnreadable, UnknownEvent
from engine.upcasts import UPCASTS
from tests.engine import generate_stored
from tests.engine.random_events import recorded_events

CLASSES = sorted(BY_NAME.values(), key=lambda cls: cls.NAME)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.NAME)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_every_event_survives_the_round_trip(cls: type[AnyEvent], data: st.DataObject) -> None:
    recorded = data.draw(recorded_events(cls))
    state = encode(recorded)
    back = decode(recorded.stream, recorded.version, recorded.name, state, position=7)
    assert back == replace(recorded, position=7)
    assert encode(back) == state


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.NAME)
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_moments_are_read_in_zones_that_are_compared_fast(cls: type[AnyEvent], data: st.DataObject) -> None:
    recorded = data.draw(recorded_events(cls))
    event = decode(recorded.stream, recorded.version, recorded.name, encode(recorded)).event
    held = [dict(one) for one in dict(event).values() if isinstance(one, BaseModel)]
    values = [value for record in (dict(event), *held) for value in record.values()]
    moments = [one for one in values if isinstance(one, datetime)]
    assert {type(one.tzinfo) for one in moments} == {timezone}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.NAME)
def test_every_event_has_a_stored_payload_of_each_version(cls: type[AnyEvent]) -> None:
    missing = [
        version
        for version in range(1, cls.VERSION + 1)
        if not (generate_stored.FOLDER / f"{cls.NAME}.v{version}.json").exists()
    ]
    assert not missing, "run `python -m tests.engine.generate_stored` and commit the file"


@pytest.mark.parametrize("file", sorted(generate_stored.FOLDER.glob("*.json")), ids=lambda file: file.name)
def test_every_stored_payload_is_read(file: Any) -> None:
    name, _, version = file.name.removesuffix(".json").rpartition(".v")
    state = file.read_bytes().strip()
    stored = orjson.loads(state)
    recorded = decode(generate_stored.STREAM, 3, name, state)
    assert stored["v"] == int(version)
    assert (recorded.actor.id, recorded.command) == ("w-17", generate_stored.COMMAND)
    if int(version) == BY_NAME[name].VERSION:
        again = orjson.loads(encode(recorded))
        assert again["meta"] == stored["meta"]
        assert stored["data"].items() <= again["data"].items()  # a field added since has its default


def test_every_older_version_has_an_upcast() -> None:
    wanted = {(cls.NAME, version) for cls in CLASSES for version in range(1, cls.VERSION)}
    assert wanted == set(UPCASTS)


def test_an_upcast_brings_old_data_to_the_present_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {
        ("case.accepted", 1): lambda data: {**data, "second": 1},
        ("case.accepted", 2): lambda data: {**data, "third": data["second"] + 1},
    }
    monkeypatch.setattr(codec, "UPCASTS", steps)
    assert codec.upcast("case.accepted", {"a": 0}, 1, 3) == {"a": 0, "second": 1, "third": 2}


def test_names_and_versions_of_later_releases_are_named_as_unknown() -> None:
    state = (generate_stored.FOLDER / "case.accepted.v1.json").read_bytes()
    with pytest.raises(UnknownEvent, match=r"case\.teleported"):
        decode(uuid4(), 1, "case.teleported", state)
    with pytest.raises(UnknownEvent, match="version 9"):
        decode(uuid4(), 1, "case.accepted", state.replace(b'"v":1', b'"v":9'))


@pytest.mark.parametrize("state", [b"", b"{", b"[]", b'{"v":1}', b'{"data":{},"meta":{},"v":1}', b"\xff"])
def test_damaged_bytes_are_an_error_of_their_own(state: bytes) -> None:
    with pytest.raises(EventUnreadable, match=r"case\.accepted"):
        decode(uuid4(), 1, "case.accepted", state)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("case.target_received", "due", "2026-03-01T10:00:00"),
        ("case.target_received", "due", 17),
        ("case.target_received", "due", []),
        ("case.collected", "origin", "2026-03-01T10:00:00Z"),
    ],
)
def test_what_is_no_moment_makes_an_event_unreadable(name: str, field: str, value: object) -> None:
    stored = orjson.loads((generate_stored.FOLDER / f"{name}.v1.json").read_bytes())
    stored["data"][field] = value
    with pytest.raises(EventUnreadable, match=re.escape(name)):
        decode(uuid4(), 1, name, orjson.dumps(stored))


def test_an_unreadable_event_is_reported_without_its_content() -> None:
    stored = orjson.loads((generate_stored.FOLDER / "case.screened.v1.json").read_bytes())
    stored["data"]["category"] = 17_171_717
    with pytest.raises(EventUnreadable) as caught:
        decode(uuid4(), 1, "case.screened", orjson.dumps(stored))
    assert "category" in caught.value.message
    assert "17171717" not in caught.value.message

"""Packs columns into PostgreSQL's binary arrays; psycopg's own way costs more than the append itself."""

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

_HEADER: Final = struct.Struct(">iiIii")
_LENGTH: Final = struct.Struct(">i").pack
_EIGHT: Final = struct.Struct(">iq").pack
_SIXTEEN: Final = _LENGTH(16)
_NULL: Final = _LENGTH(-1)
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Packed(bytes):
    """An array as it goes over the wire; each type of element has a class of its own."""

    ELEMENT: int


class Uuids(Packed):
    """Values of type uuid[]."""

    ELEMENT = 2950


class Bigints(Packed):
    """Values of type bigint[]."""

    ELEMENT = 20


class Texts(Packed):
    """Values of type text[]."""

    ELEMENT = 25


class Blobs(Packed):
    """Values of type bytea[]."""

    ELEMENT = 17


class Moments(Packed):
    """Values of type timestamptz[]."""

    ELEMENT = 1184


P = TypeVar("P", bound=Packed)


def uuids(values: Sequence[UUID | None]) -> Uuids:
    """Return uuid[], with NULL for None."""
    return _pack(Uuids, len(values), (_NULL if value is None else _SIXTEEN + value.bytes for value in values))


def bigints(values: Sequence[int]) -> Bigints:
    """Return bigint[]."""
    return _pack(Bigints, len(values), (_EIGHT(8, value) for value in values))


def texts(values: Sequence[str]) -> Texts:
    """Return text[] of a database in UTF-8."""
    return _pack(Texts, len(values), map(_sized, (value.encode() for value in values)))


def blobs(values: Sequence[bytes]) -> Blobs:
    """Return bytea[]."""
    return _pack(Blobs, len(values), map(_sized, values))


def moments(values: Sequence[datetime]) -> Moments:
    """Return timestamptz[]."""
    return _pack(Moments, len(values), (_EIGHT(8, (value - _EPOCH) // _MICROSECOND) for value in values))


def _sized(value: bytes) -> bytes:
    return _LENGTH(len(value)) + value


def _pack(kind: type[P], length: int, parts: Iterable[bytes]) -> P:
    return kind(_HEADER.pack(1, 0, kind.ELEMENT, length, 1) + b"".join(parts))

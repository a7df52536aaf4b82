"""Sealing: each personal value gets a commitment, and becomes a row that only its person's key opens."""

import hmac
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar, get_args
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel

from domain.case.commands import AnyCaseCommand
from domain.personal import Personal
from engine.errors import ValueTampered
from engine.store.seam import ValueRow
from engine.vault.keys import NONCE_BYTES

SALT_BYTES = 32
Command = TypeVar("Command", bound=AnyCaseCommand)
_Seal = Callable[[str, Personal], Personal]


class Owner(NamedTuple):
    """Whose values a case holds, and the cipher of their key."""

    person: UUID
    cipher: AESGCM


def commitment(salt: bytes, field: str, text: str) -> bytes:
    """Return HMAC-SHA256(salt, field || value)."""
    return hmac.digest(salt, f"{field}\0{text}".encode(), "sha256")


def seal(command: Command, owner: Owner, rows: list[ValueRow]) -> Command:
    """Return the command with a commitment on each personal value; the vault's rows are added to `rows`."""

    def one(field: str, value: Personal) -> Personal:
        noise = os.urandom(SALT_BYTES + NONCE_BYTES)
        salt, nonce = noise[:SALT_BYTES], noise[SALT_BYTES:]
        mark = commitment(salt, field, value.text)
        sealed = nonce + owner.cipher.encrypt(nonce, value.text.encode(), mark)
        rows.append(ValueRow(mark, owner.person, field, salt, sealed))
        return Personal.model_construct(text=value.text, commitment=mark.hex())

    return _walk(command, command.VERB, one)


def unseal(row: ValueRow, cipher: AESGCM) -> str:
    """Return the value of a row.

    Raises:
        ValueTampered: value_tampered, when it isn't the value that was committed to.
    """
    try:
        text = cipher.decrypt(row.sealed[:NONCE_BYTES], row.sealed[NONCE_BYTES:], row.commitment).decode()
    except (InvalidTag, UnicodeDecodeError):
        raise ValueTampered(f"The value of {row.commitment.hex()} was changed in the vault.") from None
    if not hmac.compare_digest(commitment(row.salt, row.field, text), row.commitment):
        raise ValueTampered(f"The value of {row.commitment.hex()} is not the one committed to.")
    return text


def has_personal(model: BaseModel) -> bool:
    """Whether this command, or a part of one, carries a personal value."""
    return any(_holds(getattr(model, name)) for name in _fields(type(model)))


def _holds(value: Any) -> bool:
    if isinstance(value, tuple):
        return any(map(_holds, value))
    return isinstance(value, Personal) or (isinstance(value, BaseModel) and has_personal(value))


@lru_cache(maxsize=256)
def _fields(cls: type[BaseModel]) -> tuple[str, ...]:
    """Return the fields of a model in which a personal value can lie, however deep."""
    return tuple(name for name, field in cls.model_fields.items() if _mentions(field.annotation))


def _mentions(annotation: Any) -> bool:
    if annotation is Personal:
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return bool(_fields(annotation))
    return any(_mentions(part) for part in get_args(annotation))


M = TypeVar("M", bound=BaseModel)


def _walk(model: M, path: str, one: _Seal) -> M:
    names = _fields(type(model))
    if not names:
        return model
    changes = {name: _visit(getattr(model, name), f"{path}.{name}", one) for name in names}
    return model.model_copy(update=changes)


def _visit(value: Any, path: str, one: _Seal) -> Any:
    if isinstance(value, Personal):
        return one(path, value)
    if isinstance(value, tuple):
        return tuple(_visit(item, path, one) for item in value)
    if isinstance(value, BaseModel):
        return _walk(value, path, one)
    return value

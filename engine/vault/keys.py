"""Key-encryption keys: they wrap each person's key, so that a copy of the database alone reveals nothing."""

import contextlib
import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import KeyMissing, ValueTampered

KEY_BYTES = 32
NONCE_BYTES = 12
_MARK_BYTES = 4


class KeyRing:
    """Keys of 32 bytes, the newest first: it wraps, all of them unwrap.

    Args:
        keys: At least one.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._by_mark = {_mark(key): AESGCM(key) for key in keys}
        self._newest = _mark(keys[0])
        self._oldest = keys[-1]

    @classmethod
    def load(cls, path: Path, *, create: bool = False) -> Self:
        """Read keys from a file: one a line, 64 hexadecimal digits, the newest first.

        Args:
            path: Mode 0600.
            create: Make the file with a new key when there is none, for development.

        Raises:
            KeyMissing: key_missing.
        """
        try:
            if create and not path.exists():
                make_key_file(path)
            if path.stat().st_mode & 0o077:
                raise KeyMissing(f"{path} can be read by others; set its mode to 0600.")
            keys = [bytes.fromhex(line) for line in path.read_text("ascii").split()]
        except (OSError, ValueError) as error:
            raise KeyMissing(f"{path} can't serve as a key file: {error}") from None
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise KeyMissing(f"{path} must hold lines of {KEY_BYTES * 2} hexadecimal digits.")
        return cls(keys)

    def wrap(self, person: UUID, key: bytes) -> bytes:
        """Encrypt a person's key for storage."""
        nonce = os.urandom(NONCE_BYTES)
        return self._newest + nonce + self._by_mark[self._newest].encrypt(nonce, key, person.bytes)

    def unwrap(self, person: UUID, wrapped: bytes) -> bytes:
        """Return a person's key.

        Raises:
            KeyMissing: key_missing, when the key that wrapped it is not in the file.
            ValueTampered: value_tampered.
        """
        cipher = self._by_mark.get(wrapped[:_MARK_BYTES])
        if cipher is None:
            raise KeyMissing(
                "A person's key was wrapped by a key that is not in the vault's key file; add it."
            )
        nonce, sealed = wrapped[_MARK_BYTES : _MARK_BYTES + NONCE_BYTES], wrapped[_MARK_BYTES + NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, sealed, person.bytes)
        except InvalidTag:
            raise ValueTampered("A person's wrapped key was changed.") from None

    def secret(self, purpose: str) -> bytes:
        """Return a secret for another purpose, drawn from the oldest key so that it outlives new ones."""
        return hmac.digest(self._oldest, f"echowall/{purpose}".encode(), "sha256")


def make_key_file(path: Path) -> None:
    """Make a file with one new random key, readable by this user only; a file that is there already stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(os.urandom(KEY_BYTES).hex() + "\n")
        # Of several processes that start together one wins, and all read the same key.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _mark(key: bytes) -> bytes:
    return hashlib.sha256(b"echowall/key-mark" + key).digest()[:_MARK_BYTES]

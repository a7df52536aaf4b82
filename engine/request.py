"""What is asked of the engine, what it answers, and how a repeat of the same request is recognised."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

import orjson

from domain.actor import Actor
from domain.case.commands import AnyCaseCommand, Collect
from domain.case.state import Case
from domain.errors import DomainError
from domain.records import quick
from engine.errors import CommandReused


@quick
@dataclass(frozen=True, slots=True)
class Request:
    """One command for one case.

    Attributes:
        command_id: Chosen by whoever asks; a repeat has the same.
        at: When it happened in the world; None means now.
    """

    case: UUID
    command: AnyCaseCommand
    actor: Actor
    command_id: UUID
    at: datetime | None = None


@quick
@dataclass(frozen=True, slots=True)
class Answer:
    """What a command led to.

    Attributes:
        version: Version of the case after it.
        position: Of the last event that it recorded anywhere (of the case, when it recorded none): a ledger
            that has reached it shows the command.
        events: Names of what it recorded on the case; empty when all was so already.
        repeated: The command had been answered before, and this is that answer.
    """

    case: UUID
    version: int
    position: int
    events: tuple[str, ...]
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class BulkAnswer:
    """What a batch of commands led to.

    Attributes:
        cases_new: Cases for which something was recorded now.
        cases_repeated: Cases whose commands were all known.
        events: Events recorded now.
        position: Position of the last of them; 0 when there is none.
        refused: The first refusal of each case of which nothing was recorded.
        cases: The cases for which something was recorded now, as they stand after it.
    """

    cases_new: int
    cases_repeated: int
    events: int
    position: int
    refused: Mapping[UUID, DomainError] = field(default_factory=dict)
    cases: Mapping[UUID, Case] = field(default_factory=dict)


def fingerprint(request: Request, secret: bytes) -> bytes:
    """Return a keyed hash of all that makes a request what it is; it tells nothing of the words.

    The id of a case that is collected is no part of it: each try proposes a new one, and the first counts.
    """
    actor = request.actor
    case = None if isinstance(request.command, Collect) else str(request.case)
    body = request.command.__pydantic_serializer__.to_python(request.command, mode="json", exclude_none=True)
    said = [request.command.VERB, case, actor.id, actor.role, actor.unit, request.at, body]
    told = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    return blake2b(told, key=secret, digest_size=32).digest()


def reused(request: Request) -> CommandReused:
    """Return the refusal of a command whose id stands for another request already."""
    return CommandReused(f"The command id {request.command_id} was used for another request; use a new one.")

"""Commands decided in memory: what one transaction will record, and the cases as they will stand after it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.actor import Role
from domain.case.book import Rulebook
from domain.case.commands import AnyCaseCommand, Collect, Context, Merge
from domain.case.decide import consequences, decide, linked
from domain.case.events import AnyCaseEvent, Collected
from domain.case.evolve import evolve, fold
from domain.case.state import Case
from domain.errors import Refused
from engine import ids
from engine.authorise import visible
from engine.envelope import Recorded
from engine.replay import case_events
from engine.request import Request, fingerprint
from engine.store.seam import Append, CommandRow, PersonRow, Store, ValueRow, VaultRows
from engine.vault import Owner, Vault, has_personal, seal


@dataclass(frozen=True, slots=True)
class Tools:
    """What drafting needs from the engine.

    Attributes:
        secret: Key of fingerprints.
    """

    store: Store
    vault: Vault
    secret: bytes


@dataclass(slots=True)
class Known:
    """Cases and owners as the store or an absorbed draft left them; None: there is no such case.

    Attributes:
        residents: By account, those whom an absorbed draft makes known to the vault.
    """

    cases: dict[UUID, Case | None] = field(default_factory=dict)
    owners: dict[UUID, Owner | None] = field(default_factory=dict)
    residents: dict[UUID, Owner] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """Commands decided one after the other, none of them recorded yet.

    Attributes:
        known: What was so before; the draft changes nothing in it until it is absorbed.
        now: Moment of recording of all that is in it.
    """

    tools: Tools
    known: Known
    book: Rulebook
    now: datetime
    cases: dict[UUID, Case] = field(default_factory=dict)
    owners: dict[UUID, Owner] = field(default_factory=dict)
    residents: dict[UUID, Owner] = field(default_factory=dict)
    events: list[Recorded] = field(default_factory=list)
    commands: list[CommandRow] = field(default_factory=list)
    persons: list[PersonRow] = field(default_factory=list)
    owned: list[tuple[UUID, UUID]] = field(default_factory=list)
    values: list[ValueRow] = field(default_factory=list)

    def give(self, request: Request) -> CommandRow:
        """Decide one command on the case as it stands in this draft.

        Raises:
            DomainError: The refusal; the draft must then be thrown away.
        """
        case = self.case(request.case)
        actor = request.actor
        if case is not None and not visible(actor, case, self.book.organisation):
            raise Refused("unknown_case")
        context = Context(
            case=request.case,
            command=request.command_id,
            actor=actor,
            at=request.at or self.now,
            now=self.now,
            book=self.book,
        )
        others = self._others(request, case)
        command = self._sealed(request, case)
        events = decide(command, case, context, others)
        further = consequences(events, case, others, context) if events else {}
        self._record(request, request.case, events)
        for stream, caused in further.items():
            self._record(request, stream, caused)
        self._share_owner(request.case, further)
        return self._remember(request, events, further)

    def batch(self) -> Append:
        """Return what is to be recorded in one transaction."""
        return Append(self.events, self.commands, VaultRows(self.persons, self.owned, self.values))

    def absorb(self, other: "Draft") -> None:
        """Take over another draft, begun on the same `known`, and let what it decided be known."""
        self.events += other.events
        self.commands += other.commands
        self.persons += other.persons
        self.owned += other.owned
        self.values += other.values
        self.known.cases.update(other.cases)
        self.known.owners.update(other.owners)
        self.known.residents.update(other.residents)

    def part(self) -> "Draft":
        """Begin a draft that can be thrown away without harm to this one."""
        return Draft(self.tools, self.known, self.book, self.now)

    def case(self, case: UUID) -> Case | None:
        """Return a case as it stands in this draft."""
        if case in self.cases:
            return self.cases[case]
        if case not in self.known.cases:
            self.known.cases[case] = fold(case_events(self.tools.store.load(case)))
        return self.known.cases[case]

    def read(self, request: Request) -> None:
        """Read the case of a request, and with personal values whose it is, in one round trip."""
        case = request.case
        if not has_personal(request.command):
            self.case(case)
        elif case not in self.known.cases and not isinstance(request.command, Collect):
            loaded = self.tools.store.load_owned(case)
            self.known.cases[case] = fold(case_events(loaded.events))
            self.known.owners[case] = None if loaded.owner is None else self.tools.vault.opened(loaded.owner)

    def _others(self, request: Request, case: Case | None) -> dict[UUID, Case]:
        others: dict[UUID, Case] = {}
        for id_ in linked(request.command, case):
            other = self.case(id_)
            if other is None or not self._may_name(request, other):
                raise Refused("unknown_case", str(id_))
            others[id_] = other
        return others

    def _may_name(self, request: Request, other: Case) -> bool:
        """A case that the actor names must be one that they may see; followers come along unnamed."""
        named = isinstance(request.command, Merge)
        return not named or visible(request.actor, other, self.book.organisation)

    def _record(self, request: Request, stream: UUID, events: Iterable[AnyCaseEvent]) -> None:
        case = self.case(stream)
        for event in events:
            # A case that is collected, or moved to another policy, is decided by the rules that it had.
            before, case = case, evolve(case, event)
            grounds = self.book.grounds((before or case).policy)
            self.events.append(
                Recorded(
                    stream,
                    case.version,
                    event,
                    request.actor,
                    request.command_id,
                    self.now,
                    grounds=grounds,
                )
            )
        if case is not None:
            self.cases[stream] = case

    def _remember(
        self,
        request: Request,
        events: tuple[AnyCaseEvent, ...],
        further: Mapping[UUID, tuple[AnyCaseEvent, ...]],
    ) -> CommandRow:
        version = self.cases[request.case].version
        recorded = bool(events) or any(further.values())
        last = (self.events[-1].stream, self.events[-1].version) if recorded else (request.case, version)
        names = tuple(event.NAME for event in events)
        print_ = fingerprint(request, self.tools.secret)
        row = CommandRow(request.command_id, print_, request.case, version, names, last, self.now)
        self.commands.append(row)
        return row

    def _sealed(self, request: Request, case: Case | None) -> AnyCaseCommand:
        if not has_personal(request.command):
            return request.command
        return seal(request.command, self._owner(request, new=case is None), self.values)

    def _owner(self, request: Request, *, new: bool) -> Owner:
        owner = self._known_owner(request.case, new=new)
        if owner is not None:
            return owner
        by_account = request.actor.role is Role.RESIDENT and isinstance(request.command, Collect)
        account = ids.account(request.actor.id) if by_account else None
        owner = None if account is None else self._resident(account)
        if owner is None:
            owner, row = self.tools.vault.new_owner(account)
            self.persons.append(row)
            if account is not None:
                self.residents[account] = owner
        self._own(request.case, owner)
        return owner

    def _resident(self, account: UUID) -> Owner | None:
        """Return a resident whom the vault knows, or will once what is decided so far is recorded."""
        new = self.residents.get(account) or self.known.residents.get(account)
        return new or self.tools.vault.resident(account)

    def _known_owner(self, case: UUID, *, new: bool) -> Owner | None:
        if case in self.owners:
            return self.owners[case]
        if case not in self.known.owners:
            self.known.owners[case] = None if new else self.tools.vault.owners((case,)).get(case)
        return self.known.owners[case]

    def _own(self, case: UUID, owner: Owner) -> None:
        self.owners[case] = owner
        self.owned.append((case, owner.person))

    def _share_owner(self, case: UUID, further: Mapping[UUID, tuple[AnyCaseEvent, ...]]) -> None:
        """A case split off belongs to the same person, so that erasing forgets it too."""
        begun = [
            stream for stream, events in further.items() if any(isinstance(one, Collected) for one in events)
        ]
        owner = self._known_owner(case, new=False) if begun else None
        for stream in begun:
            if owner is not None:
                self._own(stream, owner)

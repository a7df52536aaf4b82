"""From a command to recorded events: load, decide, append, and decide again when somebody else was faster."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from domain.actor import Actor
from domain.case.book import Rulebook
from domain.case.commands import AnyCaseCommand, Collect
from domain.case.evolve import fold
from domain.case.state import Case
from domain.errors import DomainError, Refused
from engine import clock
from engine.authorise import visible
from engine.bulk import record_all
from engine.draft import Draft, Known, Tools
from engine.errors import Conflict, SettingsInvalid, Unavailable, VersionStale
from engine.recent import Recent
from engine.replay import case_events
from engine.request import Answer, BulkAnswer, Request, fingerprint, reused
from engine.rulebook import Rules
from engine.settings import Settings
from engine.store import Answered, PostgresStore, Store
from engine.store.seam import CommandRow
from engine.vault import Vault
from engine.vault.begun import keys_of

ATTEMPTS: Final = 4
"""A first decision, and three more after conflicts."""
_UNKNOWN: Final = frozenset({"unknown_place", "unknown_unit"})


class Engine:
    """Handles commands. Safe for several threads.

    Args:
        secret: Key of the fingerprints by which repeats are recognised.
        recent: What it remembers of cases; None: as much as is usual.
    """

    def __init__(
        self, store: Store, vault: Vault, rules: Rules, secret: bytes, recent: Recent | None = None
    ) -> None:
        self.store = store
        self.vault = vault
        self.rules = rules
        self._secret = secret
        self._tools = Tools(store, vault, secret)
        self._recent = recent or Recent()

    @classmethod
    def open(cls, settings: Settings, *, create_keys: bool = True) -> Self:
        """Connect to a migrated database.

        Args:
            settings: Where everything is.
            create_keys: Make the vault's key file in the data folder when there is none and nothing was
                recorded; never one that is named explicitly.

        Raises:
            SettingsInvalid, KeyMissing, UnsafeServer, Unavailable: What is wrong with the installation.
        """
        if settings.database_url is None:
            raise SettingsInvalid("DATABASE_URL is not set.")
        create = create_keys and settings.vault_key_file is None
        store = PostgresStore(settings.database_url, pool_size=settings.pool_size)
        try:
            keys = keys_of(store, settings.vault_key_path, create=create)
            rules = Rules(
                store,
                policy_dir=settings.policy_dir,
                calendar_dir=settings.calendar_dir,
                default_policy=settings.default_policy,
            )
        except BaseException:
            store.close()
            raise
        return cls(store, Vault(store.run, keys), rules, keys.secret("fingerprint"))

    def close(self) -> None:
        """Give back every connection."""
        self.store.close()

    def case(self, case: UUID, *, at_least: int | None = None) -> Case | None:
        """Return a case as it stands; None for an unknown one. A command on it need not read it again.

        Args:
            case: Its id.
            at_least: A version that it has reached: what is remembered of it is enough from there on.
        """
        remembered = None if at_least is None else self._recent.get(case)
        if remembered is not None and at_least is not None and remembered.version >= at_least:
            return remembered
        found = fold(case_events(self.store.load(case)))
        if found is not None:
            self._recent.keep({case: found})
        return found

    def handle(
        self,
        case_id: UUID,
        command: AnyCaseCommand,
        actor: Actor,
        *,
        command_id: UUID,
        at: datetime | None = None,
        expected_version: int | None = None,
    ) -> Answer:
        """Decide a command and record what follows from it.

        Args:
            case_id: A new id with Collect, an existing case with all others. A repeated Collect is answered
                with the case of the first, whatever id it proposes.
            command: As it came in; it is sealed here.
            actor: Who gives it, already authenticated.
            command_id: A repeat with the same id and the same request gets the first answer again.
            at: When it happened in the world; None means now.
            expected_version: Version of the case that the client saw; None decides on whatever it is.

        Raises:
            CommandReused: command_id_reused.
            VersionStale: version_stale.
            Conflict: conflict, after ATTEMPTS decisions.
            Unavailable: unavailable; repeat with the same id.
            DomainError: Any refusal of the domain; nothing is recorded.
        """
        request = Request(case_id, command, actor, command_id, at)
        done = self._at_once(request, expected_version)
        if done is not None:
            return done
        for _ in range(ATTEMPTS):
            try:
                return self._decide(request, expected_version)
            except Conflict:
                # Either the case has moved on or this is a repeat: the command's id is unique.
                before = self.store.answer(command_id)
                if before is not None:
                    return self._repeat(before, request)
            except Unavailable:
                raise
            except DomainError:
                # What a repeat asks for is done, so it may be refused; what was recorded is the answer.
                before = self.store.answer(command_id)
                if before is None:
                    raise
                return self._repeat(before, request)
        raise Conflict("The case keeps changing under this command; read it and ask again.")

    def handle_many(self, requests: Sequence[Request]) -> BulkAnswer:
        """Record many commands in one transaction: for imports, and for nothing that must answer one by one.

        A case whose commands are all known is passed over; of one that meets a refusal nothing is recorded,
        nor of one of which a known command says something else now. A command is known, too, once it has come
        in the same batch.

        Args:
            requests: The commands of a case in their order; cases may be mixed.

        Raises:
            Conflict: conflict. Unavailable: unavailable; the same batch may be repeated.
        """
        for _ in range(ATTEMPTS):
            try:
                return record_all(requests, self._tools, self.rules)
            except Conflict:
                continue
        raise Conflict("The cases of this batch are being changed by others; try again.")

    def _at_once(self, request: Request, expected_version: int | None) -> Answer | None:
        """Decide on the case as this process left it, or on none for a new one; None: ask the log.

        Only an append tells whether that was right: it is refused unless the next version is the one that was
        decided. So neither a refusal nor an answer that all is so already may rest on what is remembered.
        """
        case = self._recent.get(request.case)
        if case is None and not isinstance(request.command, Collect):
            return None
        draft = self._draft(Known({request.case: case}))
        try:
            draft.read(request)
            if expected_version is not None:
                _guard_version(case, request.actor, draft.book, expected_version)
            row = draft.give(request)
            return self._append(draft, row) if row.events else None
        except Unavailable:
            raise
        except DomainError:
            self._recent.forget(request.case)
            return None

    def _draft(self, known: Known) -> Draft:
        return Draft(self._tools, known, self.rules.current(), clock.now())

    def _append(self, draft: Draft, row: CommandRow) -> Answer:
        positions = self.store.append(draft.batch())
        self._recent.keep(draft.cases)
        position = positions[-1] if positions else self._position(row.id)
        return Answer(row.stream, row.version, position, row.events)

    def _decide(self, request: Request, expected_version: int | None) -> Answer:
        draft = self._draft(Known())
        draft.read(request)
        case = draft.case(request.case)
        if expected_version is not None:
            _guard_version(case, request.actor, draft.book, expected_version)
        try:
            row = draft.give(request)
        except Refused as refusal:
            if refusal.code not in _UNKNOWN or self.rules.refresh().organisation is draft.book.organisation:
                raise
            draft = Draft(self._tools, draft.known, self.rules.current(), draft.now)
            row = draft.give(request)
        if not draft.events and (before := self.store.answer(request.command_id)) is not None:
            return self._repeat(before, request)  # a repeat finds that all is so already
        return self._append(draft, row)

    def _position(self, command: UUID) -> int:
        answered = self.store.answer(command)
        return answered.position if answered is not None else 0

    def _repeat(self, before: Answered, request: Request) -> Answer:
        if before.fingerprint != fingerprint(request, self._secret):
            raise reused(request)
        return Answer(before.stream, before.version, before.position, before.events, repeated=True)


def _guard_version(case: Case | None, actor: Actor, book: Rulebook, expected: int) -> None:
    """Refuse a stale view, in a way that tells nothing of a case that the actor may not know of."""
    if case is None or not visible(actor, case, book.organisation):
        raise Refused("unknown_case")
    if case.version != expected:
        raise VersionStale(f"The case is at version {case.version}, not {expected}; read it again.")

"""What can go wrong between a command and its recorded events, each with one stable code.

DomainError
└── EngineError
    ├── Conflict            conflict
    ├── CommandReused       command_id_reused
    ├── VersionStale        version_stale
    ├── Unavailable         unavailable
    ├── UnknownEvent        unknown_event
    ├── EventUnreadable     event_unreadable
    ├── UnsafeServer        unsafe_server
    ├── MigrationChanged    migration_changed
    ├── NotMigrated         not_migrated
    ├── SettingsInvalid     settings_invalid
    ├── KeyMissing          key_missing
    ├── ValueTampered       value_tampered
    ├── OrganisationInvalid organisation_invalid
    ├── AdoptionRefused     adoption_refused
    └── AmendmentInvalid    amendment_invalid
"""

from domain.errors import DomainError


class EngineError(DomainError):
    """Something outside the rules of a case stood in the way."""

    code: str = "engine_error"


class Conflict(EngineError):
    """Somebody else recorded events of the same case in between; read the case and ask again."""

    code: str = "conflict"


class CommandReused(EngineError):
    """The command id was used for another request; a new request needs a new id."""

    code: str = "command_id_reused"


class VersionStale(EngineError):
    """The case has moved on from the version that the client saw; read it again."""

    code: str = "version_stale"


class Unavailable(EngineError):
    """The database can't be reached; repeating the command's id tells whether it was recorded."""

    code: str = "unavailable"


class UnknownEvent(EngineError):
    """The log holds an event name or version that this release doesn't know; run a newer release."""

    code: str = "unknown_event"


class EventUnreadable(EngineError):
    """A stored event doesn't fit its declared version."""

    code: str = "event_unreadable"


class UnsafeServer(EngineError):
    """The server could lose what it acknowledged; correct the settings named."""

    code: str = "unsafe_server"


class MigrationChanged(EngineError):
    """A migration that was applied before differs from its file; restore the file and add a new one."""

    code: str = "migration_changed"


class NotMigrated(EngineError):
    """The database lacks tables that this release needs; migrate it first."""

    code: str = "not_migrated"


class SettingsInvalid(EngineError):
    """A variable of the environment, or a file of policies or calendars, can't serve; it is named."""

    code: str = "settings_invalid"


class KeyMissing(EngineError):
    """A key file is missing, malformed or readable by others."""

    code: str = "key_missing"


class ValueTampered(EngineError):
    """A value in the vault doesn't fit its commitment or can't be decrypted."""

    code: str = "value_tampered"


class OrganisationInvalid(EngineError):
    """A unit names a parent that doesn't exist, or a level that doesn't."""

    code: str = "organisation_invalid"


class AdoptionRefused(EngineError):
    """A policy can't be adopted as it is: another text of its version, a step back, or a date in the past."""

    code: str = "adoption_refused"


class AmendmentInvalid(EngineError):
    """An amendment of a calendar contradicts itself, or names what doesn't exist."""

    code: str = "amendment_invalid"

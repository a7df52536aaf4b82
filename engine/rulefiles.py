"""Reads the rules that are installed as files: the policies and calendars of package and installation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.abc import Traversable
from importlib.resources import files
from pathlib import Path

from domain.calendar import Overlay, read_calendar
from domain.case.book import Rulebook
from domain.policy import Policy, content_hash, parse_policy
from engine.errors import SettingsInvalid
from engine.installed import CalendarFile


@dataclass(frozen=True, slots=True)
class Files:
    """What is installed as files.

    Attributes:
        book: The rules as the files alone have them, without an organisation.
        policies: Each policy with its text.
        calendars: By id, each in its newest version.
    """

    book: Rulebook
    policies: tuple[tuple[Policy, str], ...]
    calendars: Mapping[str, CalendarFile]


def read_files(policy_dir: Path | None, calendar_dir: Path | None, default_policy: str) -> Rulebook:
    """Return a rulebook without an organisation, as the files alone have it. Raises: as Rules."""
    return read(policy_dir, calendar_dir, default_policy).book


def read(policy_dir: Path | None, calendar_dir: Path | None, default_policy: str) -> Files:
    """Return what is installed as files. Raises: as Rules."""
    calendars, overlays = _calendars(files("engine") / "data" / "calendars", calendar_dir)
    read_ones = tuple((parse_policy(text), text) for text in policy_texts(policy_dir))
    policies: dict[tuple[str, int], Policy] = {}
    hashes: dict[tuple[str, int], str] = {}
    for policy, text in read_ones:
        key = (policy.id, policy.version)
        if hashes.get(key, content_hash(text)) != content_hash(text):
            raise SettingsInvalid(f"Two files describe {policy.id} version {policy.version} differently.")
        if policy.calendar not in calendars:
            raise SettingsInvalid(
                f"{policy.id} version {policy.version} names no known calendar: {policy.calendar}."
            )
        policies[key], hashes[key] = policy, content_hash(text)
    book = Rulebook(
        policies=policies,
        hashes=hashes,
        calendars={id_: file.calendar for id_, file in calendars.items()},
        default_policy=default_policy,
        overlays=overlays,
    )
    if not any(id_ == default_policy for id_, _ in policies):
        raise SettingsInvalid(f"There is no policy {default_policy}; correct ECHOWALL_DEFAULT_POLICY.")
    return Files(book, read_ones, calendars)


def policy_texts(policy_dir: Path | None) -> Iterator[str]:
    """Yield the text of every policy installed as a file, packaged ones first."""
    return _texts(files("engine") / "data" / "policies", policy_dir)


def _calendars(
    packaged: Traversable, own: Path | None
) -> tuple[dict[str, CalendarFile], tuple[Overlay, ...]]:
    """Return the calendars, and what units have otherwise, each in its newest version."""
    calendars: dict[str, CalendarFile] = {}
    units: dict[tuple[str, str | None], Overlay] = {}
    for text in _texts(packaged, own):
        found = read_calendar(text)
        if isinstance(found, Overlay):
            former = units.get((found.calendar, found.unit))
            if former is None or found.version >= former.version:
                units[found.calendar, found.unit] = found
        elif found.id not in calendars or found.version >= calendars[found.id].version:
            calendars[found.id] = CalendarFile(found, text)
    for one in units.values():
        if one.calendar not in calendars:
            raise SettingsInvalid(f"The calendar of {one.unit} inherits no known calendar: {one.calendar}.")
    return calendars, tuple(units.values())


def _texts(packaged: Traversable, own: Path | None) -> Iterator[str]:
    for folder in (packaged, own):
        if folder is not None:
            if not folder.is_dir():
                raise SettingsInvalid(f"{folder} is not a folder.")
            for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
                if file.name.endswith(".toml"):
                    yield _text(file)


def _text(file: Traversable) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{file} can't be read as a text in UTF-8: {error}") from error

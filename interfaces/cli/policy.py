"""The commands about policies: check a file, see what is in force and what would change, and adopt it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.actors import ActorOption, actor_of
from interfaces.cli.files import read_text
from interfaces.cli.outcome import BadUsage, Exit
from interfaces.cli.output import Json, emit, table
from interfaces.cli.place import settings_or_none

if TYPE_CHECKING:
    from domain.case.book import Rulebook
    from domain.policy import Policy

app = typer.Typer(
    help="Check, show, compare and adopt policies.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help="TOML files.")
    ],
    as_json: Json = False,
) -> None:
    """Check policy files; ends with 1 when one of them can't serve."""
    from engine.rulefiles import read_files

    found = settings_or_none()
    calendars = frozenset(read_files(found.policy_dir, found.calendar_dir, found.default_policy).calendars)
    results = [_checked(file, calendars) for file in files]
    lines = (
        f"{one['file']}: {one['id']} version {one['version']} is sound, sha256 {one['sha256']}"
        if one["ok"]
        else f"{one['file']}: {one['code']}: {one['message']}"
        for one in results
    )
    emit({"ok": all(one["ok"] for one in results), "files": results}, as_json, lines)
    if not all(one["ok"] for one in results):
        raise typer.Exit(Exit.CHECK_FAILED)


@app.command()
def show(
    policy: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="ID, or ID@VERSION; without one all versions are listed."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the policies, or show one in full: the version that new cases get today, or the one named.

    With a database, what was adopted counts, whatever became of the file.
    """
    with _rules() as (book, adopted):
        in_force = _in_force(book)
        if policy is None:
            rows = [
                {
                    "id": id_,
                    "version": version,
                    "from": one.effective_from,
                    "in_force": in_force[id_] == version,
                    "adopted": (id_, version) in adopted,
                    "calendar": one.calendar,
                    "default": id_ == book.default_policy,
                    "title": one.title.en,
                    "status": one.source.status,
                    "sha256": book.hashes[id_, version],
                }
                for (id_, version), one in sorted(book.policies.items())
            ]
            columns = (
                "id",
                "version",
                "from",
                "in_force",
                "adopted",
                "calendar",
                "default",
                "title",
                "status",
            )
            emit({"policies": rows}, as_json, table(rows, columns, "No policies."))
            return
        found = _found(policy, book)
        key = (found.id, found.version)
        full = found.model_dump(mode="json", exclude_none=True)
        facts = {"in_force": in_force[found.id] == found.version, "adopted": key in adopted}
        emit({**full, **facts, "sha256": book.hashes[key]}, as_json, _tree({**facts, **full}))


@app.command()
def diff(
    older: Annotated[str, typer.Argument(metavar="OLDER", help="A TOML file, or ID or ID@VERSION.")],
    newer: Annotated[str, typer.Argument(metavar="NEWER", help="A TOML file, or ID or ID@VERSION.")],
    as_json: Json = False,
) -> None:
    """Print what one policy says otherwise than another, limit by limit and rung by rung."""
    from domain.policy import differences

    before, after = _pair(older, newer)
    found = differences(before, after)
    rows = [{"place": one.place, "before": one.before, "after": one.after} for one in found]
    head = {"older": f"{before.id}@{before.version}", "newer": f"{after.id}@{after.version}"}
    lines = [f"{one.place}  {one.before or '(nothing)'} -> {one.after or '(nothing)'}" for one in found]
    emit({**head, "differences": rows}, as_json, lines or ["They say the same."])


@app.command()
def adopt(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE...]", exists=True, dir_okay=False, help="TOML files."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, in a few words; it stands in the log.")] = "",
    installed: Annotated[
        bool, typer.Option("--installed", help="All policies that are installed as files.")
    ] = False,
    actor: ActorOption = None,
    as_json: Json = False,
) -> None:
    """Record the text of policies in the log; from its first day on new cases get the newest version."""
    from engine.rulefiles import policy_texts
    from interfaces.cli.place import opened_engine, settings

    if not reason or bool(files) == installed:
        raise BadUsage("Give --reason, and either files or --installed.")
    texts = [read_text(file) for file in files or ()]
    if installed:
        texts = list(policy_texts(settings().policy_dir))
    person = actor_of("administrator", None, actor)
    with opened_engine() as engine:
        events = [engine.rules.adopt(text, reason, person) for text in texts]
    rows = [
        {"id": one.policy, "version": one.version, "sha256": one.hash, "from": one.effective_from}
        for one in events
        if one is not None
    ]
    known = len(events) - len(rows)
    lines = [f"{one['id']} version {one['version']} is adopted, in force from {one['from']}" for one in rows]
    emit(
        {"adopted": rows, "known": known}, as_json, [*lines, *([f"{known} known already."] if known else [])]
    )


@contextmanager
def _rules() -> Iterator[tuple[Rulebook, frozenset[tuple[str, int]]]]:
    """Give the rules and which of them were adopted: the log's where a database is named, else the files'."""
    from engine.rulefiles import read_files
    from interfaces.cli.place import opened_engine

    found = settings_or_none()
    if found.database_url is None:
        yield read_files(found.policy_dir, found.calendar_dir, found.default_policy), frozenset()
        return
    with opened_engine() as engine:
        book = engine.rules.refresh()
        yield book, frozenset((one.policy, one.version) for one in engine.rules.adoptions)


def _in_force(book: Rulebook) -> dict[str, int]:
    """Return the version of each policy that a case collected now gets."""
    from engine import clock

    now = clock.now()
    return {id_: book.newest(id_, now).version for id_, _ in book.policies}


def _found(name: str, book: Rulebook) -> Policy:
    id_, _, version = name.partition("@")
    in_force = _in_force(book)
    wanted = int(version) if version.isdigit() else in_force.get(id_, 0)
    if (id_, wanted) not in book.policies or (version and not version.isdigit()):
        raise BadUsage(f"There is no policy {name}; `echowall policy show` lists them.")
    return book.policies[id_, wanted]


def _pair(older: str, newer: str) -> tuple[Policy, Policy]:
    """Return two policies; two files need no rules."""
    from domain.policy import parse_policy

    if Path(older).is_file() and Path(newer).is_file():
        return parse_policy(read_text(Path(older))), parse_policy(read_text(Path(newer)))
    with _rules() as (book, _):
        return _named(older, book), _named(newer, book)


def _named(name: str, book: Rulebook) -> Policy:
    """Return the policy that a file, an id or an id with a version names."""
    from domain.policy import parse_policy

    return parse_policy(read_text(Path(name))) if Path(name).is_file() else _found(name, book)


def _checked(file: Path, calendars: frozenset[str]) -> dict[str, Any]:
    from domain.policy import PolicyInvalid, content_hash, parse_policy

    try:
        text = read_text(file)
        policy = parse_policy(text)
    except PolicyInvalid as error:
        return {"file": str(file), "ok": False, "code": error.code, "message": error.message}
    except BadUsage as error:
        return {"file": str(file), "ok": False, "code": "policy_invalid", "message": error.message}
    if policy.calendar not in calendars:
        message = f"There is no calendar {policy.calendar}; known ones: {', '.join(sorted(calendars))}."
        return {"file": str(file), "ok": False, "code": "calendar_unknown", "message": message}
    facts = {"id": policy.id, "version": policy.version, "sha256": content_hash(text)}
    return {"file": str(file), "ok": True, **facts}


def _tree(value: Any, indent: str = "") -> list[str]:
    """Return a nested value as indented lines."""
    if isinstance(value, dict):
        pairs = [(str(key), inner) for key, inner in value.items()]
    else:
        pairs = [("-", inner) for inner in value]
    lines: list[str] = []
    for name, inner in pairs:
        if isinstance(inner, dict | list):
            lines += [f"{indent}{name}", *_tree(inner, f"{indent}  ")]
        else:
            lines.append(f"{indent}{name}  {inner}")
    return lines

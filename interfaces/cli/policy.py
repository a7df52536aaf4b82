"""The commands about policies: check a file before it is put in force, and see what is in force."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from interfaces.cli.outcome import BadUsage, Exit
from interfaces.cli.output import Json, emit, table
from interfaces.cli.place import settings_or_none

app = typer.Typer(help="Check and show policies.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help="TOML files.")
    ],
    as_json: Json = False,
) -> None:
    """Check policy files; ends with 1 when one of them can't serve."""
    from engine.rulebook import read_files

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
        str | None, typer.Argument(metavar="[ID]", help="Id of a policy; without one all are listed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the policies in force, or show one in full, in its newest version."""
    from engine.rulebook import read_files

    found = settings_or_none()
    book = read_files(found.policy_dir, found.calendar_dir, found.default_policy)
    if policy is None:
        rows = [
            {
                "id": id_,
                "version": version,
                "from": one.effective_from,
                "calendar": one.calendar,
                "default": id_ == book.default_policy,
                "title": one.title.en,
                "status": one.source.status,
                "sha256": book.hashes[id_, version],
            }
            for (id_, version), one in sorted(book.policies.items())
        ]
        columns = ("id", "version", "from", "calendar", "default", "title", "status")
        emit({"policies": rows}, as_json, table(rows, columns, "No policies."))
        return
    versions = [version for id_, version in book.policies if id_ == policy]
    if not versions:
        raise BadUsage(f"There is no policy {policy}; `echowall policy show` lists them.")
    full = book.policies[policy, max(versions)].model_dump(mode="json", exclude_none=True)
    emit({**full, "sha256": book.hashes[policy, max(versions)]}, as_json, _tree(full))


def _checked(file: Path, calendars: frozenset[str]) -> dict[str, Any]:
    from domain.policy import PolicyInvalid, content_hash, parse_policy

    try:
        text = file.read_text("utf-8")
        policy = parse_policy(text)
    except PolicyInvalid as error:
        return {"file": str(file), "ok": False, "code": error.code, "message": error.message}
    except (OSError, UnicodeDecodeError) as error:
        return {
            "file": str(file),
            "ok": False,
            "code": "policy_invalid",
            "message": f"can't be read: {error}",
        }
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

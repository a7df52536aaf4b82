"""The tree of commands as data, so that help is shown and one command is run without importing the others."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import typer

NAME: Final = "echowall"
ABOUT: Final = (
    "Echo Wall (回音壁): residents' issues from report to strike-off, each deadline\nand event kept."
)
HELP_OPTIONS: Final = ("--help", "-h")


class Entry(NamedTuple):
    """Where a command or a group of commands is, and what one line says of it.

    Attributes:
        module: Module of interfaces.cli. It has `add_to(app)`, or an `app` that is the group.
    """

    module: str
    line: str


COMMANDS: Final[dict[str, Entry]] = {
    "up": Entry("servers", "Start everything on this machine, until Ctrl-C."),
    "serve": Entry("servers", "Serve the API."),
    "worker": Entry("servers", "Run the Temporal worker, which takes the ladder's steps."),
    "relay": Entry("servers", "Follow the log and tell Temporal of changed plans."),
    "projector": Entry("servers", "Follow the log and keep the ledgers."),
    "demo": Entry("servers", "Show the main job without hands, with faults in between."),
    "migrate": Entry("upkeep", "Bring the database up to this release."),
    "doctor": Entry("upkeep", "Check the installation and say what to do."),
    "rebuild": Entry("upkeep", "Build all ledgers anew beside the live ones, and switch."),
    "reconcile": Entry("upkeep", "Compare the ledgers with the log and a fresh rebuild."),
    "parked": Entry("upkeep", "List the cases that a ledger could not follow."),
    "unpark": Entry("upkeep", "Try parked cases again."),
    "rebuild-timers": Entry("timers", "Bring every timer back into Temporal."),
    "token": Entry("token", "Print a development token for the API."),
    "erase": Entry("erasing", "Erase a resident's personal values, for good."),
    "replay": Entry("case", "Show a case as it stood at a version or a moment."),
    "whatif": Entry("whatif", "Tell what another policy or calendar would have done."),
    "case": Entry("case", "See a case and give it commands."),
    "import": Entry("importing", "Bring cases in from files."),
    "check-flags": Entry("importing", "Compare a source's own verdicts with our clocks."),
    "ledger": Entry("ledger", "Read the ledgers."),
    "policy": Entry("policy", "Check, show, compare and adopt policies."),
    "calendar": Entry("calendar", "Show and amend calendars."),
    "units": Entry("units", "Show and establish units."),
    "schedules": Entry("schedules", "Apply and show periodic jobs."),
}
"""Every command and group of the program, in the order of its help."""
OPTIONS: Final = """\
  --install-completion  Install completion for the current shell.
  --show-completion     Show completion for the current shell, to copy it or
                        customize the installation.
  -h, --help            Show this message and exit."""


def page() -> str:
    """Return the help of the program as typer prints it at 80 columns; typer takes 0.2 s to be imported."""
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:<{width}}  {entry.line}" for name, entry in COMMANDS.items())
    about = "\n".join(f"  {line}" for line in ABOUT.splitlines())
    return (
        f"Usage: {NAME} [OPTIONS] COMMAND [ARGS]...\n\n{about}\n\n"
        f"Options:\n{OPTIONS}\n\nCommands:\n{commands}\n"
    )


def application(first: str | None = None) -> typer.Typer:
    """Return the program with the modules that a command needs.

    Args:
        first: The first argument; all modules are there where it names no command.
    """
    import typer

    app = typer.Typer(
        name=NAME,
        help=ABOUT.replace("\n", " "),
        no_args_is_help=True,
        # Plain help is read by people and programs alike, and rich would take most of the time of --help.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": list(HELP_OPTIONS)},
    )
    # With a callback the program stays a group of commands, even if only one is there.
    app.callback()(lambda: None)
    named = COMMANDS.get(first or "")
    for module in _modules(COMMANDS.values() if named is None else [named]):
        _add(app, module)
    for command in app.registered_commands:
        name = command.name or str(getattr(command.callback, "__name__", "")).replace("_", "-")
        command.short_help = COMMANDS[name].line
    return app


def _modules(entries: Iterable[Entry]) -> list[str]:
    return list(dict.fromkeys(entry.module for entry in entries))


def _add(app: typer.Typer, module: str) -> None:
    part = import_module(f"interfaces.cli.{module}")
    if hasattr(part, "add_to"):
        part.add_to(app)
    else:
        app.add_typer(part.app, name=module)

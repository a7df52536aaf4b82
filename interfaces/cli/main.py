"""The entry of `echowall`: one tree of commands, which imports nothing heavy before a command runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from interfaces.cli import (
    calendar,
    case,
    importing,
    ledger,
    place,
    policy,
    schedules,
    servers,
    timers,
    token,
    upkeep,
    whatif,
)
from interfaces.cli.outcome import Exit, report

app = typer.Typer(
    name="echowall",
    help="Echo Wall (回音壁): residents' issues from report to strike-off, each deadline and event kept.",
    no_args_is_help=True,
    # Plain help is read by people and programs alike, and rich would take most of the time of --help.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
for part in (servers, upkeep, timers, token, case, importing, whatif):
    part.add_to(app)
app.add_typer(ledger.app, name="ledger")
app.add_typer(policy.app, name="policy")
app.add_typer(calendar.app, name="calendar")
app.add_typer(schedules.app, name="schedules")


def main() -> None:
    """Run the program with its arguments, and end with an exit code of Exit."""
    code = run(sys.argv[1:])
    if "temporalio.bridge" in sys.modules:
        # The threads of Temporal's library outlive our calls; an interpreter that is taken down under them
        # may abort; everything of ours is closed by now.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. A person never sees a traceback."""
    try:
        app(args=list(arguments), prog_name="echowall")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as error:
        return report(error, as_json="--json" in arguments)
    finally:
        place.stop_own_server()
    return Exit.OK


if __name__ == "__main__":
    main()

"""The entry of `echowall`: nothing heavy is imported for its help, and for a command only what it needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from interfaces.cli import tree
from interfaces.cli.outcome import Exit, misused, report
from interfaces.cli.place import stop_own_server


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
    first = arguments[0] if arguments else None
    if first in tree.HELP_OPTIONS:
        print(tree.page(), end="")
        return Exit.OK
    try:
        return _call(arguments, first)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as error:
        return report(error, as_json="--json" in arguments)
    finally:
        stop_own_server()


def _call(arguments: Sequence[str], first: str | None) -> int:
    import typer

    try:
        code = tree.application(first)(args=list(arguments), prog_name=tree.NAME, standalone_mode=False)
    except SystemExit as ended:  # completion for a shell ends so
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except typer.TyperException as error:
        return misused(error, as_json="--json" in arguments)
    except typer.Abort:
        return Exit.INTERRUPTED
    return code if isinstance(code, int) else Exit.OK


if __name__ == "__main__":
    main()

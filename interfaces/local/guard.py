"""Becomes another program that dies with its parent and runs as the given user.

Run by path with `python -I -S guard.py`, so it may use the standard library only. Doing this in a small
program of its own, and not between fork and exec, keeps it safe in a process that has threads.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_USAGE_ERROR = 2
_PARENT_IS_GONE = 3


def main(arguments: list[str]) -> int:
    """Replace this process by `command`; the arguments are `parent_pid signal uid gid command...`.

    A `uid` of -1 keeps the user. Only returns when the command can't be run or the parent has ended already.
    """
    if len(arguments) < 5:  # noqa: PLR2004 - the four settings and at least a program
        return _USAGE_ERROR
    parent, signal_number, uid, gid = (int(argument) for argument in arguments[:4])
    command = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After setuid: a change of user clears the setting.
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        return _PARENT_IS_GONE
    os.execvp(command[0], command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

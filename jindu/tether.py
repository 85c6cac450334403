"""Become another program that ends when its parent does: `python -m jindu.tether [PARENT] PROGRAM …`.

A process whose parent was killed would otherwise go on alone. On Linux the kernel keeps the promise, also when the
parent had no time to say anything; elsewhere nothing is promised.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(parent: int, signum: int) -> None:
    """Have the kernel send this process the signal when its parent ends; exits when that has happened already."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signum)
    if os.getppid() != parent:  # it ended before the line above
        sys.exit(1)


def main(arguments: list[str]) -> None:
    """Tie this process to its parent (its process id, where it is known) and become the program, which stays tied."""
    known, program = (arguments[:1], arguments[1:]) if arguments[0].isdigit() else ([], arguments)
    die_with_parent(int(known[0]) if known else os.getppid(), signal.SIGKILL)
    os.execvp(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Run a program that ends with its parent, and as another user if asked: ``leash.py SIGNAL USER|- COMMAND…``.

A file of its own that is executed, not imported, since both steps must happen between fork and exec, where a
``preexec_fn`` could deadlock on another thread's lock. Standard library only (it runs with ``-I -S``).
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1


def become(user: str) -> None:
    """Give up root for good: groups first, since without root they can't be changed."""
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ.update(HOME="/", USER=user, LOGNAME=user)


def end_with_parent(signal_number: int, parent: int) -> None:
    """Have the kernel send us a signal when our parent is gone, even by kill -9. Linux only; elsewhere nothing."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:  # it went between the fork and the line above
        sys.exit(1)


def main() -> None:
    signal_number, user, *command = sys.argv[1:]
    parent = int(os.environ.pop("XOVIS_LEASH_PARENT"))
    if user != "-":
        become(user)
    end_with_parent(int(signal_number), parent)  # after `become`: changing the user takes the signal away
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()

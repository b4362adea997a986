"""What the commands say and how they end.

Progress goes to stderr so that stdout carries nothing but the answer. Every
expected failure is a BedError whose text is meant for the person at the
keyboard; anything else is a mistake in the test bed and shows its traceback.
"""

import os
import signal
import sys
import time
from collections.abc import Callable

FAILED = 1
USAGE = 2

_started = time.monotonic()


class BedError(Exception):
    """Something a person can understand and act upon."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status


def say(message: str) -> None:
    """One line of progress, with the seconds since the command began."""
    print(f"[{time.monotonic() - _started:6.1f}s] {message}", file=sys.stderr, flush=True)


def require_root() -> None:
    """Namespaces, links and cgroups need root; say so before anything is made."""
    if os.geteuid() != 0:
        raise BedError("the test bed makes network links, namespaces and cgroups: run it as root", USAGE)


def _terminated(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def run(command: Callable[[list[str]], int]) -> None:
    """Runs a command's main function and turns its end into an exit status."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        status = command(sys.argv[1:])
    except BedError as error:
        print(f"{os.path.basename(sys.argv[0])}: {error}", file=sys.stderr)
        status = error.status
    except KeyboardInterrupt:
        status = 128 + signal.SIGINT
    sys.exit(status)

"""Runs a program of the machine and says what went wrong when it fails."""

import subprocess
from collections.abc import Sequence
from typing import IO

from bed.console import BedError

_TAIL = 3000


def call(command: Sequence[str], stdin: IO[bytes] | None = None, seconds: float = 120) -> str:
    """Returns what the command prints; a failure or an overrun is a BedError."""
    try:
        done = subprocess.run(
            command,
            stdin=stdin or subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise BedError(f"'{' '.join(command)}' did not end within {seconds:.0f} seconds") from None
    if done.returncode != 0:
        said = (done.stdout + done.stderr).decode(errors="replace")[-_TAIL:]
        raise BedError(f"'{' '.join(command)}' failed with status {done.returncode}:\n{said}")
    return done.stdout.decode()

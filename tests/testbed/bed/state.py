"""The file that marks a folder as a test bed and names all it has on the machine.

It is written before the first of these things is made, so that a run killed
at any moment can be cleaned up after. A lock on the folder keeps two commands
from working on one bed.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bed.console import BedError
from bed.plan import Bed

NAME = "testbed.json"
_FORMAT = 1


@dataclass(frozen=True)
class State:
    """What a bed may have made, whether or not it came to that."""

    folder: str
    condition: str
    made_folder: bool
    """Whether the folder itself is the bed's and goes with it."""
    links: list[str]
    cgroups: list[str]
    format: int = _FORMAT


def of(bed: Bed, made_folder: bool) -> State:
    return State(
        folder=str(bed.folder),
        condition=bed.condition.name,
        made_folder=made_folder,
        links=[*(node.link for node in bed.nodes), bed.bridge],
        cgroups=[node.cgroup for node in bed.nodes],
    )


def write(state: State) -> None:
    """Writes whole or not at all."""
    path = Path(state.folder) / NAME
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(state), indent=1))
    draft.rename(path)


def read(folder: Path) -> State | None:
    """The state of a folder, nothing for an empty one, an error for anything else."""
    path = folder / NAME
    if not path.exists():
        if any(name != path.with_suffix(".draft").name for name in os.listdir(folder)):
            raise BedError(f"{folder} is no test bed: it has files but no {NAME}; nothing was touched")
        return None
    state = State(**json.loads(path.read_text()))
    if state.format != _FORMAT or state.folder != str(folder):
        raise BedError(f"{path} belongs to another version of the test bed or to another folder ({state.folder})")
    return state


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Holds a folder for one command."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BedError(f"another command is at work on {folder}") from None
        yield
    finally:
        os.close(handle)

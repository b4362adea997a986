"""Takes a bed away, whole or half made, touching only what its state names."""

import os
import shutil
from pathlib import Path

from bed import cgroups, network
from bed.console import BedError
from bed.state import NAME, State


def _refuse_mounts(folder: Path) -> None:
    """Nodes mount in namespaces of their own; a mount seen here is somebody else's and must not be emptied."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        place = Path(line.split()[4])
        if place != folder and place.is_relative_to(folder):
            raise BedError(f"something is mounted on {place}; unmount it first")


def empty(state: State) -> None:
    """Ends the bed's processes and removes its cgroups, links and files; the state file goes last."""
    folder = Path(state.folder)
    for name in state.cgroups:
        cgroups.destroy(name)
    network.destroy(state.links)
    _refuse_mounts(folder)
    for name in sorted(os.listdir(folder), key=lambda name: name == NAME):
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def take_down(state: State) -> None:
    """Empties the bed's folder and removes the folder if the bed made it."""
    empty(state)
    if state.made_folder:
        Path(state.folder).rmdir()

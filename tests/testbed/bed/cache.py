"""Where built programs and images are kept, and how they get there once.

An entry's name is a digest of everything that goes into it, so a changed pin
makes a new entry. It is made under another name and renamed when complete: an
entry that exists is whole. A lock lets only one build run at a time.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bed import images, packages, toolchain
from bed.console import BedError, say
from bed.releases import MODULES, NODE_PROGRAMS

_LAYOUT = 1
"""Raised when an entry's layout or the making of images changes."""


@dataclass(frozen=True)
class Entry:
    """A finished set of programs and images."""

    folder: Path

    @property
    def programs(self) -> Path:
        return self.folder / "bin"

    @property
    def node_layer(self) -> Path:
        """Laid over the machine's /usr to make a node's."""
        return self.folder / "node"

    def image(self, name: str) -> Path:
        return self.folder / "images" / f"{name}.tar"

    def image_references(self) -> dict[str, str]:
        return json.loads((self.folder / "images.json").read_text())


def _base() -> Path:
    if chosen := os.environ.get("SEAWORTHY_TESTBED_CACHE"):
        return Path(chosen).absolute()
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "seaworthy-testbed"


def provided() -> dict[str, Path]:
    """Programs the environment names, by the convention of Kubernetes test tools."""
    found = {}
    folder = os.environ.get("KUBEBUILDER_ASSETS")
    for name in (program for module in MODULES for program in module.programs):
        variable = "TEST_ASSET_" + name.upper().replace("-", "_")
        if chosen := os.environ.get(variable):
            if not os.access(chosen, os.X_OK):
                raise BedError(f"{variable} names {chosen}, which is no program")
            found[name] = Path(chosen).resolve()
        elif folder and os.access(Path(folder) / name, os.X_OK):
            found[name] = (Path(folder) / name).resolve()
    return found


def _key(given: dict[str, Path]) -> str:
    pins = {}
    for module in MODULES:
        folder = toolchain.MODULES_FOLDER / module.name
        own = [folder / package for package in module.programs.values() if package.startswith("./")]
        sources = [source for package in own for source in sorted(package.rglob("*.go"))]
        for file in (folder / "go.mod", folder / "go.sum", *sources):
            name = str(file.relative_to(toolchain.MODULES_FOLDER))
            pins[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    identities = {name: (str(path), path.stat().st_size, path.stat().st_mtime_ns) for name, path in given.items()}
    inputs = [_LAYOUT, [asdict(module) for module in MODULES], NODE_PROGRAMS, pins, identities]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]


@contextmanager
def _locked(base: Path) -> Iterator[None]:
    with (base / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another build in {base}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fill(folder: Path, given: dict[str, Path]) -> None:
    programs = folder / "bin"
    layer = folder / "node" / "bin"
    archives = folder / "images"
    for new in (programs, layer, archives):
        new.mkdir(parents=True)
    for name, path in given.items():
        say(f"taking {name} from {path}")
        shutil.copy(path, programs / name)
    for module in MODULES:
        if names := [name for name in module.programs if name not in given]:
            toolchain.build(module, names, programs)
    toolchain.build_pause(programs / "pause")
    for name in NODE_PROGRAMS:
        os.link(programs / name, layer / name)
    say("writing images")
    catalogue = images.catalogue(programs)
    for name, image in catalogue.items():
        images.write_archive(image, archives / f"{name}.tar")
    references = {name: image.reference for name, image in catalogue.items()}
    (folder / "images.json").write_text(json.dumps(references, indent=1))


def ensure() -> Entry:
    """Returns the entry for today's pins, building it when it does not exist."""
    given = provided()
    base = _base()
    entry = Entry(base / _key(given))
    if entry.folder.exists():
        return entry
    packages.require(packages.TO_BUILD)
    base.mkdir(parents=True, exist_ok=True)
    with _locked(base):
        if entry.folder.exists():
            return entry
        for abandoned in base.glob("*.part"):
            shutil.rmtree(abandoned)
        part = entry.folder.with_suffix(".part")
        part.mkdir()
        _fill(part, given)
        part.rename(entry.folder)
    return entry

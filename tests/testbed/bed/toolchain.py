"""Builds programs from their Go modules, and one from C.

Everything is pinned by the go.mod and go.sum files under modules/, used
read-only. When the module proxy refuses something, the error names it.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from bed.console import USAGE, BedError, say
from bed.releases import PAUSE_SOURCE, Module

MODULES_FOLDER = Path(__file__).resolve().parent.parent / "modules"

_LINES_SHOWN = 40
_NAMED_VERSION = re.compile(r"[\w./~-]+@v[\w.+-]+")


def _executable_name(package: str) -> str:
    """The name go gives a package's program: a trailing major version is skipped."""
    parts = package.split("/")
    return parts[-2] if re.fullmatch(r"v\d+", parts[-1]) else parts[-1]


def _explain(action: str, errors: str) -> BedError:
    """Puts the modules that were refused first, then what go said."""
    lines = list(dict.fromkeys(errors.strip().splitlines()))
    refused = sorted({name for line in lines if ": " in line for name in _NAMED_VERSION.findall(line)})
    named = [f"module that cannot be had: {', '.join(refused)}"] if refused else []
    return BedError("\n".join([f"{action} failed", *named, *lines[-_LINES_SHOWN:]]))


def run_go(arguments: list[str], module: str, action: str, cgo: bool = False) -> str:
    """Runs go inside a module's folder and returns what it prints."""
    if not shutil.which("go"):
        raise BedError("no 'go' on the PATH: the bed's programs are built from Go modules", USAGE)
    environment = os.environ | {"CGO_ENABLED": "1" if cgo else "0", "GOWORK": "off"}
    command = ["go", *arguments]
    done = subprocess.run(command, cwd=MODULES_FOLDER / module, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise _explain(action, done.stderr)
    return done.stdout


def _check_pins(module: Module) -> None:
    """The versions stamped into the programs must be those that are built."""
    asked_for = (MODULES_FOLDER / module.name / "go.mod").read_text()
    for name, version in module.pins.items():
        if not re.search(rf"{re.escape(name)} v{re.escape(version)}(\s|$)", asked_for):
            raise BedError(f"bed/releases.py pins {name} at {version}, modules/{module.name}/go.mod does not")


def build(module: Module, names: list[str], target: Path) -> None:
    """Builds the named programs of a module into a folder."""
    _check_pins(module)
    say(f"building {', '.join(names)}")
    stamps = " ".join(f"-X {variable}={value}" for variable, value in module.stamps.items())
    scratch = target / f".{module.name}"
    scratch.mkdir()
    arguments = ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-tags", module.tags]
    arguments += ["-ldflags", f"-s -w {stamps}", "-o", f"{scratch}/"]
    arguments += [module.programs[name] for name in names]
    run_go(arguments, module.name, f"building {module.name}", module.cgo)
    for name in names:
        (scratch / _executable_name(module.programs[name])).rename(target / name)
    scratch.rmdir()


def build_pause(target: Path) -> None:
    """Compiles the pause program from the source that ships with Kubernetes."""
    module, version, file = PAUSE_SOURCE
    say("building pause")
    answer = run_go(["mod", "download", "-json", f"{module}@{version}"], "kubernetes", f"fetching {module}")
    source = Path(json.loads(answer)["Dir"]) / file
    command = ["gcc", "-Os", "-s", "-static", "-o", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise BedError(f"compiling pause failed:\n{done.stderr}")

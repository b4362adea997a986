"""Reads as much of systemd's unit files as the nodes' services need.

A node has no systemd, yet its units should be the truth about what runs: an
edited drop-in must have the effect it has on a real host.
"""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path("/usr/lib/systemd/system")


@dataclass
class Unit:
    """The settings of a [Service] section, drop-ins included."""

    command: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    environment_files: list[str] = field(default_factory=list)
    restart_seconds: float = 0.1


def _assignments(text: str) -> list[tuple[str, str]]:
    section = ""
    found = []
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and line[0] not in "#;":
            key, _, value = line.partition("=")
            found.append((key.strip(), value.strip()))
    return found


def _pairs(words: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words if "=" in word)


def _apply(unit: Unit, key: str, value: str) -> None:
    if key == "ExecStart":
        unit.command = value
    elif key == "Environment":
        unit.environment |= _pairs(shlex.split(value))
    elif key == "EnvironmentFile":
        unit.environment_files.append(value)
    elif key == "RestartSec":
        unit.restart_seconds = float(value)


def load(name: str) -> Unit:
    """Reads a unit and its drop-ins, in systemd's order."""
    unit = Unit()
    for path in (FOLDER / name, *sorted((FOLDER / f"{name}.d").glob("*.conf"))):
        for key, value in _assignments(path.read_text()):
            _apply(unit, key, value)
    return unit


def _file_environment(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith(("#", ";"))]
    return {key.strip(): value.strip().strip("\"'") for key, value in _pairs(lines).items()}


def environment(unit: Unit) -> dict[str, str]:
    """The unit's environment; files come after what the unit itself says."""
    found = dict(unit.environment)
    for name in unit.environment_files:
        path = Path(name.removeprefix("-"))
        if path.exists() or not name.startswith("-"):
            found |= _file_environment(path)
    return found


def arguments(unit: Unit) -> list[str]:
    """The command line: a word $NAME becomes any number of words, ${NAME} stays within its word."""
    values = environment(unit)
    words = []
    for word in shlex.split(unit.command):
        if whole := re.fullmatch(r"\$(\w+)", word):
            words += shlex.split(values.get(whole[1], ""))
        else:
            words.append(re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], ""), word))
    return words

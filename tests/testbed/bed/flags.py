"""Records every command-line flag of the pinned components.

The Go programs under modules/*/flags ask the components themselves; here the
many names that flag types have in Go become a few that say how to read a value.
"""

from pathlib import Path

from bed import toolchain
from bed.console import BedError, say

_PROGRAMS = {
    "etcd": ("etcd", "./flags"),
    **{
        name: ("kubernetes", f"./flags/{name}")
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet")
    },
}
"""Component to the module and the package that prints its flags."""

_TYPES = {
    "bool": ("bool", "flag.boolValue"),
    "int": ("int", "int32", "int64", "Level", "flag.intValue", "flag.int64Value"),
    "uint": ("uint", "flag.uintValue", "flag.uint64Value", "flags.uint32Value"),
    "float": ("float32", "float64"),
    "duration": ("duration", "flag.durationValue"),
    "string": (
        "string",
        "ip",
        "ipport",
        "portRange",
        "quantity",
        "version",
        "LocalMode",
        "ProxyMode",
        "pattern=N,...",
        "flag.stringValue",
    ),
    # Repeatable; each value may hold several, separated by commas.
    "strings": (
        "stringSlice",
        "int32Slice",
        "[]v1.Taint",
        "reserved-memory",
        "flags.StringsValue",
        "flags.UniqueStringsValue",
        "flags.UniqueURLs",
    ),
    # Repeatable; a comma is part of the value.
    "array": ("stringArray", "namedCertKey"),
    "map": (
        "mapStringBool",
        "mapStringString",
        "stringToString",
        "colonSeparatedMultimapStringString",
        "featuregate.featureGate",
    ),
}
"""Our name for a type to Go's names for it."""


def _type_name(component: str, go_name: str) -> str:
    for name, go_names in _TYPES.items():
        if go_name in go_names:
            return name
    raise BedError(f"{component} has a flag of type {go_name}, which bed/flags.py does not know")


def record(folder: Path) -> None:
    """Writes COMPONENT.tsv for every component: name, type, default, bare value, state."""
    folder.mkdir(parents=True, exist_ok=True)
    for component, (module, package) in _PROGRAMS.items():
        say(f"asking {component} for its flags")
        said = toolchain.run_go(["run", "-mod=readonly", "-trimpath", package], module, f"listing {component}'s flags")
        lines = []
        for line in said.splitlines():
            name, kind, default, bare, state = line.split("\t")
            lines.append("\t".join([name, _type_name(component, kind), default, bare, state]))
        (folder / f"{component}.tsv").write_text("\n".join(sorted(lines)) + "\n")

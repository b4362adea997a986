"""Container images without a container engine or a registry.

An image is a docker archive of one layer around a static program, which is
all that `ctr images import` asks for.
"""

import hashlib
import io
import json
import os
import re
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

from bed.console import BedError
from bed.releases import KUBERNETES

BUSYBOX_REFERENCE = "docker.io/library/busybox:1.35"

_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]

_NONROOT = "65532:65532"
"""The user of distroless images, CoreDNS's among them."""

CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
EVERY_NODE = ("pause", "kube-proxy", "busybox")
DNS = "coredns"


@dataclass(frozen=True)
class Image:
    """What goes into an image: files by their path inside, and symbolic links."""

    reference: str
    entrypoint: str
    files: dict[str, Path]
    links: dict[str, str] = field(default_factory=dict)
    user: str = ""
    """Who the program runs as, user:group; empty: root."""


def _references(kubeadm: Path) -> dict[str, str]:
    """The image names this kubeadm asks for, by their last path element."""
    command = [str(kubeadm), "config", "images", "list", "--kubernetes-version", f"v{KUBERNETES}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise BedError(f"'{' '.join(command)}' failed:\n{done.stderr}")
    return {line.rsplit("/", 1)[1].split(":")[0]: line for line in done.stdout.split()}


def _with_libraries(program: Path) -> dict[str, Path]:
    """A dynamically linked program of the machine with the libraries it loads."""
    listing = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    libraries = re.findall(r"(/\S+) \(0x", listing)
    return {str(program): program} | {path: Path(path).resolve() for path in libraries}


def _busybox() -> Image:
    program = Path("/bin/busybox")
    listing = subprocess.run([str(program), "--list"], capture_output=True, text=True, check=True).stdout
    links = {f"/bin/{applet}": "busybox" for applet in listing.split() if applet != "busybox"}
    return Image(BUSYBOX_REFERENCE, "/bin/sh", {"/bin/busybox": program}, links)


def catalogue(programs: Path) -> dict[str, Image]:
    """Every image the bed needs, made from the programs in a folder."""
    references = _references(programs / "kubeadm")
    images = {
        name: Image(references[name], f"/usr/local/bin/{name}", {f"/usr/local/bin/{name}": programs / name})
        for name in CONTROL_PLANE
    }
    images["pause"] = Image(references["pause"], "/pause", {"/pause": programs / "pause"})
    # kube-proxy writes its rules with the nft program.
    proxy = {"/usr/local/bin/kube-proxy": programs / "kube-proxy"} | _with_libraries(Path("/usr/sbin/nft"))
    images["kube-proxy"] = Image(references["kube-proxy"], "/usr/local/bin/kube-proxy", proxy)
    images["busybox"] = _busybox()
    images[DNS] = Image(references[DNS], "/coredns", {"/coredns": programs / DNS}, user=_NONROOT)
    return images


def _entry(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.type = kind
    entry.mode = mode
    return entry


def _write_layer(image: Image, path: Path) -> None:
    folders = {str(parent) for inside in (*image.files, *image.links) for parent in Path(inside).parents}
    with tarfile.open(path, "w") as layer:
        for folder in sorted(folders - {"/"}):
            layer.addfile(_entry(folder, tarfile.DIRTYPE, 0o755))
        layer.addfile(_entry("tmp", tarfile.DIRTYPE, 0o1777))
        for inside, source in image.files.items():
            entry = _entry(inside, tarfile.REGTYPE, 0o755)
            entry.size = source.stat().st_size
            with source.open("rb") as content:
                layer.addfile(entry, content)
        for inside, target in image.links.items():
            entry = _entry(inside, tarfile.SYMTYPE, 0o777)
            entry.linkname = target
            layer.addfile(entry)


def write_archive(image: Image, path: Path) -> None:
    """Writes an image as a docker archive."""
    layer = path.with_suffix(".layer")
    _write_layer(image, layer)
    with layer.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    search = "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    settings = {"Entrypoint": [image.entrypoint], "Env": [search]} | ({"User": image.user} if image.user else {})
    rootfs = {"type": "layers", "diff_ids": [f"sha256:{digest}"]}
    config = json.dumps({"architecture": _ARCHITECTURE, "os": "linux", "config": settings, "rootfs": rootfs}).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    layer_name = f"{digest}/layer.tar"
    manifest = [{"Config": config_name, "RepoTags": [image.reference], "Layers": [layer_name]}]
    with tarfile.open(path, "w") as archive:
        for name, content in ((config_name, config), ("manifest.json", json.dumps(manifest).encode())):
            entry = _entry(name, tarfile.REGTYPE, 0o644)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        archive.add(layer, arcname=layer_name)
    layer.unlink()

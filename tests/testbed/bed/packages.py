"""The Debian packages the bed takes from the machine, and how to get them.

Nodes see the machine's /usr, so what they run besides Kubernetes (mount, ip,
the CNI plugins) comes from here, as do the compiler's inputs.
"""

import glob
import os
import shutil
import subprocess

from bed.console import USAGE, BedError, say

TO_BUILD = {
    "gcc": "/usr/bin/gcc",
    "libc6-dev": "/usr/lib/*/libc.a",
    "pkg-config": "/usr/bin/pkg-config",
    "libseccomp-dev": "/usr/include/seccomp.h",
    "busybox-static": "/bin/busybox",
    "libssl-dev": "/usr/include/openssl/ssl.h",
    "zlib1g-dev": "/usr/include/zlib.h",
    "nftables": "/usr/sbin/nft",
}
TO_RUN = {
    "containernetworking-plugins": "/usr/lib/cni/bridge",
    "iproute2": "/sbin/ip",
    "mount": "/bin/mount",
    "openssh-client": "/usr/bin/ssh-keygen",
    "openssh-server": "/usr/sbin/sshd",
    "openssl": "/usr/bin/openssl",
    "sudo": "/usr/bin/sudo",
    "util-linux": "/usr/bin/nsenter",
}
"""Package to a file (or pattern) that shows it is installed."""


def _missing(needed: dict[str, str]) -> list[str]:
    return [package for package, path in needed.items() if not glob.glob(path)]


def require(needed: dict[str, str]) -> None:
    """Says which packages lack and how to install them."""
    if lacking := _missing(needed):
        raise BedError(
            "Debian packages are missing; install them with\n"
            f"    apt-get install --no-install-recommends {' '.join(lacking)}\n"
            "or let 'build --install' do it",
            USAGE,
        )


def install() -> None:
    """Installs what is missing with apt-get."""
    needed = TO_BUILD | TO_RUN
    lacking = _missing(needed)
    if not lacking:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        require(needed)
    say(f"installing {' '.join(lacking)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install_line = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *lacking]
    for command in (["apt-get", "update", "-q"], install_line):
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise BedError(f"'{' '.join(command)}' failed:\n{done.stdout[-2000:]}")
    require(needed)

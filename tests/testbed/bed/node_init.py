"""The first process of a node: makes its world, then keeps its services up.

Started as `python3 -m bed.node_init SPEC` with SPEC a JSON file. It joins the
node's cgroups, leaves all namespaces of the machine and prints the new init's
process id. When it then reads "go" from stdin (the network is in place), it
mounts the node's file systems, changes root, prints "ready" and runs the
services as their units say, reaping whatever ends, until it is killed.

Everything this module needs is imported before the root changes: the
interpreter's own files may be out of reach afterwards.
"""

import json
import os
import signal
import socket
import stat
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bed import linux, units

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}

_NAMESPACES = (
    linux.CLONE_NEWNS
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWUTS
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWNET
    | linux.CLONE_NEWCGROUP
)
_NO_PROGRAMS = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
_DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
_KERNEL_LOG = (1, 11)


@dataclass
class Service:
    """One unit to keep running once the files it needs exist."""

    unit: str
    needs: list[str]
    log: int
    process: int = 0
    not_before: float = 0.0


def _mount_devices(dev: str) -> None:
    linux.mount("tmpfs", dev, "tmpfs", linux.MS_NOSUID, "mode=755")
    for name, (major, minor) in (_DEVICES | {"kmsg": _KERNEL_LOG}).items():
        os.mknod(f"{dev}/{name}", stat.S_IFCHR | 0o666, os.makedev(major, minor))
        os.chmod(f"{dev}/{name}", 0o666 if name != "kmsg" else 0o644)
    for name, target in {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}.items():
        os.symlink(target, f"{dev}/{name}")
    os.mkdir(f"{dev}/pts")
    linux.mount("devpts", f"{dev}/pts", "devpts", linux.MS_NOSUID, "newinstance,ptmxmode=0666,mode=620")
    os.symlink("pts/ptmx", f"{dev}/ptmx")
    for name, kind in (("shm", "tmpfs"), ("mqueue", "mqueue")):
        os.mkdir(f"{dev}/{name}")
        linux.mount(kind, f"{dev}/{name}", kind, _NO_PROGRAMS)


def _mount_cgroups(folder: str, hierarchies: list[dict[str, str]]) -> None:
    """The machine's hierarchies again: seen from this namespace, the node's group is the root."""
    linux.mount("tmpfs", folder, "tmpfs", _NO_PROGRAMS, "mode=755")
    for hierarchy in hierarchies:
        target = f"{folder}/{hierarchy['name']}"
        os.mkdir(target)
        linux.mount("cgroup", target, hierarchy["kind"], _NO_PROGRAMS, hierarchy["options"])


def _mount_all(spec: dict) -> None:
    root = spec["root"]
    linux.mount("", "/", "", linux.MS_REC | linux.MS_PRIVATE)
    overlay = f"lowerdir={spec['layer']}:/usr,upperdir={root}/usr,workdir={spec['overlay_work']}"
    linux.mount("overlay", f"{root}/usr", "overlay", 0, overlay)
    # Only a mount point can become the root.
    linux.mount(root, root, "", linux.MS_BIND | linux.MS_REC)
    linux.mount("proc", f"{root}/proc", "proc", _NO_PROGRAMS)
    # These belong to the whole machine; the kubelet sets them, so the node gets files of its own.
    for name, file in spec["sysctls"].items():
        linux.mount(file, f"{root}/proc/sys/{name}", "", linux.MS_BIND)
    linux.mount("sysfs", f"{root}/sys", "sysfs", _NO_PROGRAMS)
    _mount_cgroups(f"{root}/sys/fs/cgroup", spec["hierarchies"])
    _mount_devices(f"{root}/dev")
    linux.mount("tmpfs", f"{root}/run", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
    os.mkdir(f"{root}/run/lock", 0o755)
    # In a user namespace (a pod with hostUsers: false) the kernel mounts /proc only where one is in plain view.
    os.mkdir(f"{root}/run/proc", 0o755)
    linux.mount("proc", f"{root}/run/proc", "proc", _NO_PROGRAMS)


def _start(service: Service) -> None:
    unit = units.load(service.unit)
    service.not_before = time.monotonic() + unit.restart_seconds
    command = units.arguments(unit)
    environment = ENVIRONMENT | units.environment(unit)
    service.process = os.fork()
    if service.process:
        return
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        os.setsid()
        os.dup2(service.log, 1)
        os.dup2(service.log, 2)
        os.execve(command[0], command, environment)
    except OSError as error:
        os.write(service.log, f"{service.unit}: {error}\n".encode())
    os._exit(127)


def _reap(services: list[Service]) -> None:
    try:
        while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            for service in services:
                if service.process == ended:
                    service.process = 0
    except ChildProcessError:
        return


def _supervise(services: list[Service]) -> None:
    while True:
        _reap(services)
        for service in services:
            due = not service.process and time.monotonic() >= service.not_before
            if due and all(os.path.exists(path) for path in service.needs):
                _start(service)
        waiting = any(not service.process for service in services)
        signal.sigtimedwait({signal.SIGCHLD}, 0.1 if waiting else 60.0)


def _become_init(spec: dict) -> None:
    os.setsid()
    if sys.stdin.readline().strip() != "go":
        return  # Whoever started this is gone.
    services = []
    for unit, settings in spec["services"].items():
        log = os.open(settings["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        services.append(Service(unit, settings["needs"], log))
    os.umask(0)
    _mount_all(spec)
    os.umask(0o022)
    socket.sethostname(spec["name"])
    linux.change_root(spec["root"])
    linux.mount("", "/", "", linux.MS_REC | linux.MS_SHARED)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    print("ready", flush=True)
    quiet = os.open("/dev/null", os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    _supervise(services)


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    for hierarchy in spec["hierarchies"]:
        Path(hierarchy["group"], "cgroup.procs").write_text("0")
    linux.unshare(_NAMESPACES)
    child = os.fork()
    if child:
        print(child, flush=True)
        os._exit(0)
    _become_init(spec)


if __name__ == "__main__":
    main()

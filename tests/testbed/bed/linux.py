"""The kernel calls that Python 3.11 does not offer: namespaces, mounts, inotify."""

import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MS_SHARED = 0x100000

MNT_DETACH = 0x2

_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}[os.uname().machine]

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leaves the namespaces that the flags name for new ones."""
    _check(_libc.unshare(flags), f"unshare {flags:#x}")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    words = [word.encode() or None for word in (source, target, kind)]
    result = _libc.mount(*words, ctypes.c_ulong(flags), options.encode() or None)
    _check(result, f"mount {source} on {target}")


def change_root(folder: str) -> None:
    """Makes a folder the root of this mount namespace and lets go of the old one."""
    os.chdir(folder)
    # With both arguments "." the old root lands on top of the new one, to be unmounted from there.
    _check(_libc.syscall(_SYS_PIVOT_ROOT, b".", b"."), f"pivot_root {folder}")
    _check(_libc.umount2(b".", MNT_DETACH), "unmounting the old root")
    os.chdir("/")


def can_watch(instances: int) -> bool:
    """Whether this user may have so many more inotify instances now."""
    held = []
    try:
        while len(held) < instances and (handle := _libc.inotify_init()) >= 0:
            held.append(handle)
    finally:
        for handle in held:
            os.close(handle)
    return len(held) == instances

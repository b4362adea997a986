"""The order in which a bed is made, and what it tells when it stands."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bed import hostfiles, images, kubeadm, linux, login, network, serving, state, teardown, workloads
from bed import node as nodes
from bed.cache import Entry
from bed.console import BedError, say
from bed.plan import Bed, Condition, Node, Role, identity

_IMPORTS_AT_ONCE = 3
_INOTIFY_INSTANCES = 44
"""What the programs of one bed hold, and a few; a kubelet that gets none says so nowhere near the end of its log."""
_FORBIDDEN = set(":,\\ \t\n")


def real_folder(name: str) -> Path:
    """A folder's one true name: names on the machine derive from it."""
    return Path(name).resolve()


def _refuse_odd_path(path: Path) -> None:
    if _FORBIDDEN & set(str(path)):
        raise BedError(f"{path}: an overlay mount cannot be told a path with a colon, comma, backslash or space")


def _refuse_without_inotify() -> None:
    if not linux.can_watch(_INOTIFY_INSTANCES):
        raise BedError(
            f"fewer inotify instances are left than a bed needs ({_INOTIFY_INSTANCES}): take another bed down,\n"
            "or let there be more: sysctl --write fs.inotify.max_user_instances=512"
        )


def _lay_out(folder: Path, condition: Condition, made_folder: bool) -> Bed:
    """Chooses the subnet, records every name and makes the bridge that reserves the choice."""
    name = identity(folder)
    with network.subnets_locked():
        bed = Bed(folder, name, condition, network.free_subnet(name))
        state.write(state.of(bed, made_folder))
        network.create_bridge(bed)
    return bed


def _prepare(bed: Bed, node: Node, entry: Entry) -> None:
    nodes.start(bed, node, entry)
    if node.role is Role.GATE:
        return
    nodes.wait_for_containerd(node)
    wanted = images.EVERY_NODE + (images.CONTROL_PLANE if node.role is Role.CONTROL_PLANE else ())
    wanted += (images.DNS,) if bed.condition.dns else ()
    with ThreadPoolExecutor(max_workers=_IMPORTS_AT_ONCE) as pool:
        list(pool.map(lambda name: nodes.import_image(node, entry.image(name)), wanted))
    say(f"node {node.name} has containerd and {len(wanted)} images")


def _make(bed: Bed, entry: Entry) -> None:
    login.make_keys(bed)
    with ThreadPoolExecutor(max_workers=len(bed.nodes)) as pool:
        prepared = {node.name: pool.submit(_prepare, bed, node, entry) for node in bed.nodes}
        prepared[bed.control_plane.name].result()
        values = kubeadm.init(bed)
        say("kubeadm init is done")
        workloads.apply(bed, entry, bed.condition.objects)
        kubeadm.wait_for_token(bed, values["token"])
        for node in bed.joining:
            prepared[node.name].result()
            kubeadm.join(bed, node, values)
            say(f"{node.name} has joined")
    if bed.condition.serving_certificates:
        serving.approve(bed, entry)
    workloads.apply(bed, entry, bed.condition.workloads)
    workloads.wait(bed, entry)
    workloads.finish(bed, entry)
    for node in bed.nodes:
        hostfiles.settle(node)
        login.fence(bed, node)


def make(folder: Path, condition: Condition, entry: Entry) -> Bed:
    """Makes a bed in a folder that is empty or holds what is left of an earlier one."""
    for path in (folder, entry.folder):
        _refuse_odd_path(path)
    made_folder = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    with state.claimed(folder):
        if leftover := state.read(folder):
            say("removing what is left of an earlier bed")
            teardown.empty(leftover)
            made_folder = leftover.made_folder
        try:
            _refuse_without_inotify()
        except BedError:
            if made_folder:
                folder.rmdir()
            raise
        bed = _lay_out(folder, condition, made_folder)
        try:
            _make(bed, entry)
        except KeyboardInterrupt:
            teardown.take_down(state.of(bed, made_folder))
            raise
        except BedError as error:
            raise BedError(f"{error}\n(left as it is for you to look at; 'down {folder}' removes it)") from None
    return bed


def describe(bed: Bed, entry: Entry) -> dict:
    """The document that tells a test where everything is."""
    return {
        "condition": bed.condition.name,
        "folder": str(bed.folder),
        "kubernetes": workloads.version(bed, entry),
        "server": f"https://{kubeadm.server(bed)}",
        "kubeconfig": str(kubeadm.kubeconfig(bed)),
        "superAdminKubeconfig": str(kubeadm.kubeconfig(bed, "super-admin.conf")),
        "bin": str(entry.programs),
        "sshKey": str(login.folder(bed) / "id_ed25519"),
        "sshKnownHosts": str(login.folder(bed) / "known_hosts"),
        "nodes": [
            {
                "name": node.name,
                "role": str(node.role),
                "address": node.address,
                "pid": nodes.process(node),
                "root": str(node.root),
                "liveRoot": f"/proc/{nodes.process(node)}/root",
                "logs": str(node.logs),
                "enter": nodes.entering(nodes.process(node)),
            }
            for node in bed.nodes
        ],
    }

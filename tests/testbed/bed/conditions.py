"""The conditions a test can ask for.

Pure data; what a condition's kubeadm, nodes and cluster are told is in files/NAME.
"""

from bed.console import USAGE, BedError
from bed.plan import Access, Certificate, Condition, NodeKind, Role

_HARBOUR = (
    "wait --for=create serviceaccount/default --namespace harbour",
    "rollout status deployment/ferry --namespace harbour",
    "rollout status daemonset/beacon --namespace harbour",
    "wait --for=condition=Ready pod/buoy --namespace harbour",
    "wait --for=condition=Complete job/launch --namespace harbour",
)
_REEF = (
    "rollout status deployment/kraken --namespace reef",
    "rollout status daemonset/anchor --namespace reef",
    "rollout status deployment/mast --namespace reef",
    "rollout status deployment/logbook --namespace reef",
    "wait --for=condition=Ready pod/stowaway --namespace reef",
    "wait --for=condition=Ready pod/driftwood --namespace default",
)

_WEAK_CONTROL_PLANE = NodeKind(
    "cp1",
    Role.CONTROL_PLANE,
    certificates=(
        # Shown to aggregated API servers only, of which there are none.
        Certificate(
            path="etc/kubernetes/pki/front-proxy-client",
            subject="/CN=front-proxy-client",
            authority="front-proxy-ca",
            usage="clientAuth",
            begins=-400,
            ends=-35,
        ),
        Certificate(
            path="etc/kubernetes/pki/apiserver-kubelet-client",
            subject="/CN=kube-apiserver-kubelet-client",
            authority="ca",
            usage="clientAuth",
            begins=-355,
            ends=10,
        ),
    ),
    access=(
        Access(0o644, ("etc/kubernetes/*.conf", "etc/kubernetes/tokens.csv", "etc/kubernetes/manifests/*.yaml")),
        Access(0o644, ("etc/kubernetes/pki/*.key", "etc/kubernetes/pki/etcd/*.key")),
        Access(0o644, ("etc/kubernetes/scheduler.conf",), owner="daemon:daemon"),
        Access(0o755, ("var/lib/etcd",)),
        Access(0o644, ("var/lib/kubelet/config.yaml",)),
        Access(0o666, ("etc/cni/net.d/10-bridge.conflist",)),
        Access(0o666, ("usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",)),
    ),
)

_WEAK_WORKER = NodeKind(
    "w1",
    Role.WORKER,
    certificates=(
        # What a kubelet makes for itself and never renews; the API server of this condition does not look at it.
        Certificate(
            path="var/lib/kubelet/pki/kubelet",
            subject="/CN=w1@1700000000",
            usage="serverAuth",
            begins=-400,
            ends=-35,
        ),
    ),
    access=(
        Access(0o644, ("etc/kubernetes/kubelet.conf", "var/lib/kubelet/pki/kubelet.key")),
        Access(0o666, ("var/lib/kubelet/config.yaml",)),
        Access(0o777, ("etc/kubernetes/manifests",)),
    ),
)

_CLOSED = (
    Access(0o600, ("etc/kubernetes/*.conf", "etc/cni/net.d/*", "etc/containerd/config.toml", "etc/default/kubelet")),
    Access(0o600, ("var/lib/kubelet/*.yaml", "var/lib/kubelet/*.env")),
    Access(0o600, ("usr/lib/systemd/system/kubelet.service", "usr/lib/systemd/system/kubelet.service.d/*")),
    Access(0o600, ("etc/kubernetes/pki/*.crt",)),
    Access(0o700, ("etc/kubernetes/manifests", "etc/kubernetes/pki", "etc/cni/net.d", "var/lib/kubelet/pki")),
)

_HARDENED_CONTROL_PLANE = NodeKind(
    "cp1",
    Role.CONTROL_PLANE,
    access=(
        *_CLOSED,
        Access(0o600, ("etc/kubernetes/manifests/*", "etc/kubernetes/hardening/*")),
        Access(0o600, ("etc/kubernetes/pki/*.key", "etc/kubernetes/pki/*.pub", "etc/kubernetes/pki/etcd/*")),
        Access(0o700, ("etc/kubernetes/hardening", "etc/kubernetes/pki/etcd", "var/log/kubernetes/audit")),
        Access(0o700, ("var/lib/etcd",), owner="etcd:etcd"),
    ),
    # Beyond RBAC; `up` has copied it to a safer place.
    removed=("etc/kubernetes/super-admin.conf",),
)

_FLEET_WORKER = NodeKind(
    "w2",
    Role.WORKER,
    certificates=(
        Certificate(
            path="opt/pki/kubelet/serving",
            subject="/CN=w2",
            usage="serverAuth",
            begins=-100,
            ends=5,
        ),
    ),
    access=(Access(0o644, ("opt/pki/kubelet/serving.key",)),),
    busybox=True,
    behind="gate",
)

_CONDITIONS = (
    Condition(
        name="plain",
        summary="what kubeadm gives, with a few ordinary workloads",
        nodes=(NodeKind("cp1", Role.CONTROL_PLANE), NodeKind("w1", Role.WORKER)),
        workloads=("plain/workloads/harbour.yaml",),
        ready=_HARBOUR,
    ),
    Condition(
        name="weak",
        summary="everything that an audit must find, in use and running",
        nodes=(_WEAK_CONTROL_PLANE, _WEAK_WORKER),
        objects=("weak/workloads/access.yaml",),
        workloads=("plain/workloads/harbour.yaml", "weak/workloads/reef.yaml"),
        ready=(*_HARBOUR, *_REEF),
        dns=True,
    ),
    Condition(
        name="hardened",
        summary="the same cluster as far as it can be closed, still answering",
        nodes=(_HARDENED_CONTROL_PLANE, NodeKind("w1", Role.WORKER, access=_CLOSED)),
        objects=("hardened/workloads/fences.yaml",),
        workloads=("hardened/workloads/harbour.yaml",),
        ready=_HARBOUR,
        # The way in for new nodes is shut behind the last, and strangers were told of it by a binding.
        last=(
            "delete secrets --namespace kube-system --field-selector type=bootstrap.kubernetes.io/token",
            "delete rolebinding/kubeadm:bootstrap-signer-clusterinfo --namespace kube-public",
        ),
        serving_certificates=True,
    ),
    Condition(
        name="fleet",
        summary="two control planes that differ, two workers, one of them odd and behind another host",
        nodes=(
            NodeKind("cp1", Role.CONTROL_PLANE),
            NodeKind("cp2", Role.CONTROL_PLANE),
            NodeKind("w1", Role.WORKER),
            _FLEET_WORKER,
            NodeKind("gate", Role.GATE),
        ),
        workloads=("plain/workloads/harbour.yaml",),
        ready=_HARBOUR,
    ),
)


def listing() -> str:
    return "\n".join(f"    {condition.name:10} {condition.summary}" for condition in _CONDITIONS)


def find(name: str) -> Condition:
    for condition in _CONDITIONS:
        if condition.name == name:
            return condition
    raise BedError(f"there is no condition '{name}'; there are\n{listing()}", USAGE)

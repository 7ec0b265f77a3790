"""Finds the etcd of a control-plane node by the certificates that its distribution installs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from etcdpod.errors import SourceError

LOCAL_ENDPOINT = "https://127.0.0.1:2379"


@dataclass(frozen=True, slots=True)
class NodeLayout:
    """Where a distribution stores etcd's client certificates; patterns are relative to ``/``."""

    distribution: str
    cacert: str
    cert: str
    key: str


@dataclass(frozen=True, slots=True)
class FoundCertificates:
    """Certificates found on this machine."""

    distribution: str
    cacert: str
    cert: str
    key: str

    def __str__(self) -> str:
        return f"{self.distribution}'s certificates: {self.cacert}, {self.cert}, {self.key}"


@dataclass(frozen=True, slots=True)
class Stranger:
    """A registry stored in something other than etcd, recognised by a file."""

    name: str
    path: str
    next_step: str


_OPENSHIFT = "etc/kubernetes/static-pod-resources"

LAYOUTS: tuple[NodeLayout, ...] = (
    NodeLayout(
        "kubeadm",
        "etc/kubernetes/pki/etcd/ca.crt",
        "etc/kubernetes/pki/etcd/healthcheck-client.crt",
        "etc/kubernetes/pki/etcd/healthcheck-client.key",
    ),
    NodeLayout(
        "kubeadm",
        "etc/kubernetes/pki/etcd/ca.crt",
        "etc/kubernetes/pki/apiserver-etcd-client.crt",
        "etc/kubernetes/pki/apiserver-etcd-client.key",
    ),
    NodeLayout(
        "k3s",
        "var/lib/rancher/k3s/server/tls/etcd/server-ca.crt",
        "var/lib/rancher/k3s/server/tls/etcd/client.crt",
        "var/lib/rancher/k3s/server/tls/etcd/client.key",
    ),
    NodeLayout(
        "RKE2",
        "var/lib/rancher/rke2/server/tls/etcd/server-ca.crt",
        "var/lib/rancher/rke2/server/tls/etcd/client.crt",
        "var/lib/rancher/rke2/server/tls/etcd/client.key",
    ),
    NodeLayout(
        "OpenShift",
        f"{_OPENSHIFT}/etcd-certs/configmaps/etcd-*ca*/ca-bundle.crt",
        f"{_OPENSHIFT}/etcd-certs/secrets/etcd-all-*/etcd-peer-*.crt",
        f"{_OPENSHIFT}/etcd-certs/secrets/etcd-all-*/etcd-peer-*.key",
    ),
    NodeLayout(
        "k0s",
        "var/lib/k0s/pki/etcd/ca.crt",
        "var/lib/k0s/pki/apiserver-etcd-client.crt",
        "var/lib/k0s/pki/apiserver-etcd-client.key",
    ),
)

STRANGERS: tuple[Stranger, ...] = (
    Stranger(
        "k3s with kine over SQLite",
        "var/lib/rancher/k3s/server/db/state.db",
        "etcdpod reads only etcd; use kubectl, or move k3s to its embedded etcd (--cluster-init)",
    ),
    Stranger(
        "RKE2 with kine over SQLite",
        "var/lib/rancher/rke2/server/db/state.db",
        "etcdpod reads only etcd; use kubectl",
    ),
    Stranger(
        "MicroK8s with dqlite",
        "var/snap/microk8s/current/var/kubernetes/backend/cluster.yaml",
        "etcdpod reads only etcd; use microk8s kubectl",
    ),
    Stranger(
        "Canonical Kubernetes with dqlite",
        "var/snap/k8s/common/var/lib/k8s-dqlite/cluster.yaml",
        "etcdpod reads only etcd; use k8s kubectl",
    ),
)


def find_certificates(root: Path = Path("/")) -> FoundCertificates | None:
    """The first distribution whose certificates are all on this machine; None if there is none.

    Raises:
        SourceError: they exist, but this user may not read them.
    """
    for layout in LAYOUTS:
        cacert, cert = _first(root, layout.cacert), _first(root, layout.cert)
        if cacert is None or cert is None:
            continue
        # A glob may match several members: the key must belong to the certificate.
        key = cert.with_suffix(".key") if "*" in layout.key else root / layout.key
        if _is_file(key):
            return FoundCertificates(layout.distribution, str(cacert), str(cert), str(key))
    return None


def refuse_strangers(root: Path = Path("/")) -> None:
    """Raises if this node stores its registry in something other than etcd.

    Raises:
        SourceError: the node does.
    """
    for stranger in STRANGERS:
        path = root / stranger.path
        if _is_file(path):
            raise SourceError(
                f"this node runs {stranger.name}, which is not etcd",
                path=str(path),
                next_step=stranger.next_step,
            )


def _first(root: Path, pattern: str) -> Path | None:
    if "*" not in pattern:
        path = root / pattern
        return path if _is_file(path) else None
    return next((path for path in sorted(root.glob(pattern)) if _is_file(path)), None)


def _is_file(path: Path) -> bool:
    try:
        path.stat()
    except PermissionError:
        raise SourceError(
            "etcd's certificates may only be read by root",
            path=str(path.parent),
            next_step="run this with sudo, or name readable files with --cacert --cert --key",
        ) from None
    except OSError:
        return False
    return path.is_file()

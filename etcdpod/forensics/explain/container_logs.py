"""Where the logs of a pod's containers are, and what the registry records of their runs.

etcd holds no logs. The kubelet keeps them on the node, one file per run, named after namespace,
name and uid of the pod, the container, and its restart count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from etcdpod.kube.model.fields import field, mapping, members, number, text
from etcdpod.records import Deleted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.history.lives import Registry
    from etcdpod.registry.objects import Item

CONFIG_HASH: Final = "kubernetes.io/config.hash"
"""Annotation of a mirror pod that its kubelet uses as the uid."""

POD_LOGS: Final = "/var/log/pods"
CONTAINER_LOGS: Final = "/var/log/containers"
"""Symbolic links into the directory above, for log collectors."""

SORTS: Final = (
    ("initContainers", "initContainer", "init container"),
    ("containers", "container", "container"),
    ("ephemeralContainers", "ephemeralContainer", "ephemeral container"),
)
"""Spec field, prefix of the status field, and display name."""


@dataclass(frozen=True, slots=True)
class Run:
    """One terminated run of a container, as recorded in a kept revision."""

    number: int
    """0 for the first run, as in its log file's name."""
    started: str
    """RFC 3339; empty if unknown."""
    finished: str
    exit_code: int
    signal: int
    reason: str
    message: str
    """The container's termination message."""
    revision: int
    """The first revision that records it."""

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "run": self.number,
            "startedAt": self.started,
            "finishedAt": self.finished,
            "exitCode": self.exit_code,
            "signal": self.signal,
            "reason": self.reason,
            "message": self.message,
            "revision": self.revision,
        }


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file on the pod's node."""

    path: str
    says: str
    """What it contains or contained."""

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"path": self.path, "says": self.says}


@dataclass(frozen=True, slots=True)
class ContainerLogs:
    """Log files and runs of one container."""

    name: str
    sort: str
    """``container``, ``init container`` or ``ephemeral container``."""
    state: str
    """``Running``, ``Waiting (CrashLoopBackOff)``, …; empty until the kubelet reports it."""
    says: str
    """The kubelet's message for that state."""
    started: str
    """Start of the current run; empty if not running."""
    restarts: int
    container_id: str
    files: tuple[LogFile, ...]
    """Newest first; empty before the pod had a node or a run."""
    runs: tuple[Run, ...]
    """Terminated runs, oldest first, as far as kept revisions record them."""

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "name": self.name,
            "sort": self.sort,
            "state": self.state,
            "message": self.says,
            "startedAt": self.started,
            "restartCount": self.restarts,
            "containerID": self.container_id,
            "files": [file.as_json() for file in self.files],
            "runs": [run.as_json() for run in self.runs],
        }


@dataclass(frozen=True, slots=True)
class PodLogs:
    """What etcd records about a pod's logs."""

    namespace: str
    name: str
    uid: str
    revision: int
    """The revision under examination."""
    deleted_at: int | None
    """The revision of the pod's deletion; None if it exists."""
    node: str
    """Empty if the pod was never bound."""
    address: str
    """Of the node."""
    containers: tuple[ContainerLogs, ...]

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "namespace": self.namespace,
            "name": self.name,
            "uid": self.uid,
            "revision": self.revision,
            "deletedAt": self.deleted_at,
            "node": self.node,
            "nodeAddress": self.address,
            "logs": None,
            "containers": [container.as_json() for container in self.containers],
        }


def pod_logs(registry: Registry, item: Item) -> PodLogs | None:
    """The log files and runs of a pod; None if its value cannot be decoded.

    Args:
        registry: used to read its other revisions.
        item: the pod at the revision under examination; the last one of a deleted pod.
    """
    pod = item.object
    if pod is None:
        return None
    namespace, name = text(pod, "metadata", "namespace"), text(pod, "metadata", "name")
    uid, revision = text(pod, "metadata", "uid"), item.record.mod_revision
    kept = list(_kept(registry, item, uid))
    now = registry.record(item.record.key)
    tombstone = now.tombstone if isinstance(now, Deleted) and now.last == item.record else None
    node = text(pod, "spec", "nodeName")
    directory = f"{POD_LOGS}/{namespace}_{name}_{_kubelet_uid(pod, uid)}"
    return PodLogs(
        namespace=namespace,
        name=name,
        uid=uid,
        revision=revision,
        deleted_at=None if tombstone is None else tombstone.mod_revision,
        node=node,
        address=text(pod, "status", "hostIP"),
        containers=tuple(
            _container(pod, spec, stem, sort, directory if node else "", kept)
            for part, stem, sort in SORTS
            for spec in members(pod, "spec", part)
        ),
    )


def _kept(registry: Registry, item: Item, uid: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The pod at each kept revision of this incarnation, up to the one under examination."""
    for record in registry.connector.history(item.record.key):
        if record.tombstone or record.revision > item.record.revision:
            continue
        pod = registry.read(record, projection=_READ).object
        if pod is not None and text(pod, "metadata", "uid") == uid:
            yield record.mod_revision, pod


_READ: Final[dict[str, Any]] = {
    "metadata": {"uid": {}},
    "status": {f"{stem}Statuses": {} for _, stem, _ in SORTS},
}


def _kubelet_uid(pod: dict[str, Any], uid: str) -> str:
    return text(pod, "metadata", "annotations", CONFIG_HASH) or uid


def _container(
    pod: dict[str, Any],
    spec: dict[str, Any],
    stem: str,
    sort: str,
    directory: str,
    kept: list[tuple[int, dict[str, Any]]],
) -> ContainerLogs:
    name = text(spec, "name")
    status = _status(pod, stem, name)
    state = mapping(status, "state")
    kind = next((word for word in ("running", "terminated", "waiting") if word in state), "")
    reason = text(state, kind, "reason")
    container_id = text(status, "containerID")
    runs = _runs(name, stem, kept)
    return ContainerLogs(
        name=name,
        sort=sort,
        state=f"{kind.title()} ({reason})" if reason else kind.title(),
        says=text(state, kind, "message"),
        started=text(state, "running", "startedAt"),
        restarts=number(status, "restartCount"),
        container_id=container_id,
        files=tuple(_files(pod, name, status, directory, container_id)),
        runs=tuple(runs[key] for key in sorted(runs)),
    )


def _status(pod: dict[str, Any], stem: str, name: str) -> dict[str, Any]:
    found = (one for one in members(pod, "status", f"{stem}Statuses") if one.get("name") == name)
    return next(found, {})


def _files(
    pod: dict[str, Any], name: str, status: dict[str, Any], directory: str, container_id: str
) -> Iterator[LogFile]:
    """The files of the newest run and the previous one: the kubelet keeps no more."""
    if not directory or not container_id:
        return
    count = number(status, "restartCount")
    is_running = field(status, "state", "running") is not None
    here = "the present run" if is_running else "the last run"
    yield LogFile(f"{directory}/{name}/{count}.log", here)
    if count > 0:
        yield LogFile(f"{directory}/{name}/{count - 1}.log", "the run before")
    bare = container_id.rpartition("//")[2]
    owner = f"{text(pod, 'metadata', 'name')}_{text(pod, 'metadata', 'namespace')}"
    yield LogFile(f"{CONTAINER_LOGS}/{owner}_{name}-{bare}.log", f"a link to {count}.log")


def _runs(name: str, stem: str, kept: Iterable[tuple[int, dict[str, Any]]]) -> dict[int, Run]:
    """Terminated runs by number, each as first recorded."""
    found: dict[int, Run] = {}
    for revision, pod in kept:
        status = _status(pod, stem, name)
        count = number(status, "restartCount")
        before = mapping(status, "lastState", "terminated")
        # While a container waits for a restart, its last state is that of its newest run.
        same = text(before, "containerID") == text(status, "containerID") != ""
        now = mapping(status, "state", "terminated")
        for run, ended in ((count if same else count - 1, before), (count, now)):
            if ended and run >= 0 and run not in found:
                found[run] = Run(
                    number=run,
                    started=text(ended, "startedAt"),
                    finished=text(ended, "finishedAt"),
                    exit_code=number(ended, "exitCode"),
                    signal=number(ended, "signal"),
                    reason=text(ended, "reason"),
                    message=text(ended, "message"),
                    revision=revision,
                )
    return found

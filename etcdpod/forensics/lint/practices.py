"""All practices: the check and the remedy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from etcdpod.forensics.lint.model import Breach, Practice
from etcdpod.kube.model.fields import field, mapping, members, owner_of, text
from etcdpod.kube.model.secret import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.model import Severity
    from etcdpod.forensics.lint.workload import Workload, WorkloadContainer


def _bare_pod(workload: Workload) -> Iterator[Breach]:
    """Pods without a controller."""
    if not workload.template_path and owner_of(workload.value) is None:
        yield Breach(
            "metadata.ownerReferences",
            "absent",
            "no controller owns the pod: when its node fails or it is evicted, it is gone for good",
        )


MISSING_REQUESTS_WHY = {
    "cpu": "the scheduler counts it as nothing, so the node can be given more than it can run",
    "memory": "the scheduler counts it as nothing, and under pressure it is evicted first",
}


def _missing_requests(workload: Workload) -> Iterator[Breach]:
    """Containers without resource requests."""
    pod_level = mapping(workload.pod_spec, "resources", "requests")
    for container in workload.containers:
        if container.is_init:
            continue
        resources = mapping(container.spec, "resources")
        # A missing request defaults to the limit.
        said = {*mapping(resources, "requests"), *mapping(resources, "limits"), *pod_level}
        for name, why in MISSING_REQUESTS_WHY.items():
            if name not in said:
                yield Breach(f"{container.path}.resources.requests.{name}", "absent", why)


MEMORY = "a leak takes the memory of the whole node, and its neighbours are killed with it"
CPU = "it may starve what runs beside it; some leave this out on purpose, to use idle time"


def _missing_limits(workload: Workload) -> Iterator[Breach]:
    """Containers without resource limits."""
    pod_level = mapping(workload.pod_spec, "resources", "limits")
    rows: tuple[tuple[str, str, Severity | None], ...] = (
        ("memory", MEMORY, None),
        ("cpu", CPU, "info"),
    )
    for container in workload.containers:
        if container.is_init:
            continue
        said = {*mapping(container.spec, "resources", "limits"), *pod_level}
        for name, why, severity in rows:
            if name not in said:
                yield Breach(f"{container.path}.resources.limits.{name}", "absent", why, severity)


def _missing_readiness(workload: Workload) -> Iterator[Breach]:
    """Containers without a readiness probe."""
    for container in workload.serving:
        if not container.spec.get("readinessProbe"):
            yield Breach(
                f"{container.path}.readinessProbe",
                "absent",
                "it counts as ready as soon as it runs: a rollout continues and traffic arrives "
                "before it can serve",
            )


def _missing_liveness(workload: Workload) -> Iterator[Breach]:
    """Containers without a liveness probe."""
    for container in workload.serving:
        if not container.spec.get("livenessProbe"):
            yield Breach(
                f"{container.path}.livenessProbe",
                "absent",
                "a process that hangs without ending is never restarted",
            )


MOVING = "latest"


def _image_tag(workload: Workload) -> Iterator[Breach]:
    """Images with a mutable tag."""
    for container in workload.containers:
        image = text(container.spec, "image")
        if image and tag(image) == MOVING:
            yield Breach(
                f"{container.path}.image",
                image,
                "the tag moves: nodes may run different builds, and a rollout cannot be undone",
            )


def tag(image: str) -> str:
    """The tag of an image; empty if it is pinned by digest."""
    if "@" in image:
        return ""
    # A colon before the last slash belongs to a registry's port.
    return image.rpartition("/")[2].partition(":")[2] or MOVING


def _single_replica(workload: Workload) -> Iterator[Breach]:
    """Workloads with a single replica."""
    if workload.replicas == 1:
        yield Breach(
            "spec.replicas",
            "1",
            "while its one pod is moved, restarted or starts slowly, there is none",
        )


def _no_spread(workload: Workload) -> Iterator[Breach]:
    """Replicas that may all be scheduled to one node."""
    if (workload.replicas or 0) < 2:
        return
    spec = workload.pod_spec
    if not spec.get("topologySpreadConstraints") and not mapping(
        spec, "affinity", "podAntiAffinity"
    ):
        yield Breach(
            workload.path("topologySpreadConstraints"),
            "absent",
            "nothing keeps the replicas apart but a preference of the scheduler: one node or "
            "one zone can take all of them down",
        )


def _privileged(workload: Workload) -> Iterator[Breach]:
    """Privileged containers."""
    for container in workload.containers:
        if field(container.spec, "securityContext", "privileged") is True:
            yield Breach(
                f"{container.path}.securityContext.privileged",
                "true",
                "whoever breaks into it owns the node, and every Secret that its pods mount",
            )


ROOT = "a flaw in the program or in the runtime gives root on the node"
MAYBE = "the image alone decides: many run as root, and nothing forbids it here"


def _runs_as_root(workload: Workload) -> Iterator[Breach]:
    """Containers that run or may run as root."""
    pod = workload.pod_spec.get("securityContext")
    if text(workload.pod_spec, "os", "name") == "windows":
        return
    for container in workload.containers:
        own = container.spec.get("securityContext")
        user, says_user = _first(own, pod, "runAsUser")
        forbidden, _ = _first(own, pod, "runAsNonRoot")
        where = container.path if says_user is own else workload.path("").rstrip(".")
        if user == 0:
            yield Breach(f"{where}.securityContext.runAsUser", "0", ROOT)
        elif user is None and forbidden is not True:
            path = f"{container.path}.securityContext.runAsNonRoot"
            yield Breach(path, "absent" if forbidden is None else "false", MAYBE, "info")


def _first(own: object, pod: object, name: str) -> tuple[object, object]:
    """The effective setting of a container or its pod, and which of them sets it."""
    value = field(own, name)
    return (value, own) if value is not None else (field(pod, name), pod)


HOST_NAMESPACES_WHY = {
    "hostNetwork": "it sees and reaches what the node does, past every NetworkPolicy",
    "hostPID": "it sees the processes of the node, and their environment",
    "hostIPC": "it shares memory with the processes of the node",
}


def _host_namespaces(workload: Workload) -> Iterator[Breach]:
    """Pods that share the network, PID or IPC namespace of their node."""
    for name, why in HOST_NAMESPACES_WHY.items():
        if workload.pod_spec.get(name) is True:
            yield Breach(workload.path(name), "true", why)


SECRET_NAME: Final = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|"
    r"CREDENTIALS?|[A-Z]*PASSWORD)(?:$|_(?!FILE|PATH|URL|NAME))",
    re.IGNORECASE,
)
"""Names of variables whose value is probably a secret."""
CLEAR: Final = "the value is in clear text in etcd, and whoever may read the pod may read it"
VISIBLE: Final = (
    "child processes, crash reports and debug pages get it too, and a change needs a restart"
)


def _secret_in_env(workload: Workload) -> Iterator[Breach]:
    """Secrets in the environment, worst if in clear text."""
    for container in workload.containers:
        yield from _variables(container)
        for number, source in enumerate(members(container.spec, "envFrom")):
            name = text(source, "secretRef", "name")
            if name:
                path = f"{container.path}.envFrom[{number}].secretRef"
                yield Breach(path, f"Secret {name}", VISIBLE)


def _variables(container: WorkloadContainer) -> Iterator[Breach]:
    for variable in members(container.spec, "env"):
        name, value = text(variable, "name"), text(variable, "value")
        path = f"{container.path}.env[{name}]"
        if field(variable, "valueFrom", "secretKeyRef") is not None:
            reference = field(variable, "valueFrom", "secretKeyRef")
            shown = f"key {text(reference, 'key')} of Secret {text(reference, 'name')}"
            yield Breach(f"{path}.valueFrom.secretKeyRef", shown, VISIBLE)
        elif value and "$(" not in value and SECRET_NAME.search(name):
            yield Breach(f"{path}.value", MASK, CLEAR, "error")


PRACTICES: Final[tuple[Practice, ...]] = (
    Practice("bare-pod", "warning", "run it from a Deployment, a StatefulSet or a Job", _bare_pod),
    Practice(
        "missing-requests", "warning", "request what it needs when it is busy", _missing_requests
    ),
    Practice("missing-limits", "warning", "set a limit, for memory at least", _missing_limits),
    Practice(
        "missing-readiness-probe",
        "warning",
        "probe what shows that it can serve",
        _missing_readiness,
    ),
    Practice(
        "missing-liveness-probe",
        "info",
        "probe the process itself, never what it depends on",
        _missing_liveness,
    ),
    Practice("latest-tag", "warning", "name a version, or a digest", _image_tag),
    Practice(
        "single-replica",
        "warning",
        "run two or more, or accept the gap on purpose",
        _single_replica,
    ),
    Practice(
        "no-spread",
        "info",
        "spread them over nodes and zones, or set a podAntiAffinity",
        _no_spread,
    ),
    Practice("privileged", "error", "grant the one capability that it needs", _privileged),
    Practice(
        "runs-as-root",
        "warning",
        "set runAsNonRoot and a user, here or for the whole pod",
        _runs_as_root,
    ),
    Practice(
        "host-namespaces",
        "warning",
        "leave it to what manages nodes, such as a network plugin",
        _host_namespaces,
    ),
    Practice("secret-in-env", "info", "mount the Secret as a file", _secret_in_env),
)

"""Checks that the texts of an object have the formats that the API server enforces.

Reports only texts that are one bit away from a valid one. Other unusual texts may be intended.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from etcdpod.forensics.verify.bit_repair.near import CASE, Words, candidates, is_other_spelling
from etcdpod.forensics.verify.model import Defect
from etcdpod.forensics.verify.times import unix_seconds
from etcdpod.kube.codec import Decoded
from etcdpod.kube.schema import load_kinds
from etcdpod.records import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etcdpod.history.lives import Registry
    from etcdpod.records import Encrypted, Record, Undecodable

FREE = frozenset({"data", "stringData", "binaryData", "annotations", "fieldsV1", "message"})
"""Members with free text."""
MOST_NODES = 200_000
MOST_KEPT = 32_768
SHORTEST_WORD = 10
"""Shorter words have too many neighbours: ``router`` is one bit away from ``routes``."""
CHOSEN = frozenset(
    {"restartPolicy", "imagePullPolicy", "dnsPolicy", "terminationMessagePolicy", "operator"}
    | {"effect", "protocol", "qosClass", "phase", "preemptionPolicy", "concurrencyPolicy"}
    | {"sessionAffinity", "externalTrafficPolicy", "internalTrafficPolicy", "reclaimPolicy"}
    | {"persistentVolumeReclaimPolicy", "volumeBindingMode", "volumeMode", "completionMode"}
    | {"podManagementPolicy", "status"}
)
"""Enum fields and their values."""
CHOICES = """
    Always Never OnFailure IfNotPresent ClusterFirst ClusterFirstWithHostNet Default File
    FallbackToLogsOnError Exists DoesNotExist Equal NotIn NoSchedule PreferNoSchedule NoExecute
    SCTP HTTP HTTPS Guaranteed Burstable BestEffort Pending Running Succeeded Failed Unknown
    Active Terminating Bound Available Released PreemptLowerPriority Allow Forbid Replace None
    ClientIP Cluster Local Delete Retain Recycle Immediate WaitForFirstConsumer Filesystem Block
    Indexed NonIndexed OrderedReady Parallel True False
""".split()  # noqa: SIM905 a list of many quoted words is not easier to read
LONGEST_WORD = 100
LONGEST_TEXT = 512
"""Longer texts are not ids."""
USUAL_YEARS = range(1995, 2046)
FAR_BITS = range(30, 35)
"""Bits of a time's seconds that shift it by 34 years or more."""
YEAR = 31_556_952
"""Seconds."""
WRITTEN_TIMES = frozenset(
    {"creationTimestamp", "lastTransitionTime", "lastProbeTime", "lastHeartbeatTime"}
    | {
        "startedAt",
        "finishedAt",
        "startTime",
        "firstTimestamp",
        "lastTimestamp",
        "renewTime",
        "time",
    }
)
"""Fields that were set to the current time."""
TEXT_HOLDERS = (str, dict, list)
_Path = tuple[Any, "str | int"] | None
"""The parent path and the last step."""
_HEX = frozenset("0123456789abcdef")
_UUID_SIZE, _DASHES = 36, (8, 13, 18, 23)
_DIGEST = 64
_FEW_LETTERS = 3
_QUALIFIED = re.compile(
    r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
_LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_CONSEQUENCE = "a byte of it was changed: clients are shown another text than was written"
WORDS = """
    Always OnFailure IfNotPresent FallbackToLogsOnError ClusterFirst ClusterFirstWithHostNet
    Running Pending Succeeded Failed Unknown Exists DoesNotExist NoSchedule PreferNoSchedule
    NoExecute Guaranteed Burstable BestEffort Initialized ContainersReady PodScheduled
    PodReadyToStartContainers PodInitializing ContainerCreating Completed ContainersNotReady
    ContainersNotInitialized CrashLoopBackOff ImagePullBackOff ErrImagePull Unschedulable
    OOMKilled RollingUpdate Recreate OrderedReady Parallel RuntimeDefault Localhost Unconfined
    Progressing Available ReplicaFailure MinimumReplicasAvailable MinimumReplicasUnavailable
    NewReplicaSetAvailable ReplicaSetUpdated NewReplicaSetCreated FoundNewReplicaSet
    ClusterIP NodePort LoadBalancer ExternalName Cluster Retain Delete ReadWriteOnce
    ReadOnlyMany ReadWriteMany ReadWriteOncePod Filesystem Immediate WaitForFirstConsumer
    MemoryPressure DiskPressure PIDPressure NetworkUnavailable KubeletReady
    KubeletHasSufficientMemory KubeletHasNoDiskPressure KubeletHasSufficientPID
    Warning Normal BackOff Unhealthy Scheduled Pulled Pulling Created Started Killing
    FailedScheduling FailedMount FailedCreate SuccessfulCreate SuccessfulDelete
    ScalingReplicaSet NodeNotReady Complete Indexed NonIndexed Service Ingress
    kubelet kube-scheduler kube-controller-manager kube-apiserver default-scheduler kubectl
    deployment-controller replicaset-controller statefulset-controller job-controller
    daemonset-controller node-controller cronjob-controller
    delete deletecollection create update impersonate approve
    metadata.name metadata.namespace status.podIP status.hostIP spec.nodeName
    service-account-token system:masters system:authenticated system:unauthenticated
    system:serviceaccounts system:nodes cluster-admin
    kubernetes.io/metadata.name kubernetes.io/hostname kubernetes.io/arch kubernetes.io/os
    kubernetes.io/bootstrapping kubernetes.io/cluster-service kubernetes.io/service-name
    topology.kubernetes.io/zone topology.kubernetes.io/region beta.kubernetes.io/arch
    node.kubernetes.io/not-ready node.kubernetes.io/unreachable beta.kubernetes.io/os
    node.kubernetes.io/instance-type node-role.kubernetes.io/control-plane
    pod-template-hash controller-revision-hash statefulset.kubernetes.io/pod-name
    apps.kubernetes.io/pod-index batch.kubernetes.io/job-name batch.kubernetes.io/controller-uid
    endpointslice.kubernetes.io/managed-by app.kubernetes.io/name app.kubernetes.io/instance
    app.kubernetes.io/managed-by app.kubernetes.io/part-of app.kubernetes.io/component
    app.kubernetes.io/version kube-aggregator.kubernetes.io/automanaged
    /dev/termination-log /var/run/secrets/kubernetes.io/serviceaccount
    kube-system kube-public kube-node-lease kube-root-ca.crt
    authorization.k8s.io authentication.k8s.io metrics.k8s.io gateway.networking.k8s.io
    horizontalpodautoscalers/status deployments/scale deployments/status replicasets/scale
    replicasets/status statefulsets/scale statefulsets/status daemonsets/status
    jobs/status cronjobs/status nodes/status namespaces/status services/status
    pods/status pods/exec pods/attach pods/portforward pods/proxy services/proxy pods/log
    pods/eviction nodes/proxy serviceaccounts/token namespaces/finalize
""".split()  # noqa: SIM905 a list of hundreds of quoted words is not easier to read
"""Words written by Kubernetes itself, other than kinds."""


def check(
    registry: Registry, record: Record, outcome: Decoded | Encrypted | Undecodable
) -> Iterator[Defect]:
    """Report texts one bit away from a required format or a Kubernetes word."""
    if not isinstance(outcome, Decoded) or outcome.encoding == "text":
        return
    reported: set[str] = set()
    for path, text, fault in _faults(outcome.object):
        if text not in reported:
            reported.add(text)
            yield _defect(record, fault, path, text)


def _faults(value: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Path, text, and the fault as a clause."""
    times: list[tuple[_Path, str]] = []
    for path, name, text in _texts(value):
        if len(text) > LONGEST_TEXT:
            continue
        if name in WRITTEN_TIMES:
            times.append((path, text))
        elif (fault := text_fault(text) or choice_fault(name, text)) is not None:
            yield _written(path), text, fault
    for path, text in times:
        if _is_far(text, times):
            yield _written(path), text, "is decades away from the other times, by one bit"
    metadata = value.get("metadata")
    if isinstance(metadata, dict):
        yield from _names(metadata)


def _texts(value: dict[str, Any]) -> Iterator[tuple[_Path, str, str]]:
    """Path, member name and text of all texts except free text."""
    waiting: list[tuple[_Path, str, Any]] = [(None, "", value)]
    for _ in range(MOST_NODES):
        if not waiting:
            return
        path, name, node = waiting.pop()
        if isinstance(node, str):
            yield path, name, node
        elif isinstance(node, dict):
            for inner, member in node.items():
                if inner not in FREE and isinstance(member, TEXT_HOLDERS):
                    waiting.append(((path, inner), inner, member))
        else:
            for index, one in enumerate(node):
                if isinstance(one, TEXT_HOLDERS):
                    waiting.append(((path, index), name, one))


def _written(path: _Path) -> str:
    """Format a path; lazy, as few are needed."""
    steps: list[str | int] = []
    while path is not None:
        path, step = path
        steps.append(step)
    text = ""
    for step in reversed(steps):
        joined = f"[{step}]" if isinstance(step, int) else f".{step}"
        text += joined
    return text.removeprefix(".")


@lru_cache(MOST_KEPT)
def text_fault(text: str) -> str | None:
    """The fault of a text one bit away from a valid one, as a clause; None if valid."""
    if len(text) == _UUID_SIZE and text[8] + text[13] + text[18] + text[23] != "----":
        spoilt = [at for at in _DASHES if text[at] != "-"]
        rest = [letter in _HEX for at, letter in enumerate(text) if at not in _DASHES]
        if len(spoilt) == 1 and all(rest) and _is_bit(text[spoilt[0]], "-"):
            return "is a UUID but for one bit"
    elif len(text) == _UUID_SIZE and _is_spoilt_hex(text.replace("-", ""), 32):
        return "is a UUID but for one bit"
    if len(text) > _DIGEST and text[-_DIGEST - 1] in ":/" and _is_spoilt_hex(text[-_DIGEST:], 64):
        return "ends in a SHA-256 but for one bit"
    if SHORTEST_WORD <= len(text) <= LONGEST_WORD:
        word = _words().near(text)
        if word is not None and not is_other_spelling(text, word):
            return f"is one bit away from {word!r}"
    return None


def choice_fault(name: str, text: str) -> str | None:
    """The fault of an enum value, as a clause; None if valid."""
    word = None
    if name in CHOSEN:
        word = _choices().near(text)
    elif name == "apiVersion" and "." not in text:
        word = _versions().near(text)  # custom kinds have a dot in their group
    if word is None or is_other_spelling(text, word):
        return None
    return f"is one bit away from {word!r}"


@cache
def _choices() -> Words:
    return Words(CHOICES)


@cache
def _versions() -> Words:
    return Words(row.api_version for row in load_kinds())


def _is_spoilt_hex(text: str, size: int) -> bool:
    """Whether one bit flip makes the text hexadecimal."""
    strange = [letter for letter in text if letter not in _HEX]
    if len(text) != size or len(strange) != 1:
        return False
    letter = strange[0]
    if letter in "ABCDEF" and sum(one in "abcdef" for one in text) < _FEW_LETTERS:
        return False  # upper case, with a single letter
    return any(_is_bit(letter, digit) for digit in _HEX)


def _is_bit(letter: str, other: str) -> bool:
    return (ord(letter) ^ ord(other)).bit_count() == 1


@cache
def _words() -> Words:
    words = set(WORDS)
    for row in load_kinds():
        words |= {row.kind, row.api_version, row.resource, row.group}
    return Words(word for word in words if len(word) >= SHORTEST_WORD)


def _is_far(text: str, times: list[tuple[_Path, str]]) -> bool:
    """Whether one bit moved a time decades away from the others of its object."""
    if not text[:4].isdigit() or (int(text[:4]) in USUAL_YEARS and text[4:5] == "-"):
        return False
    seconds = unix_seconds(text)
    others = [unix_seconds(other) for _, other in times if other[:4] != text[:4]]
    if seconds is None:
        return False
    moved = [seconds ^ 1 << bit for bit in FAR_BITS]
    return any(abs(one - other) < YEAR for other in others if other is not None for one in moved)


def _names(metadata: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Labels and annotation names that the API server rejects."""
    for member, pattern in (("labels", _LABEL), ("annotations", None)):
        held = metadata.get(member)
        if not isinstance(held, dict):
            continue
        for name, text in held.items():
            path = f"metadata.{member}"
            if is_spoilt(str(name), _QUALIFIED.fullmatch):
                yield path, str(name), "is no name of a label but for one bit"
            elif (word := _near_word(str(name))) is not None:
                yield path, str(name), f"is one bit away from {word!r}"
            if pattern is not None and is_spoilt(str(text), pattern.fullmatch):
                yield f"{path}.{name}", str(text), "is no text of a label but for one bit"


def _near_word(text: str) -> str | None:
    word = _words().near(text) if len(text) >= SHORTEST_WORD else None
    return None if word is None or is_other_spelling(text, word) else word


def is_spoilt(text: str, fits: Callable[[str], object]) -> bool:
    """Whether a text does not match, but would with one bit flipped."""
    if fits(text):
        return False
    for at, letter in enumerate(text[:LONGEST_WORD]):
        if letter.isalnum() and letter.isascii() and at not in (0, len(text) - 1):
            continue
        for bit in range(7):
            other = chr(ord(letter) ^ 1 << bit)
            if 1 << bit != CASE and fits(text[:at] + other + text[at + 1 :]):
                return True
    return False


def _defect(record: Record, fault: str, path: str, text: str) -> Defect:
    words = (_words(), _choices(), _versions())
    word = next((near for one in words if (near := one.near(text)) is not None), None)
    place = record.value.find(text.encode(errors="replace"))
    return Defect(
        check="shape",
        where="",
        what=f"{text!r} {fault}",
        consequence=_CONSEQUENCE,
        severity=Severity.WARNING,
        offset=place if place >= 0 else None,
        path=path,
        repairs=() if word is None else candidates(record.value, text, word),
    )

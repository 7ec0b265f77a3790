"""Remedies for messages of the kubelet, the runtime and the scheduler.

Messages are free text and differ between releases and runtimes. Each list is searched in order
for phrases that have stayed stable; unknown messages are reported verbatim.
"""

from __future__ import annotations

from typing import Final

Remedies = tuple[tuple[tuple[str, ...], str], ...]
"""Lower-case phrases and the remedy if any of them is found; most specific first."""

NOT_STARTED: Final[Remedies] = (
    (
        ("exec format error",),
        "the program is built for another processor: build the image for the node's "
        "architecture, or select nodes of the image's",
    ),
    (
        ("executable file not found", "no such file or directory", "command not found"),
        "correct command and args: what they name (or the interpreter of that script) is not in "
        "the image",
    ),
    (
        ("runasnonroot", "run as root", "non-numeric user"),
        "set runAsUser to a number, or build the image with a numeric user that is not root",
    ),
    (
        ("oom-kill", "memory limit too low"),
        "raise the memory limit: it is too low even to start the container",
    ),
    (("subpath",), "correct the subPath of the volume mount: it does not fit what is mounted"),
    (
        ("not a directory", "is a directory"),
        "mount a file over a file, or a directory over a directory: the mount path differs in kind",
    ),
    (
        ("permission denied", "operation not permitted"),
        "make the file executable for the container's user; check the security context",
    ),
    (
        ("failed to reserve container name", "deadline exceeded"),
        "the container runtime is slow or hangs: check it and the disk of the node",
    ),
    (("no space left",), "free space on the disk of the node"),
)
"""Why a container could not be created or started."""

VOLUMES: Final[Remedies] = (
    (
        ("multi-attach",),
        "the volume is still attached to another node: wait for the detach, or delete the pod "
        "that holds it; if that node is lost, taint it out-of-service",
    ),
    (
        ("driver name", "not found in the list of registered csi drivers"),
        "the CSI driver is not registered on the node: check its DaemonSet there",
    ),
    (("wrong fs type", "mount failed", "exit status 32"), "check file system and mount options"),
    (("permission denied", "access denied"), "check the rights on the volume or its server"),
    (
        ("no such host", "connection refused", "no route", "connection timed out"),
        "the server of the volume does not answer: check it and the network",
    ),
    (("not found", "non-existent"), "create what the message names, or correct the reference"),
    (
        ("timed out", "deadline", "volumes have not been attached"),
        "check the CSI driver's pod on that node, and the VolumeAttachment",
    ),
)
"""Why a volume could not be attached or mounted."""

SCHEDULING: Final[Remedies] = (
    (
        ("unbound immediate persistentvolumeclaims", "binding volumes", "available persistent"),
        "provision the claim: check its StorageClass and the provisioner's events",
    ),
    (
        ("persistentvolumeclaim", "persistentvolume "),
        "create the claim or volume that the message names, or correct the reference",
    ),
    (
        ("volume node affinity conflict",),
        "the volume lies where the pod may not run: move one of both",
    ),
    (("max volume count",), "the nodes hold as many volumes as they can: add nodes"),
    (("anti-affinity",), "loosen the pod's anti-affinity, or add nodes"),
    (
        ("topology spread",),
        "loosen the topology spread constraints, or add nodes in the other zones",
    ),
    (
        ("pod affinity",),
        "run the pods that it wants to be near to, or loosen its pod affinity",
    ),
    (
        ("node affinity", "node selector", "nodeselector"),
        "give a node the labels that the pod selects, or correct the selector",
    ),
    (
        ("didn't tolerate", "untolerated taint", "had taint"),
        "tolerate the taint, or remove it from the node (a NotReady node taints itself)",
    ),
    (("insufficient",), "lower the requests, add a larger node, or free one"),
    (("too many pods",), "add nodes, or raise the kubelet's maxPods"),
    (("free ports",), "use another hostPort, or none"),
    (
        ("resourceclaim", "resource claim", "allocate all claims", "deviceclass"),
        "check the ResourceClaim, its DeviceClass and the ResourceSlices of the nodes' driver",
    ),
    (("were unschedulable",), "uncordon a node"),
    (("no nodes available",), "the cluster has no node that is registered: add one"),
)
"""Why a node rejects a pod; matched against each reason separately."""


def remedy(message: str, known: Remedies) -> str:
    """The remedy for a message; empty if unknown."""
    lowered = message.lower()
    for signs, solution in known:
        if any(sign in lowered for sign in signs):
            return solution
    return ""

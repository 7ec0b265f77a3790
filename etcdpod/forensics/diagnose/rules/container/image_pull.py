"""An image cannot be pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import PodRule
from etcdpod.forensics.diagnose.rules.evidence import earliest, events_of, latest_first
from etcdpod.kube.model.fields import members, text
from etcdpod.kube.model.reasons import IMAGE_REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.pod import Container, Pod

# "not found" also ends more specific messages, so it is matched last.
_CAUSES: Final = (
    (
        ("no space left",),
        "the node has no room to unpack image {image}",
        "free space on the disk of the node, or make the image smaller",
    ),
    (
        ("pull qps exceeded",),
        "the kubelet limits how many images it pulls at once, and image {image} waits",
        "raise the kubelet's registryPullQPS and registryBurst, or wait",
    ),
    (
        ("server gave http response to https client",),
        "the registry of image {image} speaks HTTP, and the runtime asks for HTTPS",
        "give the registry TLS, or name it insecure in the runtime's configuration",
    ),
    (
        ("short-name", "unqualified-search"),
        "image {image} names no registry, and the runtime knows none to look in",
        "write the name with its registry",
    ),
    (
        ("media type", "manifest schema", "schema 1", "schema version 1"),
        "image {image} is in a format that the runtime does not read",
        "rebuild and push the image with a current tool",
    ),
    (
        ("may require authorization", "may require 'docker login'"),
        "image {image} does not exist, or its registry refuses it to this pod",
        "correct its name, or give the pod an imagePullSecret that may read it",
    ),
    (
        ("unauthorized", "authentication required", "denied", "no basic auth", "forbidden"),
        "the registry refuses image {image} to this pod",
        "give the pod an imagePullSecret that may read the image, or correct its name",
    ),
    (
        ("toomanyrequests", "rate limit", "too many requests"),
        "the registry limits how often image {image} may be pulled",
        "pull with an account, through a mirror, or wait",
    ),
    (
        (
            *("no such host", "lookup ", "timeout", "connection refused", "no route", "tls: "),
            *("x509", "connection reset", "network is unreachable", "deadline exceeded", "eof"),
        ),
        "the registry of image {image} cannot be reached from the node",
        "check DNS, network, proxy and certificates between the node and the registry",
    ),
    (
        ("500 internal", "502 ", "503 ", "504 ", "bad gateway", "service unavailable"),
        "the registry of image {image} answers with an error of its own",
        "check the registry, or pull through a mirror",
    ),
    (
        ("no match for platform", "exec format", "no matching manifest"),
        "image {image} does not exist for the node's platform",
        "build the image for that platform, or select other nodes",
    ),
    (
        ("not found", "manifest unknown", "name unknown", "does not exist", "no such image"),
        "image {image} does not exist in its registry",
        "correct the name or the tag, or push the image",
    ),
)
_OTHER: Final = (
    "image {image} cannot be pulled",
    "read the message of the kubelet; check name, tag, pull secret and registry",
)


def check(pod: Pod, cluster: Cluster) -> Iterator[Finding]:
    """Report a container that waits for its image."""
    for container in pod.containers:
        if container.waiting in IMAGE_REASONS:
            yield _finding(pod, container, cluster)


def _finding(pod: Pod, container: Container, cluster: Cluster) -> Finding:
    events = [
        event
        for event in events_of(pod, container, cluster, {"Failed", "BackOff", "ErrImageNeverPull"})
        if "mage" in event.message
    ]
    image = text(container.spec, "image")
    evidence = [pod.shows(f"{container.path}.state.waiting.reason")]
    if container.message:
        evidence.append(pod.shows(f"{container.path}.state.waiting.message"))
    evidence += [event.evidence() for event in events]
    says = [container.message, *(event.message for event in latest_first(events))]
    cause, solution = _told(
        [words.replace(image, "") if image else words for words in says], container.waiting
    )
    cause = cause.format(image=image or "(no name)")
    missing = _missing_secrets(pod, cluster)
    if missing:
        names = ", ".join(missing)
        cause += f"; its imagePullSecret {names} does not exist"
        solution = f"create the Secret {names}, or name another one"
        evidence.append(pod.shows("spec.imagePullSecrets"))
    return pod.finding(
        container.waiting,
        "error",
        f"{container.label}: {cause}",
        evidence,
        solution=solution,
        next_check=f"etcdpod blame {pod.named()} | grep image: — who set it, and when",
        since=earliest(*(event.first for event in events)) or pod.created,
    )


def _told(says: list[str], reason: str) -> tuple[str, str]:
    """The cause from the newest message that names one."""
    if reason == "InvalidImageName":
        return "{image} is no image name", "correct the name of the image"
    if reason == "SignatureValidationFailed":
        return (
            "the signature of image {image} is not accepted on the node",
            "sign the image, or correct the signature policy of the runtime",
        )
    if reason == "ErrImageNeverPull":
        return (
            "image {image} is not on the node, and imagePullPolicy Never forbids to pull it",
            "load the image on the node, or allow it to be pulled",
        )
    for words in says:
        lowered = words.lower()
        for signs, cause, solution in _CAUSES:
            if any(sign in lowered for sign in signs):
                return cause, solution
    return _OTHER


def _missing_secrets(pod: Pod, cluster: Cluster) -> list[str]:
    names = [text(item, "name") for item in members(pod.value, "spec", "imagePullSecrets")]
    return [name for name in names if not cluster.exists("secrets", pod.namespace, name)]


RULE = PodRule(check)

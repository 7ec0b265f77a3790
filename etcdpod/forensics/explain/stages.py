"""The stages that every pod passes, in order, and how to tell from the object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from etcdpod.kube.model.fields import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.forensics.diagnose.pod import Pod

SANDBOX_CONDITIONS: Final = ("PodReadyToStartContainers", "PodHasNetwork")
"""The condition of the sandbox, as named since Kubernetes 1.28 and 1.25."""


def _always(_: Pod) -> bool:
    return True


def _nothing(_: Pod) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the lifecycle."""

    name: str
    is_done: Callable[[Pod], bool]
    applies: Callable[[Pod], bool] = _always
    detail: Callable[[Pod], str] = _nothing
    condition: str = ""
    """The condition whose last transition dates it, if any."""


def _is_scheduled(pod: Pod) -> bool:
    return bool(pod.node)


def _has_sandbox(pod: Pod) -> bool:
    for kind in SANDBOX_CONDITIONS:
        if pod.condition(kind) is not None:
            return pod.is_true(kind) or pod.has_begun
    return pod.has_begun or bool(text(pod.value, "status", "podIP"))


def _has_init(pod: Pod) -> bool:
    return any(container.is_init for container in pod.containers)


def _is_initialized(pod: Pod) -> bool:
    return pod.is_true("Initialized")


def _has_images(pod: Pod) -> bool:
    own = [container for container in pod.containers if not container.is_init]
    return bool(own) and all(text(each.status, "imageID") for each in own)


def _has_started(pod: Pod) -> bool:
    own = [container for container in pod.containers if not container.is_init]
    return bool(own) and all(each.is_running or each.ended for each in own)


def _is_ready(pod: Pod) -> bool:
    return pod.is_true("Ready")


def _node(pod: Pod) -> str:
    return f"to {pod.node}"


def _address(pod: Pod) -> str:
    address = text(pod.value, "status", "podIP")
    return f"ip {address}" if address else ""


STAGES: Final = (
    Stage("scheduled", _is_scheduled, detail=_node, condition="PodScheduled"),
    Stage("sandbox", _has_sandbox, detail=_address, condition="PodReadyToStartContainers"),
    Stage("initialized", _is_initialized, applies=_has_init, condition="Initialized"),
    Stage("images", _has_images),
    Stage("started", _has_started),
    Stage("ready", _is_ready, condition="Ready"),
)
"""In order."""


def reached(stage: Stage, pod: Pod) -> bool:
    """Whether a pod has passed or skips a stage."""
    return not stage.applies(pod) or stage.is_done(pod)

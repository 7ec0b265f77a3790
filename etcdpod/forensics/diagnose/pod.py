"""A pod under examination: the spec and status of its containers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from etcdpod.forensics.diagnose.subject import Subject
from etcdpod.kube.model.fields import field, mapping, members, number, text

CREATING: Final = frozenset({"", "ContainerCreating", "PodInitializing"})
"""Waiting reasons of a container that is just starting."""


@dataclass(frozen=True)
class Container:
    """One container of a pod: its spec and status."""

    name: str
    spec: dict[str, Any]
    status: dict[str, Any]
    """Empty until the kubelet has reported it."""
    spec_path: str
    path: str
    """Field path of the status; ``spec_path`` is that of the spec."""
    is_init: bool
    """An init container that must complete; not a sidecar."""

    @property
    def waiting(self) -> str:
        """The waiting reason; empty if it is not waiting, or is just starting."""
        reason = text(self.status, "state", "waiting", "reason")
        return "" if reason in CREATING else reason

    @property
    def message(self) -> str:
        """The kubelet's message for the waiting reason."""
        return text(self.status, "state", "waiting", "message")

    @property
    def is_running(self) -> bool:
        """Whether it is running at this revision."""
        return field(self.status, "state", "running") is not None

    @property
    def restarts(self) -> int:
        """The restart count."""
        return number(self.status, "restartCount")

    @property
    def ended(self) -> dict[str, Any]:
        """The last terminated state; empty if it never terminated."""
        now = mapping(self.status, "state", "terminated")
        return now or mapping(self.status, "lastState", "terminated")

    @property
    def ended_path(self) -> str:
        """The field path of the last terminated state."""
        now = mapping(self.status, "state", "terminated")
        return f"{self.path}.{'state' if now else 'lastState'}.terminated"

    @property
    def exit_code(self) -> int:
        """The exit code of the last run; 0 if it never terminated."""
        return number(self.ended, "exitCode")

    @property
    def label(self) -> str:
        """``container web`` or ``init container db``."""
        return f"{'init ' if self.is_init else ''}container {self.name}"


@dataclass(frozen=True)
class Pod(Subject):
    """A pod at one revision."""

    @cached_property
    def containers(self) -> list[Container]:
        """All containers: init containers, then regular, then ephemeral ones."""
        return [
            Container(
                name=text(spec, "name"),
                spec=spec,
                status=self._statuses(group).get(text(spec, "name"), {}),
                spec_path=f"spec.{part}[{text(spec, 'name')}]",
                path=f"status.{group}Statuses[{text(spec, 'name')}]",
                is_init=group == "initContainer" and text(spec, "restartPolicy") != "Always",
            )
            for part, group in (("initContainers", "initContainer"), ("containers", "container"))
            for spec in members(self.value, "spec", part)
        ]

    def _statuses(self, group: str) -> dict[str, dict[str, Any]]:
        found = members(self.value, "status", f"{group}Statuses")
        return {text(status, "name"): status for status in found}

    @property
    def phase(self) -> str:
        """``Pending``, ``Running``, ``Succeeded``, ``Failed`` or ``Unknown``."""
        return text(self.value, "status", "phase")

    @property
    def reason(self) -> str:
        """The pod's ``status.reason``."""
        return text(self.value, "status", "reason")

    @property
    def node(self) -> str:
        """The node that it is bound to; empty if unbound."""
        return text(self.value, "spec", "nodeName")

    @property
    def is_leaving(self) -> bool:
        """Whether its deletion was requested."""
        return bool(text(self.value, "metadata", "deletionTimestamp"))

    @property
    def is_over(self) -> bool:
        """Whether its phase is Succeeded or Failed."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def has_begun(self) -> bool:
        """Whether any container has ever run."""
        return any(item.is_running or item.ended for item in self.containers)

    def named(self) -> str:
        """``NS/NAME``, as commands take it."""
        return f"{self.namespace}/{self.name}"

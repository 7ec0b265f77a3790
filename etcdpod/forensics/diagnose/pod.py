"""A pod under examination: its containers as they should be, and as the kubelet sees them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from etcdpod.forensics.diagnose.subject import Subject
from etcdpod.kube.model.fields import field, mapping, members, number, text

CREATING: Final = frozenset({"", "ContainerCreating", "PodInitializing"})
"""Reasons to wait that say only that it has not begun."""


@dataclass(frozen=True)
class Container:
    """One container of a pod: what it should be, and how it is."""

    name: str
    spec: dict[str, Any]
    status: dict[str, Any]
    """Empty while no kubelet has reported."""
    spec_path: str
    path: str
    """Field path of the status; ``spec_path`` is that of what it should be."""
    is_init: bool
    """An init container that has to end; a sidecar is none."""

    @property
    def waiting(self) -> str:
        """Why it waits; empty if it does not, or for no reason but that it begins."""
        reason = text(self.status, "state", "waiting", "reason")
        return "" if reason in CREATING else reason

    @property
    def message(self) -> str:
        """What the kubelet says to that."""
        return text(self.status, "state", "waiting", "message")

    @property
    def is_running(self) -> bool:
        """Whether it runs at this revision."""
        return field(self.status, "state", "running") is not None

    @property
    def restarts(self) -> int:
        """How often it was restarted."""
        return number(self.status, "restartCount")

    @property
    def ended(self) -> dict[str, Any]:
        """How it ended the last time; empty if it never did."""
        now = mapping(self.status, "state", "terminated")
        return now or mapping(self.status, "lastState", "terminated")

    @property
    def ended_path(self) -> str:
        """The field path of that."""
        now = mapping(self.status, "state", "terminated")
        return f"{self.path}.{'state' if now else 'lastState'}.terminated"

    @property
    def exit_code(self) -> int:
        """The exit code of the last run; 0 if there is none."""
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
        """All containers: those that initialise first, then the others, then debuggers."""
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
        """The reason of the pod as a whole."""
        return text(self.value, "status", "reason")

    @property
    def node(self) -> str:
        """The node that it is bound to; empty before."""
        return text(self.value, "spec", "nodeName")

    @property
    def is_leaving(self) -> bool:
        """Whether its deletion was asked for."""
        return bool(text(self.value, "metadata", "deletionTimestamp"))

    @property
    def is_over(self) -> bool:
        """Whether it has run to its end."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def has_begun(self) -> bool:
        """Whether any container ever ran."""
        return any(item.is_running or item.ended for item in self.containers)

    def named(self) -> str:
        """``NS/NAME``, as commands take it."""
        return f"{self.namespace}/{self.name}"

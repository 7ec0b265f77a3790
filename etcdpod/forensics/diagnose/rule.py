"""Rules: they check a pod, an object of a kind, or the whole registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.pod import Pod
    from etcdpod.forensics.diagnose.subject import Subject


@dataclass(frozen=True, slots=True)
class PodRule:
    """Runs on every pod that does not look healthy."""

    check: Callable[[Pod, Cluster], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class ObjectRule:
    """Runs on every object of a kind, after all pods."""

    resource: str
    """As accepted by ``Registry.resolve``."""
    check: Callable[[Subject, Cluster], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class RegistryRule:
    """Runs once on the whole registry."""

    check: Callable[[Cluster], Iterable[Finding]]


Rule = PodRule | ObjectRule | RegistryRule

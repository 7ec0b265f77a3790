"""What a rule is: a question about a pod, about an object of a kind, or about the whole."""

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
    """Asked of every pod that does not look healthy."""

    check: Callable[[Pod, Cluster], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class ObjectRule:
    """Asked of every object of a kind, after all pods."""

    resource: str
    """As ``Registry.resolve`` takes it."""
    check: Callable[[Subject, Cluster], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class RegistryRule:
    """Asked once, of the registry as a whole."""

    check: Callable[[Cluster], Iterable[Finding]]


Rule = PodRule | ObjectRule | RegistryRule

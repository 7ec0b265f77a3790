"""Containers that are the node's root in all but name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.lint.model import Breach, Practice
from etcdpod.kube.model.fields import field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.lint.workload import Workload


def _check(workload: Workload) -> Iterator[Breach]:
    for container in workload.containers:
        if field(container.spec, "securityContext", "privileged") is True:
            yield Breach(
                f"{container.path}.securityContext.privileged",
                "true",
                "whoever breaks into it owns the node, and every Secret that its pods mount",
            )


PRACTICE = Practice("privileged", "error", "grant the one capability that it needs", _check)

"""Replicas that may all land on one node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.lint.model import Breach, Practice
from etcdpod.kube.model.fields import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.lint.workload import Workload


def _check(workload: Workload) -> Iterator[Breach]:
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


PRACTICE = Practice(
    "no-spread", "info", "spread them over nodes and zones, or set a podAntiAffinity", _check
)

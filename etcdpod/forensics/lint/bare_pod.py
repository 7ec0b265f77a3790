"""Pods that nothing would make again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.lint.model import Breach, Practice
from etcdpod.kube.model.fields import owner_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.lint.workload import Workload


def _check(workload: Workload) -> Iterator[Breach]:
    if not workload.template_path and owner_of(workload.value) is None:
        yield Breach(
            "metadata.ownerReferences",
            "absent",
            "no controller owns the pod: when its node fails or it is evicted, it is gone for good",
        )


PRACTICE = Practice(
    "bare-pod", "warning", "run it from a Deployment, a StatefulSet or a Job", _check
)

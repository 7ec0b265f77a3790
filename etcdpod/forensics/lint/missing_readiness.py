"""Containers that get traffic before they can serve it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.lint.model import Breach, Practice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.lint.workload import Workload


def _check(workload: Workload) -> Iterator[Breach]:
    for container in workload.serving:
        if not container.spec.get("readinessProbe"):
            yield Breach(
                f"{container.path}.readinessProbe",
                "absent",
                "it counts as ready as soon as it runs: a rollout goes on and traffic comes "
                "before it can serve",
            )


PRACTICE = Practice(
    "missing-readiness-probe", "warning", "probe what tells that it can serve", _check
)

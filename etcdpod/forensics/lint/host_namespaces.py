"""Pods that share the network, the processes or the memory of their node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.lint.model import Breach, Practice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.lint.workload import Workload

WHY = {
    "hostNetwork": "it sees and reaches what the node does, past every NetworkPolicy",
    "hostPID": "it sees the processes of the node, and what stands in their environment",
    "hostIPC": "it shares memory with the processes of the node",
}


def _check(workload: Workload) -> Iterator[Breach]:
    for name, why in WHY.items():
        if workload.pod_spec.get(name) is True:
            yield Breach(workload.path(name), "true", why)


PRACTICE = Practice(
    "host-namespaces", "warning", "leave it to what manages nodes, such as a network plugin", _check
)

"""Registry inspector and forensic tool for the etcd under a Kubernetes cluster.

Reads the objects of a cluster straight from etcd: a snapshot file, a data directory, a running
etcd, or several of them as one history. Nothing is ever written to a source.

    >>> import etcdpod
    >>> with etcdpod.open("demo") as registry:
    ...     for pod in registry.list("pods", "shop", selector="app=db", at=720):
    ...         print(pod.name, pod.revision, pod.object["status"]["phase"])
    db-0 514 Running
    db-1 533 Running
    >>> with etcdpod.open("demo") as registry:
    ...     for step in registry.history("pod", "shop/db-0"):
    ...         if step.event == "DELETED":
    ...             print(step.revision, step.time.estimate.isoformat(timespec="seconds"))
    767 2026-11-22T20:25:10+00:00

``etcdpod.open`` returns an ``OpenRegistry`` with ``list``, ``get``, ``history``, ``diff`` and
``diagnose``. Objects are what ``kubectl get -o json`` shows; times and writers are derived, and
carry how certain they are. The guide has more: ``etcdpod guide api``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etcdpod.api import OpenRegistry, open
    from etcdpod.changes import Change, Incarnation, Step, TimeSpan, Writer
    from etcdpod.damage import Damage
    from etcdpod.errors import (
        CompactedError,
        DecodeError,
        EtcdpodError,
        FutureRevisionError,
        NotFoundError,
        SourceError,
        UsageError,
    )
    from etcdpod.forensics.diagnose.model import Evidence, Finding
    from etcdpod.records import (
        Compacted,
        Deleted,
        Encrypted,
        NotRecorded,
        Provenance,
        Record,
        Revision,
        SourceInfo,
        Trust,
        Undecodable,
    )
    from etcdpod.registry.objects import Item

__version__ = "0.1.0"

_HOMES = {
    "etcdpod.api": ("OpenRegistry", "open"),
    "etcdpod.changes": ("Change", "Incarnation", "Step", "TimeSpan", "Writer"),
    "etcdpod.damage": ("Damage",),
    "etcdpod.errors": (
        *("CompactedError", "DecodeError", "EtcdpodError", "FutureRevisionError"),
        *("NotFoundError", "SourceError", "UsageError"),
    ),
    "etcdpod.forensics.diagnose.model": ("Evidence", "Finding"),
    "etcdpod.records": (
        *("Compacted", "Deleted", "Encrypted", "NotRecorded", "Provenance", "Record"),
        *("Revision", "SourceInfo", "Trust", "Undecodable"),
    ),
    "etcdpod.registry.objects": ("Item",),
}
"""Where each public name is defined; loaded on first use, so that a start stays quick."""

__all__ = [
    "Change",
    "Compacted",
    "CompactedError",
    "Damage",
    "DecodeError",
    "Deleted",
    "Encrypted",
    "EtcdpodError",
    "Evidence",
    "Finding",
    "FutureRevisionError",
    "Incarnation",
    "Item",
    "NotFoundError",
    "NotRecorded",
    "OpenRegistry",
    "Provenance",
    "Record",
    "Revision",
    "SourceError",
    "SourceInfo",
    "Step",
    "TimeSpan",
    "Trust",
    "Undecodable",
    "UsageError",
    "Writer",
    "__version__",
    "open",
]


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'etcdpod' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)

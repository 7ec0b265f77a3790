"""A recorded incident that travels with the package: ``--from demo`` and ``--from demo-end``.

Two snapshots of one five-minute incident on a real control plane (Kubernetes 1.36.2,
etcd 3.6.8): ``mid.db`` was taken before the API server compacted, ``end.db`` after.
"""

from __future__ import annotations

from pathlib import Path

DEMOS = {"demo": "mid.db", "demo-end": "end.db"}
"""The names that ``--from`` takes, and the file of each."""


def demo_path(target: str) -> str:
    """The file of a demo; any other target is returned unchanged."""
    if target in DEMOS:
        return str(Path(__file__).with_name(DEMOS[target]))
    return target

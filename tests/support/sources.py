"""Sources as tests open them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.connectors.disk.carving import CarvingConnector

if TYPE_CHECKING:
    from pathlib import Path


def tree_of(path: str | Path) -> CarvingConnector:
    """The revisions that etcd itself would answer: the tree of a database, no free pages."""
    return CarvingConnector.open(path, only_vouched=True)

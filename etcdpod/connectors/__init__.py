"""Where records come from: ``CONNECTORS`` lists the kinds of sources, ``open_source`` opens one."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etcdpod.errors import SourceError

if TYPE_CHECKING:
    from etcdpod.connectors.base import Connector

CONNECTORS = (
    # An address is told by its form alone, so it is asked first and never meets the disk.
    "etcdpod.connectors.live:LiveConnector",
    "etcdpod.connectors.datadir:DataDirectoryConnector",
    # Last, since any file might be one: its error is the one that a bad file deserves.
    "etcdpod.connectors.snapshot:SnapshotConnector",
)
"""The classes of sources in the order in which they are asked, as ``module:class``."""


def open_source(target: str, **options: Any) -> Connector:
    """Open whatever ``target`` names: a file, a directory, or an endpoint.

    Args:
        target: as the user gave it.
        options: passed on to the connector (TLS files, user, time-outs for an endpoint).

    Raises:
        SourceError: nothing can open it.
    """
    for name in CONNECTORS:
        module, _, attribute = name.partition(":")
        try:
            connector = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            continue
        if connector.detect(target):
            opened: Connector = connector.open(target, **options)
            return opened
    if Path(target).exists():
        raise SourceError("is neither a snapshot file nor an etcd data directory", path=target)
    raise SourceError("no such file or directory", path=target)

"""Sources of records: ``CONNECTORS`` lists the kinds of sources, ``open_source`` opens one."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etcdpod.errors import SourceError, UsageError

if TYPE_CHECKING:
    from etcdpod.connectors.base import Connector

CONNECTORS = (
    # Sources on disk come first: they are recognised quickly, without importing gRPC.
    "etcdpod.connectors.packed.connector:PackedConnector",
    "etcdpod.connectors.disk.carving:CarvingConnector",
    "etcdpod.connectors.disk.datadir:DataDirectoryConnector",
    # An endpoint is recognised by its syntax alone.
    "etcdpod.connectors.live:LiveConnector",
)
"""The connector classes as ``module:class``, in the order in which they are tried."""


def open_source(target: str, **options: Any) -> Connector:
    """Open whatever ``target`` names: a file, a directory, or an endpoint.

    Args:
        target: as the user gave it.
        options: passed on to the connector (TLS files, user, timeouts for an endpoint).

    Raises:
        UsageError: ``target`` is empty.
        SourceError: no connector can open it.
    """
    if not target:
        raise UsageError("no source is named", next_step="name a file, a directory or an endpoint")
    for connector in _connectors():
        if connector.detect(target):
            opened: Connector = connector.open(target, **options)
            return opened
    raise _unknown(target)


def _connectors() -> Any:
    """The classes in ``CONNECTORS``, each imported only when it is reached."""
    for name in CONNECTORS:
        module, _, attribute = name.partition(":")
        yield getattr(import_module(module), attribute)


def _unknown(target: str) -> SourceError:
    try:
        path = Path(target)
        if path.is_dir():
            what = "is no etcd data directory: it has no member/snap/db"
            return SourceError(what, next_step="name the directory above member", path=target)
        if path.exists():
            return SourceError("is neither a file nor a directory", path=target)
    except (OSError, ValueError):
        return SourceError("is no usable name", path=repr(target))
    next_step = "name a snapshot, a data directory, or an endpoint such as 127.0.0.1:2379"
    return SourceError("no such file or directory", next_step=next_step, path=target)

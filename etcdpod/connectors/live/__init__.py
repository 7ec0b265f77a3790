"""The live connector: a running etcd, read with little load and without a single write.

gRPC and the package ``etcd3`` are imported by ``LiveConnector``, not by this package.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from etcdpod.connectors.live.connection.endpoints import is_endpoint as detect
from etcdpod.connectors.live.connection.options import LiveOptions, live_options

if TYPE_CHECKING:
    from etcdpod.connectors.live.connector import LiveConnector

__all__ = ["LiveConnector", "LiveOptions", "detect", "live_options", "open_live"]

# gRPC reads this once, on import: its own messages on stderr add nothing to ours.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")


def open_live(
    target: str | None = None, options: LiveOptions | None = None, **others: Any
) -> LiveConnector:
    """Connects to a running etcd; arguments as for ``LiveConnector.open``."""
    from etcdpod.connectors.live.connector import LiveConnector

    return LiveConnector.open(target, options=options, **others)


def __getattr__(name: str) -> Any:
    if name == "LiveConnector":
        from etcdpod.connectors.live.connector import LiveConnector

        return LiveConnector
    raise AttributeError(name)

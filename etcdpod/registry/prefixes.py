"""Where in etcd a registry lies: ``/registry``, or what ``--etcd-prefix`` made of it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from etcdpod.connectors.base import Watching
from etcdpod.kube.model.keys import registry_prefix

if TYPE_CHECKING:
    from etcdpod.connectors.base import Connector

USUAL = "/registry"
"""The API server's default."""

SAMPLE = 2000
"""Keys looked at to find another prefix."""


def find_prefixes(source: Connector) -> tuple[str, ...]:
    """The registry prefixes of a source without a trailing slash, the usual one first."""
    if _holds(source, f"{USUAL}/".encode()):
        return (USUAL,)
    found: dict[str, None] = {}
    sample = [record.key for record in islice(source.range(b"/", keys_only=True), SAMPLE)]
    for first in sorted({key.split(b"/", 2)[1] for key in sample if key.count(b"/") > 1}):
        group = [key for key in sample if key.startswith(b"/" + first + b"/")]
        found[registry_prefix(group)] = None
    return tuple(found) or (USUAL,)


def _holds(source: Connector, prefix: bytes) -> bool:
    """Whether anything lies below a prefix, asked in the way that is cheapest."""
    if not isinstance(source, Watching):
        # A file finds revisions faster than it sorts keys, and the newest ones best of all.
        newest = source.info().compact_revision + 1
        if any(True for _ in source.records(prefix, since=newest, keys_only=True)):
            return True
    return any(True for _ in source.range(prefix, keys_only=True))

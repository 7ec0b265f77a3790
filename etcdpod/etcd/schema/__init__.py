"""etcd's own protobuf messages: requests, raft entries, log records, snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from etcdpod.descriptors import Descriptors

if TYPE_CHECKING:
    from google.protobuf import message as protobuf

DATA = Path(__file__).with_name("data")
_DESCRIPTORS = Descriptors(DATA)


def message_class(full_name: str) -> type[protobuf.Message]:
    """The message class with that full name, such as ``etcdserverpb.InternalRaftRequest``.

    Raises:
        KeyError: no schema defines that message.
    """
    return _DESCRIPTORS.message_class(full_name)

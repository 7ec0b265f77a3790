"""Wire schemas of Kubernetes and etcd, and the facts that turn messages into kubectl's JSON."""

from __future__ import annotations

from etcdpod.kube.schema.facts import Field, KindRow, Message
from etcdpod.kube.schema.loader import kinds_by_name, load_kinds, message_class, message_facts

__all__ = [
    "Field",
    "KindRow",
    "Message",
    "kinds_by_name",
    "load_kinds",
    "message_class",
    "message_facts",
]

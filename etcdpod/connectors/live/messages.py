"""etcd's messages beyond the package's schema, and their records.

The package ``etcd3`` ships the messages of etcd 3.3. What later versions added (fragments of a
watch answer, database size in use, alarms in a status, learners, …) arrives as unknown fields
and leaves as such: this module is the only place that knows their numbers
(rpc.proto of etcd 3.4 to 3.6).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from etcd3 import etcdrpc
from google.protobuf.unknown_fields import UnknownFieldSet

from etcdpod.records import Record, Revision

if TYPE_CHECKING:
    from typing import Any

    from etcdpod.records import Provenance

UNKNOWN_SIZE = -1
"""``Record.value_size`` where only keys were asked for: etcd does not tell the sizes."""

_CREATE_WITH_FRAGMENTS = b"\x40\x01"  # WatchCreateRequest.fragment = 8, true
_PROGRESS_REQUEST = b"\x1a\x00"  # WatchRequest.progress_request = 3, empty
_DELETE = 1  # Event.type
_RESPONSE_FRAGMENT = 7  # WatchResponse.fragment


class Span(NamedTuple):
    """A range of keys as etcd takes it: one key, or all from ``key`` to before ``end``."""

    key: bytes
    end: bytes = b""
    """Empty: the one key. ``\\0``: to the end of the keyspace."""


def key_span(key: bytes) -> Span:
    """The span of one key."""
    return Span(key)


def prefix_span(prefix: bytes) -> Span:
    """The span of every key that begins with ``prefix``; the empty prefix is the keyspace."""
    bounded = prefix.rstrip(b"\xff")
    end = bounded[:-1] + bytes([bounded[-1] + 1]) if bounded else b"\0"
    return Span(prefix or b"\0", end)


def later_fields(message: Any) -> dict[int, list[Any]]:
    """The fields of ``message`` that the package's schema lacks: values by field number."""
    fields: dict[int, list[Any]] = {}
    unknown: Any = UnknownFieldSet(message)  # iterable, which its stubs do not say
    for field in unknown:
        fields.setdefault(field.field_number, []).append(field.data)
    return fields


def later_number(fields: dict[int, list[Any]], number: int) -> int:
    """A numeric field among ``later_fields``; 0 where it was not sent."""
    return int(fields.get(number, [0])[-1])


def is_fragment(response: Any) -> bool:
    """More of the same watch answer follows."""
    return bool(later_number(later_fields(response), _RESPONSE_FRAGMENT))


def watch_request(span: Span, start_revision: int) -> Any:
    """A request for every change of ``span`` from ``start_revision`` on, large answers split."""
    create = etcdrpc.WatchCreateRequest(
        key=span.key, range_end=span.end, start_revision=start_revision, progress_notify=True
    )
    create.MergeFromString(_CREATE_WITH_FRAGMENTS)
    return etcdrpc.WatchRequest(create_request=create)


def progress_request() -> Any:
    """A request to say how far a watch has come (etcd 3.4 and later)."""
    return etcdrpc.WatchRequest.FromString(_PROGRESS_REQUEST)


def put_record(kv: Any, provenance: Provenance, sub: int = 0) -> Record:
    """The record of a key with its value. Etcd does not tell ``sub``: the caller counts it."""
    value = kv.value
    return Record(
        kv.key,
        Revision(kv.mod_revision, sub),
        False,
        kv.create_revision,
        kv.version,
        kv.lease,
        value,
        len(value),
        provenance,
    )


def key_record(kv: Any, provenance: Provenance) -> Record:
    """The record of a key that was asked for without its value."""
    return Record(
        kv.key,
        Revision(kv.mod_revision),
        False,
        kv.create_revision,
        kv.version,
        kv.lease,
        b"",
        UNKNOWN_SIZE,
        provenance,
    )


def event_record(event: Any, provenance: Provenance, sub: int, *, keys_only: bool) -> Record:
    """The record of one watch event, deletions as tombstones."""
    kv = event.kv
    if event.type == _DELETE:
        return Record(kv.key, Revision(kv.mod_revision, sub), True, 0, 0, 0, b"", 0, provenance)
    record = put_record(kv, provenance, sub)
    return replace(record, value=b"") if keys_only else record

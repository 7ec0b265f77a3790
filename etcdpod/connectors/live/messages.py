"""etcd's messages beyond the package's schema, and their conversion to records.

The package ``etcd3`` ships the messages of etcd 3.3. Fields added later (fragments of a watch
response, database size in use, alarms in a status, learners, …) are received and sent as unknown
fields: only this module knows their numbers
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
"""``Record.value_size`` if only keys were requested: etcd does not return the sizes."""

_CREATE_WITH_FRAGMENTS = b"\x40\x01"  # WatchCreateRequest.fragment = 8, true
_PROGRESS_REQUEST = b"\x1a\x00"  # WatchRequest.progress_request = 3, empty
_DELETE = 1  # Event.type
_RESPONSE_FRAGMENT = 7  # WatchResponse.fragment


class KeySpan(NamedTuple):
    """A range of keys in etcd's terms: one key, or all from ``key`` up to but excluding ``end``."""

    key: bytes
    end: bytes = b""
    """Empty: a single key. ``\\0``: to the end of the keyspace."""


def key_span(key: bytes) -> KeySpan:
    """The span of a single key."""
    return KeySpan(key)


def prefix_span(prefix: bytes) -> KeySpan:
    """The span of every key with that ``prefix``; the empty prefix is the whole keyspace."""
    bounded = prefix.rstrip(b"\xff")
    end = bounded[:-1] + bytes([bounded[-1] + 1]) if bounded else b"\0"
    return KeySpan(prefix or b"\0", end)


def later_fields(message: Any) -> dict[int, list[Any]]:
    """The fields of ``message`` that are not in the package's schema: values by field number."""
    fields: dict[int, list[Any]] = {}
    unknown: Any = UnknownFieldSet(message)  # iterable, though its stubs do not declare it
    for field in unknown:
        fields.setdefault(field.field_number, []).append(field.data)
    return fields


def later_number(fields: dict[int, list[Any]], number: int) -> int:
    """A numeric field among ``later_fields``; 0 if it was not sent."""
    return int(fields.get(number, [0])[-1])


def is_fragment(response: Any) -> bool:
    """Whether more fragments of the same watch response follow."""
    return bool(later_number(later_fields(response), _RESPONSE_FRAGMENT))


def watch_request(span: KeySpan, start_revision: int) -> Any:
    """A request for every change of ``span`` from ``start_revision`` on; splits large responses."""
    create = etcdrpc.WatchCreateRequest(
        key=span.key, range_end=span.end, start_revision=start_revision, progress_notify=True
    )
    create.MergeFromString(_CREATE_WITH_FRAGMENTS)
    return etcdrpc.WatchRequest(create_request=create)


def progress_request() -> Any:
    """A request for the progress of a watch (etcd 3.4 and later)."""
    return etcdrpc.WatchRequest.FromString(_PROGRESS_REQUEST)


def put_record(kv: Any, provenance: Provenance, sub: int = 0) -> Record:
    """The record of a key with its value. etcd does not return ``sub``: the caller counts it."""
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
    """The record of a key that was requested without its value."""
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

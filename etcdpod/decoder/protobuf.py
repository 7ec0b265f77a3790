"""Stored protobuf objects: the plain ones read directly, all others through the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.decoder.decoded import Decoded, UnknownField
from etcdpod.decoder.envelope import MAGIC, Envelope, open_envelope
from etcdpod.decoder.failure import Failure, find_failure
from etcdpod.decoder.jsonvalue import parse_raw
from etcdpod.decoder.plan import Plan, plan_of
from etcdpod.decoder.reader import read
from etcdpod.decoder.text import go_text
from etcdpod.decoder.unknown import FIELDS, show_fields, unknown_fields
from etcdpod.decoder.wire import LENGTH_DELIMITED, WireError, fields
from etcdpod.records import Undecodable
from etcdpod.schema import kinds_by_name, message_class, message_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.decoder.decoded import Projection
    from etcdpod.schema import Message

PROTOBUF_TYPES = ("", "application/vnd.kubernetes.protobuf")
OTHER_TYPES = {"application/json": "json", "application/cbor": "cbor"}
ENVELOPE = "k8s.io.apimachinery.pkg.runtime.Unknown"
OBJECT_META = "k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta"
ENVELOPE_PATH = "envelope"
"""Path of unknown fields that lie beside the object, not in it."""


class ProtobufReader:
    """Reads values that begin with the magic of the protobuf envelope.

    Args:
        whole: tells for an apiVersion and kind that projections must be passed over.
    """

    def __init__(self, whole: Callable[[str, str], bool] | None = None) -> None:
        self._whole = whole
        self._plans: dict[tuple[str, str, int, bool], tuple[Projection | None, Plan | None]] = {}

    def read(
        self, value: bytes, projection: Projection | None, *, managed_fields: bool
    ) -> Decoded | Undecodable:
        """The object of one value."""
        try:
            envelope = open_envelope(value)
        except WireError as error:
            return Undecodable(
                f"no protobuf envelope: {error.reason}", value, error.offset, ENVELOPE_PATH
            )
        problem = self._unreadable_content(envelope)
        if problem:
            return Undecodable(problem, value, envelope.start, ENVELOPE_PATH)
        if envelope.content_type in OTHER_TYPES:
            return _read_wrapped(value, envelope)
        plan = self._plan(envelope, projection, managed_fields=managed_fields)
        if plan is None:
            return _read_unknown_kind(value, envelope)
        into = _type_meta(envelope)
        try:
            read(value, envelope.start, envelope.end, plan, into, bytes.decode)
        except (ValueError, KeyError, IndexError):
            return _read_odd(value, envelope, plan)
        unknown = _envelope_unknown(value, envelope)
        return Decoded(into, envelope.api_version, envelope.kind, "protobuf", unknown)

    @staticmethod
    def _unreadable_content(envelope: Envelope) -> str:
        if envelope.content_encoding:
            return f"its content encoding {envelope.content_encoding!r} is not known"
        if envelope.content_type not in (*PROTOBUF_TYPES, *OTHER_TYPES):
            return f"its content type {envelope.content_type!r} is not known"
        return ""

    def _plan(
        self, envelope: Envelope, projection: Projection | None, *, managed_fields: bool
    ) -> Plan | None:
        """The plan for a kind; None for a kind that no release knows."""
        given = projection
        name = (envelope.api_version, envelope.kind, id(given), managed_fields)
        kept = self._plans.get(name)
        if kept is None:
            row = kinds_by_name().get(name[:2])
            plan = None
            if row is not None:
                facts = message_facts(row.message)
                if self._whole is not None and self._whole(row.api_version, row.kind):
                    projection = None
                plain = managed_fields and not projection
                plan = (
                    plan_of(facts)
                    if plain
                    else Plan(facts, projection, managed_fields=managed_fields)
                )
            # The projection is kept beside its plan, so that its id stays its own.
            kept = self._plans[name] = given, plan
        return kept[1]


def is_lossless(value: bytes) -> bool:
    """Whether a value's envelope and message, parsed and written again, are the same bytes."""
    from google.protobuf.message import DecodeError

    envelope = message_class(ENVELOPE)()
    try:
        envelope.ParseFromString(value[len(MAGIC) :])
        meta = envelope.typeMeta
        row = kinds_by_name().get((meta.apiVersion, meta.kind))
        if row is not None:
            message = message_class(row.message)()
            message.ParseFromString(envelope.raw)
            envelope.raw = message.SerializeToString(deterministic=True)
    except (DecodeError, TypeError):
        return False
    return MAGIC + envelope.SerializeToString(deterministic=True) == value


def _type_meta(envelope: Envelope) -> dict[str, Any]:
    names = {"apiVersion": envelope.api_version, "kind": envelope.kind}
    return {name: text for name, text in names.items() if text}


def _envelope_unknown(value: bytes, envelope: Envelope) -> tuple[UnknownField, ...]:
    return tuple(
        UnknownField(ENVELOPE_PATH, field.number, field.wire_type, value[field.start : field.end])
        for field in envelope.unknown
    )


def _read_odd(value: bytes, envelope: Envelope, plan: Plan) -> Decoded | Undecodable:
    """An object with unknown fields, bad text, or written by another writer, if it is one."""
    from google.protobuf.message import DecodeError

    raw = value[envelope.start : envelope.end]
    message = message_class(plan.facts.full_name)()
    into = _type_meta(envelope)
    try:
        message.ParseFromString(raw)
        message.DiscardUnknownFields()
        plain = message.SerializeToString(deterministic=True)
        read(plain, 0, len(plain), plan, into, go_text)
        found = unknown_fields(value, envelope.start, envelope.end, plan.facts)
        unknown = (*_envelope_unknown(value, envelope), *found)
    except (DecodeError, ValueError, KeyError, IndexError) as error:
        failure = find_failure(value, envelope.start, envelope.end, plan.facts)
        reason, offset, path = failure or Failure(f"no {envelope.kind} message: {error}")
        return Undecodable(reason, value, offset, path)
    return Decoded(into, envelope.api_version, envelope.kind, "protobuf", unknown)


def _read_wrapped(value: bytes, envelope: Envelope) -> Decoded | Undecodable:
    """An envelope around JSON or CBOR."""
    encoding = OTHER_TYPES[envelope.content_type]
    try:
        content = parse_raw(value[envelope.start : envelope.end])
    except ValueError as error:
        return Undecodable(f"no {encoding} object: {error}", value, envelope.start)
    if not isinstance(content, dict):
        return Undecodable(f"the {encoding} value is no object", value, envelope.start)
    return Decoded(
        _type_meta(envelope) | content,
        envelope.api_version,
        envelope.kind,
        encoding,
        _envelope_unknown(value, envelope),
    )


def _read_unknown_kind(value: bytes, envelope: Envelope) -> Decoded | Undecodable:
    """A kind that no release knows: its fields by number, and its metadata if it has such."""
    start, end = envelope.start, envelope.end
    into = _type_meta(envelope)
    unknown = _envelope_unknown(value, envelope)
    try:
        for field in fields(value, start, end):
            if field.number == 1 and field.wire_type == LENGTH_DELIMITED and "metadata" not in into:
                metadata = _object_meta(value, field.start, field.end, message_facts(OBJECT_META))
                if metadata is not None:
                    into["metadata"] = metadata
                    continue
            data = value[field.start : field.end]
            unknown += (UnknownField("", field.number, field.wire_type, data),)
        shown = show_fields(value, start, end)
    except WireError as error:
        return Undecodable(f"unknown kind, and {error.reason}", value, error.offset)
    into[FIELDS] = shown[1:] if "metadata" in into else shown
    return Decoded(into, envelope.api_version, envelope.kind, "protobuf", unknown)


def _object_meta(value: bytes, start: int, end: int, facts: Message) -> dict[str, Any] | None:
    """The metadata that lies there, if it reads as an object's metadata without a rest."""
    try:
        metadata = read(value, start, end, plan_of(facts), {}, bytes.decode)
    except (ValueError, KeyError, IndexError):
        return None
    return metadata if metadata.get("name") else None

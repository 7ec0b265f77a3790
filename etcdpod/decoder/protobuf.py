"""Stored protobuf objects: the envelope, the kind that it names, and the object's message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.decoder.decoded import Decoded, UnknownField
from etcdpod.decoder.envelope import MAGIC, Envelope, open_envelope
from etcdpod.decoder.jsonvalue import parse_raw
from etcdpod.decoder.normal import Unreadable, read_message
from etcdpod.decoder.plan import Plan, plan_of
from etcdpod.decoder.unknown_kind import show_unknown_kind
from etcdpod.decoder.wire import WireError
from etcdpod.records import Undecodable
from etcdpod.schema import kinds_by_name, message_class, message_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.decoder.decoded import Projection

PROTOBUF_TYPES = ("", "application/vnd.kubernetes.protobuf")
OTHER_TYPES = {"application/json": "json", "application/cbor": "cbor"}
ENVELOPE = "k8s.io.apimachinery.pkg.runtime.Unknown"
ENVELOPE_PATH = "envelope"
"""Path of what lies beside the object, not in it."""


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
        if envelope.content_encoding or envelope.content_type not in PROTOBUF_TYPES:
            return _read_wrapped(value, envelope)
        names = _type_meta(envelope)
        plan = self._plan(envelope, projection, managed_fields=managed_fields)
        try:
            if plan is None:
                shown, unknown = show_unknown_kind(value, envelope.start, envelope.end, names)
            else:
                shown, unknown = read_message(value, envelope.start, envelope.end, plan, names)
        except Unreadable as error:
            return Undecodable(error.reason, value, error.offset, error.path)
        unknown = _beside(value, envelope) + unknown
        return Decoded(shown, envelope.api_version, envelope.kind, "protobuf", unknown)

    def _plan(
        self, envelope: Envelope, projection: Projection | None, *, managed_fields: bool
    ) -> Plan | None:
        """The plan for a kind; None for a kind that no release knows."""
        name = (envelope.api_version, envelope.kind, id(projection), managed_fields)
        kept = self._plans.get(name)
        if kept is None:
            row = kinds_by_name().get(name[:2])
            plan = None
            if row is not None:
                facts = message_facts(row.message)
                whole = self._whole is not None and self._whole(row.api_version, row.kind)
                if managed_fields and (whole or not projection):
                    plan = plan_of(facts)
                else:
                    wanted = None if whole else projection
                    plan = Plan(facts, wanted, managed_fields=managed_fields)
            # The projection is kept beside its plan, so that its id stays its own.
            kept = self._plans[name] = projection, plan
        return kept[1]


def is_lossless(value: bytes) -> bool:
    """Whether a value's envelope and message, parsed and written again, are the same bytes."""
    from google.protobuf.message import DecodeError

    envelope: Any = message_class(ENVELOPE)()
    try:
        envelope.ParseFromString(value[len(MAGIC) :])
        meta = envelope.typeMeta
        row = kinds_by_name().get((meta.apiVersion, meta.kind))
        if row is not None and envelope.contentType in PROTOBUF_TYPES:
            message = message_class(row.message)()
            message.ParseFromString(envelope.raw)
            envelope.raw = message.SerializeToString()
    except DecodeError:
        return False
    written: bytes = envelope.SerializeToString()
    return MAGIC + written == value


def _type_meta(envelope: Envelope) -> dict[str, Any]:
    names = {}
    if envelope.api_version:
        names["apiVersion"] = envelope.api_version
    if envelope.kind:
        names["kind"] = envelope.kind
    return names


def _beside(value: bytes, envelope: Envelope) -> tuple[UnknownField, ...]:
    return tuple(
        UnknownField(ENVELOPE_PATH, field.number, field.wire_type, value[field.start : field.end])
        for field in envelope.unknown
    )


def _read_wrapped(value: bytes, envelope: Envelope) -> Decoded | Undecodable:
    """An envelope around JSON or CBOR, or around something that cannot be read."""
    start = envelope.start
    encoding = OTHER_TYPES.get(envelope.content_type)
    if envelope.content_encoding or encoding is None:
        reason = (
            f"content type {envelope.content_type!r}"
            f" and encoding {envelope.content_encoding!r} are not known"
        )
        return Undecodable(reason, value, start, ENVELOPE_PATH)
    try:
        content = parse_raw(value[start : envelope.end])
    except ValueError as error:
        return Undecodable(f"no {encoding} object: {error}", value, start)
    if not isinstance(content, dict):
        return Undecodable(f"the {encoding} value is no object", value, start)
    shown = _type_meta(envelope) | content
    unknown = _beside(value, envelope)
    return Decoded(shown, envelope.api_version, envelope.kind, encoding, unknown)

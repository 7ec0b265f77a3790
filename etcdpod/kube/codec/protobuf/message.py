"""Decodes stored protobuf objects: the envelope, the kind named there, and the object's message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kube.codec.decoded import Decoded, UnknownField
from etcdpod.kube.codec.envelope import MAGIC, Envelope, open_envelope
from etcdpod.kube.codec.json_value import parse_raw
from etcdpod.kube.codec.normal import Unreadable, read_message
from etcdpod.kube.codec.protobuf.plan import Plan, plan_of
from etcdpod.kube.codec.protobuf.unknown_kind import show_unknown_kind
from etcdpod.kube.codec.protobuf.wire import WireError
from etcdpod.kube.schema import kinds_by_name, message_class, message_facts
from etcdpod.records import Undecodable

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.kube.codec.decoded import Projection
    from etcdpod.kube.codec.protobuf.slim import Slim
    from etcdpod.kube.schema import Message

PROTOBUF_TYPES = ("", "application/vnd.kubernetes.protobuf")
OTHER_TYPES = {"application/json": "json", "application/cbor": "cbor"}
WORTH_SLIMMING = 1500
"""Objects of a kind after which its projection gets a schema of its own: that requires importing
the protobuf library, which takes as long as reading a thousand objects."""
FEW = 16
"""The same if thousands of objects are expected."""
ENVELOPE = "k8s.io.apimachinery.pkg.runtime.Unknown"
ENVELOPE_PATH = "envelope"
"""Path of fields that lie beside the object, not in it."""


class Reading:
    """How the objects of one kind are read for one purpose, and how many have been read.

    Args:
        facts: the kind's message; None for a kind that no release knows.
        projection: the fields to read; None for all.
        managed_fields: whether to read managedFields.
    """

    __slots__ = ("_facts", "plan", "projection", "slim", "uses")

    def __init__(
        self, facts: Message | None, projection: Projection | None, *, managed_fields: bool
    ) -> None:
        self.plan: Plan | None = None
        self.projection = projection
        self.slim: Slim | None = None
        self.uses = 0
        self._facts = facts
        if facts is not None:
            if managed_fields and not projection:
                self.plan = plan_of(facts)
            else:
                self.plan = Plan(facts, projection, managed_fields=managed_fields)

    def count(self, worth: int) -> None:
        """Counts an object: after ``worth``, a schema of only the wanted fields pays off."""
        self.uses += 1
        if self.uses == worth and self.projection and self._facts is not None:
            from etcdpod.kube.codec.protobuf.slim import slimmer

            self.slim = slimmer(self._facts, self.projection)


class ProtobufReader:
    """Reads values that begin with the magic of the protobuf envelope.

    Args:
        whole: whether objects of an apiVersion and kind must be read without a projection.
    """

    def __init__(self, whole: Callable[[str, str], bool] | None = None) -> None:
        self._whole = whole
        self._worth_slimming = WORTH_SLIMMING
        # The reading keeps a reference to the projection, so that its id stays unique.
        self._readings: dict[tuple[str, str, int, bool], Reading] = {}

    def expect_many(self) -> None:
        """Prepare to read thousands of objects of a kind."""
        self._worth_slimming = FEW

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
        api_version, kind, start, end, encoding, content_type, beside = envelope
        if encoding or content_type not in PROTOBUF_TYPES:
            return _read_wrapped(value, envelope)
        name = (api_version, kind, id(projection), managed_fields)
        reading = self._readings.get(name) or self._reading(name, projection)
        reading.count(self._worth_slimming)
        names = _type_meta(envelope)
        try:
            if reading.plan is None:
                shown, unknown = show_unknown_kind(value, start, end, names)
            elif reading.slim is not None and (small := reading.slim(value[start:end])) is not None:
                shown, unknown = read_message(small, 0, len(small), reading.plan, names)
            else:
                shown, unknown = read_message(value, start, end, reading.plan, names)
        except Unreadable as error:
            return Undecodable(error.reason, value, error.offset, error.path)
        if beside:
            unknown = _beside(value, envelope) + unknown
        return Decoded(shown, api_version, kind, "protobuf", unknown)

    def _reading(self, name: tuple[str, str, int, bool], projection: Projection | None) -> Reading:
        api_version, kind, _, managed_fields = name
        row = kinds_by_name().get((api_version, kind))
        facts = None if row is None else message_facts(row.message)
        whole = self._whole is not None and self._whole(api_version, kind)
        reading = Reading(facts, None if whole else projection, managed_fields=managed_fields)
        self._readings[name] = reading
        return reading


def is_lossless(value: bytes) -> bool:
    """Whether parsing and re-encoding a value's envelope and message gives the same bytes."""
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
    """An envelope around JSON, CBOR, or content that cannot be decoded."""
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

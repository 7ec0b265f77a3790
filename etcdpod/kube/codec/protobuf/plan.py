"""Plans how to read each message: tables from the tags on the wire to fields of the JSON.

Which fields are shown: conventions.md sections 3 to 5, "as written": a field that its release
always writes is shown if it is on the wire; one that the release does not know is not shown.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from etcdpod.kube.codec.go_text import go_text
from etcdpod.kube.codec.protobuf import members
from etcdpod.kube.codec.protobuf.reader import (
    BOOL,
    BOOL_SHOWN,
    CALL,
    CALL_AGAIN,
    CALL_NUMBER,
    DOUBLE,
    LEAF,
    NUMBER,
    NUMBER_SHOWN,
    OBJECT,
    OBJECTS,
    SKIP,
    SKIP_DOUBLE,
    SKIP_NUMBER,
    STOP,
    TEXT,
    TEXT_SHOWN,
    read,
)
from etcdpod.kube.codec.protobuf.scalars import LEAVES, PICKERS, Kept, read_bytes
from etcdpod.kube.codec.protobuf.wire import FIXED64, LENGTH_DELIMITED, MAXIMUM_DEPTH, VARINT
from etcdpod.kube.schema import message_facts

if TYPE_CHECKING:
    from etcdpod.kube.codec.decoded import Projection
    from etcdpod.kube.codec.protobuf.reader import Entry, Table
    from etcdpod.kube.schema import Field, Message

SCALAR_WIRE_TYPES = {"string": LENGTH_DELIMITED, "bytes": LENGTH_DELIMITED, "double": FIXED64}
SKIPS = {LENGTH_DELIMITED: SKIP, VARINT: SKIP_NUMBER, FIXED64: SKIP_DOUBLE}
LONGEST_PART = 1024
"""Size limit in bytes of a message in a projection that is cached after it was read."""
UNSIGNED = 65
"""Width of an unsigned number: more bits than a varint can have."""
NUMBER_BITS = {"int32": 32, "int64": 64, "uint32": UNSIGNED, "uint64": UNSIGNED}


class Plan:
    """How to read one message, optionally with a projection.

    Its table is built on first use: most pods contain few of the 137 messages that a pod can have.
    """

    __slots__ = ("_depth", "_managed_fields", "_projection", "facts", "table")

    def __init__(
        self,
        facts: Message,
        projection: Projection | None = None,
        *,
        managed_fields: bool = True,
        depth: int = 0,
    ) -> None:
        self.facts = facts
        self.table: Table | None = None
        self._projection = projection or None
        self._managed_fields = managed_fields
        self._depth = depth

    def build(self) -> Table:
        """Builds the table, stores and returns it."""
        entries: dict[int, Entry] = {}
        nulls: list[str] = []
        last_wanted = 0
        # A release that knew the message but not the field did not write null for it.
        since = min((release(field.first) for field in self.facts.fields), default=(0,))
        for field in self.facts.fields:
            key, wire_type = tag_key(field)
            if not self._wanted(field):
                entries[key] = SKIPS[wire_type], "", None
                continue
            last_wanted = key
            if field.rule == "inline":
                embedded = self._plan(field, message_facts(field.type))
                nulls.extend(embedded.build()[1])
                entries[key] = CALL, "", members.inline(embedded)
            elif self._depth <= MAXIMUM_DEPTH:
                entries[key] = self._entry(field)
            if field.rule == "null" and release(field.first) <= since:
                nulls.append(field.json_name)
        if self._projection is not None:
            entries.update((key, (STOP, "", None)) for key in entries if key > last_wanted)
        self.table = entries, tuple(nulls)
        return self.table

    @property
    def is_projected(self) -> bool:
        """Whether only some of the fields are read."""
        return self._projection is not None

    def read_alone(self, message: bytes) -> dict[str, Any]:
        """The object of a message by itself."""
        return read(message, 0, len(message), self, {}, go_text)

    def _wanted(self, field: Field) -> bool:
        if field.json_name == "managedFields" and not self._managed_fields:
            return False
        if self._projection is None or field.rule == "inline":
            return True
        return field.json_name in self._projection

    def _entry(self, field: Field) -> Entry:
        if not field.is_message:
            return scalar_entry(field)
        facts = message_facts(field.type)
        name, form = field.json_name, facts.json_form
        if form in LEAVES:
            return leaf_entry(field, form)
        plan, pick = self._plan(field, facts), PICKERS.get(form)
        if field.label == "map":
            return CALL_AGAIN, name, members.object_map(plan, pick)
        if pick is None and plan.is_projected and name != "metadata":
            # Reduced to a few fields, many messages are the same in every object.
            kept = Kept(plan.read_alone, LONGEST_PART).__getitem__
            if field.label == "repeated":
                return CALL_AGAIN, name, members.leaf_list(kept)
            return LEAF, name, kept
        if pick is None:
            return (OBJECTS if field.label == "repeated" else OBJECT), name, plan
        if field.label == "repeated":
            return CALL_AGAIN, name, members.picked_list(plan, pick)
        return CALL, name, members.picked(plan, pick)

    def _plan(self, field: Field, facts: Message) -> Plan:
        """The plan for a field's message.

        Only JSONSchemaProps is recursive. It gets one plan per level, and the last plan knows no
        fields: the plans thus bound the nesting, and reading needs no check.
        """
        recursive = field.type == self.facts.full_name or facts.json_form.startswith("schemaor")
        depth = self._depth + recursive
        managed_fields = self._managed_fields or field.json_name != "metadata"
        projection = self._projection
        if projection is not None and field.rule != "inline":
            projection = projection[field.json_name]
        if managed_fields and not projection:
            return plan_of(facts, depth)
        return Plan(facts, projection, managed_fields=managed_fields, depth=depth)


@cache
def plan_of(facts: Message, depth: int = 0) -> Plan:
    """The plan for a complete message, shared by all messages that contain it."""
    return Plan(facts, depth=depth)


def release(name: str) -> tuple[int, ...]:
    """A sort key for Kubernetes releases; empty sorts first."""
    return tuple(int(part) for part in name.split(".")) if name else (0,)


def tag_key(field: Field) -> tuple[int, int]:
    """The bytes of the field's tag as a little-endian number, and its wire type."""
    if field.is_message or field.label == "map":
        wire_type = LENGTH_DELIMITED
    else:
        wire_type = SCALAR_WIRE_TYPES.get(field.type, VARINT)
    tag = field.number << 3 | wire_type
    return (tag if tag < 0x80 else (tag & 0x7F | 0x80) | tag >> 7 << 8), wire_type


def leaf_entry(field: Field, form: str) -> Entry:
    """The table entry for a field whose message is a single value in the JSON."""
    leaf, name = LEAVES[form], field.json_name
    if field.label == "map":
        return CALL_AGAIN, name, members.leaf_map(leaf)
    if field.label == "repeated":
        return CALL_AGAIN, name, members.leaf_list(leaf)
    if field.rule == "omitzero":
        return CALL, name, members.leaf_not_empty(leaf)
    return LEAF, name, leaf


def scalar_entry(field: Field) -> Entry:
    """The table entry for a field that is not a message."""
    name = field.json_name
    shown = field.pointer or field.rule in ("zero", "special", "null")
    if field.type == "bytes":
        return bytes_entry(field, shown=shown)
    if field.type == "double":
        return DOUBLE, name, None
    if field.type == "string":
        if field.label == "optional":
            return (TEXT_SHOWN if shown else TEXT), name, None
        return CALL_AGAIN, name, members.text_map if field.label == "map" else members.text_list
    if field.type == "bool":
        if field.label == "repeated":
            return CALL_NUMBER, name, members.bool_list
        return (BOOL_SHOWN if shown else BOOL), name, None
    bits = NUMBER_BITS[field.type]
    if field.label == "repeated":
        return CALL_NUMBER, name, members.number_list(bits)
    return (NUMBER_SHOWN if shown else NUMBER), name, bits


def bytes_entry(field: Field, *, shown: bool) -> Entry:
    """The table entry for a bytes field, which the JSON shows as base64."""
    if field.label == "map":
        return CALL_AGAIN, field.json_name, members.leaf_map(read_bytes)
    if field.label == "repeated":
        return CALL_AGAIN, field.json_name, members.leaf_list(read_bytes)
    if shown:
        return LEAF, field.json_name, read_bytes
    return CALL, field.json_name, members.leaf_not_empty(read_bytes)

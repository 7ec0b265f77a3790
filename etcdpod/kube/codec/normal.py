"""Normalises messages that are not encoded as the Go writer does, before they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kube.codec.failure import find_failure
from etcdpod.kube.codec.go_text import go_text
from etcdpod.kube.codec.protobuf.reader import read
from etcdpod.kube.codec.protobuf.unknown import unknown_fields
from etcdpod.kube.schema import message_class

if TYPE_CHECKING:
    from etcdpod.kube.codec.decoded import UnknownField
    from etcdpod.kube.codec.protobuf.plan import Plan


class Unreadable(ValueError):
    """A message that cannot be read; ``offset`` is relative to the start of the value."""

    def __init__(self, reason: str, offset: int | None = None, path: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset
        self.path = path


def read_message(
    value: bytes, start: int, end: int, plan: Plan, first: dict[str, Any]
) -> tuple[dict[str, Any], tuple[UnknownField, ...]]:
    """The object of the message in ``value[start:end]``, and the fields that no schema knows.

    Args:
        value: the stored value.
        start: start of the message.
        end: end of the message.
        plan: how to read it.
        first: the fields to put before the message's own: apiVersion and kind.

    Raises:
        Unreadable: it is not such a message.
    """
    try:
        return read(value, start, end, plan, dict(first), bytes.decode), ()
    except (ValueError, KeyError, IndexError):
        return _read_odd(value, start, end, plan, dict(first))


def _read_odd(
    value: bytes, start: int, end: int, plan: Plan, into: dict[str, Any]
) -> tuple[dict[str, Any], tuple[UnknownField, ...]]:
    """Re-encodes it with the protobuf library: in order, without unknown fields."""
    from google.protobuf.message import DecodeError

    message = message_class(plan.facts.full_name)()
    try:
        message.ParseFromString(value[start:end])
        message.DiscardUnknownFields()
        plain = message.SerializeToString()
        read(plain, 0, len(plain), plan, into, go_text)
        return into, tuple(unknown_fields(value, start, end, plan.facts))
    except (DecodeError, ValueError, KeyError, IndexError) as error:
        failure = find_failure(value, start, end, plan.facts)
        if failure is None:
            name = plan.facts.full_name.rpartition(".")[2]
            raise Unreadable(f"it is no {name} message: {error}", start) from None
        raise Unreadable(*failure) from None

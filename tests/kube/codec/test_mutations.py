"""Damaged values give an object, an absence with a reason, or unknown fields; never a traceback."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paths import REPOSITORY

from etcdpod.kube.codec import Decoded, Decoder
from etcdpod.kube.codec.envelope import MAGIC, open_envelope
from etcdpod.kube.codec.normal import Unreadable, _read_odd
from etcdpod.kube.codec.protobuf.plan import plan_of
from etcdpod.kube.codec.protobuf.reader import read
from etcdpod.kube.codec.protobuf.wire import WireError
from etcdpod.kube.schema import kinds_by_name, message_facts
from etcdpod.records import Encrypted, Undecodable

FOLDERS = (REPOSITORY / "testdata" / "golden", REPOSITORY / ".." / "shared" / "fixtures" / "golden")
VALUES = [path.read_bytes() for folder in FOLDERS for path in sorted(folder.rglob("*.pb"))]
VALUES += [
    json.dumps(json.loads(path.read_bytes())).encode() for path in sorted(FOLDERS[0].glob("*.json"))
]


def mutated(seed: int) -> bytes:
    """One of the values, with up to five seeded defects."""
    source = random.Random(seed)
    value = bytearray(source.choice(VALUES))
    for _ in range(source.choice((1, 1, 2, 5))):
        where = source.randrange(len(value)) if value else 0
        kind = source.randrange(10)
        if kind < 6 and value:
            value[where] = source.randrange(256)
        elif kind == 6:
            del value[where:]
        elif kind == 7:
            del value[where : where + source.randrange(1, 9)]
        else:
            value[where:where] = source.randbytes(source.randrange(1, 9))
    return bytes(value)


def check(value: bytes) -> None:
    for decoder in (Decoder(), Decoder(as_served=True)):
        result = decoder.verify(b"/registry/pods/a/b", value)
        if isinstance(result, Decoded):
            # It can be printed: no lone surrogates, no numbers that are no JSON.
            json.dumps(result.object, ensure_ascii=False, allow_nan=False).encode()
        else:
            assert isinstance(result, (Undecodable, Encrypted))
            assert "\n" not in str(result)
        if isinstance(result, Undecodable):
            assert result.raw == value
            assert result.reason
            assert result.offset is None or 0 <= result.offset <= len(value)


@pytest.mark.parametrize("start", range(0, 2000, 200))
def test_seeded_damage(start: int) -> None:
    for seed in range(start, start + 200):
        check(mutated(seed))


@given(st.binary(max_size=300))
@example(b"")
def test_any_bytes_after_the_magic(content: bytes) -> None:
    check(MAGIC + content)
    check(content)


@given(st.binary(max_size=300), st.sampled_from([("v1", "Pod"), ("apps/v1", "Deployment")]))
@settings(max_examples=200)
def test_any_bytes_as_a_message(content: bytes, kind: tuple[str, str]) -> None:
    meta = b"".join(
        bytes([number << 3 | 2, len(text)]) + text.encode()
        for number, text in enumerate(kind, start=1)
    )
    envelope = b"\x0a" + bytes([len(meta)]) + meta
    length = bytes([len(content) & 0x7F | 0x80, len(content) >> 7])
    check(MAGIC + envelope + b"\x12" + length + content + b"\x1a\x00\x22\x00")


def test_what_is_read_directly_is_what_the_library_reads() -> None:
    """The direct reader must decline whatever it would read otherwise than protobuf does."""
    compared = 0
    for seed in range(3000, 6000):
        value = mutated(seed)
        if not value.startswith(MAGIC):
            continue
        try:
            envelope = open_envelope(value)
        except WireError:
            continue
        row = kinds_by_name().get((envelope.api_version, envelope.kind))
        if row is None:
            continue
        plan = plan_of(message_facts(row.message))
        try:
            direct = read(value, envelope.start, envelope.end, plan, {}, bytes.decode)
        except (ValueError, KeyError, IndexError):
            continue
        try:
            odd, unknown = _read_odd(value, envelope.start, envelope.end, plan, {})
        except Unreadable as error:
            raise AssertionError(f"seed {seed}: only the direct reader accepts it") from error
        assert unknown == ()
        assert json.dumps(odd, sort_keys=True) == json.dumps(direct, sort_keys=True), seed
        compared += 1
    assert compared > 100

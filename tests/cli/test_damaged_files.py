"""One damaged file a defect: told once, at its place; and the rest of it is still read."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from etcdpod.demo import demo_path
from etcdpod.session import Session, SourceOptions

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = 4096
TRAILER = 32
ROW = 200
"""The revision on whose page most of the damage is done."""


class Layout(NamedTuple):
    """Where things lie in the sound file."""

    content: bytes
    root: int
    key_root: int
    meta: int
    leaf: int
    key_offset: int
    value_offset: int
    key: str


@pytest.fixture(scope="module")
def layout() -> Layout:
    options = SourceOptions(targets=("demo-end",), only_vouched=True)
    with Session.open(options) as session:
        store = session.connector.store
        rows, file = store.index.rows, store.file
        start, size = int(rows.key_offset[ROW]), int(rows.key_size[ROW])
        return Layout(
            content := Path(demo_path("demo-end")).read_bytes()[:-TRAILER],
            file.meta.root,
            store.backend.buckets[b"key"].root,
            file.metas.index(file.meta),
            int(rows.page[ROW]),
            start,
            int(rows.value_offset[ROW]),
            content[start : start + size].decode(),
        )


def over(content: bytes, offset: int, patch: bytes) -> bytes:
    return content[:offset] + patch + content[offset + len(patch) :]


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


def with_count(one: Layout) -> bytes:
    (count,) = struct.unpack_from("<H", one.content, one.leaf * PAGE + 10)
    return over(one.content, one.leaf * PAGE + 10, struct.pack("<H", count + 3))


CASES = {
    "both metas gone": (
        lambda one: bytes(2 * PAGE) + one.content[2 * PAGE :],
        [("structure", "both meta pages are damaged", None)],
    ),
    "one meta gone": (
        lambda one: over(one.content, one.meta * PAGE + 20, b"\7"),
        [("structure", "meta page is damaged", "meta")],
    ),
    "the root bucket's page gone": (
        lambda one: over(one.content, one.root * PAGE, bytes(PAGE)),
        [("structure", "another id", "root")],
    ),
    "the root of the revisions gone": (
        lambda one: over(one.content, one.key_root * PAGE, noise(PAGE)),
        [("structure", "another id", "key_root")],
    ),
    "a leaf gone": (
        lambda one: over(one.content, one.leaf * PAGE, bytes(PAGE)),
        [("structure", "another id", "leaf")],
    ),
    "a leaf under another number": (
        lambda one: over(one.content, one.leaf * PAGE, struct.pack("<Q", one.leaf + 1)),
        [("structure", "another id", "leaf")],
    ),
    "a page that counts too many": (
        with_count,
        [("structure", "does not lie in its page", "leaf"), ("structure", "not join", "leaf")],
    ),
    "a value of noise": (
        lambda one: over(one.content, one.value_offset + 20, b"\xff" * 20),
        [("undecodable", "cannot be decoded", "leaf")],
    ),
    "a key of another kind": (
        lambda one: over(one.content, one.key_offset + 15, b"f"),
        [("identity", "its key is not that of one", "leaf")],
    ),
    "a trailer of another file": (
        lambda one: one.content + bytes(TRAILER),
        [("trailer", "not that of the file", None)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_defect_is_told_once_and_the_rest_is_read(
    name: str, layout: Layout, tmp_path: Path, cli: Callable
) -> None:
    damage, expected = CASES[name]
    file = tmp_path / "damaged.db"
    file.write_bytes(damage(layout))
    ran = cli("verify", "-o", "jsonl", "--from", str(file))
    assert ran.code == 4
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert len(found) == len(expected)
    for defect, (check, what, page) in zip(found, expected, strict=True):
        assert defect["check"] == check
        assert what in defect["what"]
        assert defect["consequence"]
        assert defect["page"] == (None if page is None else getattr(layout, page))
        if check in ("undecodable", "identity"):
            assert defect["key"] == layout.key.replace("configmaps", "confifmaps") or (
                check == "undecodable" and defect["key"] == layout.key
            )
            assert defect["offset"] in range(layout.key_offset, layout.value_offset + 40)
    history = cli("history", "shop/db-0", "--from", str(file))
    assert history.out.count("created (2 containers") == 2
    for words in (("get", "pods", "-A"), ("recover",), ("info",), ("keys",)):
        assert cli(*words, "--from", str(file)).out.count("\n") > 10, words


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_truncated_copy(share: float, layout: Layout, tmp_path: Path, cli: Callable) -> None:
    file = tmp_path / "cut.db"
    size = int(len(layout.content) * share)
    file.write_bytes(layout.content[:size])
    ran = cli("verify", "--from", str(file))
    assert ran.code == 4
    assert f"truncated: {size} of {len(layout.content)} bytes" in ran.out
    assert cli("recover", "--from", str(file)).out.count("\n") > 10
    assert cli("get", "pods", "-A", "--from", str(file)).code == 4


def test_a_copy_that_mixes_two_moments(layout: Layout, tmp_path: Path, cli: Callable) -> None:
    """Every fifth page is of an older state of the same file."""
    older = Path(demo_path("demo")).read_bytes()[:-TRAILER]
    content = bytearray(layout.content)
    for page in range(5, len(older) // PAGE, 5):
        content[page * PAGE : (page + 1) * PAGE] = older[page * PAGE : (page + 1) * PAGE]
    file = tmp_path / "hot.db"
    file.write_bytes(content)
    ran = cli("verify", "-o", "jsonl", "--from", str(file))
    assert ran.code == 4
    assert all(json.loads(line)["where"] for line in ran.out.splitlines())
    assert cli("history", "shop/db-0", "--from", str(file)).out.count("DELETED") == 1
    assert cli("get", "pods", "-A", "--from", str(file)).out.count("\n") > 10

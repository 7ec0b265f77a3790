"""Walking trees: every shape that bbolt writes, and every defect reported and passed by."""

from __future__ import annotations

import struct
import time

import pytest
from bbolt_writer import BRANCH, LEAF, BboltWriter, backend, branch_body, leaf_body

from etcdpod.damage_text import damage_sentence
from etcdpod.etcd.bbolt.file import BboltFile
from etcdpod.etcd.bbolt.tree import Tree
from etcdpod.records import Severity

ENTRIES = [(b"%04d" % number, b"value %d" % number) for number in range(100)]
BUCKET = b"things"


@pytest.fixture
def opened(tmp_path):
    """Writes bytes to a file and opens the newest tree in it."""

    def open_tree(content: bytes) -> Tree:
        path = tmp_path / "file.db"
        path.write_bytes(content)
        file = BboltFile.open(path)
        return Tree(file, file.damage)

    return open_tree


def read(tree: Tree, name: bytes = BUCKET) -> list[tuple[bytes, bytes]]:
    return list(tree.entries(tree.buckets()[name]))


def damage_texts(tree: Tree) -> list[str]:
    return [damage_sentence(damage) for damage in tree.file.damage]


@pytest.mark.parametrize("page_size", [4096, 16384, 65536])
@pytest.mark.parametrize(
    ("leaf_entries", "fanout", "count"),
    [(4, 3, 100), (1, 2, 100), (4, 3, 0), (4, 3, 4), (50, 9, 5)],
)
def test_all_entries_of_a_bucket_in_key_order(opened, page_size, leaf_entries, fanout, count):
    writer = BboltWriter(page_size=page_size, leaf_entries=leaf_entries, fanout=fanout)
    tree = opened(writer.build(writer.add_root({BUCKET: ENTRIES[:count]})))
    assert read(tree) == ENTRIES[:count]
    assert tree.file.damage == []


def test_an_inline_bucket_is_read_from_its_entry(opened):
    writer = BboltWriter(inline=(BUCKET,))
    tree = opened(writer.build(writer.add_root({BUCKET: ENTRIES[:5], b"empty": []})))
    assert read(tree) == ENTRIES[:5]
    assert read(tree, b"empty") == []
    assert tree.file.damage == []


def test_values_larger_than_a_page_run_over_into_further_pages(opened):
    entries = [(b"a", b"A" * 3), (b"b", b"B" * 20_000), (b"c", b"C" * 4096)]
    tree = opened((writer := BboltWriter(leaf_entries=2)).build(writer.add_root({BUCKET: entries})))
    assert read(tree) == entries
    assert tree.file.damage == []
    # Five pages for the first leaf, two for the second, a branch, the root.
    assert int(tree.reachable().sum()) == 5 + 2 + 1 + 1


def test_the_older_meta_gives_the_older_tree(tmp_path):
    writer = BboltWriter()
    older = writer.add_root({BUCKET: ENTRIES[:3]})
    path = tmp_path / "file.db"
    path.write_bytes(writer.build(writer.add_root({BUCKET: ENTRIES}), previous_root=older))
    file = BboltFile.open(path)
    assert read(Tree(file, file.damage)) == ENTRIES
    assert file.previous is not None
    assert read(Tree(file, file.damage, root=file.previous.root)) == ENTRIES[:3]


class Damaged:
    """A tree of 25 leaves below three levels of branches, with a way to spoil a page."""

    def __init__(self) -> None:
        self.writer = BboltWriter()
        self.content = bytearray(self.writer.build(self.writer.add_root({BUCKET: ENTRIES})))

    def spoil(self, page: int, offset: int, data: bytes) -> bytes:
        start = page * 4096 + offset
        self.content[start : start + len(data)] = data
        return bytes(self.content)


LEAF_PAGE = 5
"""The fourth leaf: entries 12 to 15."""
WITHOUT_IT = ENTRIES[:12] + ENTRIES[16:]


@pytest.mark.parametrize(
    ("offset", "data", "expected", "text"),
    [
        (0, struct.pack("<Q", 6), WITHOUT_IT, "carries another id"),
        (8, struct.pack("<H", 0x10), WITHOUT_IT, "neither a branch nor a leaf"),
        (8, struct.pack("<H", 0), WITHOUT_IT, "neither a branch nor a leaf"),
        (10, struct.pack("<H", 3), ENTRIES[:15] + ENTRIES[16:], "elements do not join"),
        (10, struct.pack("<H", 0xFFFF), None, "more elements than it can hold"),
        (12, struct.pack("<I", 0xFFFFFFF0), ENTRIES, "overflow reaches beyond the file"),
        (12, struct.pack("<I", 1), ENTRIES, "overflow covers other pages"),
        (16 + 4, struct.pack("<I", 70_000), WITHOUT_IT[:12] + ENTRIES[13:], "does not lie in its"),
        (16 + 8, struct.pack("<I", 0xFFFFFFFF), WITHOUT_IT[:12] + ENTRIES[13:], "does not lie in"),
        (16 + 12, struct.pack("<I", 0xFFFFFFFF), WITHOUT_IT[:12] + ENTRIES[13:], "does not lie"),
    ],
)
def test_a_damaged_leaf_is_reported_and_the_rest_is_read(opened, offset, data, expected, text):
    tree = opened(Damaged().spoil(LEAF_PAGE, offset, data))
    found = read(tree)
    if expected is not None:
        assert found == expected
    assert found[:12] == ENTRIES[:12]
    assert found[-84:] == ENTRIES[16:]
    assert any(text in what for what in damage_texts(tree))
    assert any(damage.page in (LEAF_PAGE, LEAF_PAGE + 1) for damage in tree.file.damage)


def test_swapped_pages_are_both_reported(opened):
    damaged = Damaged()
    one, other = (bytes(damaged.content[p * 4096 : (p + 1) * 4096]) for p in (5, 6))
    damaged.spoil(5, 0, other)
    tree = opened(damaged.spoil(6, 0, one))
    assert read(tree) == ENTRIES[:12] + ENTRIES[20:]
    assert [(d.page, d.severity) for d in tree.file.damage] == [
        (5, Severity.LOSS),
        (6, Severity.LOSS),
    ]


def _branches(content: bytes) -> list[int]:
    return [
        page
        for page in range(2, len(content) // 4096)
        if struct.unpack_from("<H", content, page * 4096 + 8)[0] == BRANCH
    ]


@pytest.mark.parametrize("target", ["itself", "its parent", "the root"])
def test_a_cycle_is_left_where_it_closes(opened, target):
    damaged = Damaged()
    branches = _branches(damaged.content)
    page = branches[0]
    child = {"itself": page, "its parent": branches[9], "the root": branches[-1]}[target]
    started = time.monotonic()
    tree = opened(damaged.spoil(page, 16 + 8, struct.pack("<Q", child)))
    assert read(tree) == ENTRIES[4:]
    assert time.monotonic() - started < 1
    assert any("a second time" in what for what in damage_texts(tree))


def test_a_chain_of_branches_ends_at_a_bounded_depth(opened):
    writer = BboltWriter()
    page = writer.add_tree(ENTRIES[:4])
    for _ in range(60):
        page = writer.add_page(BRANCH, 1, branch_body([(b"0000", page)]))
    header = struct.pack("<QQ", page, 0)
    root = writer.add_page(LEAF, 1, leaf_body([(BUCKET, header)], flags=1))
    tree = opened(writer.build(root))
    assert read(tree) == []
    assert any("deeper than 32 levels" in what for what in damage_texts(tree))


def test_leaves_at_different_depths_stay_in_order(opened):
    writer = BboltWriter()
    low = writer.add_tree(ENTRIES[:4])
    high = writer.add_tree(ENTRIES[4:])
    top = writer.add_page(BRANCH, 2, branch_body([(b"0000", low), (b"0004", high)]))
    header = struct.pack("<QQ", top, 0)
    root = writer.add_page(LEAF, 1, leaf_body([(BUCKET, header)], flags=1))
    assert read(opened(writer.build(root))) == ENTRIES


@pytest.mark.parametrize("child", [0, 1, 10**6, 2**64 - 1])
def test_a_child_beyond_the_file_is_reported(opened, child):
    damaged = Damaged()
    page = _branches(damaged.content)[0]
    tree = opened(damaged.spoil(page, 16 + 8, struct.pack("<Q", child)))
    assert read(tree) == ENTRIES[4:]
    assert any("points beyond the file" in what for what in damage_texts(tree))


def test_a_bucket_that_is_no_bucket_is_reported(opened):
    writer = BboltWriter()
    things = struct.pack("<QQ", writer.add_tree(ENTRIES), 0)
    root = writer.add_page(LEAF, 2, leaf_body([(b"odd", b"short"), (BUCKET, things)], flags=1))
    tree = opened(writer.build(root))
    assert list(tree.buckets()) == [BUCKET]
    assert read(tree) == ENTRIES
    assert any("is no bucket" in what for what in damage_texts(tree))


def test_an_inline_bucket_that_holds_no_page_is_reported(opened):
    writer = BboltWriter()
    header = struct.pack("<QQ", 0, 0)
    root = writer.add_page(LEAF, 1, leaf_body([(BUCKET, header + b"\xff" * 8)], flags=1))
    tree = opened(writer.build(root))
    assert read(tree) == []
    assert any("holds no leaf page" in what for what in damage_texts(tree))


def test_many_defects_of_one_sort_are_counted_and_not_listed(opened):
    damaged = Damaged()
    for page in range(2, 27):
        damaged.spoil(page, 0, struct.pack("<Q", 999))
    tree = opened(bytes(damaged.content))
    assert read(tree) == []
    assert len(tree.file.damage) == 11
    assert "15 more times" in damage_texts(tree)[-1]


def test_a_cut_file_loses_the_pages_behind_the_cut(opened):
    writer = BboltWriter(leaf_entries=4)
    content = backend([], writer=writer, things=ENTRIES)
    tree = opened(content[: 4096 * 6])
    assert tree.buckets() == {}
    assert any("truncated: " in what for what in damage_texts(tree))
    assert any("points beyond the file" in what for what in damage_texts(tree))


def test_elements_that_all_claim_the_same_bytes_are_not_read_as_often(opened):
    count, size = 1000, 1 << 20
    heads = b"".join(
        struct.pack("<IIII", 0, 16 * (count - index), 4, size - 8) for index in range(count)
    )
    writer = BboltWriter()
    page = writer.add_page(LEAF, count, heads + b"key!" + bytes(size))
    root = writer.add_page(LEAF, 1, leaf_body([(BUCKET, struct.pack("<QQ", page, 0))], flags=1))
    tree = opened(writer.build(root))
    assert len(read(tree)) == 1
    assert any("reaches into the next one" in what for what in damage_texts(tree))


def test_pages_that_all_claim_the_rest_of_the_file_are_cut_to_their_own(opened):
    damaged = Damaged()
    for page in range(2, 27):
        damaged.spoil(page, 10, struct.pack("<HI", 0xFFFF, 20))
    tree = opened(bytes(damaged.content))
    pages = tree.leaf_pages(tree.buckets()[BUCKET])
    assert int((pages.end - pages.offset).sum()) <= len(damaged.content)
    assert int(pages.elements.sum()) * 16 <= len(damaged.content)

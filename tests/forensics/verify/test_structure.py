"""Trees that are wrong in ways that no flipped bit makes, written page by page."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from bbolt_writer import BboltWriter, backend, branch_body, leaf_body, page_header, put

from etcdpod.forensics.verify import VerifiedSource, verify
from etcdpod.session import Session, SourceOptions

if TYPE_CHECKING:
    from pathlib import Path

    from etcdpod.forensics.verify import Defect

BRANCH, LEAF, FREELIST = 0x01, 0x02, 0x10
ROWS = [put(main, b"/registry/things/%d" % main) for main in range(2, 40)]


def found_in(path: Path, content: bytes) -> list[Defect]:
    path.write_bytes(content)
    with Session.open(SourceOptions(targets=(str(path),))) as session:
        return [
            one for one in verify(VerifiedSource(session.registry)) if one.check != "undecodable"
        ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "made.db"


def with_tree(make_root: object) -> bytes:
    """A backend whose bucket ``key`` has the root that a function of the writer gives."""
    writer = BboltWriter()
    original = writer.add_tree

    def add_tree(entries: list, flags: int = 0) -> int:
        return make_root(writer) if entries is ROWS else original(entries, flags)

    writer.add_tree = add_tree  # type: ignore[method-assign]
    return backend(ROWS, writer=writer)


def test_a_sound_tree_has_no_defect(file: Path) -> None:
    assert found_in(file, backend(ROWS)) == []


def test_keys_out_of_order_in_a_page(file: Path) -> None:
    def root(writer: BboltWriter) -> int:
        rows = [ROWS[1], ROWS[0], *ROWS[2:6]]
        return writer.add_page(LEAF, len(rows), leaf_body(rows))

    found = found_in(file, with_tree(root))
    (defect,) = [one for one in found if "does not ascend" in one.what]
    assert (defect.check, defect.revision) == ("order", "2")
    assert defect.page is not None
    assert defect.offset is not None


def test_a_leaf_below_the_wrong_branch_key(file: Path) -> None:
    def root(writer: BboltWriter) -> int:
        pages = [
            (rows[0][0], writer.add_page(LEAF, len(rows), leaf_body(rows)))
            for rows in (ROWS[:6], ROWS[6:12], ROWS[12:])
        ]
        (first, one), (second, two), third = pages
        swapped = [(first, two), (second, one), third]
        return writer.add_page(BRANCH, 3, branch_body(swapped))

    orders = [one for one in found_in(file, with_tree(root)) if one.check == "order"]
    assert any("lower than its branch states" in one.what for one in orders)
    assert any("belongs to a later page" in one.what for one in orders)


def test_a_page_used_twice(file: Path) -> None:
    def root(writer: BboltWriter) -> int:
        first = writer.add_page(LEAF, 6, leaf_body(ROWS[:6]))
        rest = writer.add_page(LEAF, len(ROWS) - 6, leaf_body(ROWS[6:]))
        children = [(ROWS[0][0], first), (ROWS[3][0], first), (ROWS[6][0], rest)]
        return writer.add_page(BRANCH, 3, branch_body(children))

    assert any(one.check == "double use" for one in found_in(file, with_tree(root)))


def freelist(writer: BboltWriter, ids: list[int]) -> None:
    """Let the writer store a list of free pages."""
    original = writer.add_page

    def add_page(flags: int, count: int, body: bytes) -> int:
        if flags == FREELIST:
            return original(flags, len(ids), struct.pack(f"<{len(ids)}Q", *ids))
        return original(flags, count, body)

    writer.stored_freelist = True
    writer.add_page = add_page  # type: ignore[method-assign]


def test_a_list_of_free_pages_that_is_right(file: Path) -> None:
    writer = BboltWriter()
    free = writer.add_page(LEAF, 0, b"")
    freelist(writer, [free])
    assert found_in(file, backend(ROWS, writer=writer)) == []


def test_pages_both_free_and_in_use(file: Path) -> None:
    writer = BboltWriter()
    freelist(writer, [2, 3])
    found = found_in(file, backend(ROWS, writer=writer))
    assert [one.page for one in found if one.check == "double use"] == [2, 3]
    assert "overwrite" in found[0].consequence


def test_pages_that_are_neither(file: Path) -> None:
    writer = BboltWriter()
    writer.add_page(LEAF, 0, b"")
    freelist(writer, [])
    (note,) = found_in(file, backend(ROWS, writer=writer))
    assert not note.is_damage
    assert "1 pages are neither used" in note.what


def test_missing_revisions(file: Path) -> None:
    gap = [row for number, row in enumerate(ROWS) if number not in (5, 6)]
    found = [one for one in found_in(file, backend(gap)) if one.check == "gaps"]
    assert any("revisions 7 to 8 are missing" in one.what for one in found)
    assert "lost here" in found[0].consequence


def test_compaction_explains_gaps(file: Path) -> None:
    gap = [row for number, row in enumerate(ROWS) if number not in (5, 6)]
    assert found_in(file, backend(gap, scheduled=20, finished=20)) == []


def test_headers_are_what_the_writer_says() -> None:
    assert len(page_header(3, LEAF, 1)) == 16

"""What a history says about what it lacks: no more and no less than can be known."""

from __future__ import annotations

import pytest

from etcdpod.history.diff.missing import missing, oldest_kept
from etcdpod.history.incarnations import incarnations
from etcdpod.records import Provenance, Record, Revision


def put(main: int, version: int, create: int) -> Record:
    return Record(
        b"/registry/pods/a/b",
        Revision(main),
        False,
        create,
        version,
        0,
        b"",
        0,
        Provenance("test"),
    )


def tombstone(main: int) -> Record:
    return Record(b"/registry/pods/a/b", Revision(main), True, 0, 0, 0, b"", 0, Provenance("test"))


def sentences(*records: Record, compacted: int = 0) -> tuple[str, ...]:
    return missing(incarnations(records, compacted), compacted)


def test_nothing_is_missing_where_nothing_was_ever_compacted() -> None:
    assert sentences(put(5, 1, 5), put(6, 2, 5)) == ("nothing missing since create",)


def test_an_earlier_life_cannot_be_ruled_out_below_the_compaction() -> None:
    assert sentences(put(950, 1, 950), compacted=908) == (
        "nothing missing since create",
        "a life that ended before revision 908 would have left no trace",
    )
    assert sentences(put(400, 1, 400), compacted=908)[1] == (
        "a life that ended before revision 400 would have left no trace"
    )


def test_the_first_write_of_a_cluster_had_no_life_before_it() -> None:
    assert sentences(put(2, 1, 2), compacted=908) == ("nothing missing since create",)


@pytest.mark.parametrize(
    ("first", "compacted", "sentence"),
    [
        (
            put(900, 17, 300),
            908,
            "version 17 is the oldest kept: 16 earlier revisions were compacted away",
        ),
        (
            put(908, 2, 300),
            908,
            "version 2 is the oldest kept: 1 earlier revision was compacted away",
        ),
        (
            put(909, 2, 300),
            908,
            "version 2 is the oldest kept: 1 earlier revision is not in this source",
        ),
        (
            put(909, 4, 300),
            0,
            "version 4 is the oldest kept: 3 earlier revisions are not in this source",
        ),
    ],
)
def test_the_oldest_kept_revision_says_what_came_before(
    first: Record, compacted: int, sentence: str
) -> None:
    assert oldest_kept(first, compacted) == sentence
    assert sentences(first, compacted=compacted)[0] == sentence


def test_each_life_speaks_for_itself() -> None:
    found = sentences(
        tombstone(908),
        put(910, 1, 910),
        put(915, 4, 910),
        put(930, 2, 929),
        tombstone(931),
        compacted=908,
    )
    assert found == (
        "incarnation 1: only the deletion is kept: the revisions before it were compacted away",
        "incarnation 2: 2 revisions are missing between those that are kept",
        "incarnation 2: its deletion is not kept",
        "incarnation 3: version 2 is the oldest kept: 1 earlier revision is not in this source",
        "a life that ended before revision 908 would have left no trace",
    )


def test_one_missing_revision_is_singular() -> None:
    assert sentences(put(5, 1, 5), put(7, 3, 5)) == (
        "1 revision is missing between those that are kept",
    )

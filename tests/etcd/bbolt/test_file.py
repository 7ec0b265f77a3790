"""Opening files: page sizes, metas, trailers, and what is no bbolt file at all."""

from __future__ import annotations

import os

import pytest
from bbolt_writer import BboltWriter, backend, put

from etcdpod.damage import DamageCode as Code
from etcdpod.damage_text import damage_sentence
from etcdpod.errors import ExitCode, SourceError
from etcdpod.etcd.bbolt.file import BboltFile
from etcdpod.records import Severity

ROWS = [put(main, b"/registry/pods/shop/web", b"x" * 300, version=main - 1) for main in range(2, 9)]


@pytest.fixture
def written(tmp_path):
    """Writes bytes to a file and returns its path."""

    def write(content: bytes):
        path = tmp_path / "snapshot.db"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("page_size", [1024, 4096, 16384, 65536])
def test_the_page_size_is_that_of_the_writer(written, page_size):
    file = BboltFile.open(written(backend(ROWS, writer=BboltWriter(page_size=page_size))))
    assert file.page_size == page_size
    assert file.damage == []


@pytest.mark.parametrize("page_size", [4096, 65536])
@pytest.mark.parametrize("damaged", [0, 1])
def test_one_damaged_meta_leaves_the_other(written, page_size, damaged):
    content = bytearray(backend(ROWS, writer=BboltWriter(page_size=page_size, txid=8)))
    content[damaged * page_size + 60] ^= 1
    file = BboltFile.open(written(content))
    assert file.page_size == page_size
    assert file.metas[damaged] is None
    # Transaction 8 lies on page 0, the one before it on page 1.
    assert file.meta.txid == (7 if damaged == 0 else 8)
    (damage,) = file.damage
    assert (damage.page, damage.severity) == (damaged, Severity.WARNING)
    assert damage.code is Code.META_PAGE_OF_MEMBER


def test_a_snapshot_loses_nothing_with_one_meta(written):
    content = bytearray(backend(ROWS, writer=BboltWriter(trailer=True)))
    content[60] ^= 1
    (damage,) = BboltFile.open(written(content)).damage
    assert damage.code is Code.META_PAGE


@pytest.mark.parametrize("txid", [4, 5])
def test_the_newer_meta_is_chosen_whichever_page_it_is_on(written, txid):
    file = BboltFile.open(written(backend(ROWS, writer=BboltWriter(txid=txid))))
    assert file.meta.txid == txid


def test_two_metas_with_one_root_are_one_state_and_with_two_are_two(written):
    writer = BboltWriter(txid=9)
    older = writer.add_root({b"key": ROWS[:3]})
    newer = writer.add_root({b"key": ROWS})
    assert BboltFile.open(written(writer.build(newer))).previous is None
    previous = BboltFile.open(written(writer.build(newer, previous_root=older))).previous
    assert previous is not None
    assert (previous.root, previous.txid) == (older, 8)


@pytest.mark.parametrize("stored", [False, True])
def test_the_freelist_is_stored_or_not(written, stored):
    file = BboltFile.open(written(backend(ROWS, writer=BboltWriter(stored_freelist=stored))))
    assert file.freelist_stored is stored


def test_the_trailer_is_checked_only_when_asked(written):
    content = backend(ROWS, writer=BboltWriter(trailer=True))
    assert BboltFile.open(written(content)).check_trailer() is True
    flipped = bytearray(content)
    flipped[-40] ^= 1
    file = BboltFile.open(written(flipped))
    assert file.has_trailer
    assert file.damage == []
    assert file.check_trailer() is False
    assert file.check_trailer() is False
    assert [damage.code for damage in file.damage] == [Code.TRAILER_MISMATCH]
    bare = BboltFile.open(written(content[:-32]))
    assert not bare.has_trailer
    assert bare.check_trailer() is None


def test_a_cut_file_says_how_much_is_there(written):
    content = backend(ROWS)
    file = BboltFile.open(written(content[:-5000]))
    (damage,) = file.damage
    assert damage.severity is Severity.LOSS
    assert (damage.count, damage.total) == (len(content) - 5000, len(content))
    assert f"{len(content) - 5000} of {len(content)} bytes" in damage_sentence(damage)
    (damage,) = BboltFile.open(written(content[:3000])).damage[1:]
    assert (damage.count, damage.total) == (3000, len(content))


def _both_metas_damaged() -> bytes:
    content = bytearray(backend(ROWS))
    content[60] ^= 1
    content[4096 + 60] ^= 1
    return bytes(content)


def _big_endian() -> bytes:
    content = bytearray(backend(ROWS))
    for start in (16, 4096 + 16):
        content[start : start + 4] = content[start : start + 4][::-1]
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "the file is empty; take another copy"),
        (b"hello", "is no etcd snapshot: only 5 bytes"),
        (b"\0" * 100_000, "is no etcd snapshot: it has no bbolt meta page"),
        (os.urandom(100_000), "is no etcd snapshot: it has no bbolt meta page"),
        (_both_metas_damaged(), "both meta pages are damaged"),
        (_big_endian(), "big-endian machine"),
    ],
    ids=["empty", "tiny", "zeros", "noise", "both metas", "big-endian"],
)
def test_what_is_no_snapshot_gets_one_line_that_says_so(written, content, text):
    path = written(content)
    with pytest.raises(SourceError) as raised:
        BboltFile.open(path)
    message = str(raised.value)
    assert message.startswith(str(path))
    assert text in message
    assert "\n" not in message
    assert raised.value.exit_code is ExitCode.UNREADABLE


def test_a_directory_a_pipe_and_a_missing_file_are_refused_without_waiting(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, text in (
        (tmp_path, "is a directory"),
        (pipe, "is not a regular file"),
        (tmp_path / "none.db", "no such file"),
        (tmp_path / "a\0b", "null"),
    ):
        with pytest.raises(SourceError, match=text):
            BboltFile.open(path)


def test_a_file_that_may_not_be_read_is_refused(written):
    path = written(backend(ROWS))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(SourceError, match="permission denied"):
        BboltFile.open(path)


def test_closing_twice_is_allowed(written):
    file = BboltFile.open(written(backend(ROWS)))
    file.close()
    file.close()


def test_a_commit_after_opening_is_noticed(written):
    writer = BboltWriter(txid=9)
    root = writer.add_root({b"key": ROWS})
    path = written(writer.build(root))
    file = BboltFile.open(path)
    assert not file.changed()
    writer.txid = 10
    with path.open("r+b") as stream:
        stream.write(writer.build(root)[:4096])
    assert file.changed()
    assert file.reopened().meta.txid == 10

"""One key looked up by descending from the root, as a database would."""

from __future__ import annotations

import pytest
from bbolt_writer import BboltWriter

from etcdpod.etcd.bbolt.file import BboltFile
from etcdpod.etcd.bbolt.search import find

ENTRIES = [(b"%04d" % number, b"v" * (number % 7 * 900)) for number in range(0, 400, 2)]


@pytest.mark.parametrize("inline", [(), (b"small",)])
@pytest.mark.parametrize(("leaf_entries", "fanout"), [(1, 2), (4, 3), (300, 2)])
def test_every_key_is_found_and_no_other(tmp_path, inline, leaf_entries, fanout):
    writer = BboltWriter(leaf_entries=leaf_entries, fanout=fanout, inline=inline)
    content = {b"large": ENTRIES, b"small": ENTRIES[:2], b"zero": []}
    path = tmp_path / "file.db"
    path.write_bytes(writer.build(writer.add_root(content)))
    file = BboltFile.open(path)
    for name, entries in content.items():
        for key, value in entries:
            place = find(file, name, key)
            assert place is not None
            assert file.data[place[0] : place[0] + place[1]] == value
        for absent in (b"", b"0001", b"0399", b"9", b"0000\0"):
            assert find(file, name, absent) is None
    assert find(file, b"nothing", b"0000") is None


def test_damage_on_the_way_ends_the_search(tmp_path):
    writer = BboltWriter()
    content = bytearray(writer.build(writer.add_root({b"large": ENTRIES})))
    path = tmp_path / "file.db"
    for page in range(2, len(content) // 4096):
        for offset, data in (
            (0, b"\xff"),
            (8, b"\x07"),
            (10, b"\0\0"),
            (10, b"\xff\xff"),
            (24, b"\xff"),
        ):
            damaged = bytearray(content)
            damaged[page * 4096 + offset : page * 4096 + offset + len(data)] = data
            path.write_bytes(damaged)
            file = BboltFile.open(path)
            for key, _ in ENTRIES[::40]:
                # What is found may be wrong, as nothing protects it, but it lies in the file.
                offset, size = find(file, b"large", key) or (0, 0)
                assert 0 <= offset <= offset + size <= file.size

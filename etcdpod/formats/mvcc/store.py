"""One state of an etcd backend file: its small buckets and the index over its revisions.

The file may be the ``db`` of a running member. Its writer never touches a page of the newest
committed tree, but reuses those that later transactions gave up; so whatever was read counts
only if the metas have not moved since the file was opened, or if it is confirmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from etcdpod.errors import SourceError
from etcdpod.formats.bbolt.defects import Defects
from etcdpod.formats.bbolt.file import BboltFile
from etcdpod.formats.bbolt.search import find
from etcdpod.formats.bbolt.tree import Tree
from etcdpod.formats.mvcc.backend import read_backend
from etcdpod.formats.mvcc.index import KEY_BUCKET, RevisionIndex
from etcdpod.formats.mvcc.keyvalue import parse_key_value
from etcdpod.formats.mvcc.revision import pack_revision
from etcdpod.records import Revision, Severity

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from etcdpod.formats.bbolt.gather import Integers
    from etcdpod.records import Damage

ATTEMPTS = 6
"""How often a file that is written meanwhile is read again before its state is taken as it is."""


class StoredRow(NamedTuple):
    """One revision with its bytes."""

    revision: Revision
    tombstone: bool
    page: int
    """Page id of the leaf; 0 where bucket ``key`` is inline."""
    offset: int
    """Byte offset of the key in the file."""
    key: bytes
    create_revision: int
    version: int
    lease: int
    value: bytes
    """Empty when only keys were asked for."""
    value_size: int


class Store:
    """The state of one backend file at the moment of opening.

    Args:
        file: the open file.
        root: page id of the root bucket, where another tree than the newest is wanted.
    """

    def __init__(self, file: BboltFile, *, root: int | None = None) -> None:
        self.file = file
        defects = Defects(file.path, file.damage)
        self.tree = Tree(file, file.damage, root=root)
        self.backend = read_backend(self.tree, defects)
        self.index = RevisionIndex(self.tree, self.backend, defects)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Store:
        """Open and index the file at ``path``.

        Raises:
            SourceError: it cannot be read as a bbolt file.
        """
        return cls._settled(BboltFile.open(path))

    @classmethod
    def _settled(cls, file: BboltFile) -> Store:
        store = cls(file)
        for _ in range(ATTEMPTS - 1):
            # A state without a defect is whole, even if a writer has gone on meanwhile.
            if not store.file.damage or not store.file.changed():
                return store
            store = cls(store.file.reopened())
        if store.file.changed():
            what = "the file was written faster than it could be read"
            Defects(file.path, store.file.damage).one(what, None, None, Severity.WARNING)
        return store

    @property
    def damage(self) -> list[Damage]:
        """Defects met so far."""
        return self.file.damage

    def refreshed(self) -> Store:
        """This store, or a newer one where a writer has committed since."""
        return self._settled(self.file.reopened()) if self.file.changed() else self

    def read(self, rows: Integers, *, keys_only: bool = False) -> list[StoredRow]:
        """The given rows with their bytes, in the given order.

        Raises:
            SourceError: a running etcd has removed one of them since the file was opened.
        """
        found = list(self._read(rows, keys_only))
        if self.file.changed():
            newest = _Newest(self.file)
            found = [newest.confirmed(row, keys_only=keys_only) for row in found]
        return found

    def _read(self, rows: Integers, keys_only: bool) -> Iterator[StoredRow]:
        data = self.file.data
        columns = self.index.rows.select(rows)
        for (
            main, sub, tombstone, page, key_offset, key_size,
            create_revision, version, value_offset, value_size, lease,
        ) in zip(*(column.tolist() for column in columns), strict=True):  # fmt: skip
            key = data[key_offset : key_offset + key_size]
            value = b"" if keys_only else data[value_offset : value_offset + value_size]
            yield StoredRow(
                Revision(main, sub), tombstone, page, key_offset, key,
                create_revision, version, lease, value, value_size,
            )  # fmt: skip


class _Newest:
    """The newest state of a file that is being written, for rows that may have moved."""

    def __init__(self, file: BboltFile) -> None:
        self._file = file.reopened()

    def confirmed(self, row: StoredRow, *, keys_only: bool) -> StoredRow:
        """The row as the newest state has it: revisions never change, but their place may."""
        key = pack_revision(row.revision, tombstone=row.tombstone)
        for _ in range(ATTEMPTS):
            file = self._file
            place = find(file, KEY_BUCKET, key)
            data = b"" if place is None else file.data[place[0] : place[0] + place[1]]
            if not file.changed():
                return self._parsed(row, place, data, keys_only)
            self._file = file.reopened()
        what = f"revision {row.revision} could not be read: the file is written all the time"
        raise SourceError(what, next_step="take a snapshot and read that", path=self._file.path)

    def _parsed(
        self, row: StoredRow, place: tuple[int, int] | None, data: bytes, keys_only: bool
    ) -> StoredRow:
        parsed = parse_key_value(data)
        if place is None or parsed is None:
            what = f"revision {row.revision} was compacted away while the file was read"
            raise SourceError(what, next_step="read it again", path=self._file.path)
        value = data[parsed.value_offset : parsed.value_offset + parsed.value_size]
        return row._replace(
            page=place[0] // self._file.page_size,
            offset=place[0] + parsed.key_offset,
            key=data[parsed.key_offset : parsed.key_offset + parsed.key_size],
            create_revision=parsed.create_revision,
            version=parsed.version,
            lease=parsed.lease,
            value=b"" if keys_only else value,
            value_size=parsed.value_size,
        )

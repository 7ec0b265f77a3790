"""One state of an etcd backend file: its small buckets and the index of its revisions.

The file may be the ``db`` of a running member. Its writer never touches a page of the newest
committed tree, but reuses pages freed by later transactions. So what was read is valid only if the
metas have not changed since the file was opened, or if the data read is verifiably unchanged.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from etcdpod.damage import DamageCode
from etcdpod.errors import SourceError
from etcdpod.etcd.bbolt.defects import Defects
from etcdpod.etcd.bbolt.file import BboltFile
from etcdpod.etcd.bbolt.search import find
from etcdpod.etcd.bbolt.tree import Tree
from etcdpod.etcd.mvcc.backend import read_backend
from etcdpod.etcd.mvcc.index import KEY_BUCKET, RevisionIndex
from etcdpod.etcd.mvcc.keyvalue import parse_key_value
from etcdpod.etcd.mvcc.revision import pack_revision
from etcdpod.records import Provenance, Record, Revision

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from etcdpod.damage import Damage
    from etcdpod.etcd.bbolt.gather import Integers

ATTEMPTS = 6
"""How many times a file that is being written is read again before its state is used as it is."""


class Store:
    """The state of one backend file at the time of opening.

    Args:
        file: the open file.
        root: page id of the root bucket; defaults to that of the newest tree.
    """

    def __init__(self, file: BboltFile, *, root: int | None = None) -> None:
        self.file = file
        defects = Defects(file.path, file.damage)
        self.tree = Tree(file, file.damage, root=root)
        self.backend = read_backend(self.tree, defects)
        self.index = RevisionIndex(self.tree, self.backend, defects)

    @classmethod
    def open(cls, path: str | os.PathLike[str], name: str | None = None) -> Store:
        """Open and index the file at ``path``, called ``name`` if given.

        Raises:
            SourceError: it cannot be read as a bbolt file.
        """
        return cls._settled(BboltFile.open(path, name))

    @classmethod
    def _settled(cls, file: BboltFile) -> Store:
        store = cls(file)
        for _ in range(ATTEMPTS - 1):
            # A page that was reused before we read it breaks the order of revisions.
            if not store.file.changed() or (not store.damage and store.index.untouched()):
                return store
            store = cls(store.file.reopened())
        if store.file.changed():
            Defects(file.path, store.file.damage).one(DamageCode.FILE_BUSY)
        return store

    @property
    def damage(self) -> list[Damage]:
        """Defects found so far."""
        return self.file.damage

    def whole(self) -> bool:
        """Whether the index still describes the file, so that data read through it is valid."""
        return not self.file.changed() or self.index.untouched()

    def refreshed(self) -> Store:
        """This store, or a newer one if a writer has committed since."""
        return self._settled(self.file.reopened()) if self.file.changed() else self

    def read(self, rows: Integers, *, keys_only: bool = False) -> list[Record]:
        """The records of the given rows, in the given order.

        Raises:
            SourceError: a running etcd has removed one of them since the file was opened.
        """
        records = list(self._records(rows, keys_only))
        if self.file.changed():
            newest = _Newest(self.file)
            records = [newest.confirmed(record, keys_only=keys_only) for record in records]
        return records

    def _records(self, rows: Integers, keys_only: bool) -> Iterator[Record]:
        data, path = self.file.data, self.file.path
        columns = self.index.rows.select(rows)
        for (
            main, sub, tombstone, page, key_offset, key_size,
            create_revision, version, value_offset, value_size, lease,
        ) in zip(*(column.tolist() for column in columns), strict=True):  # fmt: skip
            yield Record(
                key=data[key_offset : key_offset + key_size],
                revision=Revision(main, sub),
                tombstone=tombstone,
                create_revision=create_revision,
                version=version,
                lease=lease,
                value=b"" if keys_only else data[value_offset : value_offset + value_size],
                value_size=value_size,
                provenance=Provenance(path, page=page or None, offset=key_offset),
            )


class _Newest:
    """The newest state of a file that is being written, for records that may have moved."""

    def __init__(self, file: BboltFile) -> None:
        self._file = file.reopened()

    def confirmed(self, record: Record, *, keys_only: bool) -> Record:
        """The record in the newest state: revisions never change, but their position may."""
        key = pack_revision(record.revision, tombstone=record.tombstone)
        for _ in range(ATTEMPTS):
            file = self._file
            place = find(file, KEY_BUCKET, key)
            data = b"" if place is None else file.data[place[0] : place[0] + place[1]]
            if not file.changed():
                return self._parsed(record, place, data, keys_only)
            self._file = file.reopened()
        what = f"revision {record.revision} could not be read: the file is written all the time"
        raise SourceError(what, next_step="take a snapshot and read that", path=self._file.path)

    def _parsed(
        self, record: Record, place: tuple[int, int] | None, data: bytes, keys_only: bool
    ) -> Record:
        parsed = parse_key_value(data)
        stated = 0 if record.tombstone else record.revision.main
        if place is None or parsed is None or parsed.mod_revision != stated:
            what = f"revision {record.revision} was compacted away while the file was read"
            raise SourceError(what, next_step="read it again", path=self._file.path)
        value = data[parsed.value_offset : parsed.value_offset + parsed.value_size]
        page, offset = place[0] // self._file.page_size, place[0] + parsed.key_offset
        return replace(
            record,
            key=data[parsed.key_offset : parsed.key_offset + parsed.key_size],
            create_revision=parsed.create_revision,
            version=parsed.version,
            lease=parsed.lease,
            value=b"" if keys_only else value,
            value_size=parsed.value_size,
            provenance=Provenance(self._file.path, page=page, offset=offset),
        )

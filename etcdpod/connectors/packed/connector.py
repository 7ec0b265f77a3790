"""Snapshots as written by backup tools, compressed or inside an archive, as a source.

The file is unpacked once, into a private directory that is removed when the source is closed or the
process ends. The packed file is the evidence: its name and its hash are reported.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etcdpod.connectors.packed.compression import is_packed
from etcdpod.errors import EtcdpodError, SourceError
from etcdpod.source_details import PackedFile

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from etcdpod.connectors.base import Connector
    from etcdpod.connectors.packed.private_folder import PrivateFolder
    from etcdpod.connectors.packed.unpacking import UnpackedSource
    from etcdpod.damage import Damage
    from etcdpod.records import Absence, Record, SourceInfo


class PackedConnector:
    """A source inside a packed file; every query is answered by the inner source.

    Args:
        target: the packed file, as the user named it.
        found: the result of unpacking.
        folder: the private directory, removed by ``close``.
        inner: the source in it.
    """

    def __init__(
        self,
        target: str,
        found: UnpackedSource,
        folder: PrivateFolder,
        inner: Connector,
    ) -> None:
        self.target = target
        self.inner = inner
        self._found = found
        self._folder = folder

    @classmethod
    def detect(cls, target: str | os.PathLike[str]) -> bool:
        """Whether ``target`` is a file that starts like a packed one; never raises."""
        return is_packed(target)

    @classmethod
    def open(
        cls,
        target: str | os.PathLike[str],
        *,
        unpacking: Callable[[int, int], None] | None = None,
        **options: Any,
    ) -> PackedConnector:
        """Unpack the file and open the source inside it.

        Args:
            target: the packed file.
            unpacking: called with the bytes of the packed file processed and its size.
            options: for the inner source.

        Raises:
            SourceError: it cannot be unpacked, contains no snapshot and no data directory, or
                contains several.
        """
        # Every file is checked for being packed, but the unpacking code takes long to import.
        from etcdpod.connectors.packed.private_folder import PrivateFolder
        from etcdpod.connectors.packed.unpacking import unpack

        name = str(target)
        folder = PrivateFolder()
        try:
            found = unpack(Path(target), folder.path, unpacking)
            inner = _open_inner(name, found, options)
        except OSError as error:
            folder.remove()
            raise SourceError(
                f"cannot be unpacked: {error.strerror or error}",
                next_step="TMPDIR names where it is unpacked",
                path=name,
            ) from error
        except (EtcdpodError, KeyboardInterrupt):
            folder.remove()
            raise
        return cls(name, found, folder, inner)

    @property
    def damage(self) -> list[Damage]:
        """Defects found so far, under the names used in the packed file."""
        inside = (
            replace(defect, source=self._named(defect.source), reason=self._named(defect.reason))
            for defect in self.inner.damage
        )
        return [*self._found.damage, *inside]

    def info(self) -> SourceInfo:
        """What this source is and which revisions it covers."""
        info = self.inner.info()
        found, members = self._found, ", ".join(self._found.members)
        packed = PackedFile(found.form, found.size, found.sha256, members)
        return replace(info, target=self.target, details=(packed, *info.details))

    def range(
        self, prefix: bytes, at: int | None = None, *, keys_only: bool = False
    ) -> Iterable[Record]:
        """The keys under ``prefix`` that exist at revision ``at``."""
        return self.inner.range(prefix, at, keys_only=keys_only)

    def get(self, key: bytes, at: int | None = None) -> Record | Absence:
        """The revision of ``key`` that is current at ``at``, or why there is none."""
        return self.inner.get(key, at)

    def history(
        self, key: bytes, *, since: int | None = None, keys_only: bool = False
    ) -> Iterable[Record]:
        """All revisions of one key that are found, in revision order."""
        return self.inner.history(key, since=since, keys_only=keys_only)

    def records(
        self, prefix: bytes = b"", *, since: int | None = None, keys_only: bool = False
    ) -> Iterable[Record]:
        """All revisions under ``prefix`` that are found, in revision order."""
        return self.inner.records(prefix, since=since, keys_only=keys_only)

    def close(self) -> None:
        """Close the files and remove the directory; may be called twice."""
        self.inner.close()
        self._folder.remove()

    def _named(self, text: str) -> str:
        for path in (self._found.database, self._found.folder, self._folder.path):
            text = text.replace(str(path), self.target)
        return text


def _open_inner(name: str, found: UnpackedSource, options: dict[str, Any]) -> Connector:
    """The unpacked source; its records name the packed file."""
    if found.database is None:
        from etcdpod.connectors.disk.datadir import DataDirectoryConnector
        from etcdpod.connectors.disk.datadir_files import find_files

        only_vouched = bool(options.get("only_vouched"))
        files = find_files(found.folder)
        if files.is_empty:
            raise SourceError("holds no snapshot and no data directory", path=name)
        directory = DataDirectoryConnector(name, files, only_vouched=only_vouched)
        _rename(directory.store, name)
        return directory
    from etcdpod.connectors import open_source

    try:
        return open_source(str(found.database), **{**options, "name": name})
    except SourceError as error:
        raise SourceError(
            f"{found.members[0]} in it {error.what}", next_step=error.next_step, path=name
        ) from None


def _rename(store: Any, name: str) -> None:
    """Make records and errors of a store name the packed file: the unpacked one is soon removed."""
    store.file.path = name
    store.index.path = name

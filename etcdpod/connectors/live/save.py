"""Saves a snapshot: streams a member's database to a file that appears only once it is complete."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import grpc
from etcd3 import etcdrpc

from etcdpod.connectors.live.connection.explain import explain
from etcdpod.errors import SourceError

if TYPE_CHECKING:
    from etcdpod.connectors.live.connection.connection import Connection
    from etcdpod.connectors.live.connection.member import Member

Progress = Callable[[int, int], None]
"""Called with the bytes written and the total bytes expected."""

DIGEST_SIZE = 32
"""The stream ends with the SHA-256 of what precedes it; it stays in the file, as with etcdctl."""


@dataclass(frozen=True, slots=True)
class SavedSnapshot:
    """A snapshot file that was written and verified."""

    path: Path
    size: int
    """Size in bytes, including the trailing SHA-256."""
    sha256: str
    """Hex digest of the database without that trailer."""
    endpoint: str
    """The member whose database it is."""


def save_snapshot(
    connection: Connection, path: Path, progress: Progress | None, *, overwrite: bool
) -> SavedSnapshot:
    """Saves one member's database as ``path``.

    The stream goes to a temporary file beside ``path``, readable only by its owner, which gets its
    final name only once its SHA-256 is verified and everything is on disk.

    Raises:
        SourceError: ``path`` exists, the disk is too small, or the stream broke or is invalid.
    """
    if path.exists() and not overwrite:
        raise _exists(path)
    member = connection.ready(quorum=False)
    try:
        file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - closed and renamed below
            prefix=f"{path.name}.", suffix=".part", dir=path.parent, delete=False
        )
    except OSError as error:
        raise SourceError(f"cannot write here ({error.strerror})", path=str(path.parent)) from None
    part = Path(file.name)
    try:
        with file:
            digest, size = _receive(connection, member, file, progress)
            file.flush()
            os.fsync(file.fileno())
        _give_name(part, path, overwrite=overwrite)
    except OSError as error:
        raise SourceError(f"cannot be written ({error.strerror})", path=str(path)) from None
    finally:
        part.unlink(missing_ok=True)
    return SavedSnapshot(path, size, digest, str(member.endpoint))


def _receive(
    connection: Connection, member: Member, file: IO[bytes], progress: Progress | None
) -> tuple[str, int]:
    """Writes the stream; returns its trailing hex digest and the number of bytes written."""
    hasher, size, tail = hashlib.sha256(), 0, b""
    stream = member.maintenance.Snapshot(
        etcdrpc.SnapshotRequest(), metadata=connection.metadata(quorum=False)
    )
    try:
        for response in stream:
            if size == 0:
                _check_space(file, response.remaining_bytes)
            file.write(response.blob)
            size += len(response.blob)
            held_back = tail + response.blob
            hasher.update(held_back[:-DIGEST_SIZE])
            tail = held_back[-DIGEST_SIZE:]
            if progress is not None:
                progress(size, size + response.remaining_bytes)
    except grpc.RpcError as error:
        raise explain(error, member.endpoint, 0) from None
    finally:
        stream.cancel()
    if tail != hasher.digest():
        raise SourceError(
            f"the snapshot stream is not whole: after {size} bytes its SHA-256 does not fit",
            path=str(member.endpoint),
            next_step="save it again, perhaps from another member",
        )
    return hasher.hexdigest(), size


def _check_space(file: IO[bytes], needed: int) -> None:
    found = os.fstatvfs(file.fileno())
    free = found.f_bavail * found.f_frsize
    if needed > free:
        raise SourceError(
            f"the snapshot takes {needed} bytes and only {free} are free",
            path=str(Path(file.name).parent),
            next_step="save it on another disk",
        )


def _give_name(part: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        part.replace(path)
    else:
        try:
            os.link(part, path)  # unlike a rename, this never replaces a file
        except FileExistsError:
            raise _exists(path) from None
        except OSError:
            part.rename(path)  # for file systems without hard links
    with suppress(OSError):
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _exists(path: Path) -> SourceError:
    return SourceError(
        "this file exists and is not overwritten",
        path=str(path),
        next_step="choose another name, or say that it may be overwritten",
    )

"""The files behind a report, with their hashes, so that it can be reproduced."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from etcdpod.errors import SourceError
from etcdpod.forensics.report.model import ReportSource, SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MOST_FILES: Final = 10_000
"""Maximum number of files hashed in a directory; etcd keeps a few dozen."""

PIECE: Final = 1 << 20


def hashed(targets: Iterable[str], path_of: Callable[[str], str]) -> tuple[ReportSource, ...]:
    """The sources with the hashes of all their files.

    Args:
        targets: the sources as named by the user.
        path_of: the path of a source; an endpoint has none.

    Raises:
        SourceError: a file cannot be read.
    """
    return tuple(ReportSource(target, tuple(_files(target, path_of(target)))) for target in targets)


def _files(target: str, found: str) -> Iterator[SourceFile]:
    path = Path(found)
    try:
        if path.is_file():
            yield _file(path, target)
        elif path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.is_file())
            if len(inside) > MOST_FILES:
                raise SourceError(f"more than {MOST_FILES} files below it", path=target)
            for one in inside:
                yield _file(one, f"{target.rstrip('/')}/{one.relative_to(path).as_posix()}")
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", path=target) from error


def _file(path: Path, name: str) -> SourceFile:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            size += len(piece)
    return SourceFile(name, size, digest.hexdigest())

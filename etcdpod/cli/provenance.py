"""How an answer says that a part of it is not what etcd itself still vouches for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.records import Trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.records import Record

FREE_PAGES: Final = "free pages (trust D: carved, no checksum vouches for them)"

PLACES: Final = {
    Trust.LOGGED: "the write-ahead log (trust B: committed and checksummed)",
    Trust.OLDER_TREE: "an older tree (trust C: another complete state of the database)",
    Trust.STALE_PAGE: FREE_PAGES,
    Trust.SUSPECT: "suspect bytes (trust E)",
    Trust.UNCOMMITTED: "uncommitted writes (trust F: they may never have been true)",
}


def beside_the_tree(record: Record) -> Iterator[str]:
    """Where a record comes from, if not from the newest tree or a live etcd."""
    place = PLACES.get(record.provenance.trust)
    if place is not None:
        yield place

"""Implements the connector interface on top of an overlay."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from etcdpod.connectors.disk.overlay import TREE, FoundRows
from etcdpod.errors import CompactedError, FutureRevisionError
from etcdpod.records import Compacted, Deleted, NotRecorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.connectors.disk.overlay import Overlay
    from etcdpod.records import Absence, BesideTheTree, Record

BATCH = 512
"""The number of records created at once while a selection is iterated."""

FIRST_REVISION = 2
"""The main revision of the first write of a cluster."""


class OverlaySelection:
    """A selection of revisions of an overlay: can be counted, sliced and read at random."""

    def __init__(self, overlay: Overlay, found: FoundRows, keys_only: bool) -> None:
        self._overlay = overlay
        self._found = found
        self._keys_only = keys_only

    def __len__(self) -> int:
        return len(self._found.number)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> OverlaySelection: ...
    def __getitem__(self, index: int | slice) -> Record | OverlaySelection:
        if isinstance(index, slice):
            part = FoundRows(self._found.place[index], self._found.number[index])
            return OverlaySelection(self._overlay, part, self._keys_only)
        entry = int(self._found.place[index]), int(self._found.number[index])
        return self._overlay.record(entry, keys_only=self._keys_only)

    def __iter__(self) -> Iterator[Record]:
        for start in range(0, len(self), BATCH):
            place = self._found.place[start : start + BATCH]
            number = self._found.number[start : start + BATCH]
            store = self._overlay.store
            rows = iter(store.read(number[place == TREE], keys_only=self._keys_only))
            for entry in zip(place.tolist(), number.tolist(), strict=True):
                if entry[0] == TREE:
                    yield next(rows)
                else:
                    yield self._overlay.record(entry, keys_only=self._keys_only)


class OverlayConnector:
    """Answers a connector's queries from an overlay that a subclass keeps up to date."""

    def overlay(self, *, whole: bool) -> Overlay:
        """The state that answers the next query.

        Args:
            whole: with all evidence; otherwise only with that which determines what exists.
        """
        raise NotImplementedError

    def range(
        self, prefix: bytes, at: int | None = None, *, keys_only: bool = False
    ) -> OverlaySelection:
        """The keys under ``prefix`` that exist at revision ``at``, in byte order.

        Raises:
            CompactedError: ``at`` is below the compact revision and not covered by the log.
            FutureRevisionError: ``at`` is newer than the source.
        """
        overlay = self.overlay(whole=False)
        return OverlaySelection(overlay, overlay.alive(prefix, _checked(overlay, at)), keys_only)

    def get(self, key: bytes, at: int | None = None) -> Record | Absence:
        """The revision of ``key`` that is current at ``at``, or why there is none.

        Raises:
            FutureRevisionError: ``at`` is newer than the source.
        """
        overlay = self.overlay(whole=False)
        revision = _checked(overlay, at)
        if revision < overlay.span.compacted:
            try:
                entry = overlay.below(key, revision)
            except CompactedError:
                return Compacted(key, revision, overlay.span.compacted)
            if entry is not None:
                return overlay.record(entry, keys_only=False)
        # Either the newest state, or the key is known not to exist at that revision.
        found = list(OverlaySelection(overlay, overlay.last_two(key, revision), keys_only=False))
        if not found:
            return self._buried(key, revision)
        if not found[-1].tombstone:
            return found[-1]
        if overlay.span.may_miss(found[-1].mod_revision):
            return Deleted(key, None, None)
        return as_absence(key, found)

    def _buried(self, key: bytes, revision: int) -> Absence:
        """A key that does not exist at a revision, with what free pages still have of it."""
        kept = self.history(key)
        count = sum(1 for record in kept if record.mod_revision <= revision)
        return as_absence(key, list(kept[max(count - 2, 0) : count]))

    def history(
        self, key: bytes, *, since: int | None = None, keys_only: bool = False
    ) -> OverlaySelection:
        """All revisions of one key found anywhere, in revision order."""
        overlay = self._reaching(since)
        return OverlaySelection(overlay, overlay.of_key(key, since), keys_only)

    def suspects(self, prefix: bytes = b"") -> OverlaySelection:
        """The revisions of trust E under ``prefix``, in revision order."""
        overlay = self.overlay(whole=True)
        return OverlaySelection(overlay, overlay.suspects(prefix), keys_only=True)

    def left_out(self, key: bytes) -> int:
        """How many revisions of a key were found (trust E) but are not trusted enough to show."""
        return self.overlay(whole=True).left_out(key)

    def beside_the_tree(self) -> BesideTheTree:
        """How many revisions were found that are not in the tree."""
        return self.overlay(whole=True).beside_the_tree()

    def records(
        self, prefix: bytes = b"", *, since: int | None = None, keys_only: bool = False
    ) -> OverlaySelection:
        """All revisions under ``prefix`` found anywhere, in revision order."""
        overlay = self._reaching(since)
        return OverlaySelection(overlay, overlay.under(prefix, since), keys_only)

    def _reaching(self, since: int | None) -> Overlay:
        """The state with all revisions from ``since`` on; above the compact one none is missing."""
        known = self.overlay(whole=False)
        first = FIRST_REVISION if since is None else since
        return known if first > known.span.compacted else self.overlay(whole=True)


def as_absence(key: bytes, last_two: Sequence[Record]) -> Absence:
    """The typed absence of a key that does not exist, from the last two revisions found of it."""
    if not last_two:
        return NotRecorded(key)
    if not last_two[-1].tombstone:
        return Deleted(key, None, last_two[-1])
    last = last_two[0] if not last_two[0].tombstone else None
    return Deleted(key, last_two[-1], last)


def _checked(overlay: Overlay, at: int | None) -> int:
    if at is None:
        return overlay.span.current
    if at > overlay.span.current:
        raise FutureRevisionError(
            f"revision {at} is newer than this source",
            next_step=f"its newest is {overlay.span.current}",
            path=overlay.store.file.path,
            revision=at,
        )
    return at

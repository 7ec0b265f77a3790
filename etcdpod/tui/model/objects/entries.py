"""Lines of a table of objects, built on demand from arrays of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from etcdpod.forensics.activity.activity import Numbers
    from etcdpod.tui.model.objects.row_store import RowStore
    from etcdpod.tui.model.objects.rows import ObjectRow
    from etcdpod.tui.model.objects.selection import Selected


@dataclass(frozen=True, slots=True)
class ListedObject:
    """One line of the table."""

    number: int
    """The key, by its number in the ledger."""
    row: int
    """The ledger row of the current revision: a tombstone if ``gone``."""
    gone: bool
    has_tombstone: bool
    """The deletion is kept; otherwise it was compacted, and its revision is unknown."""
    kept: int
    revision: int
    place: int
    """Index among the existing objects in key order; meaningless if ``gone``."""
    store: RowStore

    @property
    def key(self) -> bytes:
        """The etcd key."""
        return self.store.ledger.keys[self.number]

    @property
    def name(self) -> str:
        """The object's name, as in the key."""
        return self.store.catalog.names[self.number]

    @property
    def namespace(self) -> str:
        """The object's namespace, as in the key; empty without one."""
        return self.store.catalog.namespace(self.number)

    @property
    def content(self) -> ObjectRow | None:
        """What was read of the object; None until then."""
        return self.store.rows.get((self.number, self.row))


class ListedObjects(Sequence[ListedObject]):
    """Lines of the table, each built when it is asked for.

    Args:
        store: what was read of them.
        selected: all that was selected.
        order: which of them, in which order.
    """

    def __init__(self, store: RowStore, selected: Selected, order: Numbers) -> None:
        self._store = store
        self._selected = selected
        self.order = order

    def __len__(self) -> int:
        return len(self.order)

    @overload
    def __getitem__(self, index: int) -> ListedObject: ...
    @overload
    def __getitem__(self, index: slice) -> ListedObjects: ...
    def __getitem__(self, index: int | slice) -> ListedObject | ListedObjects:
        if isinstance(index, slice):
            return ListedObjects(self._store, self._selected, self.order[index])
        found = self._selected
        place = int(self.order[index])
        return ListedObject(
            int(found.number[place]),
            int(found.row[place]),
            bool(found.gone[place]),
            int(found.created[place]) == 0,
            int(found.kept[place]),
            int(found.revision[place]),
            int(found.place[place]),
            self._store,
        )


class RowCursor:
    """The row that a filter or a sort order looks at; one object moves over all rows.

    Building a ``ListedObject`` for each of 20,000 rows would take longer than a keystroke may.
    """

    __slots__ = ("_store", "content", "kept", "number", "revision", "row")

    def __init__(self, store: RowStore) -> None:
        self._store = store
        self.number = self.row = self.revision = self.kept = 0
        self.content: ObjectRow | None = None

    @property
    def labels(self) -> Mapping[str, str] | None:
        """The labels; None until they were read."""
        return None if self.content is None else self.content.labels

    def cell(self, column: str) -> str | None:
        """The text in a column (lower case); None until it was read."""
        if column in ("revision", "kept") and not self._store.has_column(column):
            return str(self.revision if column == "revision" else self.kept)
        return self._store.cell(self.number, self.content, column)

    def each(self, selected: Selected, order: Numbers) -> Iterator[RowCursor]:
        """Itself, at each of the chosen rows."""
        rows = self._store.rows
        columns = (selected.number, selected.row, selected.revision, selected.kept)
        for self.number, self.row, self.revision, self.kept in zip(
            *(column[order].tolist() for column in columns), strict=True
        ):
            self.content = rows.get((self.number, self.row))
            yield self

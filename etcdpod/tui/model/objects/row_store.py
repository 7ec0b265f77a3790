"""What has been read of the objects of one kind, by key and revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etcdpod.forensics.activity.activity import Ledger
    from etcdpod.tui.model.objects.catalog import Catalog
    from etcdpod.tui.model.objects.rows import ObjectRow

LAST_CHANGE = "last change"
"""The column of who wrote a row's revision, in lower case."""


class RowStore:
    """Rows read so far, and the text that filters search in.

    Args:
        ledger: all keys and their revisions.
        catalog: names and namespaces of the keys.
        columns: the kind's own columns.
    """

    def __init__(self, ledger: Ledger, catalog: Catalog, columns: Sequence[str]) -> None:
        self.ledger = ledger
        self.catalog = catalog
        self.rows: dict[tuple[int, int], ObjectRow] = {}
        """By the number of the key and the ledger row of its revision."""
        self.puts = 0
        """How many rows were stored, counting replacements."""
        self._search: dict[tuple[int, int], str] = {}
        self._newest: dict[int, ObjectRow] = {}
        self._places = {name.lower(): index for index, name in enumerate(columns)}

    def put(self, number: int, row: int, content: ObjectRow) -> None:
        """Store what was read of a key at a ledger row."""
        self.puts += 1
        if (number, row) not in self._search:
            words = (*content.cells, content.writer, content.problem)
            self._search[number, row] = " ".join((self._name(number), *words)).lower()
        self.rows[number, row] = content
        self._newest[number] = content

    def last_known(self, number: int, row: int) -> ObjectRow | None:
        """The row itself, else the last one read of the same key."""
        return self.rows.get((number, row)) or self._newest.get(number)

    def search_text(self, number: int, row: int) -> str:
        """The text of a row in lower case; its namespace and name until it is read."""
        return self._search.get((number, row)) or self._name(number).lower()

    def cell(self, number: int, content: ObjectRow | None, column: str) -> str | None:
        """The text in a column (lower case) of a row; None if unread or no such column."""
        if column == "name":
            return self.catalog.names[number]
        index = self._places.get(column)
        if index is not None:
            if content is None or index >= len(content.cells):
                return None
            return content.cells[index]
        if column == LAST_CHANGE:
            return None if content is None else content.writer
        return self.catalog.namespace(number) if column == "namespace" else None

    def has_column(self, column: str) -> bool:
        """Whether the kind itself has a column of this name (lower case)."""
        return column in self._places

    def _name(self, number: int) -> str:
        return f"{self.catalog.namespace(number)} {self.catalog.names[number]}"

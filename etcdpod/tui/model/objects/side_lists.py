"""The lists at the side of the browser: kinds and namespaces with their counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from etcdpod.tui.cells import GridColumn, StyledText
from etcdpod.tui.model.objects.selection import existing
from etcdpod.tui.model.safe_text import one_line
from etcdpod.tui.styles import DIM, PLAIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from etcdpod.tui.model.browser_state import BrowserState
    from etcdpod.tui.model.objects.catalog import Kind

ALL_NAMESPACES = "all"

FIRST_KINDS = (
    *("pods", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs"),
    *("events", "nodes", "services", "configmaps", "secrets", "namespaces"),
)
"""The kinds listed first; the others follow by name."""


@dataclass(frozen=True)
class NameCounts:
    """Names with a number each, as the source of a grid."""

    title: str
    names: Sequence[str]
    counts: Sequence[int]

    @property
    def columns(self) -> Sequence[GridColumn]:
        """Name and count."""
        return (GridColumn(self.title, limit=28, least=10), GridColumn("", right=True))

    def __len__(self) -> int:
        return len(self.names)

    def row(self, index: int) -> Sequence[StyledText]:
        """A name; dim without any object."""
        style = PLAIN if self.counts[index] else DIM
        return (
            StyledText(one_line(self.names[index]), style),
            StyledText(str(self.counts[index]), style),
        )


def ordered_kinds(counts: Mapping[Kind, int]) -> list[Kind]:
    """The kinds in the order of the list."""

    def place(kind: Kind) -> tuple[int, str]:
        plural = kind.resource.plural if kind.resource is not None else ""
        known = plural in FIRST_KINDS
        rank = FIRST_KINDS.index(plural) if known else len(FIRST_KINDS) + (kind.resource is None)
        return rank, kind.label

    return sorted(counts, key=place)


@dataclass(frozen=True)
class SideLists:
    """The kinds and namespaces as of a revision."""

    kinds: list[Kind]
    kind_rows: NameCounts
    namespace_rows: NameCounts

    def kind_position(self, kind: Kind | None) -> int:
        """The position of a kind; 0 if it is not listed."""
        return self.kinds.index(kind) if kind in self.kinds else 0

    def namespace_position(self, namespace: str | None) -> int:
        """The position of a namespace; 0 means all."""
        names = self.namespace_rows.names
        return names.index(namespace) if namespace in names else 0


def side_lists(state: BrowserState, at: int | None, kind: Kind | None) -> SideLists:
    """Count what exists at a revision: all kinds, and the namespaces of one kind."""
    alive = existing(state.ledger, at)
    alive = alive[alive < len(state.catalog.names)]  # more may just have been read
    by_kind = state.catalog.count_kinds(alive)
    kinds = ordered_kinds(by_kind)
    rows = NameCounts("KINDS", [kind.label for kind in kinds], [by_kind[kind] for kind in kinds])
    by_namespace: Mapping[str, int] = {}
    total = 0
    if kind is not None:
        of_kind = alive[np.isin(alive, state.catalog.numbers(kind))]
        total = len(of_kind)
        if kind.namespaced:
            by_namespace = state.catalog.count_namespaces(of_kind)
    names = sorted(by_namespace)
    numbers = [total, *(by_namespace[name] for name in names)]
    return SideLists(kinds, rows, NameCounts("NAMESPACES", [ALL_NAMESPACES, *names], numbers))

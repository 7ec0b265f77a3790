"""What a kind contributes to summaries: one ``Summariser``, listed in ``summary.SUMMARISERS``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def _nothing(_: dict[str, Any]) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Summariser:
    """How the revisions of some kinds are summarised in a line."""

    kinds: frozenset[tuple[str, str]]
    """API group (empty for the core) and kind."""
    changed: Callable[[dict[str, Any], dict[str, Any]], Iterable[str]]
    """Sentences about what differs between two objects, the most telling first."""
    covered: tuple[str, ...]
    """Paths that ``changed`` has judged, with all below them: said, or not worth saying.
    Whatever changed elsewhere is described in general terms."""
    born: Callable[[dict[str, Any]], Iterable[str]] = _nothing
    """The text in the brackets of ``created (…)``."""
    copied_labels: frozenset[str] = frozenset()
    """Labels that follow from something else, and are left out."""
    state: Callable[[dict[str, Any]], Iterable[str]] = _nothing
    """How the object is, for a revision that has nothing to be compared with."""


def group_kind(value: dict[str, Any]) -> tuple[str, str]:
    """The API group and the kind of an object; empty strings where it does not say."""
    api_version, kind = value.get("apiVersion"), value.get("kind")
    group = api_version.rpartition("/")[0] if isinstance(api_version, str) else ""
    return group, kind if isinstance(kind, str) else ""

"""Volumes of pods and of PersistentVolumes, of any type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.describer import indented
from etcdpod.kubectl.describe.fields import text_at
from etcdpod.kubectl.describe.pods.volume_sources import POD_SOURCES, row_value
from etcdpod.kubectl.tables.printer import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from etcdpod.kubectl.describe.pods.volume_sources import VolumeSource

UNKNOWN: Final = "<unknown>"


def volume_lines(volumes: list[dict[str, Any]] | None, indent: str = "") -> Iterator[str]:
    """The volumes of a pod, or with an indent, of a template."""
    if not volumes:
        yield f"{indent}Volumes:\t{NONE}"
        return
    yield f"{indent}Volumes:"
    for volume in volumes:
        # In a template only the names are indented further, by one space.
        yield f"  {' ' if indent else ''}{text_at(volume, 'name')}:"
        yield from source_lines(volume, POD_SOURCES)


def source_lines(volume: Mapping[str, Any], sources: tuple[VolumeSource, ...]) -> Iterator[str]:
    """The lines for a volume's first source."""
    for source in sources:
        found = volume.get(source.field)
        if found is None:
            continue
        yield f"    Type:\t{source.says}"
        for row in source.rows:
            yield f"    {row.title}\t{row_value(found, row)}"
        if source.more is not None:
            yield from indented(source.more(found), 2)
        return
    yield f"  {UNKNOWN}"

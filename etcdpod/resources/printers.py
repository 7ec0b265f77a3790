"""All printers. To give a kind its columns: one ``Printer``, one line in ``PRINTERS``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from etcdpod.resources.generic import CREATED_AT, GENERIC
from etcdpod.resources.pod import POD

if TYPE_CHECKING:
    from etcdpod.resources.base import Printer
    from etcdpod.resources.types import ResourceType

PRINTERS: Final[tuple[Printer, ...]] = (POD,)


def printer_for(object_type: ResourceType, definition: dict[str, Any] | None = None) -> Printer:
    """The columns of a kind.

    Args:
        object_type: the kind.
        definition: the CustomResourceDefinition object of a custom kind.
    """
    if definition is not None:
        return GENERIC
    found = _by_kind().get((object_type.group, object_type.kind))
    return found or CREATED_AT


@cache
def _by_kind() -> dict[tuple[str, str], Printer]:
    return {(group, printer.kind): printer for printer in PRINTERS for group in printer.groups}

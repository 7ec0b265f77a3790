"""How the screens look: SVG snapshots at two sizes, from the bundled incident.

Look at every new picture before accepting it: ``pytest tests/tui/test_looks.py --snapshot-update``.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from etcdpod.session import SourceOptions
from etcdpod.tui.app import EtcdpodApp

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

DRAWN_BY = "8.2"
"""The minor release of Textual that drew the pictures: others may draw them otherwise."""

SIZES = {"small": (80, 24), "large": (160, 48)}

SCREENS = {
    "browser": ("demo", ()),
    "past": ("demo", ("g", *"690", "enter", "slash", *"web", "enter")),
    "why": ("demo", ("slash", *"orders", "enter", "w")),
    "raw": ("demo", ("slash", *"db-0", "enter", "x")),
    "help": ("demo", ("question_mark",)),
    "history": ("demo", ("slash", *"db-0", "enter", "h")),
    "blame": ("demo", ("slash", *"db-0", "enter", "h", "4", "enter")),
    "incident": ("demo-end", ("p", "f")),
    "findings": ("demo", ("exclamation_mark",)),
    "sources": ("demo", ("i",)),
    "top": ("demo", ("t",)),
}
"""Source and keys of each picture."""

pytestmark = pytest.mark.skipif(
    not version("textual").startswith(f"{DRAWN_BY}."),
    reason=f"the pictures were drawn by Textual {DRAWN_BY}",
)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_it_looks_as_it_did(
    snap_compare: Callable[..., bool],
    rest: Callable[[Pilot[str]], object],
    press: Callable[..., object],
    name: str,
    size: str,
) -> None:
    target, keys = SCREENS[name]

    async def arrive(pilot: Pilot[str]) -> None:
        await rest(pilot)
        await press(pilot, *keys)

    app = EtcdpodApp(SourceOptions(targets=(target,)))
    assert snap_compare(app, terminal_size=SIZES[size], run_before=arrive)

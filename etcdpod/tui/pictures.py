"""Pictures of the browser from the bundled incident: ``python -m etcdpod.tui.pictures DIR``.

The README shows them. They are drawn by the browser itself, on a screen that nobody sees.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from etcdpod.session import SourceOptions
from etcdpod.tui.app import EtcdpodApp

if TYPE_CHECKING:
    from textual.pilot import Pilot

QUIET_SECONDS = 1.0
"""How long nothing may work before a picture is taken: longer than any timer of the browser."""

STEP_SECONDS = 0.1

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Screenshot:
    """One picture: a source, the size of the terminal, and the keys that lead there."""

    name: str
    source: str
    size: tuple[int, int]
    keys: tuple[str, ...]


SCREENSHOTS = (
    Screenshot("browser", "demo", (132, 36), ("g", *"720", "enter", "n", "slash", *"web", "enter")),
    Screenshot("history", "demo", (132, 36), ("slash", *"web-79", "enter", "h", "o", "o")),
    Screenshot("incident", "demo-end", (132, 40), ("p", "f")),
    Screenshot("why", "demo", (132, 36), ("slash", *"orders", "enter", "w")),
)
"""All pictures, in the order in which the README tells of them."""


async def draw(picture: Screenshot) -> str:
    """The SVG of one picture.

    Raises:
        TimeoutError: the browser does not come to rest.
        RuntimeError: the browser met a defect of its own on the way.
    """
    app = EtcdpodApp(SourceOptions(targets=(picture.source,)))
    async with app.run_test(size=picture.size) as pilot:
        await _rest(pilot, app)
        for key in picture.keys:
            await pilot.press(key)
            if key in ("enter", "o", "p"):
                await _rest(pilot, app)
        await _rest(pilot, app)
        if app.failures:
            raise RuntimeError(app.failures[0])
        return app.export_screenshot(title="etcdpod")


async def _rest(pilot: Pilot[str], app: EtcdpodApp) -> None:
    quiet = waited = 0.0
    while quiet < QUIET_SECONDS:
        if waited > PATIENCE_SECONDS:
            raise TimeoutError("the browser does not come to rest")
        await pilot.pause(STEP_SECONDS)
        waited += STEP_SECONDS
        working = any(not worker.is_finished for worker in app.workers)
        quiet = quiet + STEP_SECONDS if app.is_open and not working else 0.0


def main(arguments: list[str]) -> int:
    """Draw all pictures into a folder; 2 if none is named."""
    if len(arguments) != 1:
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for picture in SCREENSHOTS:
        svg = asyncio.run(draw(picture))
        (folder / f"{picture.name}.svg").write_text(svg, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

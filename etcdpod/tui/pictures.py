"""Draws the pictures of the README from the bundled incident.

``python -m etcdpod.tui.pictures DIR`` runs the browser without a terminal. After each step it waits
for the text that the step must bring about, so that no picture can show anything else.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

from etcdpod.session import SourceOptions
from etcdpod.tui.app import EtcdpodApp

if TYPE_CHECKING:
    from textual.pilot import Pilot

PATIENCE_SECONDS = 120.0
"""How long a step may take."""

POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class PictureStep:
    """Keys, and what the screen shows after them."""

    keys: tuple[str, ...]
    shows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Screenshot:
    """One picture: a source, the size of the terminal, and the steps that lead there."""

    name: str
    source: str
    size: tuple[int, int]
    steps: tuple[PictureStep, ...]


SCREENSHOTS = (
    Screenshot(
        "browser",
        "demo",
        (132, 36),
        (
            PictureStep((*":po shop", "enter"), ("pods  in shop",)),
            PictureStep(("g", *"720", "enter"), ("AS OF 20:25:", "(rev 720) PAST", "┃720")),
            PictureStep(
                ("slash", *"web", "enter"),
                (
                    "pods  in shop  18 objects  /web  4 match",
                    "web-79f78d44fd-7zlw4    0/1   ErrImagePull",
                    "web-bb8d5b56d-545jh     1/1   Running",
                ),
            ),
        ),
    ),
    Screenshot(
        "history",
        "demo",
        (132, 36),
        (
            PictureStep(("slash", *"web-79", "enter"), ("/web-79  1 match",)),
            PictureStep(("h",), ("history of shop/web-79f78d44fd-",)),
            PictureStep(("o",), ("history of shop/web-79f78d44fd ",)),
            PictureStep(
                ("o",),
                (
                    *("history of shop/web ", "kubectl-set", "web: image 2.4.0 → 2.4.1-typo"),
                    "web: image 2.4.1-typo → 2.4.0",
                ),
            ),
        ),
    ),
    Screenshot(
        "incident",
        "demo-end",
        (132, 40),
        (
            PictureStep(("p",), ("by first trouble", "node sim-0")),
            PictureStep(("f",), ("silent (no Lease renewed for 80 s)", "20:25:32")),
        ),
    ),
    Screenshot(
        "why",
        "demo",
        (132, 36),
        (
            PictureStep(("slash", *"orders", "enter"), ("/orders  1 match", "Init:0/1")),
            PictureStep(("w",), ("init container init-db fails",)),
        ),
    ),
)
"""All pictures, in the order of the README."""


async def draw(picture: Screenshot) -> str:
    """The SVG of one picture.

    Raises:
        TimeoutError: a step does not show what it should.
        RuntimeError: the browser met an internal error.
    """
    app = EtcdpodApp(SourceOptions(targets=(picture.source,)))
    async with app.run_test(size=picture.size) as pilot:
        svg = await _shown(pilot, app, ("pods",))
        for step in picture.steps:
            await pilot.press(*step.keys)
            svg = await _shown(pilot, app, step.shows)
        return svg


async def _shown(pilot: Pilot[str], app: EtcdpodApp, texts: tuple[str, ...]) -> str:
    """The screen once it shows all the texts and nothing is being read."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        await pilot.pause(POLL_SECONDS)
        if app.failures:
            raise RuntimeError(app.failures[0])
        working = not app.is_open or any(not worker.is_finished for worker in app.workers)
        svg = app.export_screenshot(title="etcdpod")
        missing = [text for text in texts if text not in text_of(svg)]
        if not working and not missing:
            return svg
        if time.monotonic() > deadline:
            raise TimeoutError(f"the browser does not show {missing}")


def text_of(svg: str) -> str:
    """The text in a picture, line by line."""
    lines: dict[float, str] = {}
    for left, top, text in _TEXT.findall(svg):
        before = lines.get(float(top), "")
        lines[float(top)] = before.ljust(round(float(left) / CELL_WIDTH)) + unescape(text)
    return "\n".join(lines[top] for top in sorted(lines)).replace("\N{NO-BREAK SPACE}", " ")


CELL_WIDTH = 12.2
"""Width of a character in Textual's pictures, in pixels."""

_TEXT = re.compile(r'<text class="[^"]*" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<\n]*)\s*</text>')


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

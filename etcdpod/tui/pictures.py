"""The README's pictures, made from the bundled incident: ``python -m etcdpod.tui.pictures DIR``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from etcdpod.session import SourceOptions
from etcdpod.tui.app import EtcdpodApp

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZE: Final = (140, 40)
"""Columns and lines."""

PICTURES: Final = {
    "browser": ("down",) * 10,
    "history": (*("down",) * 10, "enter"),
    "incident": ("p",),
}
"""What is pressed for each."""

PATIENCE_SECONDS: Final = 30.0
STEP_SECONDS: Final = 0.1


async def rest(pilot: Pilot[str]) -> None:
    """Wait until everything is loaded and no worker is busy."""
    for _ in range(int(PATIENCE_SECONDS / STEP_SECONDS)):
        await pilot.pause(STEP_SECONDS)
        app = pilot.app
        assert isinstance(app, EtcdpodApp)
        busy = [w for w in app.workers if not w.is_finished and w.group != "follow"]
        if app.is_open and app.world.complete and not busy:
            await pilot.pause(0.6)
            return


async def picture(path: Path, keys: tuple[str, ...]) -> None:
    """Start the browser on the demo, press the keys, and save what is to be seen as SVG."""
    app = EtcdpodApp(SourceOptions(targets=("demo",)))
    async with app.run_test(size=SIZE) as pilot:
        await rest(pilot)
        for key in keys:
            await pilot.press(key)
        await rest(pilot)
        path.write_text(app.export_screenshot(title="etcdpod --from demo"))


def main() -> None:
    """Write every picture below the folder that is named."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "testdata/pictures")
    folder.mkdir(parents=True, exist_ok=True)
    for name, keys in PICTURES.items():
        asyncio.run(picture(folder / f"{name}.svg", keys))


if __name__ == "__main__":
    main()

"""What the tests of the browser share: opening it, letting it settle, reading its screen."""

from __future__ import annotations

import asyncio
import random
import shutil
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from paths import FIXTURES

from etcdpod.demo import demo_path
from etcdpod.session import Session, SourceOptions
from etcdpod.tui.app import EtcdpodApp
from etcdpod.tui.model.browser_state import BrowserState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from textual.pilot import Pilot

SHARED = FIXTURES

QUIET_SECONDS = 0.12
"""Longer than any timer of the browser that starts work, as set below."""


STEP = 0.02
"""Seconds between two looks."""


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the timers that wait for a user's rest go off at once."""
    monkeypatch.setattr("etcdpod.tui.widgets.objects.SETTLE", 0.03)
    monkeypatch.setattr("etcdpod.tui.widgets.objects.REFILTER", 0.03)
    monkeypatch.setattr("etcdpod.tui.widgets.detail.SETTLE", 0.01)


async def settle(pilot: Pilot[str]) -> None:
    """Wait until no thread works and no timer is about to start one."""
    quiet = 0.0
    for _ in range(3000):
        await pilot.pause(STEP)
        app = pilot.app
        busy = [worker for worker in app.workers if not worker.is_finished]
        busy = [worker for worker in busy if worker.group != "follow"]
        opened = app.is_open and app.state.complete and not busy
        quiet = quiet + STEP if opened else 0.0
        if quiet >= QUIET_SECONDS:
            return
    raise TimeoutError("the browser does not come to rest")


def screen_text(app: EtcdpodApp) -> str:
    """What is on the screen, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


@pytest.fixture
def see() -> Callable[[EtcdpodApp], str]:
    """The text on the screen of a running browser."""
    return screen_text


@pytest.fixture
def rest() -> Callable[[Pilot[str]], object]:
    """To await with a pilot: until all work is done."""
    return settle


@pytest.fixture
def browse() -> Callable[..., object]:
    """A context manager that opens a browser and gives its pilot once it is ready."""

    @asynccontextmanager
    async def opened(
        target: str = "demo", size: tuple[int, int] = (120, 40), **options: object
    ) -> AsyncIterator[Pilot[str]]:
        app = EtcdpodApp(SourceOptions(targets=(target,), **options))
        async with app.run_test(size=size, notifications=True) as pilot:
            await settle(pilot)
            yield pilot
            assert app.failures == []

    return opened


@pytest.fixture
def press(rest: Callable[[Pilot[str]], object]) -> Callable[..., object]:
    """To await with a pilot and keys: presses them, and rests."""

    async def pressed(pilot: Pilot[str], *keys: str) -> None:
        for key in keys:
            await pilot.press(key)
        await asyncio.sleep(0)
        await rest(pilot)

    return pressed


@pytest.fixture(scope="module")
def demo_state() -> Iterator[BrowserState]:
    """The demo, read completely, without a screen."""
    with Session.open(SourceOptions(targets=("demo",))) as session:
        state = BrowserState(session, session.info)
        state.add(session.connector.records(keys_only=True))
        state.complete = True
        yield state


@pytest.fixture(scope="session")
def damaged_snapshot(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The demo with bytes flipped all over, so that pages, keys and values are broken."""
    path = tmp_path_factory.mktemp("damaged") / "damaged.db"
    data = bytearray(Path(demo_path("demo")).read_bytes())
    chance = random.Random(20261122)
    for _ in range(400):
        data[chance.randrange(16_384, len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    return str(path)


@pytest.fixture(scope="session")
def encrypted_snapshot(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A registry whose pods, secrets and config maps are encrypted at rest."""
    source = SHARED / "encrypted" / "encrypted.db"
    if not source.exists():
        pytest.skip("the encrypted registry is not beside this checkout")
    return str(shutil.copy(source, tmp_path_factory.mktemp("encrypted") / "encrypted.db"))

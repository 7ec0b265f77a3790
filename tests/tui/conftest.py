"""What the tests of the browser share: opening it, letting it settle, reading its screen."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
import unicodedata
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from paths import FIXTURES
from textual import events
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key

from etcdpod.demo import demo_path
from etcdpod.forensics.incident.axis import clock_samples
from etcdpod.session import Session, SourceOptions
from etcdpod.tui.app import EtcdpodApp
from etcdpod.tui.model.browser_state import BrowserState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from textual.pilot import Pilot

    from etcdpod.history.clock.clock import Clock

SHARED = FIXTURES

PATIENCE_SECONDS = 120.0
"""How long the browser may take to come to rest on a machine with much else to do."""

STEP = 0.01
"""Seconds between two looks at work that is not finished."""

ROUNDS = 4
"""How often all message queues are emptied: a key may cause messages that cause messages."""


class SharedSessions:
    """Opens the bundled incidents once for all tests, and any other source as ever.

    Opening and dating take most of a short test; ``test_live``, ``test_walk`` and the pictures
    open their sources themselves.
    """

    BUNDLED = (("demo",), ("demo-end",))

    def __init__(self) -> None:
        self._sessions: dict[tuple[str, ...], Session] = {}
        self._samples: dict[tuple[int, ...], list[tuple[int, float]]] = {}

    def open(self, options: SourceOptions) -> Session:
        if options.targets not in self.BUNDLED:
            return Session.open(options)
        if options.targets not in self._sessions:
            self._sessions[options.targets] = Session.open(SourceOptions(targets=options.targets))
        return self._sessions[options.targets]

    def samples(self, clock: Clock, *span: int) -> list[tuple[int, float]]:
        """Times of revisions, asked of each clock once."""
        asked = (id(clock), *span)
        if all(session.registry.clock is not clock for session in self._sessions.values()):
            return list(clock_samples(clock, *span))
        if asked not in self._samples:
            self._samples[asked] = list(clock_samples(clock, *span))
        return self._samples[asked]

    def close(self) -> None:
        for session in self._sessions.values():
            session.close()


@pytest.fixture(scope="session")
def shared_sessions() -> Iterator[SharedSessions]:
    """The bundled incidents, opened when they are first asked for."""
    shared = SharedSessions()
    yield shared
    shared.close()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch, shared_sessions: SharedSessions) -> None:
    """Do at once what waits until the user rests, or so that the user sees something earlier."""
    monkeypatch.setattr("etcdpod.tui.loading.Session", shared_sessions)
    monkeypatch.setattr("etcdpod.tui.loading.clock_samples", shared_sessions.samples)
    for name in ("PATIENT_PAUSE", "FIRST_PAUSE", "PAUSE"):
        monkeypatch.setattr(f"etcdpod.tui.loading.{name}", 0)
    monkeypatch.setattr("etcdpod.tui.widgets.objects.SETTLE", 0.03)
    monkeypatch.setattr("etcdpod.tui.widgets.objects.REFILTER", 0.03)
    monkeypatch.setattr("etcdpod.tui.widgets.detail.SETTLE", 0.01)


async def settle(pilot: Pilot[str]) -> None:
    """Wait until all messages are handled, no thread works, and no timer will start one."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    calm = 0
    while calm < ROUNDS:
        if is_busy(pilot.app):
            calm = 0
            assert time.monotonic() < deadline, "the browser does not come to rest"
            await asyncio.sleep(STEP)
        else:
            calm += 1
            await pilot.pause(0)


def is_busy(app: EtcdpodApp) -> bool:
    """Whether a thread works, or a timer is about to start one."""
    if not (app.is_open and app.state.complete):
        return True
    if any(not one.is_finished for one in app.workers if one.group != "follow"):
        return True
    table, detail = app.browser.objects, app.browser.detail
    timers = (table._background, table._refilter, detail._timer)
    return any(one is not None and one._task and not one._task.done() for one in timers)


async def send(pilot: Pilot[str], key: str) -> None:
    """Send a key to the app as a terminal does, and wait until it is handled.

    ``Pilot.press`` would also wait for an idle processor, in steps of 20 ms.
    """
    name = _character_to_key(key) if len(key) == 1 else key
    try:
        character = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name)))
    except KeyError:
        character = key if len(key) == 1 else None
    pilot.app.post_message(events.Key(name, character))
    for _ in range(ROUNDS):
        await pilot.pause(0)


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
def key() -> Callable[[Pilot[str], str], object]:
    """To await with a pilot and a key: sends it, and does not rest."""
    return send


@pytest.fixture
def press(rest: Callable[[Pilot[str]], object]) -> Callable[..., object]:
    """To await with a pilot and keys: presses them, and rests."""

    async def pressed(pilot: Pilot[str], *keys: str) -> None:
        for key in keys:
            await send(pilot, key)
            if is_busy(pilot.app):  # a key that opens something: the next one is for that
                await settle(pilot)
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

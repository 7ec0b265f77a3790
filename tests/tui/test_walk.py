"""No command fails on a damaged or an encrypted registry, on any screen.

``test_every_command`` proves what each command does, on a sound registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from etcdpod.tui.app import EtcdpodApp
from etcdpod.tui.screens.browser import BrowserScreen
from etcdpod.tui.screens.findings import FindingsScreen
from etcdpod.tui.screens.history import HistoryScreen
from etcdpod.tui.screens.incident import IncidentScreen
from etcdpod.tui.screens.sources import SourcesScreen
from etcdpod.tui.screens.top import TopScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

WAY = {
    BrowserScreen: (),
    HistoryScreen: ("h",),
    IncidentScreen: ("p",),
    FindingsScreen: ("exclamation_mark",),
    SourcesScreen: ("i",),
    TopScreen: ("t",),
}
"""Each screen, and the keys that lead to it."""

LEAVING = {"quit"}
"""Actions that end the program: tried by a test of their own."""


@pytest.mark.parametrize("source", ["damaged_snapshot", "encrypted_snapshot"])
async def test_every_command_of_every_screen(
    source: str,
    browse: Callable[..., object],
    press: Callable[..., object],
    key: Callable[..., object],
    request: pytest.FixtureRequest,
    see: Callable[..., str],
) -> None:
    async with browse(request.getfixturevalue(source), size=(100, 30)) as pilot:
        app = pilot.app
        for screen, way in WAY.items():
            for command in screen.all_commands():
                if command.name() in LEAVING:
                    continue
                if not isinstance(app.screen, screen):
                    while app.screen is not app.browser:
                        app.pop_screen()
                    await press(pilot, *way)
                if app.screen.prompt.display:
                    await key(pilot, "escape")
                await key(pilot, command.key.split(",")[0])
                assert see(app).strip(), (screen, command.title())
                assert app.failures == [], (screen, command.title())
        await press(pilot, "escape")


@pytest.mark.parametrize("screen", WAY, ids=lambda screen: screen.__name__)
def test_every_command_has_a_key_a_help_and_an_action(screen: type[Screen[None]]) -> None:
    commands = screen.all_commands()
    keys = [key for command in commands for key in command.key.split(",")]
    assert len(keys) == len(set(keys)), "two commands share a key"
    for command in commands:
        assert command.help().endswith((".", "Z.")), command
        name = command.action().partition("(")[0]
        owner, _, name = name.rpartition(".")
        assert hasattr(EtcdpodApp if owner == "app" else screen, f"action_{name}"), command
    bound = {binding.action for binding in screen.BINDINGS}
    assert bound == {command.action() for command in commands}

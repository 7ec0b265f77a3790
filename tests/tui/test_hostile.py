"""Objects full of escapes, markup, right-to-left marks, emoji and 100 kB lines are shown safely.

No other test displays hostile text, on any screen.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from etcdpod.tui.screens.browser import BrowserScreen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVIL = "\x1b[2J\x1b]0;owned\x07[bold red]x[/] \u202eevil\u202c \u200f\r\n\t🙂🏴‍☠️ \x9b31m"
LONG = "A" * 100_000

ALLOWED_INVISIBLE = {"\u200d", "\ufe0f"}
"""Joiners inside an emoji: they act on nothing but the emoji."""


def pod(name: str) -> bytes:
    thing = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "evil",
            "uid": EVIL,
            "creationTimestamp": "2026-11-22T20:00:00Z",
            "labels": {"evil": EVIL, EVIL: "x"},
            "annotations": {"long": LONG, "evil": EVIL * 50},
            "managedFields": [{"manager": EVIL, "operation": "Update", "time": EVIL}],
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": EVIL, "name": EVIL, "controller": True}
            ],
        },
        "spec": {"nodeName": EVIL, "containers": [{"name": EVIL, "image": LONG}]},
        "status": {
            "phase": "Running",
            "message": LONG,
            "reason": EVIL,
            "containerStatuses": [
                {
                    "name": EVIL,
                    "restartCount": 3,
                    "image": LONG,
                    "state": {"waiting": {"reason": EVIL, "message": LONG}},
                }
            ],
        },
    }
    return json.dumps(thing).encode()


@pytest.fixture(scope="module")
def hostile_snapshot(module_etcd_server: Callable[..., object], tmp_path_factory) -> str:
    server = module_etcd_server()
    names = ["plain", "esc\x1b[31m", "rtl\u202etxet", "[red]markup[/]", "🙂" * 20, "n" * 300]
    for name in names:
        server.etcdctl("put", f"/registry/pods/evil/{name}", stdin=pod(name))
    server.etcdctl("put", "/registry/pods/evil/plain", stdin=pod("plain").replace(b"3", b"4"))
    server.etcdctl("put", "/registry/configmaps/evil/shape", stdin=b'{"kind":"ConfigMap","data":7}')
    server.etcdctl("put", "/registry/pods/evil/odd", stdin=b'{"kind":"Pod","apiVersion":"v1"}')
    odd = b'{"kind":"Pod","apiVersion":"v1","metadata":[],"spec":"x","status":[1,{}]}'
    server.etcdctl("put", "/registry/pods/evil/odder", stdin=odd)
    server.etcdctl("put", "not/kubernetes\x1b[31m", stdin=EVIL.encode())
    path: Path = tmp_path_factory.mktemp("hostile") / "hostile.db"
    return str(server.snapshot(path))


def acting(text: str) -> set[str]:
    """The characters that would do something to a terminal."""
    return {c for c in text if not c.isprintable() and c not in ("\n", *ALLOWED_INVISIBLE)}


@pytest.mark.parametrize("kind", ["pods", "configmaps", "other keys"])
async def test_nothing_acts_on_the_terminal(browse, press, see, hostile_snapshot, kind) -> None:
    async with browse(hostile_snapshot, size=(100, 30)) as pilot:
        app = pilot.app
        browser = app.browser
        kinds = {kind.label: kind for kind in app.state.catalog.kinds}
        browser.open_kind(kinds[kind])
        await press(pilot)
        for index in range(len(browser.objects.listing.entries)):
            for key in "lwdyfex" if index == 0 else "wd":
                await press(pilot, key)
                assert not acting(see(app)), key
            await press(pilot, "h", *("5", "2", "3", "4") if index % 3 == 0 else "4")
            assert not acting(see(app))
            await press(pilot, "escape", "escape", "down")
        for key in "pit!":
            await press(pilot, "exclamation_mark" if key == "!" else key)
            assert not acting(see(app)), key
            await press(pilot, "escape")
            while app.screen is not browser:
                app.pop_screen()
        assert app.failures == []


async def test_long_lines_and_names_stay_quick_and_legible(browse, press, hostile_snapshot) -> None:
    async with browse(hostile_snapshot, size=(80, 24)) as pilot:
        await press(pilot, "slash", *"plain", "enter", "y", "end")
        text = pilot.app.browser.detail.lines.text
        assert "characters more: export to see" in text
        assert max(len(line) for line in text.splitlines()) < 5000
        assert isinstance(pilot.app.screen, BrowserScreen)

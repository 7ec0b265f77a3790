"""The browser on a running etcd: it follows changes, and survives a lost connection and compaction.

All other tests read files.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from paths import REPOSITORY

from etcdpod.cli.main import etcdpod_command
from etcdpod.session import Session, SourceOptions
from etcdpod.tui.app import EtcdpodApp
from etcdpod.tui.model.objects.rows import RowReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.pilot import Pilot

PATIENCE_SECONDS = 30.0


def pod(name: str, phase: str) -> bytes:
    thing = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "busy", "uid": name},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
        "status": {"phase": phase},
    }
    return json.dumps(thing).encode()


async def until(pilot: Pilot[str], what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < end, "it does not happen"
        await pilot.pause(0.1)


def table(app: EtcdpodApp) -> dict[bytes, int]:
    listing = app.browser.objects.listing
    return {entry.key: entry.revision for entry in listing.entries if not entry.gone}


def registry_now(endpoint: str) -> dict[bytes, int]:
    with Session.open(SourceOptions(targets=(endpoint,))) as session:
        pods = session.registry.resolve("pods")
        return {r.key: r.mod_revision for r in session.registry.select(pods)}


def cells_now(endpoint: str) -> dict[str, list[str]]:
    """Name, ready, status and restarts of each pod, as a fresh ``get`` prints them."""
    result = CliRunner().invoke(
        etcdpod_command, ["get", "pods", "-A", "--no-headers", "--from", endpoint]
    )
    assert result.exit_code == 0, result.output
    return {line.split()[1]: line.split()[1:5] for line in result.stdout.splitlines()}


def cells_shown(app: EtcdpodApp) -> dict[str, list[str]]:
    listing = app.browser.objects.listing
    alive = [entry for entry in listing.entries if not entry.gone and entry.content is not None]
    return {entry.name: list(entry.content.cells[:4]) for entry in alive}


def write_wildly(server: object, seconds: float) -> None:
    chance = random.Random(7)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        name = f"p{chance.randrange(12)}"
        key = f"/registry/pods/busy/{name}"
        if chance.random() < 0.3:
            server.etcdctl("del", key)
        else:
            phase = chance.choice(["Pending", "Running", "Failed"])
            server.etcdctl("put", key, stdin=pod(name, phase))


async def test_it_follows_what_is_written_deleted_and_made_again(etcd_server, see, press) -> None:
    server = etcd_server()
    server.etcdctl("put", "/registry/pods/busy/first", stdin=pod("first", "Running"))
    app = EtcdpodApp(SourceOptions(targets=(server.endpoint,)))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.is_open and app.state.complete)
        assert "● LIVE" in see(app)
        writer = threading.Thread(target=write_wildly, args=(server, 3.0))
        writer.start()
        while writer.is_alive():
            await pilot.press("down")
            await pilot.pause(0.05)
        expected = registry_now(server.endpoint)
        await until(pilot, lambda: table(app) == expected)
        cells = cells_now(server.endpoint)
        await until(pilot, lambda: cells_shown(app) == cells)
        newest = app.state.newest
        ledger = [int(main) for main in app.state.ledger.columns.main]
        assert ledger == list(range(2, newest + 1)), "every revision once"
        await press(pilot, "g", *str(newest - 3), "enter")
        server.etcdctl("put", "/registry/pods/busy/last", stdin=pod("last", "Running"))
        await until(pilot, lambda: app.state.newest > newest)
        assert app.browser.at == newest - 3, "one who travels stays where he is"
        assert b"/registry/pods/busy/last" not in table(app)
        await press(pilot, "L")
        assert b"/registry/pods/busy/last" in table(app)
        assert "● LIVE" in see(app)
        assert not app.failures, app.failures[0]


async def test_a_connection_that_dies_is_told_of_and_comes_back(etcd_server, see) -> None:
    server = etcd_server()
    server.etcdctl("put", "/registry/pods/busy/first", stdin=pod("first", "Running"))
    app = EtcdpodApp(SourceOptions(targets=(server.endpoint,)))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.is_open and app.state.complete)
        server.etcdctl("put", "/registry/pods/busy/followed", stdin=pod("followed", "Running"))
        await until(pilot, lambda: b"/registry/pods/busy/followed" in table(app))
        server.stop(kill=True)
        await until(pilot, lambda: "trying again" in see(app))
        assert app.browser.title_bar.has_class("problem")
        server.restart()
        server.etcdctl("del", "/registry/pods/busy/first")
        server.etcdctl("put", "/registry/pods/busy/second", stdin=pod("second", "Pending"))
        await until(pilot, lambda: b"/registry/pods/busy/second" in table(app))
        await until(pilot, lambda: "trying again" not in see(app))
        assert table(app) == registry_now(server.endpoint)
        assert not app.failures, app.failures[0]


async def test_what_was_compacted_while_the_connection_was_lost_is_read_anew(
    etcd_server, see
) -> None:
    server = etcd_server()
    for name in ("first", "second"):
        server.etcdctl("put", f"/registry/pods/busy/{name}", stdin=pod(name, "Running"))
    app = EtcdpodApp(SourceOptions(targets=(server.endpoint,)))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.is_open and app.state.complete)
        await until(pilot, lambda: len(table(app)) == 2)
        server.stop(kill=True)
        await until(pilot, lambda: "trying again" in see(app))
        elsewhere = etcd_server(data_dir=server.data_dir)
        elsewhere.etcdctl("del", "/registry/pods/busy/first")
        elsewhere.etcdctl("put", "/registry/pods/busy/third", stdin=pod("third", "Failed"))
        elsewhere.etcdctl("put", "/registry/pods/busy/third", stdin=pod("third", "Running"))
        elsewhere.etcdctl("compaction", "5")
        elsewhere.stop()
        server.restart()
        await until(pilot, lambda: b"/registry/pods/busy/third" in table(app))
        await until(pilot, lambda: table(app) == registry_now(server.endpoint))
        assert b"/registry/pods/busy/first" not in table(app), "its deletion was compacted"
        server.etcdctl("put", "/registry/pods/busy/fourth", stdin=pod("fourth", "Pending"))
        await until(pilot, lambda: b"/registry/pods/busy/fourth" in table(app))


@contextmanager
def renewing(endpoint: str, rate: int) -> Iterator[None]:
    words = [sys.executable, str(REPOSITORY / "tests" / "tui" / "busy_writer.py")]
    writer = subprocess.Popen([*words, endpoint, str(rate)], cwd=REPOSITORY)
    try:
        yield
    finally:
        writer.kill()
        writer.wait()


@pytest.mark.parametrize("rate", [5, 1000])
async def test_writes_elsewhere_neither_starve_nor_repeat_the_reading_of_rows(
    etcd_server, rate: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = etcd_server()
    for number in range(20):
        server.etcdctl("put", f"/registry/pods/busy/p{number}", stdin=pod(f"p{number}", "Running"))
    read: list[bytes] = []
    record = RowReader.record

    def counted(self: RowReader, key: bytes, at: int | None) -> object:
        read.append(key)
        return record(self, key, at)

    monkeypatch.setattr(RowReader, "record", counted)
    app = EtcdpodApp(SourceOptions(targets=(server.endpoint,)))
    with renewing(server.endpoint, rate):
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: app.is_open and app.state.complete)
            await until(pilot, lambda: len(cells_shown(app)) == 20)
            read.clear()
            seen = app.state.newest
            await until(pilot, lambda: app.state.newest > seen + 3 * rate)
            assert read == [], "leases are no pods"
            server.etcdctl("put", "/registry/pods/busy/p7", stdin=pod("p7", "Failed"))
            await until(pilot, lambda: cells_shown(app).get("p7", [""] * 3)[2] == "Failed")
            assert set(read) <= {b"/registry/pods/busy/p7"}, "a change touches only its own row"
            assert not app.failures, app.failures[0]


async def test_ages_grow_without_reading_objects_again(etcd_server, monkeypatch) -> None:
    server = etcd_server()
    server.etcdctl("put", "/registry/pods/busy/first", stdin=pod("first", "Running"))
    app = EtcdpodApp(SourceOptions(targets=(server.endpoint,)))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.is_open and app.state.complete)
        await until(pilot, lambda: len(cells_shown(app)) == 1)
        (entry,) = app.browser.objects.listing.entries
        before = entry.content.now

        def refused(*_: object) -> None:
            raise AssertionError("read again")

        monkeypatch.setattr(RowReader, "record", refused)
        await until(pilot, lambda: entry.content.now > before)
        assert not app.failures, app.failures[0]

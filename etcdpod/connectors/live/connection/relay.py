"""TLS without verification, for ``--insecure-skip-tls-verify``.

gRPC for Python cannot disable certificate verification, and trusting the certificate that the
server presents would still fail if it has expired: the very case in which the flag is needed. So
the standard library makes the TLS connection, and gRPC connects to it in plain text through a
unix socket in a directory that only this user can enter.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    from etcdpod.connectors.live.connection.endpoints import Endpoint

_CHUNK = 1 << 18


class Relay:
    """Passes bytes between a private unix socket and a TLS endpoint, until closed."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext, server_name: str) -> None:
        self._endpoint = endpoint
        self._context = context
        self._server_name = server_name
        self._directory = tempfile.TemporaryDirectory(prefix="etcdpod-")
        self.path = str(Path(self._directory.name) / "socket")
        """The unix socket to connect to."""
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="etcdpod-relay", daemon=True)
        self._thread.start()
        self._started.wait()

    def close(self) -> None:
        """Closes all connections and removes the socket; may be called twice."""
        if self._loop is not None and self._end is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join()
        self._directory.cleanup()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._started.set()

    async def _serve(self) -> None:
        server = await asyncio.start_unix_server(self._connect, self.path)
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._started.set()
        await self._end.wait()
        server.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._endpoint.is_socket:
                far_reader, far_writer = await asyncio.open_unix_connection(
                    self._endpoint.host, ssl=self._context, server_hostname=self._server_name
                )
            else:
                far_reader, far_writer = await asyncio.open_connection(
                    self._endpoint.host,
                    self._endpoint.port,
                    ssl=self._context,
                    server_hostname=self._server_name,
                )
        except OSError:
            # gRPC sees a connection that closes at once; the diagnosis finds the cause.
            writer.close()
            return
        with suppress(asyncio.CancelledError):  # the relay is closed
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()
        await writer.wait_closed()

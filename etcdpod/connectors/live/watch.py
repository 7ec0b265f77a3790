"""Watch streams: requests out, responses in, and a barrier that detects complete delivery."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from etcdpod.connectors.live.messages import progress_request, watch_request
from etcdpod.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.connectors.live.connection.member import Member
    from etcdpod.connectors.live.messages import KeySpan

PROGRESS_INTERVAL = 60.0
"""Seconds of silence after which an etcd with reliable progress notifications is asked for one."""

_ASKING = 0.1
"""Seconds between two progress requests of a barrier: etcd ignores those that come too soon."""

_LISTENING = 0.5
"""Seconds between two checks of a silent stream."""

_SURELY_ALL = 500
"""If fewer revisions were delivered, the older etcds' limit of 1000 did not cut a round short."""

_MAX_ROUNDS = 600
"""Rounds of etcd (0.1 s each) that a member may lag behind a revision that its cluster has."""

_NEVER_REVISION = -2
"""A start revision below every compact revision, including -1 (never compacted). Not -1 itself:
etcd up to 3.5.22 and 3.6.4 accepts it and then withholds events from other watches."""


class WatchCall:
    """One watch stream to one member. Its watches are numbered from 0 in order of creation."""

    def __init__(
        self, member: Member, metadata: tuple[tuple[str, str], ...], silence: float | None
    ) -> None:
        self.member = member
        self._asks_every: float | None = None
        if silence is None and answers_progress(member.version):
            self._asks_every = PROGRESS_INTERVAL
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._waiting_since: float | None = None
        self._ended = threading.Event()
        self._call = member.watch.Watch(self._send(), metadata=metadata)
        if silence is not None:
            threading.Thread(target=self._listen, args=(silence,), daemon=True).start()

    def create(self, span: KeySpan, start_revision: int) -> None:
        """Adds a watch to the stream."""
        self._requests.put(watch_request(span, start_revision))

    def ask_progress(self, every: float) -> None:
        """Requests the progress of this stream's watches, repeatedly."""
        self._asks_every = every
        self._requests.put(progress_request())

    def __iter__(self) -> Iterator[Any]:
        while True:
            self._waiting_since = time.monotonic()
            response = next(self._call, None)
            self._waiting_since = None
            if response is None:
                return
            yield response

    def close(self) -> None:
        """Closes the stream; may be called twice."""
        self._ended.set()
        self._requests.put(None)
        self._call.cancel()

    def _send(self) -> Iterator[Any]:
        """The requests as they are queued; runs in a gRPC thread."""
        while True:
            try:
                request = self._requests.get(timeout=self._asks_every)
            except queue.Empty:
                yield progress_request()
                continue
            if request is None:
                return
            yield request

    def _listen(self, silence: float) -> None:
        """Closes a stream that was silent for ``silence`` seconds although a response was due."""
        while not self._ended.wait(_LISTENING):
            since = self._waiting_since
            if since is not None and time.monotonic() - since > silence:
                self._call.cancel()
                return


class Barrier:
    """Detects when a watch has delivered every change up to a revision.

    A watch is silent while nothing changes, so its progress has to be requested. Newer etcds answer
    a progress request once all watches of a stream have caught up. Older ones answer immediately,
    whether true or not (etcd-io/etcd#15220), or never (#17507): there, a second watch is added that
    must be cancelled, as its start is below the compact revision. etcd updates waiting watches
    in rounds of up to 1000 revisions, and cancels such a watch at the start of a round. So once
    one was cancelled and the next one is, with fewer revisions delivered in between, the watch in
    question had caught up in the round of the first.
    """

    def __init__(self, call: WatchCall, span: KeySpan, through: int, compact_revision: int) -> None:
        self._call = call
        self._span = span
        self._through = through
        self._start = 1 if compact_revision > 1 else _NEVER_REVISION
        self._by_progress = answers_progress(call.member.version)
        self._reached = False
        self._in_question = False
        self._delivered = 0
        self._rounds = 0

    def raise_up(self) -> None:
        """Starts the requests; call it once the watch in question has started."""
        if self._by_progress:
            self._call.ask_progress(_ASKING)
        else:
            self._call.create(self._span, self._start)

    def delivered(self, revisions: int) -> None:
        """Records how many revisions the watch in question has delivered."""
        self._delivered += revisions

    def passed(self, response: Any) -> bool:
        """Handles a response that is not for the watch in question; True if that has caught up."""
        if self._by_progress:
            return bool(response.watch_id == -1 and response.header.revision >= self._through)
        if response.created and response.canceled:
            # A newer etcd does not accept such a start: it does answer progress requests.
            self._by_progress = True
            self.raise_up()
            return False
        if response.created:
            self._reached = response.header.revision >= self._through
        return bool(response.canceled) and self._next_round()

    def _next_round(self) -> bool:
        if self._in_question and self._delivered < _SURELY_ALL:
            return True
        self._in_question, self._delivered = self._reached, 0
        self._rounds += 1
        if self._rounds > _MAX_ROUNDS and not self._reached:
            raise SourceError(
                f"this member does not come to revision {self._through}, which its cluster has",
                path=str(self._call.member.endpoint),
                next_step="name another member",
            )
        self.raise_up()
        return False


def answers_progress(version: str) -> bool:
    """Whether this etcd version answers progress requests exactly when all watches have caught up.

    Since 3.4.31 and 3.5.13 (etcd-io/etcd#15695, #17566, #17567).
    """
    numbers = version.split("-", 1)[0].split(".")
    if len(numbers) != 3 or not all(number.isascii() and number.isdigit() for number in numbers):
        return False
    major, minor, patch = (int(number) for number in numbers)
    if (major, minor) == (3, 4):
        return patch >= 31
    if (major, minor) == (3, 5):
        return patch >= 13
    return (major, minor) >= (3, 6)

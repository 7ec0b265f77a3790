"""Work in a thread for a screen or a widget; errors are shown and never fatal."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from textual.worker import get_current_worker

from etcdpod.errors import EtcdpodError
from etcdpod.tui.messages import Failed, Said

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.dom import DOMNode
    from textual.message_pump import MessagePump

    Stopped = Callable[[], bool]


class Cancelled(Exception):
    """Raised inside work that nobody needs any more."""


def in_thread(
    node: DOMNode, work: Callable[[Stopped], None], group: str, *, exclusive: bool = True
) -> None:
    """Run work in a thread.

    Args:
        node: the owner: its end stops the work, and errors are posted to it.
        work: posts messages and touches no widget; its argument says whether to stop.
        group: what kind of work it is.
        exclusive: stop running work of the same group.
    """

    def run() -> None:
        worker = get_current_worker()
        _guarded(node, lambda: work(lambda: worker.is_cancelled))

    node.run_worker(run, thread=True, group=group, exclusive=exclusive)


def _guarded(node: MessagePump, work: Callable[[], None]) -> None:
    try:
        work()
    except (EtcdpodError, OSError) as error:
        node.post_message(Said(str(error), problem=True))
    except Exception as error:  # noqa: BLE001 one odd object must not take the browser down
        node.post_message(Failed(f"{type(error).__name__}: {error}", traceback.format_exc()))

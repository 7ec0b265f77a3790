"""The application: it opens the sources, passes on what is read, and knows the screens."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import App, SystemCommand
from textual.worker import get_current_worker

from etcdpod.tui.loading import follow, open_sources
from etcdpod.tui.messages import (
    Followed,
    HeadsRead,
    Opened,
    OpeningFailed,
    Progress,
    Said,
    TimesRead,
    TravelTo,
)
from etcdpod.tui.model.safe_text import one_line
from etcdpod.tui.model.text import clock_text
from etcdpod.tui.model.world import World
from etcdpod.tui.screens.base import CommandScreen
from etcdpod.tui.screens.browser import BrowserScreen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.message import Message
    from textual.screen import Screen

    from etcdpod.records import Record
    from etcdpod.session import SourceOptions

BREATH = 0.2
"""Seconds for which new revisions of a live source are gathered before they are shown."""


class EtcdpodApp(App[str]):
    """The terminal browser; its result is why it could not open, else None."""

    TITLE = "etcdpod"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar = []

    def __init__(self, options: SourceOptions) -> None:
        super().__init__()
        self.options = options
        self.browser = BrowserScreen()
        self._world: World | None = None
        self._followed: list[Record] = []
        self._progress: dict[str, str] = {}

    @property
    def is_open(self) -> bool:
        """Whether the sources are open."""
        return self._world is not None

    @property
    def world(self) -> World:
        """What is open; only to be asked for once ``is_open``."""
        assert self._world is not None
        return self._world

    def on_mount(self) -> None:
        """Show the browser at once, and open the sources behind it."""
        self.push_screen(self.browser)
        self._in_thread(partial(open_sources, self.options), "open")

    def _in_thread(self, work: object, group: str) -> None:
        def run() -> None:
            worker = get_current_worker()
            work(self._from_thread, lambda: worker.is_cancelled)  # type: ignore[operator]

        self.run_worker(run, thread=True, group=group)

    def _from_thread(self, message: Message) -> None:
        self.post_message(message)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The commands of the screen, for the palette; then those of Textual."""
        if isinstance(screen, CommandScreen):
            for command in screen.all_commands():
                action = getattr(screen, f"action_{command.action()}")
                yield SystemCommand(
                    f"{command.title()}  ({command.keys()})", command.help(), action
                )
        yield SystemCommand("Theme", "Dark, light and other colours", self.action_change_theme)

    # --- opening and reading ----------------------------------------------------------------

    @on(Opened)
    def _opened(self, event: Opened) -> None:
        self._world = World(event.session, event.clock, event.info)
        self.refresh_title(self.browser)

    @on(OpeningFailed)
    def _failed(self, event: OpeningFailed) -> None:
        self.exit(event.reason, return_code=3)

    @on(HeadsRead)
    def _heads(self, event: HeadsRead) -> None:
        self.world.add(event.heads)
        self.world.complete = self.world.complete or event.done
        self.browser.world_changed()
        if event.done and self.world.live:
            work = partial(follow, self.world.registry, self.world.newest + 1)
            self._in_thread(work, "follow")
            self.set_interval(BREATH, self._show_followed)

    @on(TimesRead)
    def _times(self, event: TimesRead) -> None:
        self.world.moments = event.moments
        self.browser.moments_known()

    @on(Followed)
    def _follow(self, event: Followed) -> None:
        self._followed.extend(event.heads)

    def _show_followed(self) -> None:
        if self._followed:
            heads, self._followed = self._followed, []
            self.world.add(heads)
            self.browser.world_changed()

    # --- what screens share -----------------------------------------------------------------

    @on(Progress)
    def _on_progress(self, event: Progress) -> None:
        self._progress[event.topic] = event.text
        shown = next((text for text in self._progress.values() if text), "")
        for screen in self.screen_stack:
            if isinstance(screen, CommandScreen) and screen.is_mounted:
                screen.title_bar.progress = shown

    @on(Said)
    def _say(self, event: Said) -> None:
        severity = "error" if event.problem else "information"
        self.notify(one_line(event.text), severity=severity, markup=False)

    @on(TravelTo)
    def _travel(self, event: TravelTo) -> None:
        while self.screen is not self.browser:
            self.pop_screen()
        self.browser.travel(event.revision)

    def refresh_title(self, screen: CommandScreen, subject: str = "") -> None:
        """Write the title of a screen: the source, and as of when it is shown."""
        world = self.world
        bar = screen.title_bar
        version = f"  etcd {world.info.etcd_version}" if world.info.etcd_version else ""
        about = f"  {subject}" if subject else ""
        bar.subject = f"{one_line(world.name)}{about}{version}  rev {world.newest}"
        at = getattr(screen, "at", None)
        if at is None:
            bar.moment = ""
            return
        time = clock_text(world.moments.at(at))
        bar.moment = f"◀ AS OF {time} (rev {at}) PAST" if time else f"◀ AS OF rev {at}, PAST"

"""The application: it opens the sources, passes on what is read, and knows the screens."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import App, SystemCommand

from etcdpod.tui.loading import follow, open_sources
from etcdpod.tui.messages import (
    Failed,
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
from etcdpod.tui.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        self.failures: list[str] = []
        """Tracebacks of defects that were met; shown when the browser ends."""
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
        options = replace(self.options, notify=self._notified)
        in_thread(self, partial(open_sources, options, self.post_message), "open")

    def _notified(self, text: str) -> None:
        """What a source wants the user to hear; called from threads."""
        self.post_message(Said(text))

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
        self._world = World(event.session, event.info)
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
            since = self.world.newest + 1
            in_thread(
                self, partial(follow, self.world.registry, since, self.post_message), "follow"
            )
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

    @on(Failed)
    def _fail(self, event: Failed) -> None:
        self.failures.append(event.trace)
        text = f"a defect of etcdpod, please report it: {one_line(event.what)}"
        self.notify(text, severity="error", markup=False)

    @on(Said)
    def _say(self, event: Said) -> None:
        text = one_line(event.text)
        self.notify(text, severity="error" if event.problem else "information", markup=False)

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

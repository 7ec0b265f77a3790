"""The application opens the sources, passes on what is read, and opens the screens."""

from __future__ import annotations

import gc
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import App, SystemCommand

from etcdpod.tui.loading import follow, open_sources, read_keys
from etcdpod.tui.messages import (
    ConnectionChanged,
    Failed,
    KeysRead,
    OpeningFailed,
    Progress,
    Said,
    ShowHelp,
    ShowHistory,
    ShowScreen,
    SourceCompacted,
    SourcesOpened,
    TimesRead,
    TravelTo,
)
from etcdpod.tui.model.browser_state import BrowserState
from etcdpod.tui.model.safe_text import one_line
from etcdpod.tui.screens.browser import BrowserScreen
from etcdpod.tui.screens.command_screen import CommandScreen
from etcdpod.tui.threads import in_thread
from etcdpod.tui.work_priority import WorkPriority

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.screen import Screen
    from textual.timer import Timer

    from etcdpod.records import Record
    from etcdpod.session import SourceOptions

RARELY = (100_000, 20, 100)
"""Garbage collection thresholds: walking over 20,000 rows takes longer than a key may."""

BREATH = 0.2
"""Seconds for which new revisions of a live source are gathered before they are shown."""

REST = 4.0
"""Pause after showing new revisions, in multiples of the time that showing took."""

TICK = 1.0
"""Seconds after which the ages of a live source are printed again."""


def screen_of(event: ShowScreen, state: BrowserState) -> CommandScreen:
    """The screen that a message asks for, imported only now so that the browser starts quickly."""
    match event.screen:
        case "incident":
            from etcdpod.tui.screens.incident import IncidentScreen

            return IncidentScreen(state, event.within, event.at)
        case "findings":
            from etcdpod.tui.screens.findings import FindingsScreen

            return FindingsScreen(state, event.within, event.at)
        case "sources":
            from etcdpod.tui.screens.sources import SourcesScreen

            return SourcesScreen(state)
        case "top":
            from etcdpod.tui.screens.top import TopScreen

            return TopScreen(state)


class EtcdpodApp(App[str]):
    """The terminal browser; its result is why it could not open its sources, else None."""

    TITLE = "etcdpod"
    CSS_PATH = "app.tcss"

    def __init__(self, options: SourceOptions) -> None:
        super().__init__()
        self.options = options
        self.browser = BrowserScreen()
        self.priority = WorkPriority()
        self.failures: list[str] = []
        """Tracebacks of internal errors; shown when the browser ends."""
        self._followed: deque[Record] = deque()
        """New revisions of a live source, put there by the thread that watches it."""
        self._breath: Timer | None = None
        self._rest_until = 0.0
        self._progress: dict[str, str] = {}

    @property
    def is_open(self) -> bool:
        """Whether the sources are open."""
        return self.browser.is_open

    @property
    def state(self) -> BrowserState:
        """The open sources; use only when ``is_open``."""
        return self.browser.state

    async def on_mount(self) -> None:
        """Show the browser, and open the sources in the background."""
        gc.set_threshold(*RARELY)
        await self.push_screen(self.browser)  # before anything that is read can arrive
        in_thread(
            self, partial(open_sources, self.options, self.priority, self.post_message), "open"
        )

    def on_unmount(self) -> None:
        """Close a live source: threads that wait for it would keep the program running."""
        if self.is_open and self.state.live:
            self.state.session.close()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The commands of the screen, for the palette; then those of Textual."""
        if isinstance(screen, CommandScreen):
            yield from screen.palette()
        yield SystemCommand("Theme", "Dark, light and other colours", self.action_change_theme)

    # --- opening and reading ----------------------------------------------------------------

    @on(SourcesOpened)
    def _opened(self, event: SourcesOpened) -> None:
        self.browser.opened(
            BrowserState(
                event.session, event.info, event.ended, ledger=event.ledger, priority=self.priority
            )
        )

    @on(OpeningFailed)
    def _failed(self, event: OpeningFailed) -> None:
        self.exit(event.reason, return_code=3)

    @on(KeysRead)
    def _keys_read(self, event: KeysRead) -> None:
        self.state.catalog.catch_up()
        self.state.complete = self.state.complete or event.done
        if not self.browser.is_whole:
            return  # it is being closed
        self.browser.state_changed()
        if event.done and self.state.live:
            work = partial(
                follow, self.state, self.state.newest + 1, self._followed.append, self.post_message
            )
            in_thread(self, work, "follow")
            if self._breath is None:
                self._breath = self.set_interval(BREATH, self._show_followed)
                self.set_interval(TICK, self.browser.age)

    @on(SourceCompacted)
    def _compacted(self, event: SourceCompacted) -> None:
        if not self.browser.is_whole:
            return
        self._followed.clear()
        self.state.start_over(event.info)
        self.browser.start_over()
        work = partial(
            read_keys, self.state.registry, self.state.ledger, self.priority, self.post_message
        )
        in_thread(self, work, "open")

    @on(TimesRead)
    def _times(self, event: TimesRead) -> None:
        self.state.times = event.times
        if not self.browser.is_whole:
            return
        for screen in self._command_screens:
            screen.times_known()
            screen.refresh_title()

    def _show_followed(self) -> None:
        """Take in what came since the last time; on a busy machine less often: keys go first."""
        begun = time.monotonic()
        if self._followed and self.browser.is_whole and begun >= self._rest_until:
            records = [self._followed.popleft() for _ in range(len(self._followed))]
            self.state.follow(records, time.time())
            self.browser.followed({record.key for record in records})
            now = time.monotonic()
            self._rest_until = now + REST * (now - begun)

    # --- what screens share -----------------------------------------------------------------

    @property
    def _command_screens(self) -> list[CommandScreen]:
        stack = self.screen_stack
        return [one for one in stack if isinstance(one, CommandScreen) and one.is_mounted]

    @on(Progress)
    def _on_progress(self, event: Progress) -> None:
        self._progress[event.topic] = event.text
        shown = next((text for text in self._progress.values() if text), "")
        for screen in self._command_screens:
            screen.title_bar.progress = shown

    @on(ConnectionChanged)
    def _connection(self, event: ConnectionChanged) -> None:
        for screen in self._command_screens:
            screen.title_bar.problem = one_line(event.problem)

    @on(Failed)
    def _fail(self, event: Failed) -> None:
        self.failures.append(event.trace)
        if not self.is_open:
            self.exit(event.what, return_code=3)
        text = f"internal error; please report it: {one_line(event.what)}"
        self.notify(text, severity="error", markup=False)

    @on(Said)
    def _say(self, event: Said) -> None:
        text = one_line(event.text)
        self.notify(text, severity="error" if event.problem else "information", markup=False)

    # --- screens ----------------------------------------------------------------------------

    @on(ShowHistory)
    def _show_history(self, event: ShowHistory) -> None:
        from etcdpod.tui.screens.history import HistoryScreen

        self.push_screen(HistoryScreen(event.subject))

    @on(ShowScreen)
    def _show_screen(self, event: ShowScreen) -> None:
        """Above the browser; instead of any other screen."""
        show = self.push_screen if self.screen is self.browser else self.switch_screen
        show(screen_of(event, self.state))

    @on(ShowHelp)
    def _show_help(self, event: ShowHelp) -> None:
        from etcdpod.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(event.title, event.commands))

    @on(TravelTo)
    def _travel(self, event: TravelTo) -> None:
        while self.screen is not self.browser:
            self.pop_screen()
        if event.revision is None:
            self.browser.travel(None)
            return
        self.browser.go(event.revision)
        if event.revision < self.state.oldest:
            text = f"incomplete before {self.state.oldest}; showing {self.state.oldest}"
            self.post_message(Said(f"revision {event.revision}: {text}"))

"""What every screen has: a title, keys that document themselves, a prompt."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import SystemCommand
from textual.screen import Screen

from etcdpod.tui.commands import EVERYWHERE, Command, bindings
from etcdpod.tui.export import Exportable, write_export
from etcdpod.tui.messages import Said, ShowHelp, ShowScreen
from etcdpod.tui.model.title import moment_text, subject_text
from etcdpod.tui.threads import in_thread
from etcdpod.tui.widgets.bars import KeyBar, TitleBar
from etcdpod.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.app import ComposeResult
    from textual.widget import Widget

    from etcdpod.tui.messages import ScreenName
    from etcdpod.tui.model.browser_state import BrowserState


class CommandScreen(Screen[None]):
    """A screen whose keys are the commands in ``KEYS``.

    A subclass lays out its ``body``, implements its commands as ``action_…`` methods, and returns
    from ``exported`` what can be written to a file. To open another screen it posts a message.

    Args:
        state: the open sources; None for a screen that is shown before they are open.
    """

    KEYS: ClassVar[Sequence[type[Command]]] = ()
    TITLE_TEXT: ClassVar[str] = ""

    at: int | None = None
    """The revision that the screen shows; None: the newest."""
    namespace: str | None = None
    """The namespace that the screen shows; None: all."""
    about: str = ""
    """What the screen is about, for the title."""

    def __init__(self, state: BrowserState | None = None) -> None:
        super().__init__()
        self._state = state

    def __init_subclass__(cls, **options: object) -> None:
        """Bind the keys of the subclass's commands, and those of every screen."""
        cls.BINDINGS = list(bindings(cls.all_commands()))
        super().__init_subclass__(**options)  # type: ignore[arg-type]

    @classmethod
    def all_commands(cls) -> tuple[type[Command], ...]:
        """Its own commands, then those of every screen."""
        return (*cls.KEYS, *EVERYWHERE)

    @property
    def is_open(self) -> bool:
        """Whether the sources are open."""
        return self._state is not None

    @property
    def state(self) -> BrowserState:
        """The open sources; use only when ``is_open``."""
        assert self._state is not None
        return self._state

    @property
    def here(self) -> int:
        """The revision that the screen shows."""
        return self.state.newest if self.at is None else self.at

    def body(self) -> Iterable[Widget]:
        """The widgets between the title and the keys."""
        return ()

    def compose(self) -> ComposeResult:
        """Title, body, prompt, keys."""
        yield TitleBar()
        yield from self.body()
        yield Prompt()
        yield KeyBar(self.all_commands())

    @property
    def title_bar(self) -> TitleBar:
        """The line at the top."""
        return self.query_one(TitleBar)

    @property
    def prompt(self) -> Prompt:
        """The line at the foot."""
        return self.query_one(Prompt)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While the prompt is open, the keys that open one are ordinary characters."""
        asks = any(command.asks and command.name() == action for command in self.all_commands())
        if asks and any(prompt.display for prompt in self.query(Prompt)):
            return False
        return super().check_action(action, parameters)

    def refresh_title(self) -> None:
        """Redraw the title."""
        bar = self.title_bar
        bar.subject = subject_text(self.state, self.about)
        bar.moment = moment_text(self.state, self.at)
        bar.live = self.state.live and self.at is None

    def times_known(self) -> None:
        """Redraw what shows times: those of the revisions have been read."""

    # --- what every screen can do -----------------------------------------------------------

    def exported(self) -> Exportable | None:
        """What can be written to a file or copied; None if there is nothing."""
        return None

    def palette(self) -> Iterable[SystemCommand]:
        """Its commands, for the palette."""
        for command in self.all_commands():
            title = f"{command.title()}  ({command.keys()})"
            yield SystemCommand(title, command.help(), partial(self.run_action, command.action()))

    def action_show(self, screen: ScreenName) -> None:
        """Open a screen about the whole registry, for the same namespace and revision."""
        self.app.post_message(ShowScreen(screen, self.namespace, self.at))

    def action_help(self) -> None:
        """Show the keys."""
        self.app.post_message(ShowHelp(self.TITLE_TEXT, self.all_commands()))

    def action_back(self) -> None:
        """Close the prompt, else the screen."""
        if self.prompt.display:
            self.prompt.close()
        else:
            self.app.pop_screen()

    def action_quit(self) -> None:
        """Leave."""
        self.app.exit()

    def action_palette(self) -> None:
        """All commands by name."""
        self.app.action_command_palette()

    def action_copy(self) -> None:
        """Copy what is shown."""
        self._with_exported(self._copy)

    def action_export(self) -> None:
        """Ask for a file name."""
        thing = self.exported()
        if thing is None:
            self.notify("nothing to export here")
            return
        self.prompt.ask("export", "write to", text=thing.file_name)

    @on(Prompt.Answered)
    def _answered(self, event: Prompt.Answered) -> None:
        event.stop()
        if event.question == "export" and event.text:
            self._with_exported(lambda thing: f"written: {write_export(thing, Path(event.text))}")
        elif event.question != "export":
            self.answered(event.question, event.text)

    def answered(self, question: str, text: str) -> None:
        """Handle the answer to a question of this screen."""

    def _with_exported(self, use: Callable[[Exportable], str]) -> None:
        """Make and use the text in a thread, as it may have to be read first."""
        thing = self.exported()
        if thing is None:
            self.notify("nothing to export here")
            return

        in_thread(self, lambda stopped: self._say(use(thing)), "export")

    def _say(self, text: str) -> None:
        self.post_message(Said(text))

    def _copy(self, thing: Exportable) -> str:
        text = thing.text()
        self.app.call_from_thread(self.app.copy_to_clipboard, text)
        return f"{thing.title}: {len(text):,} characters copied"

"""The input line at the bottom of a screen: kinds, filters, times, file names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.widget import Widget


class Prompt(Horizontal):
    """Hidden until it asks something."""

    @dataclass
    class Typed(Message):
        """The text changed; ``question`` says what was asked."""

        question: str
        text: str

    @dataclass
    class Answered(Message):
        """Enter was pressed."""

        question: str
        text: str

    def __init__(self) -> None:
        super().__init__()
        self.question = ""
        self._back: Widget | None = None

    def compose(self) -> ComposeResult:
        """A label and the line."""
        yield Label(id="prompt-label")
        yield Input(id="prompt-input", compact=True, select_on_focus=False)

    def ask(
        self, question: str, label: str, *, text: str = "", suggestions: Iterable[str] = ()
    ) -> None:
        """Open the line with a text in it; the answer comes as a message."""
        self.question = question
        self.query_one(Label).update(label)
        line = self.query_one(Input)
        with self.prevent(Input.Changed):
            line.value = text
        names = sorted(set(suggestions), key=len)
        line.suggester = SuggestFromList(names, case_sensitive=False) if names else None
        line.cursor_position = len(text)
        self._back = self.screen.focused
        self.display = True
        # Immediately: the next key may already be queued.
        self.screen.set_focus(line)

    def close(self) -> None:
        """Hide the line, and give the focus back."""
        self.display = False
        self.question = ""
        if self._back is not None:
            self._back.focus()

    def on_mount(self) -> None:
        """Hide the line."""
        self.display = False

    def on_input_changed(self, event: Input.Changed) -> None:
        """Post what was typed so far."""
        event.stop()
        if self.question:
            self.post_message(self.Typed(self.question, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Post the answer."""
        event.stop()
        question = self.question
        self.close()
        self.post_message(self.Answered(question, event.value))

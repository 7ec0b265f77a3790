"""A command: a key, a word for the footer, and a docstring that is its help."""

from __future__ import annotations

import re
from inspect import getdoc
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

if TYPE_CHECKING:
    from collections.abc import Iterable


class Command:
    """What a key does on a screen."""

    key: ClassVar[str]
    """Keys as Textual names them, separated by commas; the first is the one that is shown."""
    footer: ClassVar[str] = ""
    """A word for the footer; empty: the key is in the help alone."""
    footer_keys: ClassVar[str] = ""
    """The keys in the footer, if one entry represents two commands: ``← →``."""
    shown: ClassVar[str] = ""
    """How the keys are displayed, if not by their names."""
    asks: ClassVar[bool] = False
    """The command opens the prompt, so the keys that follow at once are typed into it."""
    call: ClassVar[str] = ""
    """The action with its arguments, where several commands share one action."""

    @classmethod
    def action(cls) -> str:
        """What the screen runs: ``action_jump_to_kind`` for ``JumpToKind``."""
        return cls.call or cls.name()

    @classmethod
    def name(cls) -> str:
        """The command in one word: ``jump_to_kind`` for ``JumpToKind``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def title(cls) -> str:
        """The command's name in the palette: ``Jump to kind``."""
        return cls.name().replace("_", " ").capitalize()

    @classmethod
    def help(cls) -> str:
        """One sentence on what it does."""
        return " ".join((getdoc(cls) or "").split())

    @classmethod
    def keys(cls) -> str:
        """The keys as they are displayed."""
        return cls.shown or " ".join(_KEY_NAMES.get(key, key) for key in cls.key.split(","))


_KEY_NAMES = {
    "enter": "↵",
    "escape": "esc",
    "colon": ":",
    "slash": "/",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "plus": "+",
    "minus": "-",
    "space": "space",
    "exclamation_mark": "!",
    "equals_sign": "=",
    "full_stop": ".",
}


def bindings(commands: Iterable[type[Command]]) -> list[Binding]:
    """The Textual bindings of the commands of a screen."""
    return [
        Binding(
            command.key,
            command.action(),
            command.title(),
            show=False,
            key_display=command.keys(),
            tooltip=command.help(),
            # Run before the next key is handled: a paste brings many at once.
            priority=command.asks,
        )
        for command in commands
    ]

"""Keys that arrive all at once, as from a paste or over a slow connection.

All other tests wait for each key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.keys import _character_to_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot


def burst(pilot: Pilot[str], text: str) -> None:
    """Put the keys into the queue of the app without waiting for what they do."""
    for character in text:
        key = "enter" if character == "\n" else _character_to_key(character)
        pilot.app.post_message(events.Key(key, character))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("/orders\n", ["orders"]),
        (":deploy\n", ["api", "auth", "cart", "report", "web"]),
    ],
)
async def test_what_follows_a_prompt_is_typed_into_it(
    browse: Callable, rest: Callable, text: str, names: list[str]
) -> None:
    async with browse("demo") as pilot:
        burst(pilot, text)
        await rest(pilot)
        listing = pilot.app.browser.objects.listing
        assert [entry.name for entry in listing.entries] == names
        assert pilot.app.screen is pilot.app.browser


async def test_keys_of_prompts_are_characters_in_a_prompt(
    browse: Callable, press: Callable, see: Callable
) -> None:
    async with browse("demo") as pilot:
        await press(pilot, "slash", *"g", "colon", "slash")
        assert "/g:/  0 match" in see(pilot.app)
        await press(pilot, "escape")
        await press(pilot, "g", *"690", "enter")
        assert "PAST" in see(pilot.app)

"""The README's pictures show what they should: the committed ones, and those drawn now."""

from __future__ import annotations

import pytest
from paths import TESTDATA

from etcdpod.tui.pictures import SCREENSHOTS, Screenshot, draw, text_of


@pytest.mark.parametrize("picture", SCREENSHOTS, ids=lambda picture: picture.name)
async def test_a_committed_picture_is_what_is_drawn_now(picture: Screenshot) -> None:
    committed = text_of((TESTDATA / "pictures" / f"{picture.name}.svg").read_text())
    for piece in picture.steps[-1].shows:
        assert piece in committed
    assert "nothing matches" not in committed
    assert committed == text_of(await draw(picture)), "run python -m etcdpod.tui.pictures"


async def test_a_picture_that_does_not_show_what_it_should_is_not_drawn(monkeypatch) -> None:
    monkeypatch.setattr("etcdpod.tui.pictures.PATIENCE_SECONDS", 0.2)
    step = SCREENSHOTS[0].steps[0]
    wrong = Screenshot("wrong", "demo", (80, 24), (step, type(step)(("slash", *"zzz"), ("web",))))
    with pytest.raises(TimeoutError, match="does not show"):
        await draw(wrong)

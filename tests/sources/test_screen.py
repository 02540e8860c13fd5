import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.parse import choice_from_text, source_from_text
from dnnvis.sources.screen import Region, Screen, parse_region


def test_a_region_is_read_again_and_again() -> None:
    asked: list[Region | None] = []

    def grab(region: Region | None) -> np.ndarray:
        asked.append(region)
        return np.full((6, 4, 3), len(asked), np.uint8)

    with Screen("-20,10,64,48", grab=grab) as source:
        frames = [source.read(), source.read()]
    assert asked == [Region(-20, 10, 64, 48)] * 3
    assert [int(frame.pixels[0, 0, 0]) for frame in frames if frame] == [2, 3]
    assert frames[0] is not None
    assert frames[0].source == "screen -20,10,64,48"
    assert source.live


def test_a_screen_that_may_not_be_read_is_not_tried_again() -> None:
    source = Screen("")
    with pytest.raises(BadInput, match="Only the window reads the screen"), source:
        pass
    assert not source.live


@pytest.mark.parametrize(
    "text", ["1,2,3", "a,b,c,d", "0,0,7,100", "0,0,100,-9", "0,0,200000,9", "1,2,3,4,5", "x"]
)
def test_what_is_no_region_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is no region of the screen"):
        parse_region(text)
    with pytest.raises(BadInput, match="is no region of the screen"):
        source_from_text(f"screen:{text}")


def test_a_text_names_the_screen_or_a_region_of_it() -> None:
    assert source_from_text("screen:") == ("screen", "", 0)
    assert choice_from_text("screen: 1, -2,30,40") == {
        "kind": "screen",
        "path": "1,-2,30,40",
        "camera": 0,
    }
    with pytest.raises(BadInput, match="no file or folder 'screen'"):
        source_from_text("screen")

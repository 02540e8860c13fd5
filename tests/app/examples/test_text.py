"""What stands in an example's tile and below it."""

from pathlib import Path

import numpy as np
import pytest

from dnnvis.app.examples.text import format_caption, is_pending, name_example
from dnnvis.core.lens_results import Example


@pytest.mark.parametrize(
    ("label", "file", "name", "caption"),
    [
        ("zebra", "a.png", "zebra", "468 · a.png"),
        ("", "n02391049_zebra.JPEG", "zebra", "468"),
        ("", "my_cat.png", "my cat", "468"),
    ],
)
def test_a_tile_says_class_and_file(
    tmp_path: Path, label: str, file: str, name: str, caption: str
) -> None:
    (tmp_path / file).touch()
    pixels = np.zeros((2, 2, 3), np.uint8)
    where = str(tmp_path / file)
    example = Example(pixels, pixels, 468.0, (0, 0), (0, 0, 2, 2), label=label, where=where)
    assert (name_example(example), format_caption(example)) == (name, caption)


def test_a_frame_of_a_stream_is_no_file() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    example = Example(pixels, pixels, 1.5, (0, 0), (0, 0, 2, 2), where="frame 3 of camera 0")
    assert (name_example(example), format_caption(example)) == ("", "1.50")


def test_a_crop_in_the_place_of_a_backward_picture_is_known_as_such() -> None:
    pixels, values = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.float32)
    example = Example(pixels, pixels, 1.5, (0, 0), (0, 0, 2, 2), backs={"guided": values})
    pending = {name: is_pending(example, name) for name in ("crop", "whole", "guided", "deconvnet")}
    assert [name for name, waits in pending.items() if waits] == ["deconvnet"]

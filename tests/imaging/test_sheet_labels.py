"""Text below sheets: it is as wide as the sheet, whole, and leaves the pictures as they are."""

import numpy as np

from dnnvis.imaging.sheet_labels import LINE_HEIGHT_PIXELS, caption_sheet


def count_lines(captioned: np.ndarray, height: int) -> int:
    """Count the runs of rows that hold ink, below ``height``."""
    inked = (captioned[height:] < 128).any((1, 2))
    rows = np.flatnonzero(inked)
    return len({row // LINE_HEIGHT_PIXELS for row in rows.tolist()})


def test_a_caption_stands_in_whole_lines_below_the_sheet() -> None:
    sheet = np.random.default_rng(0).integers(0, 256, (40, 120, 3), np.uint8)
    short, long = caption_sheet(sheet, "votes"), caption_sheet(sheet, "votes for this class " * 4)
    for captioned in (short, long):
        np.testing.assert_array_equal(captioned[:40], sheet)
        assert captioned.shape[1] == 120
        assert (captioned[40:, -2:] == 255).all()  # no letter is cut off at the right
    assert count_lines(short, 40) == 1
    assert count_lines(long, 40) == (long.shape[0] - 40) // LINE_HEIGHT_PIXELS > 2

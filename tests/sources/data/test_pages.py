"""Pages of a TIFF file as pictures."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from dnnvis.sources.datasets import open_data
from dnnvis.sources.parse import source_from_text

RANDOM = np.random.default_rng(0)


def test_a_stack_of_a_microscope(tmp_path: Path) -> None:
    values = RANDOM.integers(0, 65536, (5, 20, 30), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack")
    assert source_from_text(str(tmp_path / "a.tif"))[0] == "examples"
    data = open_data(tmp_path / "a.tif")
    assert [data.name(n) for n in range(len(data))] == [f"page {n}" for n in range(5)]
    for n in (4, 0, 2):
        assert np.abs(data.read(n)[0][:, :, 0] - values[n] / 257).max() <= 1
    data.close()


@pytest.mark.parametrize("packing", ["raw", "tiff_lzw", "jpeg"])
def test_pages_in_colors_however_packed(tmp_path: Path, packing: str) -> None:
    ramp = np.add.outer(np.arange(16), np.arange(24))
    pages = [np.dstack([ramp * k, ramp, 255 - ramp]).astype(np.uint8) for k in (1, 2, 3)]
    images = [Image.fromarray(page) for page in pages]
    path = tmp_path / "a.tif"
    images[0].save(path, compression=packing, save_all=True, append_images=images[1:])
    data = open_data(path)
    for n in (2, 0, 1):
        difference = np.abs(data.read(n)[0].astype(int) - pages[n])
        assert difference.mean() <= (8 if packing == "jpeg" else 0)
    data.close()


def test_a_single_page_is_a_picture(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.tif")
    assert source_from_text(str(tmp_path / "a.tif"))[0] == "pictures"

"""Pages of a TIFF file as pictures."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.sources.data import pages
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


@pytest.mark.parametrize("error", [BadInput("It has too many pixels."), MemoryError("full")])
def test_what_is_no_fault_of_the_file_is_not_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((2, 4, 4), np.uint8), photometric="minisblack")

    def refuse(*args: object) -> None:
        raise error

    data = pages.TiffPages(tmp_path / "a.tif")
    monkeypatch.setattr(pages, "decode_deep_page", refuse)
    with pytest.raises(type(error), match=str(error)):
        data.read(0)
    data.close()
    monkeypatch.setattr(pages, "open_tiff", refuse)
    with pytest.raises(type(error), match=str(error)):
        pages.TiffPages(tmp_path / "a.tif")

"""Targets: pictures with alpha, of odd sizes, and files that are none."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.sources.canvas.salamander import draw_salamander
from dnnvis.sources.canvas.target import PHOTOGRAPHS, premultiply, read_target
from dnnvis.sources.demo import photograph_folder


def saved(folder: Path, pixels: np.ndarray, name: str = "My picture.png") -> str:
    Image.fromarray(pixels).save(folder / name)
    return str(folder / name)


def test_a_small_picture_keeps_its_odd_size_its_colors_and_its_alpha(tmp_path: Path) -> None:
    rgba = np.random.default_rng(0).integers(0, 256, (7, 13, 4), dtype=np.uint8)
    target = read_target(saved(tmp_path, rgba))
    assert target.name == "my-picture"
    assert target.pixels.shape == (7, 13, 4)
    assert target.pixels.dtype == np.float32
    alpha = rgba[..., 3:] / 255
    np.testing.assert_allclose(target.pixels[..., 3:], alpha, atol=1e-6)
    np.testing.assert_allclose(target.pixels[..., :3], rgba[..., :3] / 255 * alpha, atol=1e-6)


def test_a_larger_one_is_made_smaller_and_keeps_its_proportions(tmp_path: Path) -> None:
    target = read_target(saved(tmp_path, np.full((301, 149, 3), 200, np.uint8)), side=31)
    assert target.pixels.shape == (31, 15, 4)
    np.testing.assert_allclose(target.pixels[..., 3], 1)
    np.testing.assert_allclose(target.pixels[..., :3], 200 / 255, atol=1e-6)


def test_what_cannot_be_seen_lends_no_color(tmp_path: Path) -> None:
    rgba = np.zeros((80, 80, 4), np.uint8)
    rgba[:, :40] = (255, 0, 0, 255)
    rgba[:, 40:] = (0, 255, 0, 0)  # green that nobody sees
    pixels = read_target(saved(tmp_path, rgba), side=20).pixels
    assert pixels[..., 1].max() < 0.01
    assert pixels[:, :8, 0].min() > 0.98


@pytest.mark.parametrize("mode", ["L", "I;16", "P", "LA", "1"])
def test_gray_palettes_and_deep_pictures_are_read(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.linspace(0, 60_000, 400).reshape(20, 20).astype(np.uint16))
    else:
        image = Image.fromarray(np.full((20, 20), 200, np.uint8)).convert(mode)
    image.save(tmp_path / "some.png")
    pixels = read_target(str(tmp_path / "some.png")).pixels
    assert pixels.shape == (20, 20, 4)
    np.testing.assert_allclose(pixels[..., 3], 1)
    assert pixels[..., 0].max() > 0.7


def test_bad_targets_are_refused_in_a_sentence(tmp_path: Path) -> None:
    empty = np.zeros((9, 9, 4), np.uint8)
    with pytest.raises(BadInput, match="transparent everywhere"):
        read_target(saved(tmp_path, empty))
    with pytest.raises(BadInput, match=r"no picture 'nowhere\.png'.*salamander, coffee"):
        read_target("nowhere.png")
    (tmp_path / "words.png").write_text("no picture")
    with pytest.raises(BadInput, match="not a picture"):
        read_target(str(tmp_path / "words.png"))
    whole = Path(saved(tmp_path, np.random.default_rng(0).integers(0, 255, (64, 64, 4), np.uint8)))
    whole.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(BadInput, match="broken"):
        read_target(str(whole))
    for side in (3, 97):
        with pytest.raises(BadInput, match="4 to 96 pixels"):
            read_target("salamander", side=side)


def test_the_salamander_is_drawn_the_same_at_any_size() -> None:
    drawn = draw_salamander(40)
    assert drawn.shape == (40, 40, 4)
    assert np.array_equal(drawn, draw_salamander(40))
    edge = np.concatenate([drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]])
    assert not edge[:, 3].any()
    assert 0.2 < (drawn[..., 3] > 128).mean() < 0.4
    spots = (drawn[..., 0] > 200) & (drawn[..., 2] < 60) & (drawn[..., 3] == 255)
    assert spots.sum() > 20
    small = draw_salamander(20).astype(float)
    mean = premultiply(drawn).reshape(20, 2, 20, 2, 4).mean((1, 3))
    np.testing.assert_allclose(premultiply(small.astype(np.uint8)), mean, atol=0.08)
    assert read_target("salamander").name == "salamander"


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_the_photograph_is_cut_out_of_scikit_images(name: str) -> None:
    photograph = PHOTOGRAPHS[name]
    with Image.open(photograph_folder() / photograph.file) as image:
        whole = np.asarray(image.convert("RGB")).astype(float)
    target = read_target(name)
    left, top, right, bottom = photograph.box
    assert "CC0" in target.about
    assert target.pixels.shape == (40, 40, 4)
    mean = whole[top:bottom, left:right].mean((0, 1)) / 255
    np.testing.assert_allclose(target.pixels[..., :3].mean((0, 1)), mean, atol=0.01)
    assert len(target.digest) == 64
    assert target.digest != read_target(name, side=20).digest

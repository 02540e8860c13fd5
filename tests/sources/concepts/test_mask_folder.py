"""Concepts in a folder of pictures and one of masks."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.sources.concepts.mask_folder import (
    MaskFolder,
    describe_resizing,
    read_mask,
    resize_mask,
)
from helpers.concept_folders import save_mask, write_masks


def test_masks_are_those_of_the_files(tmp_path: Path) -> None:
    data = MaskFolder(write_masks(tmp_path))
    assert data.names == ("left", "top")
    assert (len(data), data.has_masks, data.notes) == (12, True, ())
    for number in range(12):
        picture = data.read(number)
        stem = Path(data.name(number)).stem
        names = [
            name for name in data.names if (tmp_path / "masks" / name / f"{stem}.png").exists()
        ]
        assert [data.names[k] for k in picture.concepts] == names
        for name, mask in zip(names, picture.masks, strict=True):
            expected = np.asarray(Image.open(tmp_path / "masks" / name / f"{stem}.png")) > 127
            np.testing.assert_array_equal(mask, expected)
        assert picture.masks.shape[1:] == picture.pixels.shape[:2] == (12, 12)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_a_mask_may_be_of_any_kind_of_png(tmp_path: Path, mode: str) -> None:
    mask = np.zeros((6, 8), np.uint8)
    mask[2:4, 1:5] = 255
    if mode == "I;16":
        Image.fromarray(mask.astype(np.uint16) * 257).save(tmp_path / "m.png")
    else:
        Image.fromarray(mask).convert(mode).save(tmp_path / "m.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png"), mask > 0)


def test_what_is_from_half_on_belongs_to_the_concept(tmp_path: Path) -> None:
    save_mask(np.array([[0, 127, 128, 255]], np.uint8), tmp_path / "m.png")
    assert read_mask(tmp_path / "m.png").tolist() == [[False, False, True, True]]


def test_a_mask_of_another_size_is_resized_by_the_nearest_pixel(tmp_path: Path) -> None:
    mask = np.random.default_rng(0).integers(0, 2, (5, 7)).astype(np.uint8) * 255
    save_mask(mask, tmp_path / "m.png")
    resized = Image.fromarray(mask).resize((14, 15), Image.Resampling.NEAREST)
    found = resize_mask(read_mask(tmp_path / "m.png"), (15, 14))
    np.testing.assert_array_equal(found, np.asarray(resized) > 0)


def test_that_a_mask_was_resized_or_stretched_is_noted_of_its_picture(tmp_path: Path) -> None:
    data = MaskFolder(write_masks(tmp_path, 2))
    assert data.read(0).notes == ()
    save_mask(np.full((6, 6), 255, np.uint8), tmp_path / "masks/top/00.png")
    save_mask(np.full((12, 24), 255, np.uint8), tmp_path / "masks/left/00.png")
    picture = MaskFolder(tmp_path).read(0)
    assert picture.masks.shape == (2, 12, 12)
    assert picture.masks.all()
    assert {note.kind: note.text for note in picture.notes} == {
        "mask size": "its mask masks/top/00.png, 6 x 6, was resized to 12 x 12",
        "mask shape": "its mask masks/left/00.png, 24 x 12, was stretched to another aspect ratio, "
        "12 x 12: where it lies may be wrong",
    }


@pytest.mark.parametrize(
    ("own", "size", "kind"),
    [
        ((375, 500), (375, 500), None),
        ((187, 250), (375, 500), "mask size"),  # 187.5 rounded
        ((1500, 2000), (375, 500), "mask size"),
        ((333, 500), (120, 180), "mask size"),  # 119.9
        ((256, 256), (375, 500), "mask shape"),
        ((500, 375), (375, 500), "mask shape"),
        ((375, 490), (375, 500), "mask shape"),
    ],
)
def test_rounding_to_whole_pixels_is_no_other_aspect_ratio(
    own: tuple[int, int], size: tuple[int, int], kind: str | None
) -> None:
    note = describe_resizing(Path("masks/top/1.png"), own, size)
    assert (None if note is None else note.kind) == kind


def test_masks_without_a_picture_are_left_out_and_said(tmp_path: Path) -> None:
    write_masks(tmp_path, 4)
    save_mask(np.zeros((12, 12), np.uint8), tmp_path / "masks/left/99.png")
    (note,) = MaskFolder(tmp_path).notes
    assert note == "1 mask has no picture and is left out: masks/left/99.png."


def test_pictures_without_a_mask_count_as_without_concepts_and_are_said(tmp_path: Path) -> None:
    write_masks(tmp_path, 4)
    Image.new("RGB", (12, 12)).save(tmp_path / "images/plain.png")
    data = MaskFolder(tmp_path)
    (note,) = data.notes
    assert note == "1 picture has no mask and counts as without any concept: plain.png."
    picture = data.read(4)
    assert (picture.concepts, picture.masks.shape) == ((), (0, 12, 12))


def test_masks_of_no_picture_at_all_are_refused(tmp_path: Path) -> None:
    write_masks(tmp_path, 3)
    for file in (tmp_path / "images").iterdir():
        file.rename(file.with_stem(f"other{file.stem}"))
    with pytest.raises(BadInput, match=r"No mask in .*masks has a picture of its name"):
        MaskFolder(tmp_path)


def test_empty_folders_are_refused(tmp_path: Path) -> None:
    write_masks(tmp_path, 3)
    shutil.rmtree(tmp_path / "masks")
    (tmp_path / "masks").mkdir()
    with pytest.raises(BadInput, match="There are no masks in"):
        MaskFolder(tmp_path)
    shutil.rmtree(tmp_path / "images")
    (tmp_path / "images").mkdir()
    with pytest.raises(BadInput, match="There is no picture in"):
        MaskFolder(tmp_path)


def test_two_pictures_of_one_name_are_refused(tmp_path: Path) -> None:
    write_masks(tmp_path, 3)
    Image.new("RGB", (12, 12)).save(tmp_path / "images/01.bmp")
    with pytest.raises(BadInput, match="share the name 01"):
        MaskFolder(tmp_path)


def test_a_broken_mask_is_said_when_it_is_read(tmp_path: Path) -> None:
    write_masks(tmp_path, 3)
    (tmp_path / "masks/top/01.png").write_bytes(b"no picture")
    with pytest.raises(BadInput, match=r"01\.png"):
        MaskFolder(tmp_path).read(1)


def test_the_mark_changes_with_a_mask(tmp_path: Path) -> None:
    before = MaskFolder(write_masks(tmp_path, 3)).mark
    save_mask(np.ones((12, 12), np.uint8), tmp_path / "masks/top/00.png")
    (tmp_path / "masks/top/00.png").touch()
    assert MaskFolder(tmp_path).mark != before

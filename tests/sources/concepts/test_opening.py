"""What a user may write for a set of concepts."""

import tarfile
from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.concepts.class_folder import ClassConcepts
from dnnvis.sources.concepts.label_me import LabelMeFolder
from dnnvis.sources.concepts.life_boards import BoardConcepts
from dnnvis.sources.concepts.mask_folder import MaskFolder
from dnnvis.sources.concepts.opening import open_concepts
from dnnvis.sources.concepts.synthetic import SyntheticConcepts
from helpers.concept_folders import shape, write_classes, write_masks, write_shapes

SIZE = (16, 16)


def test_each_kind_of_folder_is_recognized(tmp_path: Path) -> None:
    masks = open_concepts(write_masks(tmp_path / "m"), SIZE)
    write_shapes(tmp_path / "l", "a", [shape("cat", "rectangle", (2, 3), (8, 9))])
    classes = open_concepts(write_classes(tmp_path / "c", {"cat": 2, "dog": 2}), SIZE)
    assert isinstance(masks, MaskFolder)
    assert isinstance(open_concepts(tmp_path / "l", SIZE), LabelMeFolder)
    assert isinstance(classes, ClassConcepts)
    classes.close()


def test_made_pictures_by_seed(tmp_path: Path) -> None:
    first, second = (open_concepts(text, SIZE, pictures=7) for text in ("made", "made:3"))
    assert isinstance(first, SyntheticConcepts)
    assert (len(first), len(open_concepts("made", SIZE))) == (7, 1000)
    assert (first.address, second.address) == ("made (seed 0)", "made (seed 3)")
    assert first.mark != second.mark
    assert isinstance(open_concepts("made", SIZE, channels=1, boards=True), BoardConcepts)


def test_classes_of_an_archive_are_read_once(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "c", {"cat": 2, "dog": 1})
    with tarfile.open(tmp_path / "c.tar", "w") as archive:
        archive.add(folder, "c")
    data = open_concepts(tmp_path / "c.tar", SIZE)
    assert sorted(data.read(k).concepts for k in range(3)) == [(0,), (0,), (1,)]
    data.close()


@pytest.mark.parametrize(("gone", "stays"), [("images", "masks"), ("masks", "images")])
def test_half_a_folder_of_masks_is_named(tmp_path: Path, gone: str, stays: str) -> None:
    (write_masks(tmp_path) / gone).rename(tmp_path.parent / f"{tmp_path.name}-{gone}")
    with pytest.raises(BadInput, match=f"has the folder {stays}, but no folder {gone}"):
        open_concepts(tmp_path, SIZE)


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no file or folder"):
        open_concepts(tmp_path / "nothing", SIZE)

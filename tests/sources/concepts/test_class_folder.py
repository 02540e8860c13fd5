"""Concepts that are the classes of pictures."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.sources.concepts.class_folder import ClassConcepts
from dnnvis.sources.concepts.opening import list_labels
from dnnvis.sources.datasets import open_data
from helpers.concept_folders import write_classes


def test_each_picture_has_its_class_and_no_masks(tmp_path: Path) -> None:
    write_classes(tmp_path, {"cat": 3, "dog 10": 2, "dog 9": 1})
    data = open_data(tmp_path)
    concepts = ClassConcepts(data, list_labels(data))
    assert concepts.names == ("cat", "dog 9", "dog 10")
    assert not concepts.has_masks
    for number in range(len(concepts)):
        picture = concepts.read(number)
        assert concepts.names[picture.concepts[0]] == Path(concepts.name(number)).parent.name
        assert picture.masks.shape == (0, 12, 12)


def test_pictures_of_no_class_are_said(tmp_path: Path) -> None:
    write_classes(tmp_path, {"cat": 3, "dog": 2})
    Image.new("RGB", (12, 12)).save(tmp_path / "plain.png")
    data = open_data(tmp_path)
    concepts = ClassConcepts(data, list_labels(data))
    assert "are of no class and count as without" in concepts.notes[0]
    assert [concepts.read(k).concepts for k in range(6)].count(()) == 1


@pytest.mark.parametrize(
    ("classes", "text"), [(("cat",), "only the class cat"), ((), "no classes")]
)
def test_fewer_than_two_classes_are_refused(
    tmp_path: Path, classes: tuple[str, ...], text: str
) -> None:
    write_classes(tmp_path, dict.fromkeys(classes, 3) or {".": 2})
    data = open_data(tmp_path)
    with pytest.raises(BadInput, match=text):
        ClassConcepts(data, list_labels(data))


def test_labels_of_arrays_are_known_without_reading(tmp_path: Path) -> None:
    images = np.zeros((4, 8, 8, 3), np.uint8)
    np.savez(tmp_path / "a.npz", images=images, labels=np.array([1, 0, 1, 2]))
    data = open_data(tmp_path / "a.npz")
    assert list_labels(data) == ("1", "0", "1", "2")
    assert ClassConcepts(data, list_labels(data)).names == ("0", "1", "2")

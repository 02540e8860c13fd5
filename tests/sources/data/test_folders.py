"""The order of pictures, and which folder names their class."""

from pathlib import Path

import pytest

from dnnvis.sources.data.folders import class_finder, list_pictures, natural_key


@pytest.mark.parametrize(
    ("paths", "labels"),
    [
        (["train/cat", "train/dog", "val/cat"], ["cat", "dog", "cat"]),
        (["train/n01/images", "val/n02/images"], ["n01", "n02"]),
        (["images/train", "images/val"], ["", ""]),
        (["train/images", "test/images"], ["", ""]),
        (["car", "bus", "train"], ["car", "bus", "train"]),
        (["test/train", "train/train", "train/bus"], ["train", "train", "bus"]),
        (["animals/cat/black"], ["black"]),
        ([""], [""]),
    ],
)
def test_a_class_is_no_part_of_the_data_and_no_container(
    paths: list[str], labels: list[str]
) -> None:
    parents = [tuple(Path(path).parts) for path in paths]
    find_class = class_finder(parents)
    assert [find_class(parts) for parts in parents] == labels


def test_numbers_in_names_count_as_numbers(tmp_path: Path) -> None:
    names = ["f1.png", "f2.png", "f10.png", "f10b.png", "g.png"]
    for name in reversed(names):
        (tmp_path / name).touch()
    assert [path.name for path in list_pictures(tmp_path)] == names
    assert natural_key("a01") != natural_key("a1")

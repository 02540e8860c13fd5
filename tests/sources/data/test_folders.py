"""The order of pictures, and which folder names their class."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.data import folders
from dnnvis.sources.data.folders import (
    ListedFolder,
    PictureFiles,
    class_finder,
    filter_picture_names,
    find_first_name,
    is_picture_name,
    list_pictures,
    natural_key,
)


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


@pytest.mark.parametrize("padding", [3, 20])
def test_the_first_name_is_the_least_of_all_keys(
    padding: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "MAX_PADDED_DIGITS", padding)
    rng = random.Random(0)
    for _ in range(3000):
        lengths = [rng.randint(1, 7 if padding == 3 else 30) for _ in range(rng.randint(1, 6))]
        names = ["".join(rng.choice("0019ax.-\u0663") for _ in range(n)) for n in lengths]
        assert find_first_name(names) == min(names, key=natural_key), names


@pytest.mark.parametrize(
    "names",
    [
        ["a.png", "b.JPG"],
        ["a.png", ".b.png"],
        ["a.jpeg", "b.txt", "c"],
        ["png", ".png", "a.png"],
        [],
    ],
)
def test_names_are_filtered_at_once_as_one_by_one(names: list[str]) -> None:
    assert filter_picture_names("", names) == [name for name in names if is_picture_name(name)]


def test_folders_are_listed_when_a_picture_in_them_is_asked_for() -> None:
    listed: list[str] = []

    def walk() -> Iterator[ListedFolder]:
        for name, count in (("a", 2), ("b", 1), ("c", 3)):
            listed.append(name)
            yield ListedFolder(name, (name,), [f"{k}.png" for k in range(count)])

    files = PictureFiles(Path(), walk())
    assert str(files[0]) == "a/0.png"
    assert files.holds(1)
    assert listed == ["a"]
    assert str(files[2]) == "b/0.png"
    assert listed == ["a", "b"]
    assert not files.holds(6)
    assert (len(files), str(files[-1]), files.parents(3)) == (6, "c/2.png", ("c",))
    assert [str(path) for path in files] == list(files.texts())


def test_a_folder_that_cannot_be_read_is_left_out_or_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/1.png", "b/2.png", "c/3.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    scandir = os.scandir

    def refuse(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path) == refused:
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    refused, notes = str(tmp_path / "b"), list[str]()
    assert [path.name for path in list_pictures(tmp_path, notes.append)] == ["1.png", "3.png"]
    assert notes == [
        f"The folder {refused} cannot be read: Permission denied; its pictures are left out."
    ]
    with pytest.raises(BadInput, match="b cannot be read"):
        list_pictures(tmp_path)
    refused = str(tmp_path)
    with pytest.raises(BadInput, match="Permission denied"):
        list_pictures(tmp_path, notes.append)

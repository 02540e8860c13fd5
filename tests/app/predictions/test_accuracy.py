"""Accuracy so far, over pictures with labels."""

from dataclasses import replace

import numpy as np
import pytest

from dnnvis.app.predictions.accuracy import Accuracy, find_class_in_name, find_true_class
from dnnvis.core.frame import Frame, find_class
from helpers.live_frames import make_live

LABELS = ("tench, Tinca tinca", "great white shark", "3", "Tinca tinca")


@pytest.mark.parametrize(
    ("label", "number"),
    [
        ("tench", 0),
        ("Tinca tinca", 3),
        ("great_white_shark", 1),
        ("GREAT WHITE SHARK", 1),
        ("3", 2),
        ("0", 0),
        ("4", None),
        ("shark", None),
        ("", None),
        (None, None),
        ("n01440764", None),
    ],
)
def test_a_label_names_a_class(label: str | None, number: int | None) -> None:
    assert find_class(label, LABELS, 4) == number


@pytest.mark.parametrize(
    ("label", "number"),
    [
        ("n01440764", 1),
        ("n02102040_springer", 0),
        ("n014407640", None),
        ("n03000684", None),
        ("tench", 0),
    ],
)
def test_a_folder_of_imagenet_names_a_class_by_its_synset(label: str, number: int | None) -> None:
    synsets = ("n02102040", "n01440764", "n03417042")
    assert find_class(label, LABELS, 2, synsets) == number
    assert find_class("n03417042", LABELS, 2, synsets) is None  # more synsets than outputs


def test_each_labeled_picture_counts_once() -> None:
    accuracy = Accuracy()
    pixels = np.zeros((2, 2, 3), np.uint8)
    for index, label, best in ((0, "a", 0), (1, "b", 0), (2, "b", 1), (1, "b", 0), (3, None, 0)):
        frame = Frame(pixels, source="x.png", label=label, index=index)
        output = [1.0 if k == best else 0.0 for k in range(2)]
        live = replace(make_live(index, output), frame=frame)
        accuracy.add(live, find_true_class(live, ("a", "b")))
    assert accuracy.describe() == "2 of 3 right so far (67 %)"
    accuracy.reset()
    assert accuracy.describe() == ""


def test_answers_that_are_no_numbers_do_not_count() -> None:
    accuracy = Accuracy()
    frame = Frame(np.zeros((2, 2, 3), np.uint8), label="a")
    accuracy.add(replace(make_live(0, [float("nan"), 1.0]), frame=frame), 0)
    assert accuracy.describe() == ""


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("n01440764_tench.JPEG", 0),
        ("n99999999_great_white_shark.JPEG", 1),
        ("tench.png", 0),
        ("great_white_shark_012.jpg", 1),
        ("sub/Great White Shark (3).jpg", 1),
        ("tench.12.jpg", 0),
        ("n02102040_what_ever.jpg", 2),
        ("3.png", None),
        ("0001.png", None),
        ("IMG_0003.jpg", None),
        ("tench", None),
        ("", None),
    ],
)
def test_the_name_of_a_file_names_a_class(name: str, number: int | None) -> None:
    synsets = ("n01440764", "n00000001", "n02102040", "n00000002")
    assert find_class_in_name(name, LABELS, 4, synsets) == number


def test_a_label_counts_before_the_name_of_the_file() -> None:
    live = make_live(0, [0.0, 1.0])
    labeled = replace(live, frame=replace(live.frame, source="b.png", label="a"))
    assert find_true_class(labeled, ("a", "b"), reads_name=True) == 0
    named = replace(live, frame=replace(live.frame, source="b.png", label=None))
    assert find_true_class(named, ("a", "b"), reads_name=True) == 1
    assert find_true_class(named, ("a", "b")) is None

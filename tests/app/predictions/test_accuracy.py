"""Accuracy so far, over pictures with labels."""

from dataclasses import replace

import numpy as np
import pytest

from dnnvis.app.predictions.accuracy import Accuracy
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
        accuracy.add(replace(make_live(index, output), frame=frame), ("a", "b"))
    assert accuracy.describe() == "2 of 3 right so far (67 %)"
    accuracy.reset()
    assert accuracy.describe() == ""


def test_answers_that_are_no_numbers_do_not_count() -> None:
    accuracy = Accuracy()
    frame = Frame(np.zeros((2, 2, 3), np.uint8), label="a")
    accuracy.add(replace(make_live(0, [float("nan"), 1.0]), frame=frame), ("a", "b"))
    assert accuracy.describe() == ""

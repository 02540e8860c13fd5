"""What is said of an answer that names no classes, and of numbers that do."""

from dataclasses import replace

import numpy as np
import pytest

from dnnvis.app.predictions.text import describe_numbers, explain_no_classes
from dnnvis.core.messages import (
    Detections,
    LayerInfo,
    NetworkInfo,
    OutputKind,
    OutputMeaning,
)
from helpers.live_frames import make_live
from helpers.strips import life_info


def with_output(info: NetworkInfo, *shape: int) -> NetworkInfo:
    row = LayerInfo("output", "result", (shape[0], shape[1], shape[2]))
    return replace(info, layers=(*info.layers, row))


def test_an_answer_that_is_a_picture_is_no_list_of_classes(info: NetworkInfo) -> None:
    for network, words in ((life_info(), "a picture, 1 × 8 × 8"), (info, ""), (None, "")):
        sentence = explain_no_classes(OutputMeaning(), network, None)
        assert words in sentence
        assert bool(words) == bool(sentence)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("embedding", "taken for an embedding of 3 numbers because so; it names no classes"),
        ("values", "is 0.1, 0.7, 0.2, taken for plain values because so"),
        ("map", "taken for a map, 3 because so"),
        ("logits", ""),
        ("probabilities", ""),
        ("sigmoids", ""),
    ],
)
def test_what_names_no_classes_is_said_with_its_reason(
    info: NetworkInfo, kind: OutputKind, words: str
) -> None:
    sentence = explain_no_classes(
        OutputMeaning(kind, "so"), with_output(info, 3, 1, 1), make_live()
    )
    assert words in sentence
    assert bool(words) == bool(sentence)


def test_many_values_are_not_written_out(info: NetworkInfo) -> None:
    live = make_live(1, tuple(range(7)))
    sentence = explain_no_classes(OutputMeaning("values"), with_output(info, 7, 1, 1), live)
    assert sentence == "The answer is taken for values, 7: see the layer output."


def test_boxes_are_counted_and_the_greatest_is_named(info: NetworkInfo) -> None:
    boxes = np.zeros((3, 4), np.float32)
    scores = np.array([0.3, 0.9, 0.5], np.float32)
    found = Detections(boxes, np.array([0, 2, 1]), scores)
    meaning = OutputMeaning("boxes", "so")
    sentence = explain_no_classes(meaning, info, replace(make_live(), detections=found))
    assert sentence == (
        "The answer is 3 boxes; 2 with a score of 0.5 or more are drawn over the input; the "
        "greatest is 0.90, ship."
    )
    none = Detections(boxes[:0], np.zeros(0, np.int64), scores[:0])
    sentence = explain_no_classes(meaning, info, replace(make_live(), detections=none))
    assert "is 0 boxes" in sentence
    assert "greatest" not in sentence
    assert "cannot be read" in explain_no_classes(meaning, info, make_live())


def test_maps_of_classes_have_rows_where_the_frame_has_them(info: NetworkInfo) -> None:
    meaning, network = OutputMeaning("segmentation", "so"), with_output(info, 3, 8, 8)
    live = replace(make_live(), classes=np.zeros((8, 8), np.int64))
    assert explain_no_classes(meaning, network, live) == ""
    assert "a picture" in explain_no_classes(meaning, network, make_live())


def test_numbers_are_described_with_the_reason() -> None:
    assert describe_numbers(OutputMeaning("logits", "the network ends in a linear layer")) == (
        "softmax of logits: the network ends in a linear layer"
    )
    assert describe_numbers(OutputMeaning("logits")) == "softmax of logits"
    assert describe_numbers(OutputMeaning("embedding", "so")) == ""

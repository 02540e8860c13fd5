"""What a dissection says of a layer."""

from typing import Any

import numpy as np

from dnnvis.core.probing.dissection import DissectedLayer


def layer(scores: Any, measure: Any = "iou") -> DissectedLayer:
    array = np.array(scores, np.float32)
    nothing = np.full(len(array), np.nan, np.float32)
    return DissectedLayer(
        "net", "conv", "made", ("red", "dots"), measure, array, nothing, nothing, 9
    )


def test_units_have_the_name_of_their_best_concept_from_4_percent_on() -> None:
    found = layer([[0.1, 0.2], [0.03, 0.039], [0.04, 0.01], [np.nan, np.nan]])
    assert [found.name(k) for k in range(4)] == ["dots", "", "red", ""]
    assert found.best.tolist() == [1, 1, 0, -1]
    assert found.fires.tolist() == [True, True, True, False]
    np.testing.assert_allclose(found.best_scores, [0.2, 0.039, 0.04, np.nan], atol=1e-6)


def test_aurocs_need_more() -> None:
    found = layer([[0.89, np.nan], [0.2, 0.95]], "auroc")
    assert [found.name(k) for k in range(2)] == ["", "dots"]


def test_concepts_with_most_units_come_first_and_of_each_the_best_unit() -> None:
    found = layer([[0.1, 0], [0.3, 0], [0, 0.05], [0.01, 0]])
    groups = {name: channels.tolist() for name, channels in found.count_by_concept().items()}
    assert groups == {"red": [1, 0], "dots": [2]}
    assert list(groups) == ["red", "dots"]


def test_a_layer_without_concepts_has_no_names() -> None:
    nothing = np.zeros(3, np.float32)
    found = DissectedLayer(
        "net", "conv", "x", (), "iou", np.zeros((3, 0), np.float32), nothing, nothing, 0
    )
    assert found.best.tolist() == [-1, -1, -1]
    assert not found.has_name.any()
    assert found.count_by_concept() == {}

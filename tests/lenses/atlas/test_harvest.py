"""Vectors at random positions: inside the border, seeded, the network's own values."""

import numpy as np

from dnnvis.lenses.activation_map.collect import PictureBatches
from dnnvis.lenses.activation_map.labels import ClassIndex
from dnnvis.lenses.atlas.arrays import ImagesInMemory
from dnnvis.lenses.atlas.attribution import AttributionPlan
from dnnvis.lenses.atlas.harvest import (
    VectorHarvest,
    count_inner_positions,
    draw_positions,
    pictures_per_pass,
)
from helpers.atlas_networks import LAYER, color_network, color_pictures


def test_positions_are_inside_distinct_and_the_same_for_the_same_seed() -> None:
    drawn = draw_positions(5, 6, 12, seed=3, picture=7)
    assert (
        len({tuple(position) for position in drawn.tolist()})
        == 12
        == count_inner_positions((1, 5, 6))
    )
    assert drawn[:, 0].min() == 1
    assert drawn[:, 0].max() == 3
    assert drawn[:, 1].min() == 1
    assert drawn[:, 1].max() == 4
    assert (drawn == draw_positions(5, 6, 12, seed=3, picture=7)).all()
    assert (drawn != draw_positions(5, 6, 12, seed=3, picture=8)).any()
    assert (drawn[:4] == draw_positions(5, 6, 4, seed=3, picture=7)).all()


def test_maps_with_fewer_than_three_positions_have_no_border() -> None:
    assert {tuple(p) for p in draw_positions(2, 1, 5, 0, 0).tolist()} == {(0, 0), (1, 0)}
    assert count_inner_positions((8, 1, 1)) == 1


def test_the_vectors_are_the_networks_whatever_the_batches() -> None:
    net, (images, labels) = color_network(), color_pictures(6)
    data = ImagesInMemory(images, [("red", "blue")[k] for k in labels])

    def harvest(sizes: list[int]) -> np.ndarray:
        pictures = PictureBatches(net, data, ClassIndex(("red", "blue")))
        vectors = VectorHarvest(net, LAYER, pictures, AttributionPlan("output", (1,)), 3, seed=1)
        return np.concatenate(list(vectors(np.split(np.arange(18), sizes))))

    records = harvest([4, 9])  # a picture's rows in two batches, too
    np.testing.assert_allclose(records["h"], harvest([])["h"], rtol=1e-6)
    values = net.record(images, [LAYER])[LAYER][:, 0]
    weight = net.module[4].weight.detach().numpy()[1]
    for record in records:
        picture, (y, x) = record["row"] // 3, record["position"]
        np.testing.assert_allclose(record["h"][0], values[picture, :, y, x], rtol=1e-5)
        expected = values[picture, :, y, x] @ weight / 144
        np.testing.assert_allclose(record["attribution"], [expected], rtol=1e-4)
        assert record["label"] == labels[picture] == record["predicted"]
    assert pictures_per_pass(net) == 64

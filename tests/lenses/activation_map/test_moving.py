"""The map of a network that learns: places of the frame, or pictures of a data set."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dnnvis.core.activation_map import MovingMap
from dnnvis.core.frame import Frame
from dnnvis.core.learning.live_weights import LatestWeights, LiveWeights
from dnnvis.core.learning.plane import plane_pixels
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.introspect.comparison.moving import project_onto_two
from dnnvis.lenses.activation_map.example_images import close_pictures
from dnnvis.lenses.activation_map.moving import PICTURES_PER_STEP
from dnnvis.lenses.live import LiveWork
from dnnvis.lenses.look import looks
from dnnvis.network.network import Network
from dnnvis.zoo.catalog import open_network
from helpers.atlas_networks import color_network, color_pictures, write_color_folder

PLANE = "mlp-2d:5-3"
COLOR_LAYER = "1"  # after the convolution


@pytest.fixture(autouse=True)
def close_data() -> Iterator[None]:
    yield
    close_pictures()


def watch(network: Network, latest: LatestWeights) -> LiveWork:
    work = LiveWork(lambda choice: network, threading.Event(), latest_weights=latest)
    work.open(NetworkChoice(net=network.name))
    return work


def next_map(work: LiveWork, request: Request, pixels: np.ndarray) -> MovingMap:
    """What the lens posts with a frame: the engine takes one result of it."""
    assert work.choice is not None
    assert isinstance(request.unit, Unit)
    plan = Plan(work.choice, (request.unit.layer,), requests={"moving": request})
    _, scenes, failures = work.live(plan, Frame(pixels, 1, "plane"))
    assert not failures
    return next(work.look(request, scenes["moving"]))  # type: ignore[return-value]


def test_places_of_the_plane_are_the_components_of_their_vectors() -> None:
    network = open_network(PLANE)
    result = list(looks(network, "moving_map", "active1[0]", image=plane_pixels()))[-1]
    x = torch.from_numpy(plane_pixels()).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        recording = network.run(x, ("active1",))
        numbers = np.linspace(0, 85, 16).astype(int)
        maps = recording.tensor("active1")[0].numpy()[:, numbers][:, :, numbers]
    expected, explained = project_onto_two(maps.reshape(5, -1).T)
    np.testing.assert_allclose(np.abs(result.z), np.abs(expected), atol=1e-4)
    assert result.explained == pytest.approx(explained, abs=1e-5)
    answer = recording.result[0, 0].numpy()[np.ix_(numbers, numbers)].ravel()
    np.testing.assert_array_equal(result.labels, answer <= 0)
    assert result.classes == ("above 0", "below 0")


def test_it_moves_on_from_where_it_was_with_each_new_weights() -> None:
    network, latest = open_network(PLANE), LatestWeights()
    work = watch(network, latest)
    request = Request("moving_map", Unit("active1", 0))
    weights = {name: value.numpy().copy() for name, value in network.module.state_dict().items()}
    latest.put(LiveWeights(1, weights))
    first = next_map(work, request, plane_pixels())
    flipped = {name: value.copy() for name, value in weights.items()}
    order = [3, 1, 4, 0, 2]  # the same units in another order: the same vectors, turned
    flipped["dense1.weight"] = weights["dense1.weight"][order]
    flipped["dense1.bias"] = weights["dense1.bias"][order]
    latest.put(LiveWeights(2, flipped))
    second = next_map(work, request, plane_pixels())
    np.testing.assert_allclose(second.z, first.z, atol=1e-3)
    np.testing.assert_array_equal(second.previous, first.z)
    other = {name: value + np.float32(0.5) for name, value in weights.items()}
    latest.put(LiveWeights(3, other))
    assert np.abs(next_map(work, request, plane_pixels()).z - second.z).max() > 0.05


def test_pictures_run_a_few_in_each_step(tmp_path: Path) -> None:
    data = write_color_folder(tmp_path / "pictures", 30)
    network, latest = color_network(), LatestWeights()
    weights = {name: value.numpy().copy() for name, value in network.module.state_dict().items()}
    latest.put(LiveWeights(1, weights))
    work = watch(network, latest)
    request = Request("moving_map", Unit(COLOR_LAYER, 0), (("data", str(data)),))
    frame = color_pictures(1)[0][0]
    results: list[MovingMap] = [next_map(work, request, frame)]
    while not len(results[-1].z):
        assert "being read" in results[-1].message
        results.append(next_map(work, request, frame))
    running = [result.progress for result in results if 0 < result.progress < 1]
    assert running == [PICTURES_PER_STEP / 30, 2 * PICTURES_PER_STEP / 30]
    assert len(results[-1].z) == 30
    same = next_map(work, request, frame)  # the weights are the same
    assert (same.progress, same.z.tolist()) == (1.0, results[-1].z.tolist())
    latest.put(LiveWeights(2, {name: value * np.float32(1.5) for name, value in weights.items()}))
    changed = [next_map(work, request, frame) for _ in range(3)]
    assert [result.progress < 1 for result in changed] == [True, True, False]
    np.testing.assert_array_equal(changed[-1].previous, results[-1].z)
    z, labels = results[-1].z, results[-1].labels
    assert results[-1].classes == ("red", "blue")
    middles = [z[labels == k].mean(0) for k in (0, 1)]
    spread = max(float(z[labels == k].std(0).max()) for k in (0, 1))
    assert np.linalg.norm(middles[0] - middles[1]) > 4 * spread


def test_in_python_one_look_runs_all_pictures(tmp_path: Path) -> None:
    data = write_color_folder(tmp_path / "pictures", 20)
    network, image = color_network(()), color_pictures(1)[0][0]
    unit = f"{COLOR_LAYER}[0]"
    result: Any = list(looks(network, "moving_map", unit, image=image, data=str(data)))[-1]
    assert len(result.z) == 20
    assert result.progress == 1
    assert result.classes == ("blue", "red")  # the folders' own: the network names none
    vectors = []
    for file in sorted(data.rglob("*.png")):
        maps = network.run(network.encode(str(file)), (COLOR_LAYER,)).tensor(COLOR_LAYER)
        vectors.append(maps[0].mean((1, 2)).detach().numpy())
    expected, _ = project_onto_two(np.stack(vectors))
    distances = [np.linalg.norm(z[:, None] - z, axis=2) for z in (expected, result.z)]
    np.testing.assert_allclose(distances[1], distances[0], atol=1e-3)


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    network, image = color_network(), color_pictures(1)[0][0]

    def message(unit: str, **params: Any) -> str:
        result: Any = list(looks(network, "moving_map", unit, image=image, **params))[-1]
        assert not len(result.z)
        return str(result.message)

    assert "but one" in message("output[0]")
    assert "no file or folder" in message("output[0]", data=str(tmp_path / "none"))
    data = write_color_folder(tmp_path / "pictures", 2)
    next(data.rglob("*.png")).write_text("no picture")
    assert "cannot be read" in message("output[0]", data=str(data))

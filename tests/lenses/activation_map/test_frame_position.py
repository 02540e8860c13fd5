"""The lenses of the live map: where the frame is, and the whole cloud."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import dnnvis
from dnnvis.cli.look import MAP_LENSES
from dnnvis.cli.main import app
from dnnvis.core.activation_map import FramePosition, MapData
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.messages import Live
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.introspect.brainbow import unit_colors
from dnnvis.introspect.error_field import grid_points, is_empty_at, look_up_empty
from dnnvis.introspect.fit import FitConfig
from dnnvis.introspect.map import Map
from dnnvis.introspect.network_outputs import is_bounded
from dnnvis.lenses.activation_map import map_cache
from dnnvis.lenses.activation_map.fitting import MapFitOptions, fit_arrays, fit_data
from dnnvis.lenses.activation_map.map_data import load_map_data
from dnnvis.lenses.activation_map.storage import save_map
from dnnvis.lenses.catalog import LENSES
from dnnvis.lenses.live import LiveWork
from dnnvis.network.network import Network
from dnnvis.sources.datasets import open_data
from helpers import map_networks as nets
from helpers.stored_maps import (  # noqa: F401
    folder_fixture,
    home_fixture,
    made_fixture,
)

TOY = NetworkChoice(net="toy")
OUTPUT = Unit("output", 0)


def frame(seed: int = 5) -> Frame:
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Frame(pixels, seed, "test")


def work_on(network: Network) -> LiveWork:
    work = LiveWork(lambda choice: network, threading.Event(), tune_after=-1)
    work.open(TOY)
    return work


def live(
    work: LiveWork, seen: Frame, moment: int = -1, **params: Any
) -> tuple[Live, FramePosition]:
    """A live turn with the map's lens beside."""
    request = Request("map", OUTPUT, tuple(params.items()))
    plan = Plan(TOY, requests={"map": request}, moment=moment)
    shown, scenes, failures = work.live(plan, seen)
    assert not failures
    (here,) = work.look(request, scenes["map"])
    assert isinstance(here, FramePosition)
    return shown, here


def test_the_cross_is_where_the_map_puts_the_frames_own_activations(made: Map) -> None:
    seen = frame()
    shown, here = live(work_on(nets.network()), seen)
    h = made.harvest(seen.pixels[None])
    assert shown.frame is seen
    assert here.frame == seen.number
    assert not here.message
    assert np.allclose(here.h, h, atol=1e-6)
    assert np.allclose(here.z, made.encode(h), atol=1e-5)
    assert set(here.expected) == {"2d", "rich"}
    for kind, values in here.expected.items():
        assert np.allclose(values, made.error(h, kind), atol=1e-4)
        assert here.alarms[kind] == bool(values[-1] > made.figures[f"line {kind}"])
    chances = torch.from_numpy(shown.output).softmax(0)
    assert here.predicted == int(chances.argmax())
    assert here.doubt == pytest.approx(1 - float(chances.max()), abs=1e-6)


def test_all_panels_share_one_pass(made: Map, monkeypatch: pytest.MonkeyPatch) -> None:
    network, passes = nets.network(), []
    is_bounded(network)  # found out once, by a pass of its own
    run = network.run
    monkeypatch.setattr(
        network, "run", lambda *args, **words: passes.append(args[1]) or run(*args, **words)
    )
    work = work_on(network)
    for seed in (1, 2):
        live(work, frame(seed))
    assert [set(layers) for layers in passes] == [set(made.columns_.layers) | {"output"}] * 2


def test_gradients_that_other_lenses_want_do_not_disturb_it(made: Map) -> None:
    work, seen = work_on(nets.network()), frame()
    requests = {"map": Request("map", OUTPUT), "back": Request("gradient", OUTPUT)}
    _, scenes, _ = work.live(Plan(TOY, requests=requests), seen)
    (here,) = work.look(requests["map"], scenes["map"])
    assert np.allclose(here.z, made.encode(made.harvest(seen.pixels[None])), atol=1e-5)


def test_a_network_without_a_map_says_how_to_get_one_and_looks_once_only(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    before = map_cache.open_map
    monkeypatch.setattr(map_cache, "open_map", lambda net: asked.append(net) or before(net))
    network = nets.network()
    work = work_on(network)
    for seed in range(3):
        _, here = live(work, frame(seed))
        assert "dnnvis fit-map" in here.message
        assert here.z.shape == (0, 2)
    assert len(asked) == 1
    with pytest.raises(BadInput, match="fit-map"):
        map_cache.require_map(network)
    assert "fit-map" in load_map_data(network).message
    assert len(asked) == 1


def test_a_map_that_was_fitted_meanwhile_is_taken_up_with_the_very_next_frame(
    folder: Path,
) -> None:
    network = nets.network()
    work, seen = work_on(network), frame()
    assert live(work, seen, version=0)[1].message
    first = fit_data(network, nets.asked(folder))
    assert live(work, seen, version=0)[1].message  # nobody has said that there is one
    assert first is not None
    assert np.allclose(live(work, seen, version=1)[1].z, first.encode(first.harvest([seen.pixels])))
    second = fit_data(network, nets.asked(folder, layers=(network.layers[1].name,)))
    assert second is not None
    assert second.columns_.layers != first.columns_.layers
    here = live(work, seen, version=2)[1]
    assert not here.message
    assert here.h.shape == (1, second.columns_.width)
    assert np.allclose(here.z, second.encode(second.harvest([seen.pixels])), atol=1e-5)


def test_at_another_moment_of_the_training_there_is_no_cross_but_the_finished_cloud(
    folder: Path,
) -> None:
    network = nets.learning()
    fit_data(network, nets.asked(folder, record=False))
    work = work_on(network)
    here = live(work, frame(), moment=0)[1]
    assert here.z.shape == (0, 2)
    assert "finished" in here.message
    assert "at step 0" in here.message
    then = work.network
    assert then is not None
    assert then is not network
    cloud = load_map_data(then)
    assert len(cloud.z) == 90
    assert here.message in cloud.message
    assert not live(work, frame(), moment=2)[1].message  # the last moment is the finished network
    assert not live(work, frame(), moment=-1)[1].message
    assert "finished" not in load_map_data(network).message


def test_activations_that_are_no_numbers_have_no_place(made: Map) -> None:
    network = nets.network()
    work = work_on(network)
    assert not live(work, frame())[1].message
    with torch.no_grad():
        network.module[1].weight[3] = float("nan")  # type: ignore[index]
    here = live(work, frame(1))[1]
    assert "not finite" in here.message
    assert here.z.shape == (0, 2)


def test_a_map_without_labels_gives_a_place_and_no_estimate(home: Path) -> None:
    network = nets.network()
    images = np.random.default_rng(0).integers(0, 256, (60, 6, 6, 3), dtype=np.uint8)
    save_map(fit_arrays(network, images, fit_config=nets.QUICK))
    here = live(work_on(nets.network()), frame())[1]
    assert here.z.shape == (1, 2)
    assert here.expected == {}
    assert here.alarms == {}
    assert not here.message
    cloud = load_map_data(nets.network())
    assert "no classes" in cloud.message
    assert cloud.owner.size == 0
    assert cloud.unit_colors.size == 0
    assert cloud.data == ""
    assert np.isnan(cloud.error_field).all()
    assert cloud.lines == {}
    assert cloud.scale.shape == cloud.middle.shape == (made_width(network),)


def made_width(network: Network) -> int:
    return map_cache.require_map(network).columns_.width


def test_other_projections_place_the_cross_too(made: Map) -> None:
    other = np.random.default_rng(1).normal(size=made.z.shape).astype(np.float32)
    save_map(replace(made, others={**made.others, "umap": other}))
    work, seen = work_on(nets.network()), frame()
    h = made.harvest([seen.pixels])
    scores = ((h - made.basis.mean) / made.basis.spread) @ made.basis.axes / made.basis.unit
    here = live(work, seen, projection="pca")[1]
    assert here.projection == "pca"
    assert np.allclose(here.z, scores[:, :2], atol=1e-4)
    here = live(work, seen, projection="umap")[1]
    closest = np.square(made.z - made.encode(h)).sum(1).argmin()
    assert np.array_equal(here.z[0], other[closest])
    assert "next to it" in here.message


def test_a_projection_that_the_map_does_not_have_is_said(made: Map) -> None:
    here = live(work_on(nets.network()), frame(), projection="umap")[1]
    assert here.projection == "map"
    cloud = load_map_data(nets.network(), projection="umap")
    assert cloud.projection == "map"
    assert "no UMAP" in cloud.message
    assert "umap" not in cloud.projections


def test_a_recurrent_network_gives_a_place_for_each_of_its_states(home: Path) -> None:
    network = dnnvis.open("life-2")
    found = fit_data(network, MapFitOptions("", limit=40, fit_config=nets.QUICK, record=False))
    assert found is not None
    board = (np.random.default_rng(3).random((16, 16, 1)) < 0.4).astype(np.uint8) * 255
    work = LiveWork(lambda choice: network, threading.Event(), tune_after=-1)
    work.open(TOY)
    here = live(work, Frame(board))[1]
    assert here.z.shape == (len(network.states), 2)
    assert here.predicted == -1
    assert np.allclose(here.z, found.encode(found.harvest(board[None])), atol=1e-5)
    answer = network.run(network.encode(board)).output
    assert here.doubt == pytest.approx(np.minimum(abs(answer), abs(1 - answer)).mean(), abs=1e-6)
    cloud = load_map_data(network)
    assert cloud.rows_each == len(network.states)
    assert cloud.data == ""
    assert cloud.step.tolist()[:4] == [k % cloud.rows_each for k in range(4)]


def test_empty_places_are_those_whose_nearest_place_of_the_grid_is_empty() -> None:
    dice = np.random.default_rng(0)
    extent = (-4.0, 5.0, -3.0, 6.0)
    train = dice.normal(0, 1, (400, 2)).astype(np.float32)
    places = grid_points(extent)
    empty = is_empty_at(places, train).reshape(161, 161)
    assert 0.05 < empty.mean() < 0.95
    asked = dice.uniform((-4, -3), (5, 6), (200, 2)).astype(np.float32)
    nearest = [np.square(places - one).sum(1).argmin() for one in asked]
    assert np.array_equal(look_up_empty(empty, extent, asked), empty.reshape(-1)[nearest])
    outside = np.array([[5.1, 0], [0, -3.1], [np.nan, 0], [99, 99]], np.float32)
    assert look_up_empty(empty, extent, outside).all()


def test_the_cloud_says_what_the_map_knows(made: Map, folder: Path) -> None:
    cloud = load_map_data(nets.network())
    data = open_data(folder)
    assert np.array_equal(cloud.z, made.z)
    assert cloud.projections == ("map", "pca")
    assert cloud.classes == nets.CLASSES
    assert cloud.data == str(folder)
    assert cloud.rows_each == 1
    for row in (0, 40, 89):
        label = data.read(int(cloud.shown[row]))[1].label
        assert cloud.classes[cloud.labels[row]] == label
    assert set(cloud.lines) == {"2d", "rich", "1-max"}
    assert set(cloud.expected) == {"2d", "rich"}
    assert cloud.lines["rich"] == made.figures["line rich"]
    assert cloud.network == nets.network().name
    assert cloud.error_field.shape == cloud.empty.shape == (161, 161)


def test_units_are_given_to_classes_and_sorted_within_their_layers(made: Map, folder: Path) -> None:
    cloud = load_map_data(nets.network())
    data = open_data(folder)
    train = ~cloud.test
    h = made.harvest([data.read(int(n))[0] for n in cloud.shown])
    means = np.stack([h[train & (cloud.labels == k)].mean(0) for k in range(3)])
    assert np.allclose(cloud.expected_h, means, atol=1e-4)
    clear = np.sort(means, 0)[2] - np.sort(means, 0)[1] > 1e-3
    assert np.array_equal(cloud.owner[clear], means.argmax(0)[clear])
    assert clear.mean() > 0.8
    assert np.allclose(cloud.middle, h[train].mean(0), atol=1e-4)
    assert np.allclose(cloud.scale, h[train].std(0), atol=1e-3)
    assert sorted(cloud.order) == list(range(h.shape[1]))
    for _, start, stop in cloud.layers:
        within = cloud.order[start:stop]
        assert sorted(within) == list(range(start, stop))
        assert (np.diff(cloud.owner[within]) >= 0).all()
    inked = unit_colors(cloud.expected_h, generate_class_colors(3), cloud.scale, cloud.layers)
    assert np.array_equal(cloud.unit_colors, inked)


def test_the_seed_and_what_it_means_are_always_among_the_notes(folder: Path) -> None:
    network = nets.network()
    fit_data(
        network, nets.asked(folder, fit_config=FitConfig(seed=4, vae_steps=20, error_steps=10))
    )
    (said,) = [note for note in load_map_data(network).notes if "seed" in note]
    assert "not only rotated" in said
    assert said.endswith("seed 4.")


def test_a_cloud_is_made_once_for_each_projection_and_fit(made: Map, folder: Path) -> None:
    network = nets.network()
    first, pca = load_map_data(network), load_map_data(network, projection="pca")
    assert load_map_data(network) is first
    assert load_map_data(network, projection="pca") is pca
    assert np.array_equal(pca.z, made.others["pca"])
    assert pca.error_field.size == 0
    x0, x1, y0, y1 = pca.extent
    assert (pca.z > (x0, y0)).all()
    assert (pca.z < (x1, y1)).all()
    fit_data(network, nets.asked(folder, limit=60))
    assert len(load_map_data(network, 1).z) == 60
    assert len(first.z) == 90


def test_a_learning_record_comes_with_the_cloud(folder: Path) -> None:
    network = nets.learning()
    made = fit_data(network, nets.asked(folder))
    cloud = load_map_data(network)
    assert made is not None
    assert made.record is not None
    assert cloud.record is not None
    assert np.array_equal(cloud.record.z, made.record.z)
    assert cloud.record.steps.tolist() == [0, 10, 20]


def test_python_gets_the_values_themselves(made: Map) -> None:
    seen = frame()
    here = dnnvis.look(nets.network(), "map", OUTPUT, image=seen.pixels)
    assert isinstance(here, FramePosition)
    assert here.z.shape == (1, 2)
    assert "made_with" in here.recipe
    cloud = dnnvis.look(nets.network(), "cloud", OUTPUT)
    assert isinstance(cloud, MapData)
    assert len(cloud.z) == 90
    with pytest.raises(BadInput, match="needs a picture"):
        dnnvis.look(nets.network(), "map", OUTPUT)


@pytest.mark.parametrize("lens", MAP_LENSES)
def test_the_command_that_draws_pictures_points_to_the_one_that_tells_places(lens: str) -> None:
    said = CliRunner().invoke(app, ["look", "net1-mnist", "output[1]", "--lens", lens])
    assert said.exit_code != 0
    assert "dnnvis map NET --image" in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1
    assert lens in LENSES

"""The live view takes the newest weights of a training between two frames."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dnnvis.core.frame import Frame
from dnnvis.core.learning.live_weights import LatestWeights, LiveWeights
from dnnvis.core.learning.plane import plane_pixels
from dnnvis.core.lens_results import SKIPPED
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses.live import LiveWork
from dnnvis.network.network import Network
from dnnvis.zoo.beyond.mlp_2d import Mlp2d
from dnnvis.zoo.catalog import open_network

CHOICE = NetworkChoice(net="mlp-2d:5-3")
PLAN = Plan(CHOICE, ("active1", "output"), fused=True, activity=True)


@pytest.fixture
def network() -> Network:
    return open_network("mlp-2d:5-3")


@pytest.fixture
def latest() -> LatestWeights:
    return LatestWeights()


@pytest.fixture
def infos() -> list[NetworkInfo]:
    return []


@pytest.fixture
def work(network: Network, latest: LatestWeights, infos: list[NetworkInfo]) -> LiveWork:
    work = LiveWork(
        lambda choice: network, threading.Event(), notify=infos.append, latest_weights=latest
    )
    work.open(CHOICE)
    return work


def run(work: LiveWork, plan: Plan = PLAN) -> Live:
    live, _, failures = work.live(plan, Frame(plane_pixels(), source="plane"))
    assert not failures
    return live


def drawn(network: Network, seed: int) -> dict[str, np.ndarray]:
    """Return other weights of the same network."""
    module = Mlp2d(network.module.spec)  # type: ignore[arg-type]
    module.reset(seed)
    return {name: value.detach().numpy() for name, value in module.state_dict().items()}


def expected(network: Network, weights: dict[str, np.ndarray]) -> np.ndarray:
    module = Mlp2d(network.module.spec).eval()  # type: ignore[arg-type]
    module.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    x = torch.from_numpy(plane_pixels()).permute(2, 0, 1)[None].float() / 255 * 12 - 6
    with torch.inference_mode():
        return module(x).numpy().reshape(-1)


def test_each_frame_runs_with_the_newest_weights(
    work: LiveWork, network: Network, latest: LatestWeights
) -> None:
    before = run(work).output
    for seed in (1, 2, 3, 4, 5, 6, 7, 8):  # also where passes would be fused by now
        weights = drawn(network, seed)
        latest.put(LiveWeights(seed, weights))
        np.testing.assert_allclose(run(work).output, expected(network, weights), atol=1e-4)
    latest.put(None)
    np.testing.assert_array_equal(run(work).output, before)


def test_the_network_that_was_opened_stays_as_it_was(
    work: LiveWork, network: Network, latest: LatestWeights, infos: list[NetworkInfo]
) -> None:
    fingerprint = network.fingerprint
    fingerprints = set()
    for seed in (1, 2):
        latest.put(LiveWeights(seed, drawn(network, seed)))
        run(work)
        assert work.network is not None
        fingerprints.add(work.network.fingerprint)
    assert work.network is not network
    assert len(fingerprints | {fingerprint}) == 3
    network.__dict__.pop("weights_fingerprint")
    assert network.fingerprint == fingerprint
    assert [info.name for info in infos] == [network.name]  # said once, under the same name


def test_weights_of_another_network_are_not_taken(
    work: LiveWork, network: Network, latest: LatestWeights, tmp_path: Path
) -> None:
    before = run(work).output
    latest.put(LiveWeights(1, {"w": np.zeros((2, 2), np.float32)}))
    np.testing.assert_array_equal(run(work).output, before)
    assert work.network is network
    latest.put(LiveWeights(2, path=str(tmp_path / "missing.safetensors")))
    np.testing.assert_array_equal(run(work).output, before)


def test_weights_come_from_a_file_too(
    work: LiveWork, network: Network, latest: LatestWeights, tmp_path: Path
) -> None:
    weights = drawn(network, 4)
    path = tmp_path / "live.safetensors"
    save_file({name: torch.from_numpy(value) for name, value in weights.items()}, path)
    latest.put(LiveWeights(1, path=str(path)))
    np.testing.assert_allclose(run(work).output, expected(network, weights), atol=1e-4)


def test_lenses_look_at_the_same_weights(
    work: LiveWork, network: Network, latest: LatestWeights
) -> None:
    request = Request("gradient", Unit("active1", 0, (40, 40)))
    plan = Plan(CHOICE, ("active1",), requests={"lens1": request})
    pictures = []
    for seed in (1, 2):
        weights = drawn(network, seed)
        latest.put(LiveWeights(seed, weights))
        _, scenes, _ = work.live(plan, Frame(plane_pixels(), source="plane"))
        picture = next(work.look(request, scenes["lens1"]))
        pictures.append(picture.values[40, 40])  # type: ignore[union-attr]
        unit = weights["dense1.weight"][0, :, 0, 0]
        ratio = pictures[-1] / unit  # the same factor in both channels
        assert ratio[0] == pytest.approx(ratio[1], rel=1e-3)
    assert not np.allclose(pictures[0], pictures[1])


def test_what_grows_meanwhile_is_not_saved_by_itself(
    work: LiveWork, network: Network, latest: LatestWeights
) -> None:
    params = (("preset", "live"), ("steps", 4))
    request = Request("ascent", Unit("active1", 0), params, False)
    latest.put(LiveWeights(1, drawn(network, 1)))
    plan = Plan(CHOICE, ("active1",), requests={"synthesis": request})
    _, scenes, _ = work.live(plan, Frame(plane_pixels(), source="plane"))
    results = list(work.look(request, scenes["synthesis"]))
    assert results
    assert all(not getattr(result, "saved", "") for result in results)


def test_a_picture_that_grows_again_stays_until_the_next_is_whole(
    work: LiveWork, network: Network, latest: LatestWeights
) -> None:
    params = (("preset", "live"), ("steps", 4))
    request = Request("ascent", Unit("active1", 0), params, False, restarts=True)
    plan = Plan(CHOICE, ("active1",), requests={"synthesis": request})
    seen = []
    for step in (1, 2):
        latest.put(LiveWeights(step, drawn(network, step)))
        _, scenes, _ = work.live(plan, Frame(plane_pixels(), source="plane"))
        seen.append(list(work.look(request, scenes["synthesis"])))
    first, again = seen
    assert any(result is not SKIPPED and result.progress < 1 for result in first)
    shown = [result for result in again if result is not SKIPPED]
    assert [result.progress for result in shown] == [1.0]
    assert not np.array_equal(shown[0].values, first[-1].values)
    other = replace(request, unit=Unit("active1", 1))
    _, scenes, _ = work.live(replace(plan, requests={"synthesis": other}), Frame(plane_pixels()))
    grown = list(work.look(other, scenes["synthesis"]))
    assert any(result is not SKIPPED and result.progress < 1 for result in grown)

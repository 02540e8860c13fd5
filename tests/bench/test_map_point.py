"""The benches of the activation map: what they count, and beside what."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from dnnvis.api import wrap
from dnnvis.bench import map_fit, map_point
from dnnvis.core.errors import BadInput
from dnnvis.introspect import infovae
from dnnvis.introspect.fit import FitConfig
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import write_map
from dnnvis.introspect.mlp import NumpyMLP
from dnnvis.introspect.record_file import record_type
from dnnvis.lenses.activation_map.fitting import MapFitOptions, fit_arrays
from dnnvis.lenses.activation_map.map_cache import get_cached_map
from dnnvis.network.network import Network

CLASSES = ("ant", "bee")
QUICK = FitConfig(vae_steps=30, error_steps=20)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def network() -> Network:
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(3 * 16, 12), torch.nn.ELU(), torch.nn.Linear(12, 2)
    )
    return wrap(module, size=4, labels=CLASSES)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    dice = np.random.default_rng(0)
    for k, name in enumerate(CLASSES):
        (folder / name).mkdir()
        for number in range(40):
            pixels = dice.integers(60 * k, 150 + 100 * k, (4, 4, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number:03d}.png")
    return folder


@pytest.fixture(scope="module")
def small(pictures: Path) -> dict[str, Any]:
    plan = map_point.MapBenchConfig(str(pictures), fit_config=QUICK, times=40)
    return map_point.measure(network(), plan, lambda words: None)


def test_a_point_costs_what_the_ratios_say(small: dict[str, Any]) -> None:
    for name in ("point", "point_bare", "two_calls", "rich", "rich_bare"):
        figure = small[f"{name}_us"]
        assert 0 < figure["median"] <= figure["p95"]
    for name, bare in (("point", "point"), ("two_calls", "point"), ("rich", "rich")):
        ratio = small[f"{name}_us"]["median"] / small[f"{bare}_bare_us"]["median"]
        assert small[f"{name}_ratio"] == pytest.approx(ratio, rel=0.01)
    assert small["point_asked"] == "<= 2.0"


def test_a_fit_is_its_parts(small: dict[str, Any]) -> None:
    assert small["fit_examples"] == 80
    assert small["fit_steps"] == {"autoencoder": 30, "estimator 2d": 20, "estimator rich": 20}
    parts, bare = small["fit_parts_cpu_s"], small["fit_parts_bare_cpu_s"]
    assert parts.keys() == {*bare, "figures"}
    assert bare.keys() == {"components", *small["fit_steps"]}
    assert min(bare.values()) > 0
    assert parts["figures"] > 0
    assert sum(parts.values()) == pytest.approx(small["fit_cpu_s"], abs=0.02)
    assert sum(bare.values()) == pytest.approx(small["fit_bare_cpu_s"], abs=0.02)
    assert small["fit_ratio"] > small["fit_steps_ratio"]
    assert small["harvest_cpu_s"] > 0


def test_a_frame_is_beside_the_bare_forward_pass(small: dict[str, Any]) -> None:
    assert small["frame_bare_ms"]["median"] > 0 < small["frame_look_ms"]["median"]
    assert small["frame_added_ms"] >= small["frame_look_ms"]["median"] - 0.01
    assert small["umap"] == "not asked for (--umap)"


def test_the_window_finds_the_networks_own_map_again(pictures: Path, tmp_path: Path) -> None:
    """Measuring another map leaves nothing on the network."""
    net = network()
    images = np.random.default_rng(1).integers(0, 256, (40, 4, 4, 3), dtype=np.uint8)
    write_map(fit_arrays(net, images, np.arange(40) % 2, fit_config=QUICK), tmp_path / "own.map")
    plan = map_point.MapBenchConfig(
        str(pictures), fit=False, map_path=tmp_path / "own.map", times=10
    )
    found = map_point.measure(net, plan, lambda words: None)
    assert "fit_ratio" not in found
    assert found["point_ratio"] > 0
    assert get_cached_map(net).map is None  # it looks for its own file again, and has none


def test_the_bare_products_are_those_of_the_layers() -> None:
    """They multiply every weight once: counted by a stack whose weights count."""
    counted: list[tuple[int, ...]] = []

    class Counting(np.ndarray):
        def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
            counted.append(self.shape)
            plain = [np.asarray(x) for x in inputs]
            return getattr(ufunc, method)(*plain, **kwargs)

    shapes = ((5, 7), (5,), (3, 5), (3,))
    plain = NumpyMLP([np.ones(shape, np.float32) for shape in shapes])
    plain.weights = [weight.view(Counting) for weight in plain.weights]
    multiply = map_point.build_products([plain, plain])
    counted.clear()
    multiply(0)
    assert counted == [(7, 5), (5, 3), (7, 5), (5, 3)]


def test_the_bare_discrepancy_is_the_fits_own() -> None:
    torch.manual_seed(0)
    z, prior = torch.randn(50, 2), torch.randn(50, 2)
    assert map_fit.mmd(z, prior).item() == pytest.approx(infovae.mmd(z, prior).item(), abs=1e-6)


def test_the_bare_steps_have_the_fits_sizes_and_learn() -> None:
    records = np.zeros(300, record_type(1, 20))
    records["h"] = np.random.default_rng(0).normal(size=(300, 1, 20))
    records["h"][:, 0, 3] = 7  # does not vary: no component
    bare = map_fit.BaselineFit(records, MapFitOptions(fit_config=FitConfig(components=30, rich=6)))
    bare.measure_products()
    assert (bare.component_count, bare.rich) == (19, 6)
    for part in ("autoencoder", "estimator 2d", "estimator rich"):
        step = bare._step_functions[part]
        before = step().item()
        for _ in range(30):
            step()
        assert step().item() < before
        bare.measure_steps(part)
        assert bare.step(part) > 0
    covariance, vectors, scores = bare._product_seconds[0]
    # rows are counted as shares of what was measured: 150 for the covariance, 600 for scores
    assert bare.products(150, 600) == pytest.approx(covariance / 2 + vectors + scores * 2)


def test_one_pass_reads_what_two_calls_say(pictures: Path) -> None:
    net = network()
    images = np.random.default_rng(2).integers(0, 256, (60, 4, 4, 3), dtype=np.uint8)
    made: Map = fit_arrays(net, images, np.arange(60) % 2, fit_config=QUICK)
    h = made.harvest(images[:5])
    z, expected = made.read(h)
    assert np.array_equal(z, made.encode(h))
    assert np.array_equal(expected["2d"], made.error(h))
    assert np.array_equal(expected["rich"], made.error(h, "rich"))
    assert made.read(h, ("2d",))[1].keys() == {"2d"}
    assert replace(made, estimators={}).read(h)[1] == {}
    with pytest.raises(BadInput, match="not finite"):
        made.read(h * np.nan)


def test_an_estimate_is_of_the_point_that_is_given_whatever_was_asked_before(
    pictures: Path,
) -> None:
    images = np.random.default_rng(2).integers(0, 256, (60, 4, 4, 3), dtype=np.uint8)
    net = network()
    made = fit_arrays(net, images, np.arange(60) % 2, fit_config=QUICK)
    h = made.harvest(images[:2])
    want = made.error(h)
    row = h[:1].copy()
    z = made.encode(row)
    assert made.error(row) == pytest.approx(want[:1])
    z += 100  # what a caller does with the answer changes nothing
    assert made.error(row) == pytest.approx(want[:1])
    row[:] = h[1]  # another point in the same array
    assert made.error(row) == pytest.approx(want[1:])
    assert want[0] != pytest.approx(want[1])


def test_the_command_prints_one_object(
    bench: Callable[..., Any], pictures: Path, tmp_path: Path
) -> None:
    import dnnvis

    net = dnnvis.open("net1-mnist")
    images = np.random.default_rng(3).integers(0, 256, (40, 28, 28), dtype=np.uint8)
    quick = FitConfig(components=10, rich=5, vae_steps=3, error_steps=3)
    made = fit_arrays(net, images, np.arange(40) % 10, layers=["elu1"], fit_config=quick)
    write_map(made, tmp_path / "net1.map")
    words = ("--no-fit", "--map", tmp_path / "net1.map", "--data", pictures, "--times", 10)
    done = bench("map", "net1-mnist", *words, "--json")
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert figures["model"] == "net1-mnist"
    assert figures["load"] == 0.25
    assert figures["point_ratio"] > 0
    assert figures["frame_added_ratio"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--data", "nowhere"), "nowhere"), (("--map", "no.map", "--no-fit"), "no.map")],
)
def test_what_is_missing_is_told_in_one_sentence(
    bench: Callable[..., Any], pictures: Path, words: tuple[str, ...], said: str
) -> None:
    given = words if "--data" in words else (*words, "--data", str(pictures))
    done = bench("map", *given)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1

"""What the map's benches and the reproduction count, counted again by hand."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from dnnvis.bench import map_fit, map_point
from dnnvis.imaging.class_colors import FIRST_TEN_COLORS
from dnnvis.introspect.attack import AttackTrajectories
from dnnvis.introspect.fit import FitConfig, FitProgress
from dnnvis.introspect.map import Map, MapExamples
from dnnvis.introspect.record_file import record_type
from dnnvis.lenses.activation_map.fitting import MapFitOptions
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from dnnvis.reproduce.common import ProgressReporter
from dnnvis.reproduce.introspection import attacks, maps, noise
from dnnvis.reproduce.introspection.config import SIGMAS, NoiseConfig
from helpers.linear_maps import Dense, dense, hand_map

MANY, TRAIN = 60, 30
INDEX = 1000 + np.random.default_rng(0).permutation(MANY)  # which picture an example is


def of_examples(network: Network, labels: Any, predicted: Any) -> Map:
    """Rows from ``TRAIN`` on are the test's; estimates of the training ones are far greater."""
    dice = np.random.default_rng(5)
    test = np.arange(MANY) >= TRAIN
    expected = {
        kind: np.where(test, dice.normal(size=MANY), 50).astype(np.float32)
        for kind in ("2d", "rich")
    }
    ex = MapExamples(
        dice.normal(size=(MANY, 2)).astype(np.float32),
        labels,
        predicted,
        np.zeros(MANY, np.float32),
        np.zeros(MANY, np.float32),
        INDEX,
        np.zeros(MANY, np.int64),
        test,
        expected,
    )
    return replace(hand_map(network), examples=ex)


class Pictures:
    """Random pictures; tells which were read."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def read(self, number: int) -> tuple[Any, None]:
        self.seen.append(number)
        return np.random.default_rng(number).integers(0, 256, (3, 4, 1), np.uint8), None


def test_noise_is_put_on_test_pictures_and_every_wrong_copy_counts() -> None:
    """A network that says 2 to everything is wrong wherever the label is another."""
    module = Dense()
    with torch.no_grad():
        module.last.weight.zero_()
        module.last.bias.copy_(torch.tensor([-1.0, -2.0, 1.0]))
    network = wrap(module, size=(3, 4), channels=1)
    labels = np.where(np.arange(MANY) < TRAIN, 2, np.arange(MANY) % 3)
    made, data = of_examples(network, labels, np.full(MANY, 2)), Pictures()
    found, _ = noise.noise_table(
        network, made, data, "net1", NoiseConfig(4, 20), ProgressReporter()
    )  # type: ignore[arg-type]
    rows = [INDEX.tolist().index(number) for number in data.seen]
    assert len(set(rows)) == 20
    assert min(rows) >= TRAIN
    wrong = sum(bool(labels[row] != 2) for row in rows) / 20
    assert 0.3 < wrong < 1
    assert labels[rows[0]] != 2
    assert found["errors without noise"] == pytest.approx(wrong)
    assert (found["first"], found["label"]) == (data.seen[0], labels[rows[0]])
    for sigma in SIGMAS:
        of_one = found[f"{sigma:g}"]
        assert of_one["errors"] == pytest.approx(wrong)
        assert of_one["first"]["errors"] == 1
        assert of_one["first"]["predicted"] == [0, 0, 4]


def test_units_and_equation_11_are_those_of_the_direct_means() -> None:
    dice = np.random.default_rng(2)
    network = dense()
    labels = np.arange(MANY) % 3
    made = of_examples(network, labels, labels)
    units = made.columns_.width
    direct, decoded = dice.normal(0, 0.7, (2, 3, units)).astype(np.float32)
    direct[:, 0] = 9  # above 1 as equation 11 is printed
    found = maps.map_metrics(replace(made, class_h=direct, decoded_h=decoded))
    for name, table in (("", direct), (", decoder", decoded)):
        best = [max(range(3), key=lambda k, u=u, table=table: table[k, u]) for u in range(units)]
        assert found[f"units per class{name}"] == [best.count(k) for k in range(3)]
    assert found["units per class"] != found["units per class, decoder"]
    mixed = [
        sum(FIRST_TEN_COLORS[k][colour] / 255 * float(direct[k, unit]) for k in range(3)) / 3
        for unit in range(units)
        for colour in range(3)
    ]
    assert found["equation 11 below 0"] == pytest.approx(sum(v < 0 for v in mixed) / len(mixed))
    assert found["equation 11 above 1"] == pytest.approx(sum(v > 1 for v in mixed) / len(mixed))
    assert 0 < found["equation 11 above 1"] < found["equation 11 below 0"] > -min(mixed) / 2


def test_an_attack_succeeds_by_what_the_network_says_at_the_end() -> None:
    targets = np.array([1, 2, 0, 2, 0, 1])
    sources = np.array([0, 0, 1, 1, 2, 2])
    said = [
        [0, 1, 1, 1, 1, 1, 1],  # reached and stays
        [0, 0, 2, 2, 0, 0, 0],  # was there, and left
        [1, 1, 1, 1, 1, 1, 0],  # at the last step
        [1, 1, 2, 0, 0, 0, 0],  # was there, and is another
        [2, 2, 2, 2, 2, 2, 2],
        [2, 1, 2, 1, 2, 1, 1],
    ]
    won, ever = [True, False, True, False, False, True], [1, 2, 6, 2, None, 1]
    dice = np.random.default_rng(4)
    expected = {kind: dice.normal(size=(7, 6)).astype(np.float32) for kind in ("2d", "rich")}
    pixels = torch.zeros(6, 1, 3, 4)
    walk = AttackTrajectories(
        targets,
        np.zeros((7, 6, 2), np.float32),
        expected,
        np.array(said).T,
        np.zeros(6, np.int64),
        pixels,
        pixels,
    )
    labels = np.arange(MANY) % 4 - 1  # a quarter has none
    predicted = np.where(np.arange(MANY) % 5 == 0, (labels + 1) % 3, labels)
    made = of_examples(dense(), labels, predicted)
    found = attacks.attack_metrics(walk, made, sources)
    assert found["target reached"] == pytest.approx(3 / 6)
    assert found["ever reached"] == pytest.approx(5 / 6)
    assert found["label changed"] == pytest.approx(4 / 6)
    assert found["reached after"] == {"5": pytest.approx(4 / 6)}
    for name, of in (("target", targets), ("source", sources)):
        shares = [[w for w, k in zip(won, of, strict=True) if k == number] for number in range(3)]
        assert found[f"by {name}"] == [pytest.approx(sum(s) / len(s)) for s in shares]
    clean = [
        row for row in range(TRAIN, MANY) if labels[row] >= 0 and labels[row] == predicted[row]
    ]
    assert 10 < len(clean) < MANY - TRAIN
    for kind, seen in expected.items():
        low = [float(made.examples.expected[kind][row]) for row in clean]
        winners = [k for k in range(6) if won[k]]
        values = {
            "peak": [max(map(float, seen[:, k])) for k in winners],
            "hit": [float(seen[ever[k], k]) for k in winners],
            "end": [float(seen[6, k]) for k in winners],
        }
        for at, high in values.items():
            pairs = [(a > b) + 0.5 * (a == b) for a in high for b in low]
            assert found[f"auroc {kind} {at}"] == pytest.approx(sum(pairs) / len(pairs))
            assert found[f"median {kind} {at}"] == pytest.approx(sorted(high)[1])


def test_right_test_examples_are_attacked() -> None:
    labels = np.arange(MANY) % 3
    made = of_examples(dense(), labels, np.where(np.arange(MANY) % 4 == 0, 2, labels))
    rows = attacks.choose_rows(made, 5, 0)
    assert sorted(labels[rows].tolist()) == [0] * 5 + [1] * 5 + [2] * 5
    assert len(set(rows.tolist())) == 15
    assert min(rows) >= TRAIN
    assert all(made.examples.predicted[row] == labels[row] for row in rows)


def test_a_point_is_its_place_and_estimate_beside_the_products_of_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = hand_map(dense())
    h = np.random.default_rng(1).normal(size=(3, made.columns_.width)).astype(np.float32)
    counted: list[tuple[int, ...]] = []
    multiply = np.matmul

    def counting(*given: Any, **more: Any) -> Any:
        counted.append(given[1].shape)
        return multiply(*given, **more)

    given: dict[str, Any] = {}
    costs = {"point": 6.0, "point_bare": 2.0, "two_calls": 7.0, "rich": 9.0, "rich_bare": 4.0}

    def turns(calls: dict[str, Any], times: int) -> dict[str, list[float]]:
        given.update(calls)
        return {name: [seconds * 1e-6] * times for name, seconds in costs.items()}

    monkeypatch.setattr(map_point, "time_in_turns", turns)
    found = map_point.measure_points(made, h, 5)
    ratios = [found[f"{name}_ratio"] for name in ("point", "two_calls", "rich")]
    assert ratios == [3.0, 3.5, 2.25]
    assert found["point_bare_us"] == {"median": 2.0, "p95": 2.0}

    monkeypatch.setattr(np, "matmul", counting)
    wide = made.columns_.width
    for name, shapes in (
        ("point_bare", [(wide, 2), (2, 1)]),
        ("rich_bare", [(wide, 2), (2, 1), (wide, 1)]),
    ):
        counted.clear()
        given[name](0)
        assert counted == shapes
    a, b = made.encoder.weights
    c, d = made.estimators["2d"].weights
    for k in (0, 4):
        place = a.astype(float) @ h[k % 3] + b
        for answer in (given["point"](k), given["rich"](k)):
            z, estimates = answer
            assert z[0] == pytest.approx(place, abs=1e-5)
            assert estimates["2d"] == pytest.approx(c.astype(float) @ place + d, abs=1e-5)
        assert given["point"](k)[1].keys() == {"2d"}
        assert given["rich"](k)[1].keys() == {"2d", "rich"}
        z, estimate = given["two_calls"](k)
        assert z[0] == pytest.approx(place, abs=1e-5)
        assert estimate == pytest.approx(c.astype(float) @ place + d, abs=1e-5)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def process_time(self) -> float:
        return self.now

    def takes(self, seconds: float) -> Any:
        def take(*given: Any) -> None:
            self.now += seconds

        return take


def test_calls_are_timed_one_by_one_after_a_tenth() -> None:
    clock = Clock()
    made: list[int] = []

    def slow_at_first(number: int) -> None:
        made.append(number)
        clock.now += 100 if number < 2 else 3

    calls = {"a": slow_at_first, "b": clock.takes(7)}
    took = map_point.time_in_turns(calls, 20, clock.process_time)
    assert took == {"a": [3] * 20, "b": [7] * 20}
    assert made == list(range(22))


def bare() -> map_fit.BaselineFit:
    records = np.zeros(400, record_type(1, 20))
    records["h"] = np.random.default_rng(0).normal(size=(400, 1, 20))
    found = map_fit.BaselineFit(records, MapFitOptions(fit_config=FitConfig(components=12, rich=6)))
    found.measure_products()
    return found


def test_a_bare_step_multiplies_what_one_step_must() -> None:
    """Forward, the gradients of the weights, and those of what goes in where it is asked for."""
    many = map_fit.BATCH_SIZE

    def layers(wide: int, out: int, onward: bool) -> int:
        sizes = [(wide, 200), (200, 200), (200, 200), (200, out)]
        products = [a * b for a, b in sizes]
        return 2 * many * (3 * sum(products) - (0 if onward else products[0]))

    pairs = 2 * many * many * 2  # of one kernel; its gradient only to the places
    wanted = {
        "autoencoder": layers(12, 2, False) + layers(2, 12, True) + pairs * (3 + 3),
        "estimator 2d": layers(2, 1, False),
        "estimator rich": layers(6, 1, False),
    }
    steps = bare()._step_functions
    for part, flops in wanted.items():
        with FlopCounterMode(display=False) as counter:
            steps[part]()
        assert counter.get_total_flops() == flops, part


def test_a_step_moves_the_weights_once() -> None:
    """The first step of Adam is one learning rate long, whatever the gradient."""
    layer = nn.Linear(1, 1, bias=False)
    before = layer.weight.item()
    map_fit._build_step(lambda: 5 * layer.weight.sum(), layer)()
    assert layer.weight.item() == pytest.approx(before - 1e-4, abs=2e-6)


def test_seconds_are_divided_by_the_steps_that_took_them(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, own = Clock(), bare()
    monkeypatch.setattr(map_fit, "time", clock)
    own._step_functions["estimator 2d"] = clock.takes(3)
    own.measure_steps("estimator 2d")
    own.measure_steps("estimator 2d")
    assert own.step("estimator 2d") == 3


def test_what_bare_steps_took_is_not_the_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(map_fit, "time", clock)
    wishes = FitConfig(vae_steps=300, error_steps=200)
    watch = map_fit._BaselineWatch(lambda: np.zeros(0), MapFitOptions(fit_config=wishes))
    asked: list[tuple[int, int]] = []
    costs = {"autoencoder": 0.1, "estimator 2d": 0.04, "estimator rich": 0.06}

    def products(train: int, rows: int) -> float:
        asked.append((train, rows))
        return 2.0

    watch.baseline = SimpleNamespace(  # type: ignore[assignment]
        measure_products=clock.takes(3),
        measure_steps=clock.takes(2),
        products=products,
        step=costs.__getitem__,
    )
    for words in (map_fit.FIRST_STAGE, "The map ...", "The map ...", "Classes and figures ..."):
        clock.now += 50  # the fit's own
        watch(FitProgress(words, 0, 1))
    for words in ("Expected error (2d) ...", "Expected error (rich) ..."):
        watch(FitProgress(words, 0, 1))
    spent = {"components": 3, "autoencoder": 4, "estimator 2d": 2, "estimator rich": 2}
    assert watch.baseline_seconds == spent
    parts = {"components": 10, "autoencoder": 40, "estimator 2d": 30, "estimator rich": 31}
    labels = np.arange(MANY) % 3
    made = replace(
        of_examples(dense(), labels, labels), figures={"cpu seconds": {**parts, "all": 130}}
    )
    found = map_fit._compute_figures(made, watch)
    reference = 2 + 300 * 0.1 + 200 * 0.04 + 200 * 0.06
    assert asked == [(TRAIN, MANY)]
    assert found["fit_cpu_s"] == 130 - 11
    assert found["fit_bare_cpu_s"] == pytest.approx(reference)
    assert found["fit_ratio"] == pytest.approx(119 / reference, abs=1e-3)
    assert found["fit_steps_ratio"] == pytest.approx((7 + 36 + 28 + 29) / reference, abs=1e-3)
    own = {"components": 7, "autoencoder": 36, "estimator 2d": 28, "estimator rich": 29}
    assert found["fit_parts_cpu_s"] == {**own, "figures": 119 - 100}
    bare_parts = {"components": 2, "autoencoder": 30, "estimator 2d": 8, "estimator rich": 12}
    assert found["fit_parts_bare_cpu_s"] == pytest.approx(bare_parts)

"""A whole fit on made-up activations: what it finds, what it says, and what it never touches."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.introspect import fit as fitting
from dnnvis.introspect import fit_loop, mlp, scores
from dnnvis.introspect.fit import FitConfig, FitProgress, fit, fit_record
from dnnvis.introspect.map import Map
from dnnvis.introspect.record_file import record_type
from helpers.synthetic_maps import CLASSES, WISHES, columns, job, records

Array = NDArray[Any]


SHORT = FitConfig(vae_steps=120, error_steps=60)


@pytest.fixture(scope="module", autouse=True)
def narrow_and_talkative() -> Iterator[None]:
    """A quarter of Table 2's units, and a report every ten steps: the tests stay short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mlp, "HIDDEN", (48, 48, 48))
        patch.setattr(fit_loop, "REPORT_INTERVAL_SECONDS", 0.0)
        yield


@pytest.fixture(scope="module")
def made(narrow_and_talkative: None) -> Map:
    return fit(job())


def test_five_classes_are_five_islands(made: Map) -> None:
    ex = made.examples
    assert made.z.shape == (400, 2)
    assert made.z.dtype == np.float32
    assert made.figures["kNN15"] >= 0.9
    away = np.linalg.norm(ex.z[ex.test][:, None] - ex.z[~ex.test][None], axis=2)
    nearest = made.labels[~ex.test][away.argsort(1)[:, :15]]
    votes = np.stack([(nearest == k).sum(1) for k in range(5)], 1).argmax(1)
    assert made.figures["kNN15"] == pytest.approx((votes == made.labels[ex.test]).mean(), abs=1e-5)
    assert made.figures["in frame"] == 1
    assert made.notes == ()
    assert 0.5 < min(made.figures["spread"]) < max(made.figures["spread"]) < 2


def test_the_folded_layers_give_the_examples_their_places(made: Map) -> None:
    h = records()["h"][:, 0]
    assert np.allclose(made.encode(h), made.z, atol=1e-4)
    assert np.allclose(made.error(h), made.examples.expected["2d"], atol=1e-3)
    assert np.allclose(made.error(h, "rich"), made.examples.expected["rich"], atol=1e-3)
    assert np.allclose(made.project(h), made.others["pca"], atol=1e-4)


def test_r2_is_that_of_the_standardised_activations(made: Map) -> None:
    h, ex = records()["h"][:, 0].astype(np.float64), made.examples
    mean, spread = h[~ex.test].mean(0), h[~ex.test].std(0) + 1e-3
    s, back = (h - mean) / spread, (made.decode(made.z) - mean) / spread
    for name, some in (("R2", ex.test), ("R2 train", ~ex.test)):
        wanted = 1 - np.square(s - back)[some].sum() / np.square(s)[some].sum()
        assert made.figures[name] == pytest.approx(wanted, abs=1e-3)
    assert made.figures["R2"] > 0.5


def test_the_estimators_know_more_than_chance_and_their_figures_are_of_the_test(made: Map) -> None:
    ex = made.examples
    for kind in ("2d", "rich"):
        score, wrong = ex.expected[kind][ex.test], ex.wrong[ex.test]
        assert made.figures[f"auroc {kind}"] == pytest.approx(scores.auroc(score, wrong), abs=1e-5)
        train = np.corrcoef(ex.expected[kind][~ex.test], ex.log_e[~ex.test])[0, 1]
        assert train > (0.8 if kind == "rich" else 0.1)
    assert made.figures["wrong"] == int(ex.wrong[ex.test].sum())
    assert made.figures["tested on"] == 80
    assert made.figures["accuracy"] == pytest.approx(1 - ex.wrong[ex.test].mean(), abs=1e-5)


def test_class_means_are_of_the_examples_it_was_fitted_on(made: Map) -> None:
    h, ex = records()["h"][:, 0], made.examples
    for k in range(5):
        mine = ~ex.test & (made.labels == k)
        assert np.allclose(made.class_h[k], h[mine].mean(0), atol=1e-4)
        assert np.allclose(made.class_z[k], made.z[mine].mean(0), atol=1e-5)
        assert np.allclose(made.decoded_h[k], made.decode(made.z[mine]).mean(0), atol=1e-3)
    same = made.class_h.argmax(0) == made.decoded_h.argmax(0)
    assert made.figures["agreement E[dec z]"] == pytest.approx(same.mean(), abs=1e-5)


def test_the_field_is_the_estimate_on_the_frame(made: Map) -> None:
    side = len(made.error_field)
    x0, x1, y0, y1 = made.extent
    assert (x0, x1, y0, y1) == (-4, 4, -4, 4)
    place = np.array([[x0 + 8 * 100 / (side - 1), y0 + 8 * 30 / (side - 1)]])
    assert made.error_field[30, 100] == pytest.approx(float(made.error_at(place)[0]), abs=1e-3)
    assert 0 < made.empty.mean() < 1


def test_a_seed_is_one_map_and_another_seed_another(made: Map) -> None:
    again = fit(job())
    assert np.array_equal(again.z, made.z)
    assert np.array_equal(again.error_field, made.error_field)
    other = fit(job(config=replace(WISHES, seed=1)))
    assert np.abs(other.z - made.z).max() > 0.5
    assert other.recipe["seed"] == 1
    assert other.recipe["wishes"]["vae_steps"] == WISHES.vae_steps


def test_test_examples_have_no_part_in_the_fit(made: Map) -> None:
    changed = records()
    changed["h"][::5] *= -3
    changed["log_e"][::5] = 0
    found = fit(job(changed))
    assert all(
        np.array_equal(a, b)
        for a, b in zip(found.encoder.weights, made.encoder.weights, strict=True)
    )
    for kind in ("2d", "rich"):
        assert np.array_equal(found.estimators[kind].weights[2], made.estimators[kind].weights[2])


def test_the_progress_has_a_preview_of_the_map() -> None:
    said: list[FitProgress] = []
    fit(job(config=SHORT, report=said.append))
    words = [standing.message for standing in said]
    stages = list(dict.fromkeys(words))
    assert stages == [
        "Principal components ...",
        "The map ...",
        "Expected error (2d) ...",
        "Expected error (rich) ...",
        "Classes and figures ...",
    ]
    shown = [standing for standing in said if standing.preview is not None]
    assert shown
    assert shown[0].preview is not None
    assert shown[0].labels is not None
    assert shown[0].preview.shape == (400, 2)
    assert shown[0].labels.tolist() == records()["label"].tolist()
    done = [standing.done for standing in said if standing.message == "The map ..."]
    assert done == sorted(done)
    assert done[-1] == SHORT.vae_steps


@pytest.mark.parametrize("stage", ["The map ...", "Expected error (rich) ..."])
def test_a_stopped_fit_goes_on_to_the_same_map(made: Map, tmp_path: Path, stage: str) -> None:
    stop = threading.Event()

    def report(standing: FitProgress) -> None:
        if standing.message == stage:
            stop.set()

    with pytest.raises(Cancelled):
        fit(job(folder=tmp_path, report=report, stop=stop, config=SHORT))
    found = fit(job(folder=tmp_path, config=SHORT))
    whole = fit(job(config=SHORT))
    assert np.array_equal(found.z, whole.z)
    assert all(
        np.array_equal(found.examples.expected[kind], whole.examples.expected[kind])
        for kind in ("2d", "rich")
    )


def test_training_an_estimator_leaves_the_map_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before: list[list[Tensor]] = []
    kept: list[Any] = []
    real, learned = fitting._fit_estimators, fitting._fit_autoencoder

    def autoencoder(*given: Any) -> Any:
        found = learned(*given)
        kept.append(found[0])
        return found

    def estimators(*given: Any) -> Any:
        before.append([p.detach().clone() for p in kept[0].parameters()])
        for p in kept[0].parameters():
            p.grad = None
        return real(*given)

    monkeypatch.setattr(fitting, "_fit_autoencoder", autoencoder)
    monkeypatch.setattr(fitting, "_fit_estimators", estimators)
    fit(job(config=SHORT))
    after = list(kept[0].parameters())
    assert len(after) == len(before[0]) == 16
    for p, then in zip(after, before[0], strict=True):
        assert p.grad is None
        assert torch.equal(p, then)


def collapsing(monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """The first ``times`` fits give a bottleneck that is 0 everywhere."""
    seeds: list[int] = []
    real = fitting._train_autoencoder

    def learned(job: Any, rows: Any, train: Tensor, scored: Tensor, seed: int) -> Any:
        vae, cost = real(job, rows, train, scored, seed)
        seeds.append(seed)
        if len(seeds) <= times:
            with torch.no_grad():
                for p in list(vae.encoder.parameters())[-2:]:
                    p.zero_()
        return vae, cost

    monkeypatch.setattr(fitting, "_train_autoencoder", learned)
    return seeds


def test_a_collapsed_map_is_fitted_once_more_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seeds = collapsing(monkeypatch, 1)
    found = fit(job(config=SHORT))
    assert len(seeds) == 2
    assert seeds[0] != seeds[1]
    (note,) = found.notes
    assert "The first fit collapsed (the spread of z is 0.00 and 0.00" in note
    assert "another seed" in note
    assert found.figures["kNN15"] >= 0.9


def test_a_map_that_collapses_twice_is_not_to_be_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = collapsing(monkeypatch, 9)
    found = fit(job(config=SHORT))
    assert len(seeds) == 2
    (note,) = found.notes
    assert note.startswith("Do not trust this map: the spread of z is 0.00")
    assert not found.z.any()


def test_activations_without_structure_are_not_to_be_trusted() -> None:
    noise = records()
    noise["h"] = np.random.default_rng(0).normal(size=noise["h"].shape)
    found = fit(job(noise, config=SHORT))
    assert found.notes[0].startswith("Do not trust this map: two numbers explain only")


def test_too_few_examples_are_said() -> None:
    some = records(30)
    with pytest.raises(BadInput, match="19 examples are too few for a map; give at least 20"):
        fit(job(some, test=np.arange(30) >= 19))
    few = fit(job(some, test=np.arange(30) >= 20, config=SHORT))
    assert few.z.shape == (30, 2)


@pytest.mark.parametrize(
    ("value", "words"), [(0.5, "the same for every"), (np.nan, "not a number")]
)
def test_activations_that_say_nothing_are_refused(value: float, words: str) -> None:
    dull = records()
    dull["h"] = value
    with pytest.raises(BadInput, match=f"Every activation is {words}.*nothing to map"):
        fit(job(dull))


def test_units_without_numbers_are_left_out_and_that_is_said() -> None:
    some = records()
    some["h"][7, 0, 3] = np.nan
    some["h"][10, 0, 4] = np.inf  # a test example
    some["h"][:, 0, 25] = 1.5
    found = fit(job(some, config=SHORT))
    assert found.notes[0].startswith("3 of 30 units are left out")
    assert np.isfinite(found.z).all()
    h = some["h"][:, 0]
    assert np.allclose(found.encode(h), found.z, atol=1e-4)
    assert found.decode(found.z)[:, 25] == pytest.approx([1.5] * 400)
    h = h.copy()
    h[3, 8] = np.nan
    with pytest.raises(BadInput, match="not finite"):
        found.encode(h)


def test_without_labels_there_are_places_but_no_estimates() -> None:
    some = records()
    some["label"], some["log_e"] = -1, np.nan
    found = fit(job(some, classes=(), config=SHORT))
    assert found.estimators == {} == found.examples.expected
    assert np.isnan(found.error_field).all()
    assert len(found.class_h) == len(found.class_z) == 0
    assert "kNN15" not in found.figures
    assert "auroc 2d" not in found.figures
    with pytest.raises(BadInput, match="no estimator"):
        found.error(some["h"][:, 0])


def test_a_run_of_several_steps_is_a_trajectory() -> None:
    flat = records(400)
    some = np.zeros(100, record_type(4, 30))
    some["h"] = flat["h"].reshape(100, 4, 30)
    some["row"], some["label"], some["log_e"] = np.arange(100), -1, -3.0
    steps = ("0", "1", "2", "3")
    found = fit(job(some, columns=columns(steps=4), classes=steps, config=SHORT))
    assert found.z.shape == (400, 2)
    assert found.index.tolist() == np.repeat(np.arange(100), 4).tolist()
    assert found.examples.step[:5].tolist() == [0, 1, 2, 3, 0]
    assert found.labels[:5].tolist() == [0, 1, 2, 3, 0]
    assert np.allclose(found.encode(flat["h"][:, 0]), found.z, atol=1e-4)
    assert found.examples.test.tolist() == np.repeat(np.arange(100) % 5 == 0, 4).tolist()


def test_the_learning_record_is_one_map_of_all_moments() -> None:
    h = records()["h"][:200, 0]
    states = np.stack([h * share for share in (0.05, 0.5, 1.0)])
    labels, index = records()["label"][:200].astype(np.int64), np.arange(200) * 3
    found = fit_record(job(config=WISHES), states, np.array([0, 10, 20]), labels, index)
    assert found.z.shape == (3, 200, 2)
    assert found.steps.tolist() == [0, 10, 20]
    assert found.labels.tolist() == labels.tolist()
    assert found.index.tolist() == index.tolist()

    def apart(z: Array) -> float:
        middles = np.stack([z[labels == k].mean(0) for k in range(len(CLASSES))])
        return float(np.linalg.norm(middles[:, None] - middles[None], axis=2).mean())

    assert apart(found.z[0]) < apart(found.z[1]) < apart(found.z[2])  # they part as it learns

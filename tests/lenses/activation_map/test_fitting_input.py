"""A map fitted on input that is no good, and other projections beside it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.api import wrap
from dnnvis.core.errors import BadInput, LensMissing, Mismatch, UnknownUnit
from dnnvis.introspect import projections
from dnnvis.introspect.fit import FitJob, FitProgress, fit
from dnnvis.introspect.map import Map
from dnnvis.introspect.record_file import record_type
from dnnvis.lenses.activation_map.fitting import drop_nonfinite, fit_data
from dnnvis.lenses.activation_map.lookup import Lookup
from dnnvis.lenses.activation_map.storage import open_map, work_path
from dnnvis.sources.datasets import open_data
from helpers.fitted_maps import (  # noqa: F401 (fixtures)
    AUTOENCODER,
    assert_same,
    data_fixture,
    fitted,
    home_fixture,
    whole_fixture,
)
from helpers.map_networks import CLASSES, QUICK, Odd, asked, network, pictures


def test_data_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no file or folder .*nowhere"):
        fit_data(network(), asked(tmp_path / "nowhere"))
    with pytest.raises(BadInput, match="--data"):
        fit_data(network(), asked(""))


def test_classes_that_are_not_the_networks_make_a_map_without_classes(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "p", 12, ("dog", "eel", "fox"))
    made = fitted(network(), asked(folder))
    assert not made.classes
    assert not made.estimators
    assert (made.labels == -1).all()
    assert "the data's classes (dog, eel, fox ...) are not" in made.notes[0]
    assert np.isnan(made.error_field).all()
    assert_same(made, open_map(network()))
    with pytest.raises(BadInput, match="no estimator"):
        made.error(np.zeros((1, 40)))
    found = Lookup(open_map(network()))(np.full((6, 6, 3), 90, np.uint8), 4)
    assert list(found.expected) == ["1-max"]
    assert found.nearest.shape == (1, 4)


def test_some_classes_that_are_not_the_networks_are_counted(tmp_path: Path) -> None:
    made = fitted(network(), asked(pictures(tmp_path / "p", 15, ("ape", "bee", "fox"))))
    assert made.classes == CLASSES
    assert (made.labels == -1).sum() == 15
    assert any("15 of 45 examples have no known class" in note for note in made.notes)


def test_pictures_without_any_label_make_a_map_without_classes(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "p", 25, ("",))
    made = fitted(network(), asked(folder))
    assert not made.classes
    assert "the data names no class" in made.notes[0]


def test_fewer_examples_than_needed_are_said(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "p", 7)
    for file in sorted(folder.rglob("*.png"))[:3]:
        file.write_bytes(b"")
    with pytest.raises(BadInput, match=r"18 examples are too few .*at least 20.* 3 could not"):
        fit_data(network(), asked(folder))


def test_pictures_that_cannot_be_read_are_left_out_and_named(whole: Map) -> None:
    (said,) = (note for note in whole.notes if "could not be read" in note)
    assert said.startswith("1 picture could not be read")
    assert "009.png" in said
    assert 9 not in whole.index
    assert len(np.unique(whole.index)) == 149


def test_units_that_never_change_or_are_no_numbers_are_left_out(data: Path) -> None:
    net = wrap(Odd(), size=6, labels=CLASSES)
    made = fitted(net, asked(data, layers=("act",)))
    assert made.basis.left_out[:2].all()
    assert not made.basis.left_out[2:].any()
    assert any("2 of 12 units are left out" in note for note in made.notes)
    assert np.isfinite(made.z).all()
    z = made.encode(made.harvest(np.full((1, 6, 6, 3), 255, np.uint8)))
    assert np.isfinite(z).all()


def test_where_nothing_changes_there_is_nothing_to_map(data: Path) -> None:
    still = nn.Sequential(nn.Flatten(), nn.Linear(108, 8), nn.ReLU(), nn.Linear(8, 3))
    with torch.no_grad():
        still[1].weight.zero_()
    with pytest.raises(BadInput, match="same for every example: there is nothing to map"):
        fit_data(wrap(still, size=6, labels=CLASSES), asked(data, limit=30))
    with torch.no_grad():
        still[1].weight.fill_(float("nan"))
    with pytest.raises(BadInput, match="not a number"):
        fit_data(wrap(still, size=6, labels=CLASSES), asked(data, limit=30))


class Sometimes(nn.Module):
    """Gives chances, and no numbers for dark pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(108, 8), nn.Tanh(), nn.Linear(8, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        dark = x.flatten(1).mean(1, keepdim=True) < 0.4
        found: torch.Tensor = self.body(x).softmax(1).masked_fill(dark, float("nan"))
        return found


def test_outputs_that_are_no_numbers_have_no_error_and_do_not_touch_the_others(data: Path) -> None:
    torch.manual_seed(1)
    net = wrap(Sometimes(), size=6, labels=CLASSES)
    made = fitted(net, asked(data))
    unknown = np.isnan(made.errors)
    assert 0 < unknown.sum() < 149
    files = open_data(data)
    row = int(np.flatnonzero(~unknown)[0])
    pixels, _ = files.read(int(made.index[row]))
    x = torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None]
    y = net.module(x)[0].detach().numpy()
    e = 0.5 * np.square(y - np.eye(3)[made.labels[row]]).sum()
    assert made.errors[row] == pytest.approx(np.log10(e), abs=1e-4)


def test_a_map_of_another_checkpoint_is_refused(data: Path, tmp_path: Path) -> None:
    place = tmp_path / "m.map.safetensors"
    fitted(network(), asked(data, limit=30), output=place)
    with pytest.raises(Mismatch, match="another checkpoint"):
        open_map(network(seed=1), place)
    with pytest.raises(BadInput, match=r"no map of .* yet"):
        open_map(network(seed=1))


@pytest.mark.parametrize("part", ["maps", "library"])
def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_lost(
    data: Path, whole: Map, home: Path, part: str
) -> None:
    home.mkdir()
    (home / part).write_text("in the way")
    with pytest.raises(BadInput, match="cannot be written"):
        fit_data(network(), asked(data))
    (home / part).unlink()
    told: list[FitProgress] = []
    assert_same(fitted(network(), asked(data), report=told.append), whole)
    if part == "library":
        assert not [s for s in told if s.message == AUTOENCODER and s.done < s.total]


def test_a_layer_that_there_is_not_is_said_before_anything_is_harvested(
    data: Path, home: Path
) -> None:
    with pytest.raises(UnknownUnit, match="dense9"):
        fit_data(network(), asked(data, layers=("dense9",)))
    assert not home.exists()


def test_without_umap_it_is_said_how_to_get_it(
    data: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projections.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LensMissing, match=r"pip install dnnvis\[umap\]"):
        fit_data(network(), asked(data, limit=30, fit_config=replace(QUICK, umap=True)))


def test_umap_lies_beside_the_map_and_leaves_the_map_as_it_is(
    data: Path, whole: Map, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fake:
        def fit_transform(self, scores: np.ndarray) -> np.ndarray:
            return scores[:, :2] * 2

    monkeypatch.setattr(projections, "check_umap", lambda: None)
    monkeypatch.setattr("dnnvis.introspect.fit.check_umap", lambda: None)
    monkeypatch.setattr(projections, "_umap", lambda seed: Fake())
    made = fitted(network(), asked(data, fit_config=replace(QUICK, umap=True)))
    assert_same(made, whole)
    np.testing.assert_allclose(open_map(network()).others["umap"], 2 * made.others["pca"])
    scores = np.random.default_rng(0).normal(size=(90, 5)).astype(np.float32)
    some = projections.compute_umap(scores, 0, limit=30)
    there = np.isfinite(some).all(1)
    assert there.sum() == 30
    assert there[0]
    assert there[-1]
    np.testing.assert_allclose(some[there], 2 * scores[there, :2])


@pytest.mark.slow
def test_umap_itself_keeps_apart_what_lies_apart_and_is_the_same_twice() -> None:
    pytest.importorskip("umap", reason="umap-learn is not installed")
    dice = np.random.default_rng(0)
    groups = np.repeat(np.arange(3), 60)
    scores = (dice.normal(0, 0.3, (180, 6)) + 4 * np.eye(6)[groups]).astype(np.float32)
    one, two = (projections.compute_umap(scores, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    middles = np.stack([one[groups == k].mean(0) for k in range(3)])
    apart = np.linalg.norm(one[:, None] - middles, axis=2).argmin(1)
    assert (apart == groups).mean() > 0.95


def test_the_fit_itself_says_that_umap_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projections.importlib.util, "find_spec", lambda name: None)
    nothing = np.zeros(0, [("h", "<f4", (1, 4))])
    job = FitJob(nothing, None, (), np.zeros(0, bool), "", {}, replace(QUICK, umap=True))  # type: ignore[arg-type]
    with pytest.raises(LensMissing, match="umap-learn"):
        fit(job)


def test_work_of_another_network_lies_elsewhere() -> None:
    one, two = network(), network(seed=1)
    assert work_path(one.fingerprint, "a") != work_path(two.fingerprint, "a")


def test_an_example_without_finite_activations_is_left_out_and_said() -> None:
    dtype = record_type(1, 4)
    records = np.zeros(40, dtype)
    records["row"] = np.arange(40)
    records["h"] = np.random.default_rng(0).normal(size=(40, 1, 4))
    records["h"][7] = np.nan
    kept, words = drop_nonfinite(records)
    assert 7 not in kept["row"]
    assert len(kept) == 39
    assert words == ["1 examples have no finite activations and are left out."]
    records["h"][:20] = np.inf  # half of them: the network is to blame
    assert len(drop_nonfinite(records)[0]) == 40

"""A map of a data set: from pictures to the kept file, through stops, kills and bad input."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from mapped_nets import CLASSES, QUICK, Odd, asked, learning, network, pictures
from torch import nn

from dnnvis.api import wrap
from dnnvis.core.errors import BadInput, Cancelled, LensMissing, Mismatch, UnknownUnit
from dnnvis.introspect import projections
from dnnvis.introspect.fit import Job, Standing, fit, fit_record
from dnnvis.introspect.harvest import vectors
from dnnvis.introspect.map import Map
from dnnvis.introspect.mapfile import read_map
from dnnvis.introspect.store import record_type
from dnnvis.lenses.mapping.fitting import Asked, fit_data, numbered
from dnnvis.lenses.mapping.kept import map_path, open_map, work_path
from dnnvis.lenses.mapping.lookup import Lookup
from dnnvis.library.data import open_data
from dnnvis.network.network import Network

HARVEST, AUTOENCODER, ERROR = "Harvesting activations ...", "The map ...", "Expected error"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    monkeypatch.setenv("DNNVIS_DATA", str(place))
    return place


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """150 pictures of three classes: two portions of a harvest. The tenth cannot be read."""
    folder = pictures(tmp_path_factory.mktemp("pictures") / "all", 50)
    (folder / "ape" / "009.png").write_bytes(b"bad")
    return folder


def fitted(net: Network, wish: Asked, **how: object) -> Map:
    made = fit_data(net, wish, **how)  # type: ignore[arg-type]
    assert made is not None
    return made


def stopped_at(
    net: Network, wish: Asked, words: str, when: Callable[[Standing], bool] = lambda s: True
) -> list[Standing]:
    """What was told until the fit was stopped in that stage."""
    stop, told = threading.Event(), []

    def report(standing: Standing) -> None:
        told.append(standing)
        if standing.words.startswith(words) and when(standing):
            stop.set()

    with pytest.raises(Cancelled, match="goes on"):
        fit_data(net, wish, report, stop)
    return told


def assert_same(one: Map, two: Map) -> None:
    """To the last bit."""
    for name in ("z", "labels", "errors", "index", "error_field", "class_h", "decoded_h"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    for kind, values in one.examples.expected.items():
        np.testing.assert_array_equal(values, two.examples.expected[kind], err_msg=kind)


def work_folders(home: Path) -> list[Path]:
    return list((home / "maps").glob("*"))


# ---- what is made and kept -------------------------------------------------------------


def test_a_folder_per_class_becomes_a_map_that_is_kept_for_the_network(
    data: Path, home: Path
) -> None:
    net = network()
    told: list[Standing] = []
    made = fitted(net, asked(data), report=told.append)
    assert made.classes == CLASSES and len(made.z) == 149  # one cannot be read
    files = open_data(data)
    folders = [Path(files.name(int(row))).parent.name for row in made.index]
    assert [CLASSES[label] for label in made.labels] == folders
    assert made.examples.test.sum() == 14  # every tenth, whole ones
    again = open_map(net)
    assert_same(made, again)
    assert not work_folders(home), "nothing half done is left"
    stages = list(dict.fromkeys(standing.words for standing in told))
    assert stages[0] == HARVEST and AUTOENCODER in stages
    assert max(standing.done for standing in told if standing.words == HARVEST) == 150
    previews = [standing for standing in told if standing.preview is not None]
    assert previews and all(len(p.preview) == len(p.labels) for p in previews)  # type: ignore[arg-type]


def test_the_hidden_vectors_are_the_dense_layers_and_the_errors_equation_4(data: Path) -> None:
    net = network()
    made = fitted(net, asked(data, limit=40))
    files = open_data(data)
    for row in (0, 17, 38):
        pixels, _ = files.read(int(made.index[row]))
        x = torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None]
        first = torch.nn.functional.elu(net.module[1](x.flatten(1)))
        second = torch.nn.functional.elu(net.module[3](first))
        np.testing.assert_allclose(
            made.harvest([pixels])[0], torch.cat([first, second], 1)[0].detach(), atol=1e-5
        )
        y = net.module(x).softmax(1)[0].detach().numpy()
        wanted = np.eye(3)[made.labels[row]]
        assert made.errors[row] == pytest.approx(
            np.log10(0.5 * ((y - wanted) ** 2).sum()), abs=1e-4
        )
        assert made.examples.predicted[row] == y.argmax()


def test_a_file_of_ones_own_is_written_instead(data: Path, home: Path, tmp_path: Path) -> None:
    net, place = network(), tmp_path / "new" / "own.map.safetensors"
    made = fitted(net, asked(data, limit=30), output=place)
    assert_same(made, read_map(place))
    assert not map_path(net.fingerprint).exists() and not work_folders(home)


def test_the_learning_record_has_an_autoencoder_of_its_own(data: Path) -> None:
    """It must not take up the weights that the map itself has just learned."""
    net = learning()
    made = fitted(net, asked(data))
    assert made.record is not None and made.record.z.shape[0] == 3
    images = [open_data(data).read(int(row))[0] for row in made.record.index]
    moments = net.moments
    assert moments is not None
    h = np.stack([vectors(moments.at(net, k), made.columns_, images) for k in range(3)])
    nothing = np.zeros(0, [("h", "<f4", (1, 40))])
    job = Job(nothing, made.columns_, CLASSES, np.zeros(0, bool), net.fingerprint, {}, QUICK)
    alone = fit_record(job, h, np.array(moments.steps), made.record.labels, made.record.index)
    np.testing.assert_allclose(made.record.z, alone.z, atol=1e-4)


def test_without_a_record_none_is_made(data: Path) -> None:
    assert fitted(learning(), asked(data, limit=30, record=False)).record is None


# ---- stopped, killed, gone on ----------------------------------------------------------


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Map:
    """Of one go."""
    return fitted(network(), asked(data), output=tmp_path_factory.mktemp("whole") / "m")


@pytest.mark.parametrize("words", [HARVEST, AUTOENCODER, ERROR])
def test_a_fit_that_was_stopped_goes_on_and_gives_the_same(
    data: Path, whole: Map, home: Path, words: str
) -> None:
    net = network()
    told = stopped_at(net, asked(data), words)
    assert told[-1].words.startswith(words)
    assert len(work_folders(home)) == 1 and not map_path(net.fingerprint).exists()
    later: list[Standing] = []
    made = fitted(net, asked(data), report=later.append)
    assert_same(made, whole)
    assert [n for n in made.notes if "009.png" in n], "it is still said what could not be read"
    if words != HARVEST:
        assert all(s.done == 150 for s in later if s.words == HARVEST), "it is there already"


@pytest.mark.parametrize("cut", [1, 700, 40_000])
def test_a_harvest_that_a_kill_cut_in_two_goes_on_and_gives_the_same(
    data: Path, whole: Map, home: Path, cut: int
) -> None:
    stopped_at(network(), asked(data), AUTOENCODER)
    (file,) = home.rglob("harvest.rec")
    with file.open("ab") as half:
        half.truncate(max(0, file.stat().st_size - cut))
    assert_same(fitted(network(), asked(data)), whole)


def test_a_broken_saved_state_is_made_again(data: Path, whole: Map, home: Path) -> None:
    stopped_at(network(), asked(data), ERROR)
    for state in home.rglob("*.pt"):
        state.write_bytes(b"half a file")
    assert_same(fitted(network(), asked(data)), whole)


def test_again_forgets_what_is_half_done(data: Path, home: Path) -> None:
    stopped_at(network(), asked(data), AUTOENCODER)
    told: list[Standing] = []
    fitted(network(), asked(data, again=True), report=told.append)
    assert told[0].done == 127  # the first portion of the pictures, but for one


def test_another_seed_is_another_map_and_takes_nothing_of_the_stopped_one(data: Path) -> None:
    stopped_at(network(), asked(data), ERROR)
    other = asked(data, wishes=replace(QUICK, seed=5))
    one = fitted(network(), other)
    two = fitted(network(), replace(other, again=True))
    assert_same(one, two)


# ---- input that is no good -------------------------------------------------------------


def test_data_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file or folder .*nowhere"):
        fit_data(network(), asked(tmp_path / "nowhere"))
    with pytest.raises(BadInput, match="--data"):
        fit_data(network(), asked(""))


def test_classes_that_are_not_the_networks_make_a_map_without_classes(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "p", 12, ("dog", "eel", "fox"))
    made = fitted(network(), asked(folder))
    assert not made.classes and not made.estimators and (made.labels == -1).all()
    assert "the data's classes (dog, eel, fox ...) are not" in made.notes[0]
    assert np.isnan(made.error_field).all()
    assert_same(made, open_map(network()))
    with pytest.raises(BadInput, match="no estimator"):
        made.error(np.zeros((1, 40)))
    found = Lookup(open_map(network()))(np.full((6, 6, 3), 90, np.uint8), 4)
    assert list(found.expected) == ["1-max"] and found.nearest.shape == (1, 4)


def test_some_classes_that_are_not_the_networks_are_counted(tmp_path: Path) -> None:
    made = fitted(network(), asked(pictures(tmp_path / "p", 15, ("ape", "bee", "fox"))))
    assert made.classes == CLASSES and (made.labels == -1).sum() == 15
    assert any("15 of 45 examples have no known class" in note for note in made.notes)


def test_pictures_without_any_label_make_a_map_without_classes(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "p", 25, ("",))
    made = fitted(network(), asked(folder))
    assert not made.classes and "the data names no class" in made.notes[0]


def test_fewer_examples_than_needed_are_said(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "p", 7)
    for file in sorted(folder.rglob("*.png"))[:3]:
        file.write_bytes(b"")
    with pytest.raises(BadInput, match=r"18 examples are too few .*at least 20.* 3 could not"):
        fit_data(network(), asked(folder))


def test_pictures_that_cannot_be_read_are_left_out_and_named(whole: Map) -> None:
    (said,) = (note for note in whole.notes if "could not be read" in note)
    assert said.startswith("1 picture could not be read") and "009.png" in said
    assert 9 not in whole.index and len(np.unique(whole.index)) == 149


def test_units_that_never_change_or_are_no_numbers_are_left_out(data: Path) -> None:
    net = wrap(Odd(), size=6, labels=CLASSES)
    made = fitted(net, asked(data, layers=("act",)))
    assert made.basis.left_out[:2].all() and not made.basis.left_out[2:].any()
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
    with pytest.raises(BadInput, match="no map of .* yet"):
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
    told: list[Standing] = []
    assert_same(fitted(network(), asked(data), report=told.append), whole)
    if part == "library":
        assert not [s for s in told if s.words == AUTOENCODER and s.done < s.total]


def test_a_layer_that_there_is_not_is_said_before_anything_is_harvested(
    data: Path, home: Path
) -> None:
    with pytest.raises(UnknownUnit, match="dense9"):
        fit_data(network(), asked(data, layers=("dense9",)))
    assert not home.exists()


# ---- another projection ----------------------------------------------------------------


def test_without_umap_it_is_said_how_to_get_it(
    data: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projections.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LensMissing, match=r"pip install dnnvis\[umap\]"):
        fit_data(network(), asked(data, limit=30, wishes=replace(QUICK, umap=True)))


def test_umap_lies_beside_the_map_and_leaves_the_map_as_it_is(
    data: Path, whole: Map, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fake:
        def fit_transform(self, scores: np.ndarray) -> np.ndarray:
            return scores[:, :2] * 2

    monkeypatch.setattr(projections, "check_umap", lambda: None)
    monkeypatch.setattr("dnnvis.introspect.fit.check_umap", lambda: None)
    monkeypatch.setattr(projections, "_umap", lambda seed: Fake())
    made = fitted(network(), asked(data, wishes=replace(QUICK, umap=True)))
    assert_same(made, whole)
    np.testing.assert_allclose(open_map(network()).others["umap"], 2 * made.others["pca"])
    scores = np.random.default_rng(0).normal(size=(90, 5)).astype(np.float32)
    some = projections.umap_of(scores, 0, most=30)
    there = np.isfinite(some).all(1)
    assert there.sum() == 30 and there[0] and there[-1]
    np.testing.assert_allclose(some[there], 2 * scores[there, :2])


@pytest.mark.slow
def test_umap_itself_keeps_apart_what_lies_apart_and_is_the_same_twice() -> None:
    pytest.importorskip("umap", reason="umap-learn is not installed")
    dice = np.random.default_rng(0)
    groups = np.repeat(np.arange(3), 60)
    scores = (dice.normal(0, 0.3, (180, 6)) + 4 * np.eye(6)[groups]).astype(np.float32)
    one, two = (projections.umap_of(scores, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    middles = np.stack([one[groups == k].mean(0) for k in range(3)])
    apart = np.linalg.norm(one[:, None] - middles, axis=2).argmin(1)
    assert (apart == groups).mean() > 0.95


def test_the_fit_itself_says_that_umap_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projections.importlib.util, "find_spec", lambda name: None)
    nothing = np.zeros(0, [("h", "<f4", (1, 4))])
    job = Job(nothing, None, (), np.zeros(0, bool), "", {}, replace(QUICK, umap=True))  # type: ignore[arg-type]
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
    kept, words = numbered(records)
    assert 7 not in kept["row"] and len(kept) == 39
    assert words == ["1 examples have no finite activations and are left out."]
    records["h"][:20] = np.inf  # half of them: the network is to blame
    assert len(numbered(records)[0]) == 40

"""A map of a data set: from pictures to the kept file, through stops, kills and bad input."""

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.introspect.fit import FitJob, FitProgress, fit_record
from dnnvis.introspect.harvest import hidden_vectors
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import read_map
from dnnvis.lenses.activation_map.fitting import MapFitOptions, fit_data
from dnnvis.lenses.activation_map.storage import map_path, open_map
from dnnvis.network.network import Network
from dnnvis.network.snapshots import restore_snapshot
from dnnvis.sources.datasets import open_data
from helpers.fitted_maps import (  # noqa: F401 (fixtures)
    AUTOENCODER,
    ERROR,
    HARVEST,
    assert_same,
    data_fixture,
    fitted,
    home_fixture,
    whole_fixture,
)
from helpers.map_networks import CLASSES, QUICK, asked, learning, network


def stopped_at(
    net: Network,
    wish: MapFitOptions,
    words: str,
    when: Callable[[FitProgress], bool] = lambda s: True,
) -> list[FitProgress]:
    """What was told until the fit was stopped in that stage."""
    stop, told = threading.Event(), []

    def report(standing: FitProgress) -> None:
        told.append(standing)
        if standing.message.startswith(words) and when(standing):
            stop.set()

    with pytest.raises(Cancelled, match="goes on"):
        fit_data(net, wish, report, stop)
    return told


def work_folders(home: Path) -> list[Path]:
    return list((home / "maps").glob("*"))


def test_a_folder_per_class_becomes_a_map_that_is_kept_for_the_network(
    data: Path, home: Path
) -> None:
    net = network()
    told: list[FitProgress] = []
    made = fitted(net, asked(data), report=told.append)
    assert made.classes == CLASSES
    assert len(made.z) == 149
    files = open_data(data)
    folders = [Path(files.name(int(row))).parent.name for row in made.index]
    assert [CLASSES[label] for label in made.labels] == folders
    assert made.examples.test.sum() == 14  # every tenth, whole ones
    again = open_map(net)
    assert_same(made, again)
    assert not work_folders(home), "nothing half done is left"
    stages = list(dict.fromkeys(standing.message for standing in told))
    assert stages[0] == HARVEST
    assert AUTOENCODER in stages
    assert max(standing.done for standing in told if standing.message == HARVEST) == 150
    previews = [standing for standing in told if standing.preview is not None]
    assert previews
    assert all(len(p.preview) == len(p.labels) for p in previews)


def test_a_second_fit_of_the_same_map_is_refused_and_changes_nothing(
    data: Path, home: Path, whole: Map
) -> None:
    """Both would write into one file of hidden vectors."""
    net, refused = network(), []

    def fit_again(standing: FitProgress) -> None:
        if standing.message in (HARVEST, AUTOENCODER) and len(refused) < 2:
            with pytest.raises(BadInput, match="Another fit of this map is at work") as caught:
                fit_data(network(), replace(asked(data), again=len(refused) == 1))
            refused.append(str(caught.value))

    made = fitted(net, asked(data), report=fit_again)
    assert len(refused) == 2
    assert f"(process {os.getpid()} on " in refused[0]
    assert_same(made, whole)
    assert not work_folders(home)
    assert_same(fitted(net, asked(data)), whole)  # nobody holds it any more


def test_fits_of_other_data_or_seeds_go_on_beside_each_other(data: Path) -> None:
    beside: list[Map] = []

    def fit_another(standing: FitProgress) -> None:
        if not beside:
            beside.append(fitted(network(), asked(data, limit=40)))

    assert len(fitted(network(), asked(data), report=fit_another).z) == 149
    assert len(beside[0].z) == 40


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
    assert not map_path(net.fingerprint).exists()
    assert not work_folders(home)


def test_the_learning_record_has_an_autoencoder_of_its_own(data: Path) -> None:
    """It must not take up the weights that the map itself has just learned."""
    net = learning()
    made = fitted(net, asked(data))
    assert made.record is not None
    assert made.record.z.shape[0] == 3
    images = [open_data(data).read(int(row))[0] for row in made.record.index]
    moments = net.snapshots
    assert moments is not None
    h = np.stack(
        [hidden_vectors(restore_snapshot(net, k), made.columns_, images) for k in range(3)]
    )
    nothing = np.zeros(0, [("h", "<f4", (1, 40))])
    job = FitJob(nothing, made.columns_, CLASSES, np.zeros(0, bool), net.fingerprint, {}, QUICK)
    alone = fit_record(job, h, np.array(moments.steps), made.record.labels, made.record.index)
    np.testing.assert_allclose(made.record.z, alone.z, atol=1e-4)


def test_without_a_record_none_is_made(data: Path) -> None:
    assert fitted(learning(), asked(data, limit=30, record=False)).record is None


@pytest.mark.parametrize("words", [HARVEST, AUTOENCODER, ERROR])
def test_a_fit_that_was_stopped_goes_on_and_gives_the_same(
    data: Path, whole: Map, home: Path, words: str
) -> None:
    net = network()
    told = stopped_at(net, asked(data), words)
    assert told[-1].message.startswith(words)
    assert len(work_folders(home)) == 1
    assert not map_path(net.fingerprint).exists()
    later: list[FitProgress] = []
    made = fitted(net, asked(data), report=later.append)
    assert_same(made, whole)
    assert [n for n in made.notes if "009.png" in n], "it is still said what could not be read"
    if words != HARVEST:
        assert all(s.done == 150 for s in later if s.message == HARVEST), "it is there already"


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
    told: list[FitProgress] = []
    fitted(network(), asked(data, again=True), report=told.append)
    assert told[0].done == 127  # the first portion of the pictures, but for one


def test_another_seed_is_another_map_and_takes_nothing_of_the_stopped_one(data: Path) -> None:
    stopped_at(network(), asked(data), ERROR)
    other = asked(data, fit_config=replace(QUICK, seed=5))
    one = fitted(network(), other)
    two = fitted(network(), replace(other, again=True))
    assert_same(one, two)

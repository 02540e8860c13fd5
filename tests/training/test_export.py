import hashlib
import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.network.snapshots import restore_snapshot
from dnnvis.training import export
from dnnvis.training.loop import train
from dnnvis.training.net1_task import Net1Setting, Net1Task
from dnnvis.training.net2_task import Net2Setting, Net2Task, normalize, parse_phases

Labelled = tuple[Tensor, Tensor]
CLASSES = [f"class {k}" for k in range(10)]


@pytest.fixture
def net1_files(digits: Labelled, tmp_path: Path) -> tuple[Net1Task, Path]:
    course = Net1Task(digits, digits, Net1Setting(passes=1, batch=32))
    export.export_net1(course, train(course, tmp_path / "run1"), tmp_path / "models")
    return course, tmp_path / "models"


@pytest.fixture
def net2_files(colours: Labelled, tmp_path: Path) -> tuple[Net2Task, Path]:
    setting = Net2Setting(phases=((16, 1.0), (32, 1.0)), batch=16, half=False)
    course = Net2Task(colours, colours, setting)
    export.export_net2(course, train(course, tmp_path / "run2"), CLASSES, tmp_path / "models")
    return course, tmp_path / "models"


def test_the_cards_sha256_is_that_of_the_weights(
    net1_files: tuple[Net1Task, Path], net2_files: tuple[Net2Task, Path]
) -> None:
    for (_, folder), name in ((net1_files, "net1-mnist"), (net2_files, "net2-cifar10")):
        card = json.loads((folder / f"{name}.json").read_text())
        weights = (folder / f"{name}.safetensors").read_bytes()
        assert card["sha256"] == hashlib.sha256(weights).hexdigest()
        for key in ("title", "data", "setting", "seed", "test_accuracy", "labels", "mean", "std"):
            assert key in card
        assert card["curve"][-1][0] == card["steps"]


def test_net1_keeps_the_moments_of_its_learning_where_asked(
    digits: Labelled, tmp_path: Path
) -> None:
    course = Net1Task(digits, digits, Net1Setting(passes=2, batch=32), keep_snapshots=True)
    begun = course.module.state_dict()["dense1.weight"].clone()
    export.export_net1(
        course, train(course, tmp_path / "run", score_every=course.batches_per_epoch), tmp_path
    )
    network = dnnvis.open(str(tmp_path / "net1-mnist.safetensors"))
    assert network.info.snapshots == (0, course.batches_per_epoch, 2 * course.batches_per_epoch)
    assert network.snapshots is not None
    first, last = (restore_snapshot(network, k).module.state_dict() for k in (0, -1))
    assert torch.equal(first["dense1.weight"], begun)
    assert torch.equal(last["dense1.weight"], network.module.state_dict()["dense1.weight"])


def test_net1s_file_opens_and_computes_the_same(net1_files: tuple[Net1Task, Path]) -> None:
    course, folder = net1_files
    network = dnnvis.open(str(folder / "net1-mnist.safetensors"))
    assert network.card.size == (28, 28)
    assert network.card.channels == 1
    image = course.test[0][5]  # (1, 28, 28)
    with torch.no_grad():
        expected = course.module.eval()(image[None].float() / 255)[0]
    found = network.record(image[0].numpy()).output
    assert abs(torch.from_numpy(found) - expected).max() < 1e-6
    assert not [note for note in network.notes if "sha256" in note]


def test_net2s_file_opens_folded_and_computes_the_same(
    net2_files: tuple[Net2Task, Path],
) -> None:
    course, folder = net2_files
    network = dnnvis.open(str(folder / "net2-cifar10.safetensors"))
    assert network.card.labels == tuple(CLASSES)
    assert not [layer.name for layer in network.layers if "norm" in layer.name]
    image = course.test[0][3]  # (3, 32, 32)
    with torch.no_grad():
        expected = course.module.eval()(normalize(image[None]))[0]
    found = network.record(image.permute(1, 2, 0).contiguous().numpy()).output
    assert abs(torch.from_numpy(found) - expected).max() < 1e-5


def test_changed_weights_are_told_of_when_opened(net1_files: tuple[Net1Task, Path]) -> None:
    _, folder = net1_files
    card = folder / "net1-mnist.json"
    card.write_text(card.read_text().replace('"sha256": "', '"sha256": "0'))
    network = dnnvis.open(str(folder / "net1-mnist.safetensors"))
    assert [note for note in network.notes if "sha256" in note]


def test_net2s_moments_are_folded_and_end_in_its_weights(colours: Labelled, tmp_path: Path) -> None:
    setting = Net2Setting(phases=((16, 2.0),), batch=16, half=False)
    course = Net2Task(colours, colours, setting, keep_snapshots=True)
    progress = train(course, tmp_path / "run", score_every=course.batches_per_epoch)
    export.export_net2(course, progress, CLASSES, tmp_path)
    network = dnnvis.open(str(tmp_path / "net2-cifar10.safetensors"))
    assert network.info.snapshots == (0, course.batches_per_epoch, 2 * course.batches_per_epoch)
    assert network.snapshots is not None
    first, last = (restore_snapshot(network, k).module.state_dict() for k in (0, -1))
    now = network.module.state_dict()
    assert all(torch.equal(last[name], now[name]) for name in now)
    assert not torch.equal(first["conv1.weight"], now["conv1.weight"])


@pytest.mark.parametrize("text", ["", "16", "16x", "17x2", "16x0", "16x-1", "axb"])
def test_phases_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match="Phases"):
        parse_phases(text)
    assert parse_phases("16x8, 24x0.5") == ((16, 8.0), (24, 0.5))

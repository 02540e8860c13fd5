"""What lies there from before is used again only where it is what would be made now."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.introspect.map_file import read_map, write_map
from dnnvis.reproduce.common import ProgressReporter
from dnnvis.reproduce.introspection import classifiers, maps, runner
from dnnvis.reproduce.introspection.config import IntrospectionConfig, Step
from dnnvis.reproduce.introspection.records import StepRecord, record_path, write
from dnnvis.reproduce.introspection.runner import reproduce
from dnnvis.training import export
from dnnvis.training.loop import train
from dnnvis.training.net2_task import Net2Setting, Net2Task
from helpers.tiny_classifiers import CLASSES, blocks, classifier, order_in, write_data


@pytest.fixture
def order(tmp_path: Path) -> IntrospectionConfig:
    return order_in(tmp_path, write_data(tmp_path / "pictures"), 1, nets=("net1",))


def fitted(order: IntrospectionConfig, tell: ProgressReporter | None = None) -> Any:
    network = classifier("net1", 0).network
    return maps.load_or_fit_map(order, network, "net1", 0, 0, tell or ProgressReporter())


def test_a_map_is_read_again_only_for_what_it_was_made_of(
    order: IntrospectionConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fitted(order)
    place = maps.map_path(order, "net1", 0, 0)
    assert place.name == "net1-network0-map0.map.safetensors"
    with monkeypatch.context() as patch:
        patch.setattr(maps, "fit_data", lambda *given, **more: pytest.fail("fitted again"))
        np.testing.assert_array_equal(fitted(order).z, first.z)
        old = {k: v for k, v in first.recipe.items() if k != "like"}  # as maps were before
        write_map(replace(first, recipe=old), place)
        np.testing.assert_array_equal(fitted(order).z, first.z)
    fewer = replace(order, limit=150)
    assert len(fitted(fewer).z) == 150
    assert len(read_map(place).z) == 150  # its file is replaced
    shorter = replace(fewer, wishes=replace(order.wishes, vae_steps=20))
    assert fitted(shorter).recipe["wishes"]["vae_steps"] == 20
    seeded = maps.load_or_fit_map(
        shorter, classifier("net1", 0).network, "net1", 0, 7, ProgressReporter()
    )
    write_map(seeded, place)  # of another seed, under this one's name
    assert fitted(shorter).recipe["seed"] == 0
    elsewhere = replace(shorter, data=write_data(tmp_path / "others"))
    assert fitted(elsewhere).recipe["data"] == str(tmp_path / "others" / "MNIST")
    assert read_map(place).recipe["data"] == str(tmp_path / "others" / "MNIST")


def test_a_fit_that_was_stopped_is_not_taken_up_by_another(order: IntrospectionConfig) -> None:
    fewer = replace(order, limit=150)
    with pytest.raises(Cancelled):
        fitted(fewer, ProgressReporter(should_stop=lambda: True))
    left = {place for place in (order.work / "maps").iterdir() if place.is_dir()}
    vectors = set((order.work / "harvest").iterdir())
    assert len(left) == len(vectors) == 1
    whole = fitted(order)
    assert len(whole.z) > 150
    assert whole.recipe["limit"] == 0
    assert {place for place in (order.work / "maps").iterdir() if place.is_dir()} == left
    assert vectors < set((order.work / "harvest").iterdir())
    fitted(fewer)
    assert not [place for place in (order.work / "maps").iterdir() if place.is_dir()]


def test_names_of_what_is_half_done_tell_everything_apart(order: IntrospectionConfig) -> None:
    network, other = classifier("net1", 0).network, classifier("net1", 1).network
    place = maps.map_path(order, "net1", 0, 0)
    asked = maps.MapFitOptions("", limit=300, fit_config=order.wishes)
    on = ("/pictures", "mark")
    layers = tuple(part.layer for part in maps.choose_columns(network, None, "auto").parts)[:1]
    wishes = replace(order.wishes, rich=11)
    ways = [
        (network, asked, on),
        (other, asked, on),
        (network, replace(asked, limit=600), on),
        (network, replace(asked, layers=layers), on),
        (network, asked, ("/others", "mark")),
        (network, asked, ("/pictures", "new")),
        (network, replace(asked, fit_config=wishes), on),
    ]
    folders = {maps.partial_folder(place, *way) for way in ways}
    assert len(folders) == len(ways)
    assert maps.partial_folder(place, *ways[0]) in folders
    files = [maps._harvest_path(order, network, "net1", ask, at) for network, ask, at in ways]
    assert len(set(files)) == len(ways) - 1
    assert files[0] == files[-1]


def test_which_weights_a_seed_has_is_known_without_training(
    order: IntrospectionConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifiers, "shipped_folder", lambda name: tmp_path / name)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "net1-mnist.safetensors").write_bytes(b"bundled")
    monkeypatch.setattr(classifiers, "_train", lambda *given: pytest.fail("trained"))
    assert classifiers.current_sha256(order, "net1", 0) == sha256(b"bundled")
    assert classifiers.current_sha256(order, "net1", 1) == ""
    own = order.work / "networks" / "out-1-0" / "net1-mnist.safetensors"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"trained")
    assert classifiers.current_sha256(order, "net1", 1) == sha256(b"trained")
    given = tmp_path / "given" / "out-1-0" / "net1-mnist.safetensors"
    given.parent.mkdir(parents=True)
    given.write_bytes(b"given")
    more = replace(order, networks=tmp_path / "given")
    assert classifiers.current_sha256(more, "net1", 1) == sha256(b"given")
    with pytest.raises(BadInput, match="cannot be read"):
        classifiers.current_sha256(order, "net2", 0)


def test_records_of_another_network_are_put_aside_and_said(
    order: IntrospectionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = {"net1": "a" * 64, "sister": "b" * 64}
    monkeypatch.setattr(runner, "current_sha256", lambda order, net, seed: weights[net])
    for step in order.steps:
        network = {"sha256": weights[step.net]}
        write(
            order.out,
            StepRecord(step.kind, step.net, 0, order.record_settings(step, 0), network, {}, 1.0),
        )
    redone: list[str] = []

    def do(order: IntrospectionConfig, step: Step, tell: ProgressReporter) -> list[StepRecord]:
        redone.append(f"{step.net} {step.kind}")
        return []

    monkeypatch.setattr(runner, "run_step", do)
    said: list[str] = []
    assert len(reproduce(order, warn=said.append).records) == 6
    assert not redone
    weights["sister"] = ""  # would be trained only now: nothing is compared
    assert len(reproduce(order, warn=said.append).records) == 6
    assert not said
    weights["sister"] = "c" * 64
    assert len(reproduce(order, warn=said.append).records) == 4
    assert redone == ["sister map", "sister noise"]
    assert all("another network (SHA-256 bbbbbbbbbbbb, now cccccccccccc)" in one for one in said)
    assert record_path(order.out, "map", "sister", 0).with_suffix(".old").is_file()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_learning_record_is_of_the_weights_it_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        runner, "load_classifier", lambda order, net, seed, tell: classifier(net, seed)
    )
    monkeypatch.setattr(
        runner, "current_sha256", lambda order, net, seed: classifier(net, seed).sha256
    )
    data = write_data(tmp_path / "pictures")
    order = order_in(tmp_path, data, 1, nets=("net2",), networks=tmp_path / "networks")
    weights = _train_net2(tmp_path)
    step = Step("learning", "net2", (0,))
    (record,) = runner.run_step(order, step, ProgressReporter())
    assert record.network["sha256"] == record.weights == sha256(weights.read_bytes())
    assert record.network["source"] == "--networks: out-net2/net2-cifar10.safetensors"
    left = [place.name for place in (order.work / "maps").iterdir() if place.is_dir()]
    assert left == []
    said: list[str] = []
    assert runner._read_usable(order, step, 0, said.append) is not None
    early = replace(record, network={"name": "net2-cifar10", "sha256": "0" * 64})
    write(order.out, early)  # as they were before: the bundled network's
    assert runner._read_usable(order, step, 0, said.append) is not None
    assert not said
    weights.write_bytes(weights.read_bytes() + b" ")
    assert runner._read_usable(order, step, 0, said.append) is None
    assert "another network" in said[0]


def _train_net2(folder: Path) -> Path:
    images, labels = blocks(60, 32, 5)
    both = (torch.from_numpy(images[:, None].repeat(3, 1)), torch.from_numpy(labels))
    setting = Net2Setting(phases=((16, 1.0),), batch=30, half=False)
    course = Net2Task(both, both, setting, keep_snapshots=True)
    progress = train(course, folder / "run", score_every=course.batches_per_epoch)
    export.export_net2(course, progress, list(CLASSES), folder / "networks" / "out-net2")
    return folder / "networks" / "out-net2" / "net2-cifar10.safetensors"

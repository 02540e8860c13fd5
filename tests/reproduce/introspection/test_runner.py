"""The steps on tiny networks: done once, taken up again, and right."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from dnnvis.cli.main import app
from dnnvis.core.errors import BadInput
from dnnvis.introspect.attack import run_attacks
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import read_map
from dnnvis.reproduce.common import ProgressReporter, ReproductionProgress, check_folder
from dnnvis.reproduce.introspection import attacks, classifiers, maps, runner
from dnnvis.reproduce.introspection.config import AttackConfig, IntrospectionConfig
from dnnvis.reproduce.introspection.records import read, record_path
from dnnvis.reproduce.introspection.report import PLOT_CAPTIONS, write_results
from dnnvis.reproduce.introspection.runner import reproduce
from helpers.tiny_classifiers import blocks, classifier, order_in, write_data


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module", autouse=True)
def small_networks() -> Any:
    """Where a step asks for a classifier, it gets a small one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            runner, "load_classifier", lambda order, net, seed, tell: classifier(net, seed)
        )
        patch.setattr(
            runner, "current_sha256", lambda order, net, seed: classifier(net, seed).sha256
        )
        yield


@pytest.fixture(scope="module")
def made(data: Path, tmp_path_factory: pytest.TempPathFactory) -> IntrospectionConfig:
    """All steps of two seeds, and all that is written of them."""
    order = order_in(tmp_path_factory.mktemp("made"), data)
    check_folder(order.out)
    done = reproduce(order)
    assert (done.problems, done.left, done.stopped) == ([], 0, False)
    write_results(order)
    return order


def found_in(out: Path) -> dict[str, Any]:
    """The records but for times."""
    kept = {}
    for place in sorted((out / "runs").glob("*.json")):
        record = json.loads(place.read_text())
        record["found"].pop("cpu seconds", None)
        kept[place.name] = {k: record[k] for k in ("kind", "net", "seed", "asked", "found")}
    return kept


def one_map(order: IntrospectionConfig, net: str = "net1") -> Map:
    made = read_map(maps.map_path(order, net, 0, 0))
    return replace(made, network=classifier(net, 0).network)


def test_every_step_has_a_record_and_every_figure_a_picture(made: IntrospectionConfig) -> None:
    names = {place.stem for place in (made.out / "runs").iterdir()}
    one = {f"net1-{kind}-seed{seed}" for kind in ("map", "noise", "attack") for seed in (0, 1)}
    two = {f"sister-{kind}-seed{seed}" for kind in ("map", "noise") for seed in (0, 1)}
    three = {f"net2-{kind}-seed{seed}" for kind in ("map", "noise", "attack") for seed in (0, 1)}
    assert names == one | two | three | {"net1-twin-seed0"}
    for name in PLOT_CAPTIONS:
        with Image.open(made.out / name) as picture:
            assert picture.width > 600
            assert len(picture.convert("RGB").getcolors(10**6) or []) > 20, f"{name} is empty"


def test_the_report_names_networks_and_decides_nothing_of_two_seeds(
    made: IntrospectionConfig,
) -> None:
    page = (made.out / "report.md").read_text()
    assert "not decided: 2 seeds" in page
    assert "met |" not in page
    assert "made up, seed 1" in page
    assert "Not finished" not in page
    lines = (made.out / "figures.csv").read_text().splitlines()
    assert lines[0] == "network,figure,asked,paper or reference,seed 0,seed 1,mean,verdict"
    classes = (made.out / "classes.csv").read_text().splitlines()
    assert len(classes) == 1 + 10 * 6  # three networks, two seeds


def test_the_maps_are_those_of_the_plain_way(
    made: IntrospectionConfig, data: Path, tmp_path: Path
) -> None:
    from dnnvis.lenses.activation_map.fitting import MapFitOptions, fit_data

    asked = MapFitOptions(str(data / "MNIST"), fit_config=made.wishes)
    plain = fit_data(classifier("net1", 0).network, asked, save=False, work=tmp_path)
    assert plain is not None
    np.testing.assert_allclose(plain.z, one_map(made).z, atol=1e-6)


def test_hidden_vectors_stay_only_for_networks_with_several_maps(made: IntrospectionConfig) -> None:
    kept = sorted(place.name.split("-")[0] for place in (made.work / "harvest").iterdir())
    assert kept == ["net1", "net2"]
    assert not [place for place in (made.work / "maps").iterdir() if place.is_dir()]


def test_what_a_record_holds_is_not_done_again(
    made: IntrospectionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "run_step", lambda *given: pytest.fail(f"done again: {given[1]}"))
    assert len(reproduce(made).records) == 17


def test_a_run_that_is_stopped_again_and_again_ends_with_the_same_numbers(
    made: IntrospectionConfig, data: Path, tmp_path: Path
) -> None:
    order = order_in(tmp_path, data, nets=("net2",))
    rounds = 0
    while True:
        rounds += 1
        seen: list[ReproductionProgress] = []
        done = reproduce(order, seen.append, _after(seen, 11 + 9 * rounds))
        assert not done.problems
        if not done.stopped:
            break
        assert done.left > 0
        assert rounds < 40, "no step is ever finished"
    assert rounds > 3
    whole = found_in(made.out)
    assert found_in(order.out) == {k: v for k, v in whole.items() if k.startswith("net2")}


def _after(seen: list[ReproductionProgress], most: int) -> Callable[[], bool]:
    return lambda: len(seen) >= most


def test_a_broken_record_is_put_aside_and_made_again(
    made: IntrospectionConfig, data: Path, tmp_path: Path
) -> None:
    order = order_in(tmp_path, data, seeds=1, nets=("net2",))
    reproduce(order)
    place = record_path(order.out, "noise", "net2", 0)
    before = read(place).found
    place.write_text("{")
    said: list[str] = []
    done = reproduce(order, warn=said.append)
    assert len(said) == 1
    assert "no record" in said[0]
    assert "noise" in said[0]
    assert done.left == 0
    assert read(place).found == before
    assert place.with_suffix(".old").read_text() == "{"
    other = replace(order, attack={"net2": AttackConfig(1, 3)})
    reproduce(other, warn=said.append)
    assert "other settings" in said[1]


def test_a_step_that_fails_does_not_keep_the_others(data: Path, tmp_path: Path) -> None:
    order = order_in(tmp_path, data, seeds=1, nets=("net2",))
    with pytest.MonkeyPatch.context() as patch:

        def fails(*given: Any) -> Any:
            raise BadInput("no noise today")

        patch.setattr(runner, "_STEP_RUNNERS", {**runner._STEP_RUNNERS, "noise": fails})
        done = reproduce(order)
    assert [words.split(": ")[-1] for words in done.problems] == ["no noise today"]
    assert {record.kind for record in done.records} == {"map", "attack"}
    assert done.left == 1


def test_attacks_seen_on_two_maps_are_those_of_one(made: IntrospectionConfig) -> None:
    own, network = one_map(made), classifier("net1", 0).network
    other = replace(read_map(maps.map_path(made, "net1", 0, 1000)), network=network)
    images, labels = blocks(20, 28, 9)
    x = network.encode(images[..., None])
    targets = (labels + 3) % 10
    plain = run_attacks(network, own, x, targets, 0.02, 5)
    both = attacks.run_attacks(
        network, [own, other], x, targets, AttackConfig(1, 5, 0.02), ProgressReporter()
    )
    for walk in both:
        assert (walk.predicted == plain.predicted).all()
        assert (walk.stuck == plain.stuck).all()
        assert torch.equal(walk.x, plain.x)
    np.testing.assert_allclose(both[0].z, plain.z, atol=1e-5)
    np.testing.assert_allclose(both[0].expected["rich"], plain.expected["rich"], atol=1e-4)
    assert np.abs(both[1].z - plain.z).max() > 0.05


def test_attacked_pictures_are_right_ones_of_every_class(made: IntrospectionConfig) -> None:
    own = one_map(made)
    rows = attacks.choose_rows(own, 2, 0)
    ex = own.examples
    assert ex.test[rows].all()
    assert (ex.predicted[rows] == ex.labels[rows]).all()
    assert np.bincount(ex.labels[rows], minlength=10).max() <= 2
    assert len(set(rows)) == len(rows)


def test_a_turned_and_stretched_map_is_the_same_map(made: IntrospectionConfig) -> None:
    own = one_map(made)
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag(
        [1, -1]
    )

    def moved(z: Any) -> Any:
        return (1.7 * z @ turn + 3).astype(np.float32)

    turned = replace(
        own, examples=replace(own.examples, z=moved(own.z)), class_z=moved(own.class_z)
    )
    same = maps.compare_maps(own, turned)
    assert same["procrustes"] < 1e-6
    assert same["neighbours"] == 10
    assert same["distances"] == pytest.approx(1, abs=1e-5)
    dice = np.random.default_rng(0)
    loose = replace(own, examples=replace(own.examples, z=dice.permutation(own.z)))
    assert maps.compare_maps(own, loose)["procrustes"] > 0.8


def test_saturation_is_that_of_the_colour_circle() -> None:
    import colorsys

    colours = np.random.default_rng(0).integers(0, 256, (51, 3), dtype=np.uint8)
    by_hand = [colorsys.rgb_to_hsv(*(int(v) / 255 for v in colour))[1] for colour in colours]
    assert maps.saturation(colours) == pytest.approx(float(np.median(by_hand)))


def test_a_classifier_is_trained_once_and_one_that_lies_there_is_taken(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_in(tmp_path, data)
    own = classifiers.load_classifier(order, "net1", 1, ProgressReporter())
    assert own.source == "trained by this command"
    assert own.network.snapshots is not None
    sister = classifiers.load_classifier(order, "sister", 1, ProgressReporter())
    assert sister.network.fingerprint != own.network.fingerprint
    assert classifiers.load_classifier(order, "net1", 0, ProgressReporter()).source == "bundled"
    monkeypatch.setattr(classifiers, "_train", lambda *given: pytest.fail("trained again"))
    assert classifiers.load_classifier(order, "net1", 1, ProgressReporter()).sha256 == own.sha256
    given = replace(order, work=tmp_path / "other", networks=order.work / "networks")
    found = classifiers.load_classifier(given, "net1", 1, ProgressReporter())
    assert found.sha256 == own.sha256
    assert found.source.startswith("--networks")


def test_training_that_is_stopped_goes_on(data: Path, tmp_path: Path) -> None:
    order = order_in(tmp_path, data)
    asked: Callable[[], bool] = lambda: True  # noqa: E731
    with pytest.raises(Exception, match="goes on"):
        classifiers.load_classifier(order, "net1", 1, ProgressReporter(should_stop=asked))
    assert (
        classifiers.load_classifier(order, "net1", 1, ProgressReporter()).source
        == "trained by this command"
    )


def test_the_command_says_what_data_it_lacks(data: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke(
        app, ["reproduce", "introspection", "-o", str(tmp_path / "out"), "--data", str(tmp_path)]
    )
    assert run.exit_code == 2
    assert "holds no MNIST" in run.stderr
    more = ["--data", str(data), "--nets", "net3"]
    run = CliRunner().invoke(app, ["reproduce", "introspection", "-o", str(tmp_path), *more])
    assert run.exit_code == 2
    assert "net1 and net2" in run.stderr


def test_the_command_writes_a_report(data: Path, tmp_path: Path) -> None:
    given = ["-o", str(tmp_path / "out"), "--data", str(data), "--work", str(tmp_path / "work")]
    given += ["--seeds", "1", "--nets", "net2", "--json"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "_STEP_RUNNERS", {kind: _nothing for kind in runner._STEP_RUNNERS})
        patch.setattr(runner, "_load_or_fit_map", lambda *given: None)
        run = CliRunner().invoke(app, ["reproduce", "introspection", *given])
    assert run.exit_code == 0, run.output
    last = json.loads(run.stdout.splitlines()[-1])
    assert last["records"] == 3
    assert last["left"] == 0
    assert Path(last["report"]).read_text().startswith("# Coloring the Black Box")


def _nothing(order: IntrospectionConfig, step: Any, *given: Any) -> Any:
    return {seed: {} for seed in step.seeds}, {}

"""The lenses ``constellation`` and ``attack`` on a toy network with a small map of its own."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.activation_map import Attacks, Constellation
from dnnvis.core.errors import BadInput, UnknownNetwork
from dnnvis.core.frame import Frame
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.introspect.attack import attack, false_alarm_lines
from dnnvis.introspect.constellation import constellation
from dnnvis.introspect.fit import FitConfig
from dnnvis.lenses.activation_map import attacks, noise
from dnnvis.lenses.activation_map.attacks import ATTACK, no_target_reason
from dnnvis.lenses.activation_map.fitting import fit_arrays
from dnnvis.lenses.activation_map.map_cache import require_map
from dnnvis.lenses.activation_map.noise import NOISE
from dnnvis.lenses.activation_map.storage import map_path, save_map
from dnnvis.lenses.lens import Scene, params_for
from dnnvis.lenses.live import LiveWork
from dnnvis.lenses.look import look
from dnnvis.network.card import Card
from dnnvis.network.network import Network

UNIT = Unit("output", 0)
FEW = FitConfig(components=8, rich=4, vae_steps=40, error_steps=40)


class Passes:
    """A count that no trial pass puts back."""

    count = 0


class Toy(nn.Module):
    """36 pixels - 12 ELU units - K logits; counts its passes."""

    def __init__(self, classes: int = 3, seed: int = 0) -> None:
        super().__init__()
        self.first, self.act, self.last = nn.Linear(36, 12), nn.ELU(), nn.Linear(12, classes)
        self.passes = Passes()
        dice = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for value in self.parameters():
                value.copy_(torch.randn(value.shape, generator=dice) * 0.7)

    def forward(self, x: Tensor) -> Tensor:
        self.passes.count += 1
        y: Tensor = self.last(self.act(self.first(x.flatten(1) - 0.5)))
        return y


def toy(name: str = "toy", classes: int = 3, seed: int = 0, **about: Any) -> Network:
    labels = tuple(f"class {k}" for k in range(classes))
    return Network(Toy(classes, seed), Card(name, (6, 6), 1, labels=labels, about=about))


def pixels(many: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (many, 6, 6, 1), dtype=np.uint8)


def mapped(network: Network, labelled: bool = True) -> Network:
    """The network, with a small map of it kept."""
    images = pixels(300)
    labels = network.run(network.encode(images), batched=True).output.argmax(1)
    labels[::7] = (labels[::7] + 1) % 3  # wrong examples: there is something to estimate
    save_map(fit_arrays(network, images, labels if labelled else None, fit_config=FEW))
    return network


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Network]]:
    """Of the names that the tests open; all but ``bare`` have a map."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DNNVIS_DATA", str(tmp_path_factory.mktemp("maps")))
        yield {
            "toy": mapped(toy(sister="noisy")),
            "noisy": mapped(toy("noisy", seed=1)),
            "plain": mapped(toy("plain", seed=2), labelled=False),
            "bare": toy("bare", seed=3),
            "wide": mapped(toy("wide", classes=14, seed=4)),
        }


def frame(label: str | None = None, seed: int = 50) -> Frame:
    return Frame(pixels(1, seed)[0], 4, "test", label)


def scene(lens: Any, network: Network, picture: Frame | None, **params: Any) -> Scene:
    return Scene(network, UNIT, params_for(lens, params), picture)


def passes(network: Network) -> int:
    return int(network.module.passes.count)  # type: ignore[union-attr, arg-type]


def bare_twin(network: Network) -> Network:
    """The same network, of which nothing is known yet."""
    return Network(network.module, network.card)


def test_a_constellation_grows_and_then_the_sisters_beside_it(networks: dict[str, Network]) -> None:
    network, sister = bare_twin(networks["toy"]), networks["noisy"]
    opened: list[str] = []

    def open_(name: str) -> Network:
        opened.append(name)
        return networks[name]

    asked = scene(NOISE, network, frame("class 1"), sigma=0.5, copies=60, seed=3)
    asked = replace(asked, open_network=open_)
    seen = list(NOISE.look(asked))
    assert [len(value.z) for value in seen] == [25, 50, 60, 60, 60, 60]
    assert [value.progress for value in seen] == pytest.approx(
        [25 / 120, 50 / 120, 0.5, 85 / 120, 110 / 120, 1]
    )
    assert [len(v.paired.z) if v.paired else 0 for v in seen] == [0, 0, 0, 25, 50, 60]
    last = seen[-1]
    x = network.encode(frame().pixels)
    for which, found in ((networks["toy"], last), (sister, last.paired)):
        assert found is not None
        assert found.label == 1
        assert found.frame == 4
        made = require_map(which)
        *_, alone = constellation(which, made, x, 1, 0.5, 60, 3, chunk=60)
        assert np.allclose(found.z, alone.z, atol=1e-5)
        assert found.errors == alone.errors
        assert found.spread == pytest.approx(alone.spread, rel=1e-5)
    assert last.paired is not None
    assert last.paired.network == "noisy"
    assert last.network == "toy"
    assert last.message == ""
    assert last.recipe["seed"] == 3
    assert last.unit == "output[0]"
    cloud = last.paired.map_data
    assert cloud is not None
    assert cloud.classes == ("class 0", "class 1", "class 2")
    assert np.array_equal(cloud.z, require_map(sister).z)
    list(NOISE.look(asked))
    assert opened == ["noisy"]  # once for each network


def test_a_backdrop_is_thinned_evenly(networks: dict[str, Network]) -> None:
    made = require_map(networks["toy"])
    found = noise.build_backdrop(made, 40)
    assert len(found.z) == len(found.labels) == 40
    rows = [int(np.flatnonzero((made.z == place).all(1))[0]) for place in found.z]
    assert rows[0] == 0
    assert rows[-1] == len(made.z) - 1
    assert set(np.diff(rows)) <= {7, 8}
    assert np.array_equal(found.labels, made.labels[rows])


def refusing(name: str) -> Network:
    raise UnknownNetwork(f"There is no network '{name}'.")


@pytest.mark.parametrize(
    ("name", "open_", "why"),
    [
        ("toy", None, "noisy can be set beside toy in the window"),
        ("toy", refusing, "noisy cannot be set beside toy: There is no network 'noisy'"),
        ("toy", "bare", "There is no map of bare yet"),
        ("toy", "wide", "noisy tells other classes than toy"),
        ("noisy", "toy", "There is no network to set beside noisy"),
    ],
)
def test_without_a_sister_words_say_why(
    networks: dict[str, Network], name: str, open_: Any, why: str
) -> None:
    opener = (lambda _: networks[open_]) if isinstance(open_, str) else open_
    asked = scene(NOISE, bare_twin(networks[name]), frame("class 0"), copies=10)
    *_, last = NOISE.look(replace(asked, open_network=opener))
    assert last.paired is None
    assert last.progress == 1
    assert why in last.message


def test_a_label_that_is_no_class_leaves_the_clean_answer(networks: dict[str, Network]) -> None:
    network = networks["noisy"]
    clean = int(network.run(network.encode(frame().pixels)).output.argmax())
    for label, why in ((None, "it has no label"), ("cat", "'cat' is no class of the map")):
        *_, last = NOISE.look(scene(NOISE, network, frame(label), copies=10))
        assert last.label == clean
        assert why in last.message
        assert last.errors == np.mean(last.predicted != clean)


def test_noise_stops_where_it_is_closed(networks: dict[str, Network]) -> None:
    network = networks["noisy"]
    steps = NOISE.look(scene(NOISE, network, frame(), copies=200))
    next(steps)
    before = passes(network)
    steps.close()  # type: ignore[attr-defined]
    assert passes(network) == before
    assert next(steps, None) is None


def test_every_class_but_the_answer_is_attacked(
    networks: dict[str, Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attacks, "UPDATE_INTERVAL_SECONDS", 0.0)
    network = networks["toy"]
    x = network.encode(frame().pixels)
    clean = int(network.run(x).output.argmax())
    label = f"class {clean}"
    seen = list(ATTACK.look(scene(ATTACK, network, frame(label), eps=0.02, steps=30)))
    assert [value.done for value in seen] == list(range(31))
    assert [value.progress for value in seen] == pytest.approx([k / 30 for k in range(31)])
    last = seen[-1]
    targets = [k for k in range(3) if k != clean]
    assert last.label == clean
    assert [path.target for path in last.paths] == targets
    assert (last.frame, last.network, last.message, last.eps) == (4, "toy", "", 0.02)
    assert np.array_equal(last.clean, frame().pixels)
    made = require_map(network)
    assert set(false_alarm_lines(made)) == {"2d", "rich"}
    for path in last.paths:
        *_, alone = attack(network, made, x, np.array([path.target]), 0.02, 30)
        assert np.allclose(path.z, alone.z[:, 0], atol=1e-4)
        assert path.predicted.tolist() == alone.predicted[:, 0].tolist()
        assert path.max_abs == pytest.approx(float((alone.x - x).abs().max()), abs=1e-6)
        assert path.outcome == alone.outcomes[0]
        assert path.crossed == alone.find_crossings("2d", false_alarm_lines(made))[0]


def test_what_is_quick_is_not_shown_at_every_step(
    networks: dict[str, Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attacks, "UPDATE_INTERVAL_SECONDS", 3600.0)
    monkeypatch.setattr(attacks.time, "perf_counter", lambda: 0.0)
    seen = list(ATTACK.look(scene(ATTACK, networks["toy"], frame(), steps=12)))
    assert [value.done for value in seen] == [12]


def test_of_many_classes_the_next_likely_ones_are_targets(networks: dict[str, Network]) -> None:
    network = networks["wide"]
    output = network.run(network.encode(frame().pixels)).output
    *_, last = ATTACK.look(scene(ATTACK, network, frame(), steps=2))
    order = np.argsort(-output)
    assert last.label == order[0]
    assert [path.target for path in last.paths] == sorted(order[1:10].tolist())
    assert "Of 14 classes the 9 next likely ones" in last.message


def test_what_is_to_be_known_of_an_attack_is_said(networks: dict[str, Network]) -> None:
    network = networks["toy"]
    clean = int(network.run(network.encode(frame().pixels)).output.argmax())
    other = f"class {(clean + 1) % 3}"
    *_, last = ATTACK.look(scene(ATTACK, network, frame(other), steps=1))
    assert last.message.startswith(f"The clean picture is of class {other}, but toy says")
    *_, plain = ATTACK.look(scene(ATTACK, networks["plain"], frame(), steps=5))
    assert "no estimator of the error" in plain.message
    assert {(path.crossed, path.crossed_rich) for path in plain.paths} == {(-1, -1)}
    assert all(len(path.z) == 6 and path.expected == {} for path in plain.paths)


def test_an_attack_stops_where_it_is_closed(
    networks: dict[str, Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attacks, "UPDATE_INTERVAL_SECONDS", 0.0)
    network = networks["toy"]
    steps = ATTACK.look(scene(ATTACK, network, frame(), steps=100))
    next(steps)
    before = passes(network)
    steps.close()  # type: ignore[attr-defined]
    assert passes(network) == before
    assert next(steps, None) is None


def test_what_answers_with_no_class_is_not_attacked(networks: dict[str, Network]) -> None:
    info = networks["toy"].info
    assert no_target_reason(info) == ""
    assert "a board" in no_target_reason(replace(info, binary=True))
    assert "a board" in no_target_reason(replace(info, states=(("act", 0),)))
    rows = {row.name: row for row in info.layers}
    for shape, why in (((3, 2, 2), "maps"), ((1, 1, 1), "no two classes")):
        layers = (replace(rows["output"], shape=shape),)
        assert why in no_target_reason(replace(info, layers=layers))


def test_in_the_window_that_is_said_where_the_attack_would_be() -> None:
    (said,) = ATTACK.look(scene(ATTACK, toy("one", classes=1), frame()))
    assert "no two classes" in said.message
    assert not said.paths
    assert said.progress == 1


@pytest.mark.parametrize("lens", [NOISE, ATTACK])
def test_without_a_map_or_a_picture_a_sentence_says_so(
    networks: dict[str, Network], lens: Any
) -> None:
    (said,) = lens.look(scene(lens, networks["bare"], frame()))
    assert "no map of bare yet" in said.message
    assert said.frame == 4
    assert said.progress == 1
    with pytest.raises(BadInput, match="picture"):
        list(lens.look(scene(lens, networks["toy"], None)))


@pytest.mark.parametrize(
    ("lens", "params"),
    [
        (NOISE, {"sigma": 2.5}),
        (NOISE, {"sigma": -0.1}),
        (NOISE, {"copies": 0}),
        (NOISE, {"copies": 1.5}),
        (ATTACK, {"eps": 0.6}),
        (ATTACK, {"steps": 0}),
        (ATTACK, {"steps": 501}),
    ],
)
def test_settings_out_of_range_are_refused(lens: Any, params: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=next(iter(params))):
        params_for(lens, params)


def test_the_live_work_runs_both_and_opens_the_sister(networks: dict[str, Network]) -> None:
    opened: list[NetworkChoice] = []

    def open_network(choice: NetworkChoice) -> Network:
        opened.append(choice)
        return bare_twin(networks[choice.net])

    work = LiveWork(open_network, threading.Event(), tune_after=-1)
    work.open(NetworkChoice(net="toy", size="6"))
    wishes = {
        "noise": Request("constellation", UNIT, (("version", 0), ("sigma", 0.2)), False),
        "attack": Request("attack", UNIT, (("version", 0), ("eps", 0.1), ("steps", 4)), False),
    }
    _, scenes, failures = work.live(Plan(requests=wishes), frame("class 2"))
    assert not failures
    ends = {}
    for key, wish in wishes.items():
        for value in work.look(wish, scenes[key]):
            ends[key] = value
    noisy, attacked = ends["noise"], ends["attack"]
    assert isinstance(noisy, Constellation)
    assert noisy.paired is not None
    assert noisy.label == noisy.paired.label == 2
    assert noisy.recipe["network"]["name"] == "toy"
    assert isinstance(attacked, Attacks)
    assert attacked.done == 4
    assert opened == [NetworkChoice(net="toy", size="6"), NetworkChoice(net="noisy")]


def test_a_script_gets_the_last_value(
    networks: dict[str, Network], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = look(networks["noisy"], "constellation", UNIT, image=frame().pixels, copies=30)
    assert isinstance(found, Constellation)
    assert len(found.z) == 30
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    assert not map_path(networks["noisy"].fingerprint).exists()  # the map that is open stays
    found = look(networks["noisy"], "attack", UNIT, image=frame().pixels, steps=3)
    assert isinstance(found, Attacks)
    assert len(found.paths) == 2

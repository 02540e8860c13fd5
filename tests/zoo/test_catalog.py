"""Opening a network by whatever names it (dnnvis.zoo.catalog and recognise)."""

import json
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from dnnvis.core.errors import BadInput, Mismatch, NotTrusted, UnknownNetwork
from dnnvis.network.card import write_card
from dnnvis.network.network import Network
from dnnvis.sources.image_files import read_picture
from dnnvis.zoo import catalog
from dnnvis.zoo.bundled import ARCHITECTURES, BUNDLED_NETWORKS
from dnnvis.zoo.catalog import list_networks, open_network
from dnnvis.zoo.net1 import net1
from dnnvis.zoo.net2 import net2

MNIST = Path(__file__).parents[2].parent / "shared" / "data" / "MNIST" / "raw"
PHOTOGRAPHS = Path(__file__).parents[2].parent / "shared" / "data" / "imagenet-100"
FACTORY = """
from torch import nn

def net():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
"""


def state_of(net: Network) -> dict[str, torch.Tensor]:
    return net.module.state_dict()


def same(net: Network, state: dict[str, torch.Tensor]) -> bool:
    own = state_of(net)
    return own.keys() == state.keys() and all(torch.equal(own[k], state[k]) for k in own)


@pytest.fixture
def factory(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text(FACTORY)
    return f"{tmp_path / 'mine.py'}:net"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Net2 with other than its first weights, in a file whose name says nothing."""
    torch.manual_seed(9)
    torch.save({"model": net2().state_dict(), "epoch": 3}, tmp_path / "weights.pt")
    return tmp_path / "weights.pt"


def test_the_bundled_net1_reads_digits_as_well_as_its_card_says() -> None:
    if not MNIST.is_dir():
        pytest.skip("MNIST is not beside this checkout (../shared/data)")
    with (MNIST / "t10k-images-idx3-ubyte").open("rb") as file:
        assert struct.unpack(">4i", file.read(16)) == (2051, 10000, 28, 28)
        images = np.frombuffer(file.read(784_000), np.uint8).reshape(-1, 28, 28, 1).copy()
    with (MNIST / "t10k-labels-idx1-ubyte").open("rb") as file:
        labels = np.frombuffer(file.read(1008), np.uint8, offset=8)
    net = open_network("net1-mnist")
    assert net.card.labels == tuple("0123456789")
    with torch.no_grad():
        right = net.forward(net.encode(images)).argmax(1).numpy() == labels
    assert right.mean() >= 0.96


@pytest.mark.parametrize("name", [n for n, entry in BUNDLED_NETWORKS.items() if entry.architecture])
def test_every_trained_network_opens_with_its_own_weights_and_card(name: str) -> None:
    net = open_network(name)
    classes = {"life": 0, "maze": 0, "nca": 0, "squeezenet1_1": 1000}.get(
        BUNDLED_NETWORKS[name].architecture, 10
    )
    assert (net.card.name, len(net.card.labels), net._notes) == (name, classes, ())
    untrained = open_network(name, weights="random")
    assert "random weights" in untrained._notes[0]
    assert untrained.card.mean == net.card.mean
    assert not same(untrained, state_of(net))


@pytest.mark.parametrize(
    "name",
    [
        *("squeezenet-imagenet", "net2-cifar10", "net1-mnist", "life-3", "life-3-unshared"),
        "nca-salamander",
    ],
)
def test_the_proof_of_a_bundled_network_changes_nothing_so_it_may_wait(name: str) -> None:
    net = open_network(name)
    assert net.proof_after == catalog.BUNDLED_PROOF_AFTER
    net.prove_later = True
    unproved = net.info
    net.prove_later = False
    assert net.info == unproved


def test_other_networks_are_proved_after_the_first_frame() -> None:
    assert open_network("net2").proof_after == 1


def test_networks_of_later_versions_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "shipped_folder", lambda kind: tmp_path)
    with pytest.raises(UnknownNetwork, match=r"net1-mnist-noise .* is not in this version"):
        open_network("net1-mnist-noise")


def test_bare_architectures_have_the_same_random_weights_each_time() -> None:
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    one, two = open_network("net2"), open_network("net2")
    assert torch.equal(torch.rand(2), expected)
    assert same(one, state_of(two))
    assert "random weights" in one._notes[0]
    with pytest.raises(BadInput, match=r"architecture without weights.*net2-cifar10"):
        open_network("net2", weights="pretrained")


def test_the_default_card_of_net1_is_that_of_its_trained_file() -> None:
    trained = open_network("net1-mnist").card
    bare = replace(trained, name="net1", about={})
    assert bare == ARCHITECTURES["net1"]


def test_changed_weights_of_a_bundled_network_are_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_file(net1().state_dict(), tmp_path / "net1-mnist.safetensors")
    write_card(open_network("net1-mnist").card, tmp_path / "net1-mnist.json")
    monkeypatch.setattr(catalog, "shipped_folder", lambda kind: tmp_path)
    assert "sha256" in open_network("net1-mnist")._notes[0]


def test_weights_alone_name_their_architecture(weights: Path) -> None:
    net = open_network(weights)
    assert same(net, torch.load(weights, weights_only=True)["model"])
    assert (net.card.name, net.card.architecture) == ("weights", "net2")
    assert net.card.mean == ARCHITECTURES["net2"].mean
    assert net._notes == ("The weights were recognised as net2.",)


def test_a_checkpoint_goes_into_the_named_network(weights: Path) -> None:
    assert same(open_network("net2", checkpoint=weights), state_of(open_network(weights)))


def test_another_number_of_classes_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "three.pt"
    torch.save({"state_dict": net2(classes=3).state_dict(), "classes": ["a", "b", "c"]}, path)
    for net in (open_network(path), open_network("net2", checkpoint=path)):
        assert net.module.get_parameter("out.weight").shape == (3, 512)
        assert net.card.labels == ("a", "b", "c")
    save_file(net1(classes=4).state_dict(), tmp_path / "four.safetensors")
    assert open_network(tmp_path / "four.safetensors").card.labels == ()


def test_a_card_beside_the_checkpoint_describes_it(weights: Path) -> None:
    card = replace(ARCHITECTURES["net2"], name="my own", size=(40, 48), mean=(0.5,), std=(0.5,))
    write_card(card, weights.with_suffix(".json"))
    assert open_network(weights).card == card
    assert open_network(weights, size="32x40", labels=list("abc")).card == replace(
        card, size=(32, 40), labels=("a", "b", "c")
    )


def test_a_card_may_name_the_users_code_which_is_still_asked_for(
    tmp_path: Path, factory: str
) -> None:
    path = tmp_path / "trained.pt"
    state = state_of(open_network(factory, trust_code=True))
    torch.save({k: v + 1 for k, v in state.items()}, path)
    card = {"name": "x", "size": [20, 24], "channels": 1, "architecture": "mine.py:net"}
    path.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(NotTrusted, match=r"mine\.py"):
        open_network(path)
    net = open_network(path, trust_code=True)
    assert same(net, {k: v + 1 for k, v in state.items()})
    assert (net.card.size, net._notes) == ((20, 24), ())


def test_a_json_file_that_is_no_card_is_left_aside(weights: Path) -> None:
    weights.with_suffix(".json").write_text('{"hidden_size": 768}')
    assert "left aside" in open_network(weights)._notes[0]


def test_weights_of_nobody_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "odd.pt"
    torch.save(nn.Linear(2, 2).state_dict(), path)
    with pytest.raises(UnknownNetwork, match=r"odd\.pt \(first: weight\).*file\.py:factory"):
        open_network(path)
    state = net2().state_dict()
    del state["out.bias"]
    torch.save(state, path)
    with pytest.raises(UnknownNetwork, match="The nearest is net2"):
        open_network(path)


def test_a_checkpoint_of_another_network_is_a_mismatch(weights: Path) -> None:
    with pytest.raises(Mismatch, match=r"missing \(dense4\.weight.*not in the network \(conv1"):
        open_network("net1", checkpoint=weights)
    with pytest.raises(Mismatch):
        open_network("squeezenet1_1", checkpoint=weights)


def test_nan_weights_open_with_a_note(weights: Path) -> None:
    state = net2().state_dict()
    state["conv1.bias"][:] = torch.nan
    torch.save(state, weights)
    assert "NaN" in open_network(weights)._notes[-1]
    assert "NaN" in open_network("net2", checkpoint=weights)._notes[0]


def test_contradictory_wishes_are_a_sentence(weights: Path) -> None:
    with pytest.raises(BadInput, match="not both"):
        open_network("net2", checkpoint=weights, weights="random")
    with pytest.raises(BadInput, match="is a checkpoint itself"):
        open_network(weights, checkpoint=weights)
    with pytest.raises(BadInput, match="'random' or 'pretrained', not 'best'"):
        open_network("net2", weights="best")
    with pytest.raises(BadInput, match="not Linear; see wrap"):
        open_network(nn.Linear(2, 2))  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="2 values for 1 channels"):
        open_network("net1", mean=(1, 2))


def test_a_trusted_factory_opens_with_the_wished_preprocessing(factory: str) -> None:
    net = open_network(factory, size=20, mean=0.5, std=0.5, labels=["no", "yes"], trust_code=True)
    assert (net.card.size, net.card.channels, net.card.labels) == ((20, 20), 1, ("no", "yes"))
    assert net.record(np.zeros((20, 20), np.uint8)).output.shape == (2,)
    assert "Nobody said" in open_network(factory, trust_code=True)._notes[0]


def test_a_factory_is_not_run_unasked(factory: str) -> None:
    with pytest.raises(NotTrusted, match=r"mine\.py.*trust_code=True"):
        open_network(factory)


def test_a_checkpoint_goes_into_the_users_network_or_is_listed(
    factory: str, tmp_path: Path, weights: Path
) -> None:
    state = state_of(open_network(factory, trust_code=True))
    path = tmp_path / "own.safetensors"
    save_file({f"module.{k}": v * 2 for k, v in state.items()}, path)
    net = open_network(factory, checkpoint=path, trust_code=True)
    assert same(net, {k: v * 2 for k, v in state.items()})
    with pytest.raises(Mismatch, match="missing"):
        open_network(factory, checkpoint=weights, trust_code=True)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("net2-cifar", "Did you mean net2-cifar10"),
        ("ResNet-18", "Did you mean resnet18"),
        ("qqqqqqq", "`dnnvis models` lists them"),
        ("", "No network is called"),
        ("r3d_18", "for films, for pairs of pictures, or quantized"),
        ("raft_small", "for films, for pairs of pictures, or quantized"),
        ("some/folder/net", "There is no file"),
        ("mine.py", r"'mine\.py:function'"),
    ],
)
def test_an_unknown_name_says_what_there_is(name: str, words: str) -> None:
    with pytest.raises(UnknownNetwork, match=words):
        open_network(name)


def test_the_list_of_networks_has_every_kind_once() -> None:
    rows = list_networks()
    by_name = {row.name: row for row in rows}
    assert len(by_name) == len(rows)
    assert {"net2", "alexnet", "vit_b_16"} <= by_name.keys()
    assert {row.kind for row in rows} == {"bundled", "architecture", "torchvision"}
    assert by_name["net1-mnist"].accuracy == pytest.approx(0.9745, abs=1e-4)
    assert "11.7 M" in by_name["resnet18"].title


def test_a_json_file_beside_the_checkpoint_says_what_the_users_network_does_not(
    factory: str, tmp_path: Path
) -> None:
    path = tmp_path / "own.safetensors"
    save_file(state_of(open_network(factory, trust_code=True)), path)
    beside = path.with_suffix(".json")
    beside.write_text('{"states": ["0", "9"], "decoder": "3", "size": [20, 24], "epoch": 7}')
    net = open_network(factory, checkpoint=path, mean=0.5, trust_code=True)
    card = net.card
    assert (card.states, card.decoder, card.size, card.mean) == (("0", "9"), "3", (20, 24), (0.5,))
    assert (card.channels, card.about) == (1, {"epoch": 7})
    assert net.notes[0].endswith("assumed: std 1.")
    assert "no layers: 9" in net.notes[-1]
    assert net.states == (("0", 0),)
    assert open_network(factory, checkpoint=path, size=30, trust_code=True).card.size == (30, 30)


@pytest.mark.parametrize("text", ['{"states": "cell"}', '{"channels": "one"}', "[]", '{"size": 3}'])
def test_a_json_file_with_odd_values_beside_the_users_checkpoint_is_left_aside(
    factory: str, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "own.safetensors"
    save_file(state_of(open_network(factory, trust_code=True)), path)
    path.with_suffix(".json").write_text(text)
    net = open_network(factory, checkpoint=path, size=20, trust_code=True)
    assert "left aside" in net.notes[-1]
    assert (net.card.states, net.card.channels) == ((), 1)


def test_squeezenet_is_torchvisions_and_bundled_networks_need_no_torchvision_to_open() -> None:
    code = (
        "import sys, dnnvis; dnnvis.open('net2-cifar10'); net = dnnvis.open('squeezenet-imagenet');"
        "print(len(net.card.labels), net.preprocessing.interpolation, 'torchvision' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1000", "box", "False"]
    net = open_network("squeezenet-imagenet")
    theirs = torchvision.models.squeezenet1_1().eval()
    theirs.load_state_dict(net.module.state_dict())
    x = torch.rand(2, 3, 63, 80)
    with torch.no_grad():
        assert torch.equal(net.module(x), theirs(x))
    assert [n for n, _ in net.module.named_modules()] == [n for n, _ in theirs.named_modules()]


@pytest.mark.skipif(not PHOTOGRAPHS.is_dir(), reason="../shared/data/imagenet-100 is not there")
def test_squeezenet_names_photographs() -> None:
    net = open_network("squeezenet-imagenet")
    files = sorted(PHOTOGRAPHS.glob("*.JPEG"))[::4]
    right = 0
    for number, file in enumerate(files):
        right += int(net.record(read_picture(file)).output.argmax()) == 40 * number
    assert right >= 15  # of 25

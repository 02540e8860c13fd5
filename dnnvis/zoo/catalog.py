"""The networks there are, and opening one of them by whatever names it."""

import os
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from dnnvis.core.errors import BadInput, Mismatch, UnknownNetwork
from dnnvis.core.paths import shipped
from dnnvis.network.card import Card, read_card, said_in
from dnnvis.network.checkpoint import SUFFIXES, Checkpoint, fit_state, read_checkpoint
from dnnvis.network.network import Network
from dnnvis.network.snapshots import Moments, moments_beside, read_moments
from dnnvis.zoo import factory, life_nets, torchvision_nets
from dnnvis.zoo.detect_architecture import BUILDERS, classes_in, recognise
from dnnvis.zoo.input_options import Options, guessed_card, read_options
from dnnvis.zoo.life import LifeSpec, spec_in

Notes = tuple[str, ...]
DIGITS = tuple("0123456789")
CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

# What an architecture takes where no trained file's card says it.
ARCHITECTURES = {
    "net1": Card("net1", (28, 28), 1, labels=DIGITS, architecture="net1"),
    "net2": Card(
        "net2",
        (32, 32),
        mean=(0.4914, 0.4822, 0.4465),
        std=(0.2470, 0.2435, 0.2616),
        labels=CIFAR,
        architecture="net2",
    ),
    "life": life_nets.card_of(LifeSpec()),
}


@dataclass(frozen=True)
class Bundled:
    """A network trained for dnnvis; ``architecture`` is empty where it is yet to come."""

    architecture: str
    title: str


NETWORKS = {
    "net2-cifar10": Bundled("net2", "Net2: all-convolutional, CIFAR-10"),
    "net1-mnist": Bundled("net1", "Net1: 12 dense layers, MNIST"),
    "net1-mnist-noise": Bundled("net1", "Net1 trained on noisy digits, MNIST"),
    "life-2": Bundled("life", "Game of Life, 2 steps"),
    "life-3": Bundled("life", "Game of Life, 3 steps"),
    "life-4": Bundled("life", "Game of Life, 4 steps"),
    "life-3-faithful": Bundled("life", "Game of Life, 3 steps, as in the paper"),
    "life-3-no-autoencoder": Bundled("life", "Game of Life, 3 steps, without autoencoder"),
    "life-3-unshared": Bundled("life", "Game of Life, 3 steps, weights not shared"),
    "life-2-3": Bundled("life", "Game of Life, 2 game and 3 network steps"),
    "life-2-3-adversarial": Bundled("life", "Game of Life, 2 and 3 steps, adversarial"),
}


class Row(NamedTuple):
    """A line of the list of networks; ``kind`` bundled | architecture | torchvision."""

    name: str
    kind: str
    title: str
    accuracy: float | None  # share of the test pictures, 0 to 1


def bundled() -> list[str]:
    """The trained networks that ship with this version; costs no import of torchvision."""
    return [name for name in NETWORKS if _weights_file(name).is_file()]


def names() -> list[Row]:
    """Every network that can be opened by name here, the bundled ones first."""
    rows = [_bundled_row(name) for name in bundled()]
    rows += [Row(name, "architecture", f"{name}, untrained", None) for name in ARCHITECTURES]
    nets = torchvision_nets
    return rows + [Row(name, "torchvision", nets.title(name), None) for name in nets.names()]


def open_network(
    net: str | os.PathLike[str],
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    weights: str | None = None,
    size: Any = None,
    mean: Any = None,
    std: Any = None,
    labels: Any = None,
    device: str = "cpu",
    trust_code: bool = False,
) -> Network:
    """The network that ``net`` names: a bundled, torchvision or architecture name,
    ``file.py:factory``, ``package.module:factory``, or a checkpoint whose card (a JSON file of
    the same stem) or weights name its architecture.

    ``weights`` "random" or "pretrained"; None is the trained weights of a bundled network
    and random ones elsewhere, which a note says. ``checkpoint`` is put into the network that
    ``net`` names. ``size, mean, std, labels`` go over the network's own: ``read_options``.
    Raises UnknownNetwork, NotTrusted, Mismatch or BadInput, each saying what to do.
    """
    if not isinstance(net, str | os.PathLike):
        raise BadInput(f"A network is opened by name or path, not {type(net).__name__}; see wrap.")
    if weights not in (None, "random", "pretrained"):
        raise BadInput(f"weights are 'random' or 'pretrained', not {weights!r}.")
    if weights is not None and checkpoint is not None:
        raise BadInput(f"Give either a checkpoint or weights='{weights}', not both.")
    wish = _Wish(
        os.fspath(net), weights, read_options(size, mean, std, labels), trust_code,
        None if checkpoint is None else read_checkpoint(os.fspath(checkpoint)),
    )  # fmt: skip
    module, card, notes = _opened(wish)
    network = Network(module, card, device=device, notes=notes)
    if weights != "random":
        network.moments = _moments(wish, module)
    return network


def _moments(wish: "_Wish", module: nn.Module) -> Moments | None:
    """The moments of training that lie beside the weights, if they are this network's."""
    if wish.net in NETWORKS and wish.checkpoint is None:
        place = _weights_file(wish.net)
    else:
        place = wish.checkpoint.path if wish.checkpoint else Path(wish.net)
    try:
        return read_moments(moments_beside(place), module.state_dict())
    except (BadInput, Mismatch):
        return None


@dataclass(frozen=True)
class _Wish:
    """What is to be opened, checked as far as it can be without opening it."""

    net: str
    weights: str | None
    options: Options
    trust_code: bool
    checkpoint: Checkpoint | None
    folder: Path | None = None  # where a card looks for its factory's file
    card: Card | None = None  # the one beside the checkpoint


_Opened = tuple[nn.Module, Card, Notes]


def _opened(wish: _Wish) -> _Opened:
    if wish.net in NETWORKS:
        return _bundled(wish)
    if wish.net in ARCHITECTURES:
        return _architecture(wish, ARCHITECTURES[wish.net])
    if factory.is_factory(wish.net):
        return _own(wish)
    path = Path(wish.net)
    if path.suffix.lower() in SUFFIXES or path.is_file():
        return _from_checkpoint(wish, path)
    if wish.net in torchvision_nets.names():
        return _torchvision(wish, wish.net)
    raise UnknownNetwork(_unknown(wish.net))


def _bundled(wish: _Wish) -> _Opened:
    entry, file = NETWORKS[wish.net], _weights_file(wish.net)
    if not entry.architecture or not file.is_file():
        there = ", ".join(name for name in NETWORKS if _weights_file(name).is_file())
        raise UnknownNetwork(
            f"{wish.net} ({entry.title}) is not in this version; trained here: {there or 'none'}."
        )
    card = read_card(file.with_suffix(".json"))
    if wish.weights == "random" or wish.checkpoint is not None:
        return _architecture(wish, card)
    trained = read_checkpoint(file)
    module, card, notes = _architecture(replace(wish, checkpoint=trained), card)
    return module, card, notes + _changed(trained, card)


def _architecture(wish: _Wish, card: Card) -> _Opened:
    """Net1, Net2 or a life network with the wished weights, described by ``card``."""
    name, given = card.architecture, wish.checkpoint
    if wish.weights == "pretrained" and wish.net not in NETWORKS:
        trained = ", ".join(key for key, entry in NETWORKS.items() if entry.architecture == name)
        raise BadInput(f"{name} is an architecture without weights; trained are {trained}.")
    if name == life_nets.NAME:
        return _life(wish, card)
    classes = classes_in(name, given.state) if given else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = BUILDERS[name](classes=classes or 10)
    notes = fit_state(module, given.state) if given else (_random(wish.net),)
    return module, wish.options.on(_labelled(card, classes or 10, given)), notes


def _life(wish: _Wish, card: Card) -> _Opened:
    """A life network; untrained ones begin with seed 0."""
    if wish.checkpoint is not None and wish.net in ARCHITECTURES:
        card = wish.card or replace(card, about={})  # weights say more than our default
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module, described, notes = life_nets.build(card, wish.checkpoint)
    if wish.checkpoint is None:
        notes += (_random(wish.net),)
    return module, wish.options.on(described), notes


def _torchvision(wish: _Wish, name: str) -> _Opened:
    nets, given, size = torchvision_nets, wish.checkpoint, wish.options.size
    if wish.weights == "pretrained":
        return nets.pretrained(name, size), wish.options.on(nets.card(name)), ()
    if given is None:
        card = wish.options.on(nets.card(name))
        return nets.build(name, size=card.size), card, (_random(name),)
    state = nets.modern_keys(given.state)
    made_for = nets.size_in(name, state)
    card = wish.options.on(nets.card(name, made_for))
    classes = classes_in(name, state) or nets.CLASSES
    module = nets.build(name, classes=classes, size=made_for or card.size, state=state)
    notes = fit_state(module, state)
    if name in nets.SIDE_HEADS:
        notes += (f"{name} rescales its input as torchvision's published weights need it.",)
    card = card if wish.options.labels else _labelled(card, classes, given)
    return module, card, notes


def _own(wish: _Wish) -> _Opened:
    """A network from the user's factory."""
    if wish.weights == "pretrained":
        raise BadInput(f"dnnvis knows no pretrained weights for {wish.net}; give a checkpoint.")
    module = factory.make(wish.net, trust_code=wish.trust_code, folder=wish.folder)
    if wish.checkpoint is None:
        card, notes = guessed_card(module, wish.net, wish.options)
        return module, card, (*notes, f"{wish.net} has the weights its factory gave it (seed 0).")
    card, notes = _own_card(module, wish, wish.checkpoint)
    return module, card, notes + fit_state(module, wish.checkpoint.state)


def _own_card(module: nn.Module, wish: _Wish, given: Checkpoint) -> tuple[Card, Notes]:
    """What the wishes say, then a JSON file beside the weights, then what can be guessed."""
    file = given.path.with_suffix(".json")
    if wish.card is not None or not file.is_file():
        return guessed_card(module, wish.net, wish.options)
    try:
        said = said_in(file)
        said.pop("architecture", None)  # the factory that was named says more
        wishes = {key: value for key, value in vars(wish.options).items() if value is not None}
        known = {key: said[key] for key in vars(wish.options).keys() & said.keys()}
        card, notes = guessed_card(module, wish.net, Options(**{**known, **wishes}))
        return replace(card, **{**said, **wishes}), notes
    except (BadInput, TypeError) as why:
        card, notes = guessed_card(module, wish.net, wish.options)
        return card, (*notes, f"{why} It was left aside.")


def _from_checkpoint(wish: _Wish, path: Path) -> _Opened:
    if wish.checkpoint is not None or wish.weights is not None:
        raise BadInput(f"{path} is a checkpoint itself; name the network it belongs to first.")
    found = read_checkpoint(path)
    card, notes = _card_beside(path)
    modern = replace(found, state=torchvision_nets.modern_keys(found.state))
    name = card.architecture if card else _named_in(modern)
    if not name:
        match = recognise(modern)
        name, notes = match.architecture, notes + match.notes
    inner = replace(wish, net=name, checkpoint=found, folder=path.absolute().parent, card=card)
    if card is not None:
        card = wish.options.on(card)
        known = Options(card.size, card.mean, card.std, card.labels or None)
        module, own, more = _by_architecture(replace(inner, options=known))
        card = own if own.architecture == life_nets.NAME else card
        return module, card, notes + more + _changed(found, card)
    module, card, more = _by_architecture(inner)
    return module, replace(card, name=path.stem), notes + more


def _by_architecture(wish: _Wish) -> _Opened:
    if wish.net in ARCHITECTURES:
        return _architecture(wish, ARCHITECTURES[wish.net])
    if factory.is_factory(wish.net):
        return _own(wish)
    if wish.net in torchvision_nets.names():
        return _torchvision(wish, wish.net)
    raise UnknownNetwork(f"The card of the checkpoint says: {_unknown(wish.net)}")


def _card_beside(path: Path) -> tuple[Card | None, Notes]:
    file = path.with_suffix(".json")
    if not file.is_file():
        return None, ()
    try:
        return read_card(file), ()
    except BadInput as why:
        return None, (f"{why} It was left aside.",)


def _named_in(found: Checkpoint) -> str:
    """The architecture that the file itself names, if it is one of ours and fits."""
    for key in ("architecture", "arch", "model_name"):
        name = str(found.meta.get(key, ""))
        if not name:
            continue  # torchvision's list costs a second
        if name == life_nets.NAME and spec_in(found.state) is not None:
            return name
        known = name in ARCHITECTURES or name in torchvision_nets.names()
        if known and name != life_nets.NAME and classes_in(name, found.state) is not None:
            return name
    return ""


def _labelled(card: Card, classes: int, given: Checkpoint | None) -> Card:
    """``card`` with the labels of the checkpoint, or none where the number is another."""
    for key in ("class_names", "classes", "labels", "class_labels"):
        labels = given.meta.get(key) if given else None
        if isinstance(labels, list | tuple) and len(labels) == classes:
            return replace(card, labels=tuple(map(str, labels)))
    return card if len(card.labels) == classes else replace(card, labels=())


def _changed(found: Checkpoint, card: Card) -> Notes:
    promised = card.about.get("sha256")
    if promised in (None, found.sha256):
        return ()
    return (f"The weights of {card.name} are not those its card was written for (sha256).",)


def _random(name: str) -> str:
    return f"{name} has random weights (seed 0): it has learned nothing."


def _weights_file(name: str) -> Path:
    return shipped("models") / f"{name}.safetensors"


def _bundled_row(name: str) -> Row:
    about = read_card(_weights_file(name).with_suffix(".json")).about
    title = str(about.get("title", NETWORKS[name].title))
    return Row(name, "bundled", title, about.get("test_accuracy"))


def _unknown(name: str) -> str:
    if name in torchvision_nets.other_names():
        return f"{name} is no classification network, and dnnvis looks into those only so far."
    if name.endswith(".py"):
        return f"Say which function in {name} makes the network: '{name}:function'."
    if "/" in name or "\\" in name:
        return f"There is no file {name}."
    known = [*NETWORKS, *ARCHITECTURES, *torchvision_nets.names()]
    near = get_close_matches(name.lower(), known, 3, 0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else "`dnnvis models` lists them."
    return f"No network is called '{name}'. {hint}"

"""List the networks there are, and open one of them by whatever names it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from dnnvis.core.errors import BadInput, Mismatch, UnknownNetwork
from dnnvis.core.paths import check_length, is_factory, shipped_folder
from dnnvis.network.card import Card, read_card, read_card_fields
from dnnvis.network.checkpoint import (
    SUFFIXES,
    Checkpoint,
    load_checkpoint,
    read_checkpoint,
    split_part,
)
from dnnvis.network.network import Network
from dnnvis.network.opening.given_inputs import read_inputs
from dnnvis.network.opening.input_search import InputGuess
from dnnvis.network.snapshot_weights import Snapshots
from dnnvis.network.snapshots import read_snapshots, snapshots_path
from dnnvis.network.state.generators import fork_generators
from dnnvis.network.state.torch_state import describe_changed_settings, keep_torch_state
from dnnvis.zoo import (
    architecture_index,
    factory,
    squeezenet,
    timm_nets,
    torchvision_nets,
)
from dnnvis.zoo.bundled import (
    ARCHITECTURES,
    BUNDLED_NETWORKS,
    SPEC_BUILDERS,
    SPEC_INFERENCES,
    find_architecture,
)
from dnnvis.zoo.described_file import describe_checkpoint
from dnnvis.zoo.detect_architecture import BUILDERS, Match, classes_in, detect_architecture
from dnnvis.zoo.hub_folder import build_described, is_weights_folder
from dnnvis.zoo.input_options import GuessedCard, InputOptions, guess_card, read_options
from dnnvis.zoo.label_files import LabelFile, read_label_file
from dnnvis.zoo.program_file import Program, guess_program_card, open_program, refuse_untrusted

Notes = tuple[str, ...]
#: Fields of a card that say how a picture is brought to its size.
CROP_FIELDS = ("fit", "crop_ratio", "interpolation", "antialias", "channel_order")
BUNDLED_PROOF_AFTER = 6  # frames: the proof of its layouts changes nothing, as a test checks


class NetworkEntry(NamedTuple):
    """A line of the list of networks."""

    name: str
    #: bundled | architecture | torchvision.
    kind: str
    title: str
    #: Fraction of the test pictures, 0 to 1; None where it is not known.
    accuracy: float | None


def bundled_names() -> list[str]:
    """Return the trained networks that ship with this version; costs no import of torchvision."""
    return [name for name in BUNDLED_NETWORKS if _weights_file(name).is_file()]


def list_networks() -> list[NetworkEntry]:
    """Return every network that can be opened by name here, the bundled ones first."""
    rows = [_bundled_entry(name) for name in bundled_names()]
    rows += [
        NetworkEntry(name, "architecture", f"{name}, untrained", None) for name in ARCHITECTURES
    ]
    nets = torchvision_nets
    return rows + [
        NetworkEntry(name, "torchvision", nets.title(name), None) for name in nets.names()
    ]


def open_network(
    net: str | os.PathLike[str],
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    weights: str | None = None,
    size: Any = None,
    mean: Any = None,
    std: Any = None,
    labels: Any = None,
    channels: Any = None,
    channel_order: str | None = None,
    output: str | int | None = None,
    part: str | None = None,
    inputs: Mapping[str, Any] | str | None = None,
    device: str = "cpu",
    trust_code: bool = False,
) -> Network:
    """Open the network that ``net`` names.

    Args:
        net: A bundled, torchvision or architecture name, ``timm/NAME``, ``file.py:factory``,
            ``package.module:factory``, or a checkpoint whose card (a JSON file of the same stem)
            or weights name its architecture, ``FILE#part``, or a folder of transformers'.
        checkpoint: File of weights that is loaded into the network that ``net`` names, in the same
            forms.
        weights: "random" or "pretrained"; None is the trained weights of a bundled network and
            random ones elsewhere, which a note says.
        size: Overrides the network's own input size; see ``read_options``.
        mean: Overrides the network's own mean; see ``read_options``.
        std: Overrides the network's own standard deviation; see ``read_options``.
        labels: Overrides the network's own class names; see ``read_options``.
        channels: Overrides the network's own number of input channels; see ``read_options``.
        channel_order: Overrides the network's own order of colors; see ``read_options``.
        output: Path of the result that is the answer (``aux``, ``0.boxes``, 1); None: the
            likeliest.
        part: Which of several named weights in the checkpoint; None: the likeliest that fit.
        inputs: What its further inputs are held at; see ``read_inputs``.
        device: Torch device, such as "cpu" or "cuda".
        trust_code: Whether a Python file or package named in ``net`` may run.

    Returns:
        The network.

    Raises:
        UnknownNetwork: No network has that name.
        NotTrusted: Code would run and ``trust_code`` is False.
        Mismatch: Checkpoint and network differ.
        BadInput: A file or an option cannot be used.
    """
    if not isinstance(net, str | os.PathLike):
        raise BadInput(f"A network is opened by name or path, not {type(net).__name__}; see wrap.")
    for path in (net, checkpoint):
        check_length(os.fspath(path or ""))
    if weights not in (None, "random", "pretrained"):
        raise BadInput(f"weights are 'random' or 'pretrained', not {weights!r}.")
    if weights is not None and checkpoint is not None:
        raise BadInput(f"Give either a checkpoint or weights='{weights}', not both.")
    label_file, labels = _read_labels_named(labels)
    options = read_options(size, mean, std, labels, channels, channel_order)
    request = _OpenRequest(os.fspath(net), weights, options, trust_code, None, part=part)
    file_notes: Notes = ()
    if checkpoint is not None:
        request, file_notes = _with_checkpoint(
            request, read_checkpoint(os.fspath(checkpoint), part)
        )
    with keep_torch_state() as changed:
        module, card, notes, guess = _open(request)
    changes = describe_changed_settings(changed, "Opening it")
    notes = (*file_notes, *notes, *_questions(card), *label_file.notes, *changes)
    if label_file.synsets:
        card = replace(card, about={**card.about, "synsets": list(label_file.synsets)})
    with keep_torch_state():
        network = Network(
            module,
            card,
            device=device,
            notes=notes,
            output="" if output is None else str(output),
            guess=guess,
            inputs=read_inputs(inputs),
        )
    if weights != "random":
        network.snapshots = _read_snapshots(request, module)
    network.proof_after = _choose_proof_after(request)
    return network


def _choose_proof_after(request: "_OpenRequest") -> int:
    """Return after how many frames the layouts are proved."""
    return BUNDLED_PROOF_AFTER if request.net in BUNDLED_NETWORKS and not request.checkpoint else 1


def _read_labels_named(labels: Any) -> tuple[LabelFile, Any]:
    """Read the file that ``labels`` names; return it, an empty one for none, and the names."""
    if not isinstance(labels, str | os.PathLike):
        return LabelFile(()), labels
    label_file = read_label_file(Path(labels))
    return label_file, label_file.names


def _read_snapshots(request: "_OpenRequest", module: nn.Module) -> Snapshots | None:
    """Read the snapshots that lie beside the weights, if they are this network's."""
    if request.net in BUNDLED_NETWORKS and request.checkpoint is None:
        path = _weights_file(request.net)
    else:
        path = request.checkpoint.path if request.checkpoint else Path(request.net)
    try:
        return read_snapshots(snapshots_path(path), module.state_dict())
    except (BadInput, Mismatch):
        return None


@dataclass(frozen=True)
class _OpenRequest:
    """What is to be opened, checked as far as it can be without opening it."""

    net: str
    weights: str | None
    options: InputOptions
    trust_code: bool
    checkpoint: Checkpoint | None
    #: Where a card looks for its factory's file.
    folder: Path | None = None
    #: The card beside the checkpoint.
    card: Card | None = None
    #: Which of several named weights in a checkpoint.
    part: str | None = None


class _OpenResult(NamedTuple):
    """A module and what is known of it."""

    module: nn.Module
    card: Card
    notes: Notes
    #: What of the card nobody said.
    guess: InputGuess | None = None


def _with_checkpoint(request: _OpenRequest, checkpoint: Checkpoint) -> tuple[_OpenRequest, Notes]:
    """Return the request with a checkpoint, and with what its file says of the network's input."""
    checkpoint, options, notes = describe_checkpoint(checkpoint, request.options)
    return replace(request, checkpoint=checkpoint, options=options), notes


def _questions(card: Card) -> Notes:
    """Return a sentence where the mean or std cannot be those of pixels in [0, 1]."""
    if max(*card.mean, *card.std) <= 1:
        return ()
    mean, std = (",".join(f"{value:g}" for value in values) for values in (card.mean, card.std))
    return (
        f"Mean {mean} and std {std} are taken as they are, for pixels from 0 to 1; those for "
        "pixels from 0 to 255 must be divided by 255.",
    )


def _open(request: _OpenRequest) -> _OpenResult:
    if request.net in BUNDLED_NETWORKS:
        return _open_bundled(request)
    if (own := find_architecture(request.net)) is not None:
        return _open_architecture(request, own)
    if is_factory(request.net):
        return _open_factory(request)
    path, _ = split_part(request.net)
    if request.net.startswith(timm_nets.PREFIX) and not path.exists():
        return _open_timm(request)
    if path.suffix.lower() in SUFFIXES or path.is_file() or is_weights_folder(path):
        return _open_checkpoint(request, path)
    if request.net in torchvision_nets.names():
        return _open_torchvision(request, request.net)
    raise UnknownNetwork(_unknown_message(request.net))


def _open_bundled(request: _OpenRequest) -> _OpenResult:
    entry, file = BUNDLED_NETWORKS[request.net], _weights_file(request.net)
    if not entry.architecture or not file.is_file():
        available = ", ".join(name for name in BUNDLED_NETWORKS if _weights_file(name).is_file())
        raise UnknownNetwork(
            f"{request.net} ({entry.title}) is not in this version; "
            f"trained here: {available or 'none'}."
        )
    card = read_card(file.with_suffix(".json"))
    if request.weights == "random" or request.checkpoint is not None:
        return _open_architecture(request, card)
    trained = read_checkpoint(file)
    opened = _open_architecture(replace(request, checkpoint=trained), card)
    return opened._replace(notes=opened.notes + _sha256_notes(trained, opened.card))


def _open_architecture(request: _OpenRequest, card: Card) -> _OpenResult:
    """Open an architecture of our own with the requested weights, described by ``card``."""
    name, checkpoint = card.architecture, request.checkpoint
    if request.weights == "pretrained" and request.net not in BUNDLED_NETWORKS:
        trained = ", ".join(
            key for key, entry in BUNDLED_NETWORKS.items() if entry.architecture == name
        )
        raise BadInput(f"{name} is an architecture without weights; trained are {trained}.")
    if name in SPEC_BUILDERS:
        return _open_spec(request, card)
    builder, default = BUILDERS.get(name, squeezenet.SqueezeNet), 10
    classes = classes_in(name, checkpoint.state) if checkpoint and name in BUILDERS else None
    if name not in BUILDERS:
        default = 1000
        classes = squeezenet.count_classes(checkpoint.state) if checkpoint else None
    classes = classes or default
    with fork_generators(0):
        module = builder(classes=classes)
    notes = (
        load_checkpoint(module, checkpoint) if checkpoint else (_random_weights_note(request.net),)
    )
    card = request.options.apply_to(_with_labels(card, classes, checkpoint))
    return _OpenResult(module, card, notes)


def _open_spec(request: _OpenRequest, card: Card) -> _OpenResult:
    """Open a network built by its spec; untrained ones begin with seed 0."""
    if request.checkpoint is not None and request.net in ARCHITECTURES:
        card = request.card or replace(card, about={})  # weights determine more than our default
    with fork_generators(0):
        module, full_card, notes = SPEC_BUILDERS[card.architecture](card, request.checkpoint)
    if request.checkpoint is None:
        notes += (_random_weights_note(request.net),)
    return _OpenResult(module, request.options.apply_to(full_card), notes)


def _open_torchvision(request: _OpenRequest, name: str) -> _OpenResult:
    nets, checkpoint, size = torchvision_nets, request.checkpoint, request.options.size
    if request.weights == "pretrained":
        card = request.options.apply_to(nets.card(name))
        return _OpenResult(nets.build_pretrained(name, size), card, ())
    if checkpoint is None:
        card = request.options.apply_to(nets.card(name))
        module = nets.build(name, size=card.size)
        return _OpenResult(module, card, (_random_weights_note(name),))
    state = nets.modern_keys(checkpoint.state)
    trained_size = nets.size_in(name, state)
    card = request.options.apply_to(nets.card(name, trained_size))
    classes = classes_in(name, state) or nets.default_classes(name)
    module = nets.build(name, classes=classes, size=trained_size or card.size, state=state)
    notes = load_checkpoint(module, replace(checkpoint, state=state))
    if name in nets.SIDE_HEADS:
        notes += (f"{name} rescales its input as torchvision's published weights need it.",)
    card = card if request.options.labels else _with_labels(card, classes, checkpoint)
    if request.options.mean is None:
        notes += (f"{name}'s published preprocessing is assumed: {card.preprocessing()}.",)
    return _OpenResult(module, card, notes)


def _open_factory(request: _OpenRequest) -> _OpenResult:
    """Open a network from the user's factory."""
    if request.weights == "pretrained":
        raise BadInput(f"dnnvis knows no pretrained weights for {request.net}; give a checkpoint.")
    module = factory.build_module(request.net, trust_code=request.trust_code, folder=request.folder)
    if request.checkpoint is None:
        card, notes, guess = guess_card(module, request.net, request.options)
        notes += (f"{request.net} has the weights its factory gave it (seed 0).",)
        return _OpenResult(module, card, notes, guess)
    card, notes, guess = _factory_card(module, request, request.checkpoint)
    notes += load_checkpoint(module, request.checkpoint)
    return _OpenResult(module, card, notes, guess)


def _factory_card(module: nn.Module, request: _OpenRequest, checkpoint: Checkpoint) -> GuessedCard:
    """Return a card from the options, then a JSON file beside the weights, then a guess."""
    file = checkpoint.path.with_suffix(".json")
    if request.card is not None or not file.is_file():
        return guess_card(module, request.net, request.options)
    try:
        card_fields = read_card_fields(file)
        card_fields.pop("architecture", None)  # the factory that was named says more
        options = request.options.fill(card_fields, "file")
        card, notes, guess = guess_card(module, request.net, options)
        return GuessedCard(card, notes, guess)
    except (BadInput, TypeError) as error:
        card, notes, guess = guess_card(module, request.net, request.options)
        return GuessedCard(card, (*notes, f"{error} It was left aside."), guess)


def _open_checkpoint(request: _OpenRequest, path: Path) -> _OpenResult:
    if request.checkpoint is not None or request.weights is not None:
        raise BadInput(f"{path} is a checkpoint itself; name the network it belongs to first.")
    card, notes = _read_card_beside(path)
    program = open_program(path, trust_code=request.trust_code)
    if program is not None:
        return _open_program(request, program, path, card, notes)
    checkpoint = read_checkpoint(request.net, request.part)
    request, file_notes = _with_checkpoint(request, checkpoint)
    assert request.checkpoint is not None
    checkpoint, request = request.checkpoint, replace(request, checkpoint=None)
    notes += file_notes
    modern = replace(checkpoint, state=torchvision_nets.modern_keys(checkpoint.state))
    name = card.architecture if card else _architecture_named_in(modern)
    described = None if name else build_described(path if path.is_dir() else path.parent)
    if described is not None:
        return _open_described(replace(request, checkpoint=checkpoint), *described, notes)
    if not name:
        match = _detect(modern, path)
        name, notes = match.architecture, notes + match.notes
        if match.prefix:
            inner = {key.removeprefix(match.prefix): v for key, v in checkpoint.state.items()}
            checkpoint = replace(checkpoint, state=inner)
        if match.arguments or name.startswith(timm_nets.PREFIX):
            return _open_match(replace(request, checkpoint=checkpoint), match, notes)
    inner_request = replace(
        request, net=name, checkpoint=checkpoint, folder=path.absolute().parent, card=card
    )
    if card is not None:
        card = request.options.apply_to(card)
        known = InputOptions(
            card.size,
            card.mean,
            card.std,
            card.labels or None,
            card.channels,
            {name: getattr(card, name) for name in CROP_FIELDS},
            {**card.origins},
        )
        opened = _open_by_architecture(replace(inner_request, options=known))
        card = opened.card if opened.card.architecture in SPEC_BUILDERS else card
        notes += opened.notes + _sha256_notes(checkpoint, card)
        return _OpenResult(opened.module, card, notes, opened.guess)
    opened = _open_by_architecture(inner_request)
    card = replace(opened.card, name=path.stem)
    return _OpenResult(opened.module, card, notes + opened.notes, opened.guess)


def _detect(checkpoint: Checkpoint, path: Path) -> Match:
    """Return the architecture of weights, those in a program of torch.export as well."""
    try:
        return detect_architecture(checkpoint)
    except UnknownNetwork:
        refuse_untrusted(path)
        raise


def _open_program(
    request: _OpenRequest, program: Program, path: Path, card: Card | None, notes: Notes
) -> _OpenResult:
    """Open a network out of a program, described by the user, its card, and the file."""
    guessed = guess_program_card(program, path, request.options, card)
    notes = (*notes, *program.notes, *guessed.notes)
    return _OpenResult(program.module, guessed.card, notes, guessed.guess)


def _open_described(
    request: _OpenRequest, module: nn.Module, name: str, notes: Notes
) -> _OpenResult:
    """Open a network that the folder of its weights describes."""
    assert request.checkpoint is not None
    card, card_notes, guess = guess_card(module, name, request.options)
    loaded = load_checkpoint(module, request.checkpoint)
    names = request.checkpoint.meta.get("class_names")
    if names and not card.labels:
        card = _with_labels(card, len(names), request.checkpoint)
    return _OpenResult(module, card, (*notes, *card_notes, *loaded), guess)


def _open_timm(request: _OpenRequest) -> _OpenResult:
    """Open a network of the timm that is installed, by its name behind ``timm/``."""
    name = request.net.removeprefix(timm_nets.PREFIX)
    if request.checkpoint is not None:
        shapes = {key: tuple(value.shape) for key, value in request.checkpoint.state.items()}
        same = [each for each in architecture_index.find_similar(shapes) if each.name == name]
        classes = same[0].count_classes(shapes) if same else None
        return _open_match(request, Match(request.net, classes), ())
    module = timm_nets.build(name, pretrained=request.weights == "pretrained")
    card, notes, guess = guess_card(module, request.net, request.options)
    if request.weights != "pretrained":
        notes += (_random_weights_note(request.net),)
    return _OpenResult(module, replace(card, architecture=request.net), notes, guess)


def _open_match(request: _OpenRequest, match: Match, notes: Notes) -> _OpenResult:
    """Open a network of timm's, or one in sizes of its own, that weights were recognised as."""
    assert request.checkpoint is not None
    name, sizes = match.architecture, match.arguments
    stated = {"channels": sizes.get("in_chans"), "size": sizes.get("img_size")}
    stated["size"] = stated["size"] and (stated["size"], stated["size"])
    options = request.options.fill({k: v for k, v in stated.items() if v}, "file")
    if name.startswith(timm_nets.PREFIX):
        plain = name.removeprefix(timm_nets.PREFIX)
        module = timm_nets.build(plain, classes=match.classes, arguments=sizes)
    else:
        module = torchvision_nets.build_sized(name, sizes, match.classes)
    opened = _open_described(replace(request, options=options), module, name, notes)
    card = replace(opened.card, name=request.checkpoint.path.stem, architecture=name)
    if not card.labels and match.classes == len(torchvision_nets.imagenet_labels()):
        card = card.with_values({"labels": torchvision_nets.imagenet_labels()}, "assumed")
        note = f"{match.classes:,} classes: ImageNet's names are assumed."
        opened = opened._replace(notes=(*opened.notes, note))
    return opened._replace(card=card)


def _open_by_architecture(request: _OpenRequest) -> _OpenResult:
    if request.net in ARCHITECTURES:
        return _open_architecture(request, ARCHITECTURES[request.net])
    if is_factory(request.net):
        return _open_factory(request)
    if request.net in torchvision_nets.names():
        return _open_torchvision(request, request.net)
    if request.net.startswith(timm_nets.PREFIX):
        return _open_timm(request)
    raise UnknownNetwork(f"The card of the checkpoint says: {_unknown_message(request.net)}")


def _read_card_beside(path: Path) -> tuple[Card | None, Notes]:
    file = path.with_suffix(".json")
    if not file.is_file():
        return None, ()
    try:
        return read_card(file), ()
    except BadInput as error:
        return None, (f"{error} It was left aside.",)


def _architecture_named_in(checkpoint: Checkpoint) -> str:
    """Return the architecture that the file itself names, if it is one of ours and fits."""
    for key in ("architecture", "arch", "model_name"):
        name = str(checkpoint.meta.get(key, ""))
        if not name:
            continue  # torchvision's list costs a second
        if name in SPEC_INFERENCES and SPEC_INFERENCES[name][0](checkpoint.state) is not None:
            return name
        known = name in ARCHITECTURES or name in torchvision_nets.names()
        if known and name not in SPEC_BUILDERS and classes_in(name, checkpoint.state) is not None:
            return name
    return ""


def _with_labels(card: Card, classes: int, checkpoint: Checkpoint | None) -> Card:
    """Return ``card`` with the labels of the checkpoint, or none where the number is another."""
    for key in ("class_names", "classes", "labels", "class_labels"):
        labels = checkpoint.meta.get(key) if checkpoint else None
        if isinstance(labels, list | tuple) and len(labels) == classes:
            return replace(card, labels=tuple(map(str, labels)))
    return card if len(card.labels) == classes else replace(card, labels=())


def _sha256_notes(checkpoint: Checkpoint, card: Card) -> Notes:
    promised = card.about.get("sha256")
    if promised in (None, checkpoint.sha256):
        return ()
    return (f"The weights of {card.name} are not those its card was written for (sha256).",)


def _random_weights_note(name: str) -> str:
    return f"{name} has random weights (seed 0): it has learned nothing."


def _weights_file(name: str) -> Path:
    return shipped_folder("models") / f"{name}.safetensors"


def _bundled_entry(name: str) -> NetworkEntry:
    about = read_card(_weights_file(name).with_suffix(".json")).about
    title = str(about.get("title", BUNDLED_NETWORKS[name].title))
    return NetworkEntry(name, "bundled", title, about.get("test_accuracy"))


def _unknown_message(name: str) -> str:
    if name in torchvision_nets.other_names():
        return (
            f"{name} is for films, for pairs of pictures, or quantized; by name dnnvis opens "
            f"torchvision's networks of pictures. 'torchvision.models:...' opens a builder of it."
        )
    if name.endswith(".py"):
        return f"Say which function in {name} makes the network: '{name}:function'."
    if "/" in name or "\\" in name:
        return f"There is no file {name}."
    known = [*BUNDLED_NETWORKS, *ARCHITECTURES, *torchvision_nets.names()]
    matches = get_close_matches(name.lower(), known, 3, 0.5)
    hint = f"Did you mean {' or '.join(matches)}?" if matches else "`dnnvis models` lists them."
    return f"No network is called '{name}'. {hint}"

"""Build the command lines of long jobs that run beside the window, without any Qt."""

import json
from dataclasses import dataclass
from pathlib import Path

from dnnvis.core.stable_file import write_whole
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.state import Synthesis


@dataclass(frozen=True)
class MapFitRequest:
    """What a map is to be fitted on, and how."""

    #: Path of the pictures, "" = boards.
    data: str = ""
    #: Names of the layers, with commas, "" = those that suit the network.
    layers: str = ""
    #: Number of examples, 0 = all.
    limit: int = 0
    #: Seed of the fit.
    seed: int = 0
    #: Steps of the fit, 0 = by the number of examples.
    steps: int = 0
    #: Whether the learning is recorded.
    record: bool = True
    #: Whether a UMAP projection is computed, too.
    umap: bool = False
    #: How layers that are maps are reduced: auto | whole | mean | random.
    how: str = "auto"


@dataclass(frozen=True)
class SweepRequest:
    """Which layer is to be swept, on what, and what is measured."""

    layer: str
    #: Path of the pictures.
    data: str
    #: The unit that is measured, "" = the answers.
    unit: str = ""
    #: Number of pictures at most, 0 = all.
    limit: int = 256
    #: What an off unit is set to: zero | mean.
    set_to: str = "zero"


@dataclass(frozen=True)
class DissectRequest:
    """Which layers are to be dissected, and with what."""

    #: What the concepts are: ``made``, or a path.
    concepts: str = "made"
    #: Name of the layer, "" = all.
    layer: str = ""
    #: Number of pictures at most, 0 = all.
    limit: int = 0
    #: Whether shuffled weights are dissected, too.
    control: bool = True
    #: Whether maps are brought to the pixels.
    upsample: bool = False


@dataclass(frozen=True)
class AtlasRequest:
    """What an atlas is to be made of."""

    #: Path of the pictures.
    data: str
    #: Name of the layer.
    layer: str
    #: map, pca or umap.
    layout: str = "map"
    #: Zoom levels: cells along a side.
    grids: tuple[int, ...] = (10, 20)
    #: Number of pictures at most, 0 = all.
    limit: int = 0


@dataclass(frozen=True)
class ConceptsRequest:
    """Over what the concepts of a layer are to be found."""

    #: Path of the pictures.
    data: str
    #: Name of the layer.
    layer: str
    #: Number of concepts.
    count: int = 10
    #: Number of pictures at most, 0 = all.
    limit: int = 0


def build_network_args(choice: NetworkChoice, folder: Path) -> list[str]:
    """Build NET and the options that open the same network on a command line.

    Labels that are no file are written into one in ``folder``.
    """
    args = [choice.net]
    for name, value in (
        ("--checkpoint", choice.checkpoint),
        ("--weights", choice.weights),
        ("--size", _join(choice.size, "x")),
        ("--mean", _join(choice.mean, ",")),
        ("--std", _join(choice.std, ",")),
        ("--labels", _write_labels(choice.labels, folder)),
        ("--channels", choice.channels),
        ("--channel-order", choice.channel_order),
        ("--output", choice.output),
        ("--inputs", choice.inputs),
        ("--device", None if choice.device == "cpu" else choice.device),
    ):
        if value:
            args += [name, str(value)]
    return args + (["--trust-code"] if choice.trust_code else [])


def build_scan_args(choice: NetworkChoice, data: str, folder: Path) -> list[str]:
    """Build ``dnnvis scan`` of a folder's pictures for the network that runs.

    Args:
        choice: The network that runs.
        data: Path of the pictures.
        folder: Where a file of labels is written if there is none.

    Returns:
        The arguments, without the program's name.
    """
    return ["scan", *build_network_args(choice, folder), "--data", data]


def build_sweep_args(choice: NetworkChoice, request: SweepRequest, folder: Path) -> list[str]:
    """Build ``dnnvis sweep`` of a layer of the network that runs.

    Args:
        choice: The network that runs.
        request: What is to be swept.
        folder: Where a file of labels is written if there is none.

    Returns:
        The arguments, without the program's name.
    """
    args = ["sweep", *build_network_args(choice, folder)]
    args += ["--layer", request.layer, "--data", request.data, "--limit", str(request.limit)]
    args += ["--unit", request.unit] if request.unit else []
    return args + (["--set-to", request.set_to] if request.set_to != "zero" else [])


def build_dissect_args(choice: NetworkChoice, request: DissectRequest, folder: Path) -> list[str]:
    """Build ``dnnvis dissect`` of the network that runs.

    Args:
        choice: The network that runs.
        request: What is to be dissected.
        folder: Where a file of labels is written if there is none.

    Returns:
        The arguments, without the program's name.
    """
    args = ["dissect", *build_network_args(choice, folder), "--concepts", request.concepts]
    args += ["--layer", request.layer] if request.layer else []
    args += ["--limit", str(request.limit)] if request.limit else []
    args += [] if request.control else ["--no-control"]
    return args + (["--upsample"] if request.upsample else [])


def build_atlas_args(choice: NetworkChoice, request: AtlasRequest, folder: Path) -> list[str]:
    """Build ``dnnvis atlas`` of the network that runs.

    Args:
        choice: The network that runs.
        request: What the atlas is to be made of.
        folder: Where a file of labels is written if there is none.

    Returns:
        The arguments, without the program's name.
    """
    args = ["atlas", *build_network_args(choice, folder), "--data", request.data]
    args += ["--layer", request.layer, "--layout", request.layout]
    args += ["--grid", ",".join(map(str, request.grids))]
    return args + (["--limit", str(request.limit)] if request.limit else [])


def build_concepts_args(choice: NetworkChoice, request: ConceptsRequest, folder: Path) -> list[str]:
    """Build ``dnnvis concepts`` of the network that runs.

    Args:
        choice: The network that runs.
        request: What the concepts are to be found over.
        folder: Where a file of labels is written if there is none.

    Returns:
        The arguments, without the program's name.
    """
    args = ["concepts", *build_network_args(choice, folder), "--data", request.data]
    args += ["--layer", request.layer, "-k", str(request.count)]
    return args + (["--limit", str(request.limit)] if request.limit else [])


def build_map_args(choice: NetworkChoice, request: MapFitRequest, folder: Path) -> list[str]:
    """Build ``dnnvis fit-map`` for the network that runs.

    Args:
        choice: The network that runs.
        request: What the map is to be fitted on.
        folder: Where a file of labels is written if there is none.

    Returns:
        The arguments, without the program's name.
    """
    args = ["fit-map", *build_network_args(choice, folder)]
    args += ["--data", request.data] if request.data else []
    args += ["--layers", request.layers] if request.layers else []
    args += ["--how", request.how] if request.how != "auto" else []
    for name, value in (
        ("--limit", request.limit),
        ("--seed", request.seed),
        ("--steps", request.steps),
    ):
        args += [name, str(value)] if value else []
    return [
        *args,
        *([] if request.record else ["--no-record"]),
        *(["--umap"] if request.umap else []),
    ]


def build_render_args(
    choice: NetworkChoice, layer: str, settings: Synthesis, folder: Path
) -> list[str]:
    """Build ``dnnvis render`` of every unit of a layer.

    Args:
        choice: The network that runs.
        layer: Name of the layer.
        settings: The synthesis whose preset, seed and settings are used.
        folder: Where a file of labels is written if there is none.

    Returns:
        The arguments, without the program's name.
    """
    args = [
        "render",
        *build_network_args(choice, folder),
        "--layer",
        layer,
        "--preset",
        settings.preset,
    ]
    args += ["--seed", str(settings.seed)]
    for name, value in settings.params:
        text = value if isinstance(value, str) else json.dumps(value)
        args += ["--set", f"{name}={text}"]
    return args


def _join(value: object, separator: str) -> str:
    """Format ``224``, ``(224, 224)`` or a text for the command line; "" for None."""
    if isinstance(value, tuple | list):
        return separator.join(
            f"{part:g}" if isinstance(part, float) else str(part) for part in value
        )
    return "" if value is None else str(value)


def _write_labels(labels: tuple[str, ...] | str | None, folder: Path) -> str:
    if not labels:
        return ""
    if isinstance(labels, str):
        return labels
    path = folder / "labels.txt"
    write_whole(path, "\n".join(labels))
    return str(path)

"""The command lines of long jobs that run beside the window, without any Qt."""

import json
from dataclasses import dataclass
from pathlib import Path

from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.state import Synthesis


@dataclass(frozen=True)
class MapWish:
    """What a map is to be fitted on: ``data`` path, "" = boards; ``layers`` with commas, "" =
    those that suit the network; ``limit`` examples, 0 = all; ``steps`` of the fit, 0 = by the
    number of examples; ``record`` of the learning; ``umap`` beside it; ``how`` layers that are
    maps are taken: auto | whole | mean | random."""

    data: str = ""
    layers: str = ""
    limit: int = 0
    seed: int = 0
    steps: int = 0
    record: bool = True
    umap: bool = False
    how: str = "auto"


def network_args(choice: NetworkChoice, folder: Path) -> list[str]:
    """NET and the options that open the same network on a command line. Labels that are no
    file are written into one in ``folder``."""
    args = [choice.net]
    for name, value in (
        ("--checkpoint", choice.checkpoint),
        ("--weights", choice.weights),
        ("--size", _joined(choice.size, "x")),
        ("--mean", _joined(choice.mean, ",")),
        ("--std", _joined(choice.std, ",")),
        ("--labels", _labels_file(choice.labels, folder)),
        ("--device", None if choice.device == "cpu" else choice.device),
    ):
        if value:
            args += [name, str(value)]
    return args + (["--trust-code"] if choice.trust_code else [])


def scan_args(choice: NetworkChoice, data: str, folder: Path) -> list[str]:
    """``dnnvis scan`` of a folder's pictures for the network that runs."""
    return ["scan", *network_args(choice, folder), "--data", data]


def map_args(choice: NetworkChoice, wish: MapWish, folder: Path) -> list[str]:
    """``dnnvis fit-map`` for the network that runs."""
    args = ["fit-map", *network_args(choice, folder)]
    args += ["--data", wish.data] if wish.data else []
    args += ["--layers", wish.layers] if wish.layers else []
    args += ["--how", wish.how] if wish.how != "auto" else []
    for name, value in (("--limit", wish.limit), ("--seed", wish.seed), ("--steps", wish.steps)):
        args += [name, str(value)] if value else []
    return [*args, *([] if wish.record else ["--no-record"]), *(["--umap"] if wish.umap else [])]


def render_args(choice: NetworkChoice, layer: str, wish: Synthesis, folder: Path) -> list[str]:
    """``dnnvis render`` of every unit of a layer, with the preset and settings of ``wish``."""
    args = ["render", *network_args(choice, folder), "--layer", layer, "--preset", wish.preset]
    args += ["--seed", str(wish.seed)]
    for name, value in wish.params:
        written = value if isinstance(value, str) else json.dumps(value)
        args += ["--set", f"{name}={written}"]
    return args


def _joined(value: object, between: str) -> str:
    """``224``, ``(224, 224)`` or a text as the command line takes it; "" for None."""
    if isinstance(value, tuple | list):
        return between.join(f"{part:g}" if isinstance(part, float) else str(part) for part in value)
    return "" if value is None else str(value)


def _labels_file(labels: tuple[str, ...] | str | None, folder: Path) -> str:
    if not labels:
        return ""
    if isinstance(labels, str):
        return labels
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / "labels.txt"
    place.write_text("\n".join(labels), encoding="utf-8")
    return str(place)

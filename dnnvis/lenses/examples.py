"""Top examples: the natural pictures that excite a unit most, cut to what it sees of them.

Sources: Zeiler & Fergus 2014, section 4 (top patches beside their deconvnet pictures);
Yosinski et al. 2015, section 2.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import Array, Example, Examples
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.receptive_field import box_of, cropped
from dnnvis.core.unit import Unit
from dnnvis.lenses.backward import DECONVNET, GRADIENT, GUIDED, BackwardLens, BackwardParams
from dnnvis.lenses.lens import LensDefaults, Scene, choice
from dnnvis.library.store.library import library_path, open_library
from dnnvis.library.store.records import TopExample
from dnnvis.network.network import Network

BACKS: dict[str, BackwardLens] = {
    "deconvnet": DECONVNET,
    "guided": GUIDED,
    "gradient": GRADIENT,
}
ALL = 1000  # more than any library keeps of a unit
GRAY = 128  # where a receptive field reaches over the edge of the picture
PATIENCE = 0.1  # seconds of reading pictures after which those read so far are shown


@dataclass(frozen=True)
class ExamplesParams:
    """``k`` examples ``by`` the maximum or the mean over the map; ``bottom``: the least
    instead. ``source``: the library (``library``: its file, "" = the network's own), or the
    memory of the running source. ``backs``: the backward lens shown beside each."""

    k: int = field(default=9, metadata={"range": (1, 100)})
    by: str = choice("max", "mean")
    bottom: bool = False
    source: str = choice("library", "memory")
    backs: str = choice("deconvnet", "guided", "gradient", "none")
    library: str = ""


@dataclass(frozen=True)
class ExamplesLens(LensDefaults):
    """Yields Examples: the crops first (in parts, where pictures take long to read), then one
    more backward picture each time. A picture that cannot be read any more is gray, and its
    ``where`` says why."""

    name: str = "examples"
    title: str = "top examples"
    source: str = "Zeiler & Fergus 2014, section 4"
    backward: bool = False
    Params: type[ExamplesParams] = ExamplesParams

    def missing(self, info: NetworkInfo, unit: Unit) -> str | None:
        return None

    def layers_of(self, params: ExamplesParams) -> tuple[str, ...]:
        return ()

    def look(self, scene: Scene) -> Iterator[Examples]:
        found = _in_memory(scene) if scene.params.source == "memory" else _in_library(scene)
        result, read = found.result, []
        began = time.perf_counter()
        for top in found.tops:
            read.append(_read(scene, top))
            if time.perf_counter() - began > PATIENCE and len(read) < len(found.tops):
                yield replace(result, items=tuple(item for item, _ in read), progress=0.0)
                began = time.perf_counter()
        result = replace(result, items=tuple(item for item, _ in read))
        todo = [k for k, (_, good) in enumerate(read) if good and scene.params.backs != "none"]
        yield replace(result, progress=0.0 if todo else 1.0)
        yield from _with_backs(scene, result, todo)


def _with_backs(scene: Scene, result: Examples, todo: list[int]) -> Iterator[Examples]:
    """One backward picture more each time, for the items ``todo``."""
    items, lens = list(result.items), scene.params.backs
    for done, number in enumerate(todo, 1):
        item = items[number]
        try:
            values = back_of(scene.network, scene.unit, item.whole, item.place, lens)
        except (LensMissing, BadInput) as why:  # what one picture has no way back for, none has
            yield replace(result, items=tuple(items), words=str(why))
            return
        items[number] = replace(item, backs={lens: cropped(values, item.box, 0)})
        yield replace(result, items=tuple(items), progress=done / len(todo))


def back_of(
    network: Network, unit: Unit, whole: NDArray[np.uint8], place: tuple[int, int], lens: str
) -> Array:
    """The backward picture float32 (H, W, C) of ``unit`` at ``place``, started from its own
    activation there, for a picture ``whole`` as the network sees it. Raises LensMissing where
    there is no way back."""
    kind = BACKS[lens]
    here = Unit(unit.layer, unit.channel, place)
    why = kind.missing(network.info, here)
    if why is not None:
        raise LensMissing(why)
    recording = network.run(network.encode(whole), [unit.layer], gradients=True)
    scene = Scene(network, here, BackwardParams(), Frame(whole), recording)
    return next(kind.look(scene)).values


# ---- where examples come from ------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """The examples, not yet read, and what is said of them."""

    tops: Sequence[TopExample]
    result: Examples


def _in_library(scene: Scene) -> _Found:
    net, unit, params = scene.network, scene.unit, scene.params
    place = Path(params.library) if params.library else library_path(net.fingerprint)
    if not place.is_file():
        return _none(scene, f"No pictures were looked through for this network yet; {_how(net)}.")
    with open_library(net, place, create=False) as library:
        known = library.top(unit, ALL, params.by, params.bottom)
        scans = library.scans()
        wanted = library.newest(unit.whole())
    if not known:
        words = "The library holds no examples for this network yet"
        if scans:
            words = f"{unit.layer} was not among the layers that were looked through"
        return _none(scene, f"{words}; {_how(net)}.")
    looked = sum(s.seen - len(s.skipped) for s in scans if unit.layer in s.layers)
    seen = f"{looked:,} pictures"
    pixels = None if wanted is None else wanted.pixels
    result = replace(_result(scene, known, seen), wanted=pixels)
    if not params.bottom and params.by == "max" and known[0].value <= 0:
        result = replace(result, words=f"{unit.whole()} is above 0 on none of them")
    return _Found(known[: params.k], result)


def _in_memory(scene: Scene) -> _Found:
    params, memory = scene.params, scene.memory
    if memory is None or not len(memory):
        return _none(
            scene,
            "Nothing of the running source is remembered yet; switch its memory on, and let it "
            "run for a while.",
        )
    known = memory.top(scene.unit, params.k, params.by, params.bottom)
    words = f"{len(memory)} frames of the last {_span(memory.seconds)} of {memory.source}"
    return _Found(known, _result(scene, known, words))


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _how(net: Network) -> str:
    name = net.origin.get("net", "NET")
    return f"scan a folder with the button here, or run `dnnvis scan {name} --data FOLDER`"


def _none(scene: Scene, words: str) -> _Found:
    return _Found((), replace(_result(scene, (), ""), caption="", words=words))


def _result(scene: Scene, known: Sequence[TopExample], among: str) -> Examples:
    """The answer, still without its items."""
    params, unit = scene.params, scene.unit.whole()
    end = "smallest" if params.bottom else "largest"
    what = "mean" if params.by == "mean" else "maximum"
    labels = Counter(top.label for top in known if top.label)
    recipe = {"lens": "examples", "unit": str(unit), **asdict(params)}
    if unit.call != -1:
        among += " (at the layer's last call)"
    return Examples(
        (), str(unit), scene.network.name, f"{end} {what} of {unit} among {among}",
        counts=tuple(labels.most_common()), recipe=recipe,
    )  # fmt: skip


def _read(scene: Scene, top: TopExample) -> tuple[Example, bool]:
    """The example and whether its picture could be read."""
    where = top.path or f"{top.source}, number {top.index}"
    try:
        whole, good = top.image(), True
    except BadInput as why:
        card = scene.network.card
        whole, good, where = np.full((*card.size, card.channels), GRAY, np.uint8), False, str(why)
    field_ = scene.network.layer(scene.unit.layer).field
    box = box_of(field_, top.place, (whole.shape[0], whole.shape[1]))
    crop = cropped(whole, box, GRAY)
    return Example(crop, whole, top.value, top.place, box, top.label, where), good


EXAMPLES = ExamplesLens()

"""Top examples: the natural pictures that excite a unit most, cut to its receptive field.

Sources: Zeiler & Fergus 2014, section 4 (top patches beside their deconvnet pictures); Yosinski et
al. 2015, section 2.
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
from dnnvis.core.learning.plane_network import MLP_2D
from dnnvis.core.lens_results import Array, Example, Examples
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.receptive_field import crop_box, receptive_box
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.lenses.backward import DECONVNET, GRADIENT, GUIDED, BackwardLens, BackwardParams
from dnnvis.lenses.lens import LensDefaults, Scene, choice
from dnnvis.library.store.library import Library, open_library, own_library_path
from dnnvis.library.store.preprocessing import describe_other_preprocessing, find_scan_library
from dnnvis.library.store.records import SavedPicture, TopExample
from dnnvis.network.network import Network

BACKWARD_LENSES: dict[str, BackwardLens] = {
    "deconvnet": DECONVNET,
    "guided": GUIDED,
    "gradient": GRADIENT,
}
MAX_EXAMPLES = 1000  # more than any library stores of a unit
DEMO_SOURCES = ("demo", "photographs of the demo")  # how the addresses of its frames begin
PADDING_GRAY = 128  # fills a receptive field beyond the edge of the picture
PARTIAL_RESULT_SECONDS = 0.1  # seconds of reading between two partial results
NO_PICTURES = (
    "Its pictures are the places of the plane, and Where it fires shows all of them: there is "
    "nothing to look through."
)


@dataclass(frozen=True)
class ExamplesParams:
    """Settings of the lens ``examples``."""

    #: Number of examples.
    k: int = field(default=9, metadata={"range": (1, 100)})
    #: Ranking by the maximum or the mean over the map.
    by: str = choice("max", "mean")
    #: Whether to show the least exciting pictures instead.
    bottom: bool = False
    #: The library, or the memory of the running source.
    source: str = choice("library", "memory")
    #: The backward lens shown beside each example.
    backs: str = choice("deconvnet", "guided", "gradient", "none")
    #: File of the library; "" means the network's own.
    library: str = ""
    #: Whether each picture is shown once, with its best place: frames of one photograph are one.
    distinct: bool = False


@dataclass(frozen=True)
class ExamplesLens(LensDefaults):
    """The natural pictures that excite a unit most, with their backward pictures.

    Yields Examples: the crops first (in parts, where pictures take long to read), then one more
    backward picture each time. A picture that can no longer be read is gray, and its ``where`` says
    why.
    """

    name: str = "examples"
    title: str = "top examples"
    source: str = "Zeiler & Fergus 2014, section 4"
    backward: bool = False
    Params: type[ExamplesParams] = ExamplesParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: the lens suits every unit."""
        return None

    def layers_of(self, params: ExamplesParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[Examples]:
        """Yield the results for ``scene``, see the class."""
        selection = (
            _find_in_memory(scene) if scene.params.source == "memory" else _find_in_library(scene)
        )
        result, examples = selection.result, []
        start_time = time.perf_counter()
        for top in selection.tops:
            examples.append(_read_example(scene, top))
            if time.perf_counter() - start_time > PARTIAL_RESULT_SECONDS and len(examples) < len(
                selection.tops
            ):
                yield replace(result, items=tuple(item for item, _ in examples), progress=0.0)
                start_time = time.perf_counter()
        result = replace(result, items=tuple(item for item, _ in examples))
        todo = [
            k
            for k, (_, is_readable) in enumerate(examples)
            if is_readable and scene.params.backs != "none"
        ]
        yield replace(result, progress=0.0 if todo else 1.0)
        yield from _add_backward_pictures(scene, result, todo)


def _add_backward_pictures(scene: Scene, result: Examples, todo: list[int]) -> Iterator[Examples]:
    """Yield the result with one backward picture more each time, for the items ``todo``."""
    items, lens = list(result.items), scene.params.backs
    for done, number in enumerate(todo, 1):
        item = items[number]
        try:
            values = backward_picture(scene.network, scene.unit, item.whole, item.position, lens)
        except (LensMissing, BadInput) as error:  # if it fails for one picture, it fails for all
            yield replace(result, items=tuple(items), message=str(error))
            return
        items[number] = replace(item, backs={lens: crop_box(values, item.box, 0)})
        yield replace(result, items=tuple(items), progress=done / len(todo))


def backward_picture(
    network: Network, unit: Unit, whole: NDArray[np.uint8], position: tuple[int, int], lens: str
) -> Array:
    """Return the backward picture of a unit at one position of its map.

    The pass starts from the unit's own activation there.

    Args:
        network: The network.
        unit: The unit's layer and channel count; its position does not.
        whole: uint8 (H, W, C), the whole picture as the network sees it.
        position: (y, x) in the unit's map.
        lens: "deconvnet", "guided" or "gradient".

    Returns:
        float32 (H, W, C).

    Raises:
        LensMissing: No gradient can be sent back from the unit.
    """
    kind = BACKWARD_LENSES[lens]
    unit_at = Unit(unit.layer, unit.channel, position)
    reason = kind.unavailable_reason(network.info, unit_at)
    if reason is not None:
        raise LensMissing(reason)
    recording = network.run(network.encode(whole), [unit.layer], gradients=True)
    scene = Scene(network, unit_at, BackwardParams(), Frame(whole), recording)
    return next(kind.look(scene)).values


@dataclass(frozen=True)
class _Selection:
    """Examples that are not read yet, and the result to be filled with them."""

    tops: Sequence[TopExample]
    result: Examples


def _find_in_library(scene: Scene) -> _Selection:
    net, unit, params = scene.network, scene.unit, scene.params
    path = Path(params.library) if params.library else find_scan_library(net)
    if net.card.architecture == MLP_2D:
        return _empty_selection(scene, tr(NO_PICTURES))
    if not path.is_file():
        return _empty_selection(
            scene,
            tr(
                "No pictures were looked through for this network yet; {hint}.",
                hint=_scan_hint(net),
            ),
        )
    with open_library(net, path, create=False) as library:
        top = library.top(unit, MAX_EXAMPLES, params.by, params.bottom)
        scans = library.scans()
        stale = describe_other_preprocessing(library, net) if top else ""
        synthesis = _find_synthesis(library, scene)
    if not top:
        reason = tr("The library holds no examples for this network yet")
        if scans:
            reason = tr(
                "{layer} was not among the layers that were looked through", layer=unit.layer
            )
        return _empty_selection(scene, f"{reason}; {_scan_hint(net)}.")
    picture_count = sum(s.seen - len(s.skipped) for s in scans if unit.layer in s.layers)
    among = tr("{count:,} pictures", count=picture_count)
    pixels = None if synthesis is None else synthesis.pixels
    result = replace(_build_result(scene, top, among), synthesis=pixels, stale=stale)
    result = replace(result, data=tuple(s.source for s in scans if unit.layer in s.layers))
    if not params.bottom and params.by == "max" and top[0].value <= 0:
        result = replace(result, message=tr("{unit} is above 0 on none of them", unit=unit.whole()))
    return _select(scene, top, result)


def _find_synthesis(library: Library, scene: Scene) -> SavedPicture | None:
    """Return the unit's newest picture, which lies in the network's own library."""
    net, unit = scene.network, scene.unit.whole()
    own = own_library_path(net)
    if scene.params.library or library.path == own or not own.is_file():
        return library.newest(unit)
    with open_library(net, own, create=False) as other:
        return other.newest(unit)


def _find_in_memory(scene: Scene) -> _Selection:
    params, memory = scene.params, scene.memory
    if memory is None or not len(memory):
        return _empty_selection(
            scene,
            tr(
                "Nothing of the running source is remembered yet; switch its memory on, and let "
                "it run for a while."
            ),
        )
    limit = MAX_EXAMPLES if params.distinct else params.k
    top = memory.top(scene.unit, limit, params.by, params.bottom)
    among = tr(
        "{count} frames of the last {seconds} of {source}",
        count=len(memory),
        seconds=_format_seconds(memory.seconds),
        source=memory.source,
    )
    return _select(scene, top, _build_result(scene, top[: params.k], among))


def _select(scene: Scene, tops: Sequence[TopExample], result: Examples) -> _Selection:
    """Take the first examples; where each picture counts once, say how few there are."""
    params = scene.params
    if not params.distinct:
        return _Selection(tops[: params.k], result)
    best = take_best_per_picture(tops)
    if len(best) < params.k and len(best) < len(tops):
        one = "1 picture holds all {places} best places"
        more = "{pictures} pictures hold all {places} best places"
        note = tr(one if len(best) == 1 else more, pictures=len(best), places=len(tops))
        result = replace(result, message="; ".join(filter(None, (result.message, note))))
    return _Selection(best[: params.k], result)


def take_best_per_picture(tops: Sequence[TopExample]) -> list[TopExample]:
    """Return the first example of each picture, in their order.

    Frames of the demo are one picture as long as they show one photograph; those of a film or a
    camera are pictures of their own.
    """
    best: dict[tuple[str, str | int], TopExample] = {}
    for top in tops:
        is_demo = top.source.startswith(DEMO_SOURCES)
        key = (top.source, top.label if is_demo and top.label else top.index)
        best.setdefault((top.path, "") if top.path else key, top)
    return list(best.values())


def _format_seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else tr("{minutes:.0f} min", minutes=seconds / 60)


def _scan_hint(net: Network) -> str:
    name = net.origin.get("net", "NET")
    return tr(
        "scan a folder (the ⋯ of this card), or run `dnnvis scan {name} --data FOLDER`", name=name
    )


def _empty_selection(scene: Scene, reason: str) -> _Selection:
    return _Selection((), replace(_build_result(scene, (), ""), caption="", message=reason))


def _build_result(scene: Scene, examples: Sequence[TopExample], among: str) -> Examples:
    """Return the result without its items."""
    params, unit = scene.params, scene.unit.whole()
    end = tr("smallest" if params.bottom else "largest")
    statistic = tr("mean" if params.by == "mean" else "maximum")
    labels = Counter(top.label for top in examples if top.label)
    recipe = {"lens": "examples", "unit": str(unit), **asdict(params)}
    if unit.call != -1:
        among += tr(" (at the layer's last call)")
    return Examples(
        (),
        str(unit),
        scene.network.name,
        tr(
            "{end} {statistic} of {unit} among {among}",
            end=end,
            statistic=statistic,
            unit=unit,
            among=among,
        ),
        counts=tuple(labels.most_common()),
        recipe=recipe,
    )


def _read_example(scene: Scene, top: TopExample) -> tuple[Example, bool]:
    """Return the example, and whether its picture could be read."""
    where = top.path or f"{top.source}, number {top.index}"
    try:
        whole, is_readable = top.image(), True
    except BadInput as error:
        card = scene.network.card
        whole, is_readable, where = (
            np.full((*card.size, card.channels), PADDING_GRAY, np.uint8),
            False,
            str(error),
        )
    receptive_field = scene.network.layer(scene.unit.layer).field
    box = receptive_box(receptive_field, top.position, (whole.shape[0], whole.shape[1]))
    crop = crop_box(whole, box, PADDING_GRAY)
    return Example(crop, whole, top.value, top.position, box, top.label, where), is_readable


EXAMPLES = ExamplesLens()

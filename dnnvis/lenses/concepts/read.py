"""Read the concepts of a layer from its network's library."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dnnvis.core.concepts.concepts import Concept, ConceptExample, ConceptSet
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.receptive_field import crop_box, receptive_box
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import GROUP_MARK, Unit
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.library.store.concepts import read_facts
from dnnvis.library.store.library import Library, open_library, own_library_path
from dnnvis.network.network import Network

SHOWN_EXAMPLES = 5
PADDING_GRAY = 128


@dataclass(frozen=True)
class ConceptsParams:
    """No settings: they are found by ``dnnvis concepts``."""


@dataclass(frozen=True)
class ConceptsLens(LensDefaults):
    """Yield the ConceptSet that the library holds of the unit's layer."""

    name: str = "concepts"
    title: str = "concepts of a data set"
    source: str = "Fel et al. 2023, CRAFT"
    backward: bool = False
    Params: type[ConceptsParams] = ConceptsParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: what is missing is said in the result."""
        return None

    def layers_of(self, params: ConceptsParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[ConceptSet]:
        """Yield the concepts, or why there are none."""
        layer = scene.network.table.base(scene.unit.layer)
        result = read_concepts(scene.network, layer)
        yield replace(result, recipe={"lens": self.name, "unit": str(Unit(layer, 0))})


def read_concepts(network: Network, layer: str) -> ConceptSet:
    """Return the concepts that the network's library holds of a layer, the most important first.

    Its ``message`` says why there are none.
    """
    name = f"{layer}.concepts{GROUP_MARK}"
    empty = ConceptSet(
        layer,
        name,
        message=tr(
            "No concepts of {layer} are kept; run `dnnvis concepts {net} --data FOLDER --layer "
            "{layer}`.",
            layer=layer,
            net=network.origin.get("net", "NET"),
        ),
        network=network.name,
    )
    directions = network.directions.get(name)
    if directions is None:
        network.directions.restore(network)
        directions = network.directions.get(name)
    if directions is None or not own_library_path(network).is_file():
        return empty
    try:
        with open_library(network, create=False) as library:
            facts = read_facts(library, name)
            if facts is None or facts.get("digest") != directions.digest:
                return empty
            return _build(network, library, empty, facts, len(directions))
    except (BadInput, KeyError, ValueError, TypeError, AttributeError) as error:
        return replace(empty, message=str(error) if isinstance(error, BadInput) else empty.message)


def _build(
    network: Network, library: Library, empty: ConceptSet, facts: dict[str, Any], count: int
) -> ConceptSet:
    measured = list(facts["measured"].values())
    means = {
        measure: np.mean([each[measure] for each in measured], axis=0)
        for measure in ("sobol", "drop")
        if measured and all(each.get(measure) is not None for each in measured)
    }
    key = facts.get("key") or {}
    measure = key.get("measure", "sobol")
    order = np.argsort(-means[measure], kind="stable") if measure in means else range(count)
    concepts = tuple(
        Concept(
            unit := Unit(empty.name, int(number)),
            float(facts["shares"][int(number)]),
            {name: float(values[int(number)]) for name, values in means.items()},
            _read_picture(library, unit),
            tuple(_read_examples(network, library, unit)),
        )
        for number in order
    )
    settings = facts["settings"]
    result = replace(
        empty,
        concepts=concepts,
        measure=measure,
        target=str(key.get("target", "")),
        data=str(settings["data"]),
        pictures=int(settings["pictures"]),
        positions=int(settings["positions"]),
        measured=len(measured),
        message="",
    )
    return replace(result, caption=describe_concepts(result, float(facts.get("negative", 0))))


def describe_concepts(concepts: ConceptSet, negative: float) -> str:
    """Return in one line what the concepts are of, and how their importance was measured."""
    text = tr(
        "{count} concepts of {layer} hold {percent:.0f} % of the energy of {positions} positions "
        "each of {pictures} pictures",
        count=len(concepts.concepts),
        layer=concepts.layer,
        percent=100 * concepts.explained,
        positions=concepts.positions,
        pictures=concepts.pictures,
    )
    if negative > 0:
        text += tr(
            "; negative values are left out, {percent:.0f} % of the map's energy",
            percent=100 * negative,
        )
    if concepts.measured:
        name = tr("total Sobol index") if concepts.measure == "sobol" else tr("drop when taken out")
        text += tr(
            "; importance for {target}: {name}, mean of {count} pictures",
            target=concepts.target,
            name=name,
            count=concepts.measured,
        )
    return text


def _read_picture(library: Library, unit: Unit) -> Any:
    with suppress(BadInput):
        picture = library.newest(unit)
        return None if picture is None else picture.pixels
    return None


def _read_examples(network: Network, library: Library, unit: Unit) -> Iterator[ConceptExample]:
    """Yield crops of the pictures in which a concept is strongest, one a picture."""
    field = network.layer(unit.layer).field
    seen: set[tuple[str, int]] = set()
    for top in library.top(unit, 4 * SHOWN_EXAMPLES):
        if len(seen) == SHOWN_EXAMPLES:
            return
        if (top.source, top.index) in seen or top.value <= 0:
            continue
        with suppress(BadInput):
            whole = top.image()
            box = receptive_box(field, top.position, (whole.shape[0], whole.shape[1]))
            seen.add((top.source, top.index))
            where = top.path or f"{top.source}, number {top.index}"
            yield ConceptExample(crop_box(whole, box, PADDING_GRAY), top.value, where)


CONCEPTS = ConceptsLens()

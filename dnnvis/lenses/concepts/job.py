"""Find the concepts that a layer uses over a data set, and keep them.

Source: Fel et al. 2023, "CRAFT: Concept Recursive Activation FacTorization for Explainability". In
stages, each of which goes on where it was stopped: collect activation vectors, factor them (NMF),
scan the pictures for each concept's strongest places, measure importance, grow a picture of each.
Where we differ: CRAFT takes crops, resized to the network's input and averaged over the map; we
take positions of the maps of whole pictures, whose receptive fields are the crops.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from threading import Event
from typing import Any

import numpy as np
from torch import Tensor

from dnnvis.core.concepts.concepts import MEASURES, ConceptSet, Measure
from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.core.objective import Objective
from dnnvis.core.unit import GROUP_MARK, Unit
from dnnvis.lenses.ascent.params import AscentParams
from dnnvis.lenses.ascent.render import render
from dnnvis.lenses.ascent.render_resume import RenderConfig
from dnnvis.lenses.blocks.factorize import factorize
from dnnvis.lenses.blocks.storage import keep_directions
from dnnvis.lenses.concepts.collect import (
    CollectedActivations,
    CollectOptions,
    choose_options,
    collect_activations,
)
from dnnvis.lenses.concepts.importance import ESTIMATORS, measure_picture
from dnnvis.lenses.concepts.read import read_concepts
from dnnvis.lenses.saliency.unit_score import UnitScore
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.concepts import read_facts, save_facts
from dnnvis.library.store.library import open_library
from dnnvis.network.directions.directions import Directions, build_directions
from dnnvis.network.directions.masking import check_maskable
from dnnvis.network.directions.projection import MAX_DIRECTIONS
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset

STAGES = ("collecting", "factoring", "scanning", "measuring", "growing")
TOP_EXAMPLES = 9


@dataclass(frozen=True)
class ConceptOptions:
    """How concepts are found."""

    #: The layer.
    layer: str
    #: Number of concepts, 1 to 60.
    k: int = 10
    #: At most so many pictures, evenly spread; None takes all.
    limit: int | None = None
    #: Positions of each picture whose vectors are taken, at most.
    positions: int = 8
    #: Measure of importance: sobol | drop.
    measure: Measure = "sobol"
    #: Text of the unit that importance is for; "": the class that most pictures are taken for.
    target: str = ""
    #: Pictures that importance is measured on, at most, of those taken for the target.
    measured: int = 16
    #: Points of the Sobol design, a power of two.
    design: int = 16
    #: Estimator of total Sobol indices: jansen | janon.
    estimator: str = "jansen"
    #: Preset of the concepts' pictures; "": none are grown.
    preset: str = "live"
    #: Seed of the positions and of the pictures.
    seed: int = 0


@dataclass(frozen=True)
class ConceptProgress:
    """How far the work is."""

    #: One of ``STAGES``.
    stage: str
    #: Steps of the stage that are done, of ``total``.
    done: int = 0
    total: int = 0


@dataclass
class _Watch:
    """Who is told how far the work is, and who can stop it."""

    report: Callable[[ConceptProgress], None] = lambda progress: None
    stop: Event = field(default_factory=Event)

    def check(self) -> None:
        """Raise Cancelled where the work is to stop."""
        if self.stop.is_set():
            raise Cancelled("Stopped; the same command goes on.")


def concepts_name(layer: str) -> str:
    """Return the name of the directions of a layer's concepts: ``conv4.concepts~``."""
    return f"{layer}.concepts{GROUP_MARK}"


def find_concepts(
    network: Network,
    data: Dataset,
    options: ConceptOptions,
    *,
    again: bool = False,
    report: Callable[[ConceptProgress], None] = lambda progress: None,
    stop: Event | None = None,
) -> ConceptSet:
    """Find the concepts of a layer over a data set, and keep them in the network's library.

    They are the units ``conv4.concepts~[0]`` ... of the network from then on.

    Args:
        network: The network.
        data: The data set.
        options: How they are found.
        again: Whether to discard the concepts that are kept.
        report: Receives the progress.
        stop: Stops the work once it is set; the same call goes on.

    Returns:
        The concepts, the most important first.

    Raises:
        BadInput: Options or data cannot be used.
        UnknownUnit: There is no such layer or target.
        Cancelled: ``stop`` was set.
    """
    options = _check(network, options)
    watch = _Watch(report, stop or Event())
    chosen = choose_options(
        network, data, options.layer, options.limit, options.positions, options.seed
    )
    settings = _identify(data, options, chosen)
    directions, facts = _find_earlier(network, settings, options, again)
    if directions is None:
        directions, facts = _factor(network, data, options, chosen, settings, watch)
    _scan(network, data, directions, options, watch)
    facts = _measure(network, data, directions, options, facts, watch)
    _grow(network, directions, options, watch)
    return replace(read_concepts(network, options.layer), frame=-1)


def _check(network: Network, options: ConceptOptions) -> ConceptOptions:
    row = network.layer(options.layer)
    if not 1 <= options.k <= MAX_DIRECTIONS:
        raise BadInput(f"There are 1 to {MAX_DIRECTIONS} concepts, not {options.k}.")
    if options.measure not in MEASURES:
        raise BadInput(f"Importance is by {' or '.join(MEASURES)}, not by '{options.measure}'.")
    if options.estimator not in ESTIMATORS:
        raise BadInput(f"Estimators are {', '.join(ESTIMATORS)}, not '{options.estimator}'.")
    if options.design < 2 or options.design & (options.design - 1):
        raise BadInput(
            f"A design has a power of two of points, such as 16 or 32, not {options.design}."
        )
    if min(options.positions, options.measured) < 1 or options.limit == 0:
        raise BadInput("Pictures and positions are 1 or more.")
    if row.name in network.table.derived:
        raise BadInput(f"{row.name} is a set of directions already; name the layer below it.")
    check_maskable(network, row.name)
    if options.target:
        target = Unit.parse(options.target, network.table.names)
        network.check(target)
        options = replace(options, target=str(target))
    return replace(options, layer=row.name)


def _identify(data: Dataset, options: ConceptOptions, chosen: CollectOptions) -> dict[str, Any]:
    """Return what the directions depend on."""
    return {
        "data": data.address,
        "mark": data.mark,
        "k": options.k,
        "pictures": len(chosen.rows),
        "positions": chosen.positions,
        "seed": options.seed,
    }


def _find_earlier(
    network: Network, settings: dict[str, Any], options: ConceptOptions, again: bool
) -> tuple[Directions | None, dict[str, Any]]:
    """Return the directions of an earlier run with the same settings, and what is known of them."""
    name = concepts_name(options.layer)
    network.directions.restore(network)
    known = network.directions.get(name)
    if again or known is None or not known.is_saved:
        return None, {}
    with open_library(network, create=False) as library:
        facts = read_facts(library, name)
    if facts is None or facts.get("settings") != settings or facts.get("digest") != known.digest:
        return None, {}
    return known, facts


def _factor(
    network: Network,
    data: Dataset,
    options: ConceptOptions,
    chosen: CollectOptions,
    settings: dict[str, Any],
    watch: _Watch,
) -> tuple[Directions, dict[str, Any]]:
    def report(done: int, total: int) -> None:
        watch.report(ConceptProgress("collecting", done, total))

    collected = collect_activations(
        network, data, chosen, report=report, should_stop=watch.stop.is_set
    )
    watch.report(ConceptProgress("factoring", 0, 1))
    vectors = collected.vectors
    if not np.isfinite(vectors).all():
        raise BadInput(f"{options.layer} has values that are not finite: no concepts.")
    factors = factorize(vectors.clip(min=0), options.k)
    below = vectors[vectors < 0].astype(np.float64)
    energy = float(np.einsum("nc,nc->", vectors, vectors, dtype=np.float64))
    directions = build_directions(
        network,
        options.layer,
        factors.directions,
        concepts_name(options.layer),
        f"{options.k} concepts of {options.layer} over {len(chosen.rows)} pictures",
        positive=len(below) > 0,
    )
    directions = keep_directions(network, directions)
    facts = {
        "settings": settings,
        "digest": directions.digest,
        "shares": factors.shares.tolist(),
        "negative": float(below @ below) / energy if energy > 0 else 0.0,
        "answers": _count_answers(collected, chosen),
        "unreadable": collected.unreadable,
        "measured": {},
    }
    _save(network, directions.name, facts)
    return directions, facts


def _count_answers(collected: CollectedActivations, chosen: CollectOptions) -> dict[str, list[int]]:
    """Return, of each class that pictures are taken for, their numbers in the data set."""
    numbers: dict[str, list[int]] = {}
    for number, answer in zip(chosen.rows, collected.answers.tolist(), strict=True):
        if answer >= 0:
            numbers.setdefault(str(answer), []).append(number)
    return numbers


def _scan(
    network: Network,
    data: Dataset,
    directions: Directions,
    options: ConceptOptions,
    watch: _Watch,
) -> None:
    """Find the strongest places of each concept; the library has them as of any unit."""
    watch.report(ConceptProgress("scanning", 0, 1))
    with open_library(network) as library:
        scan(
            network,
            data,
            library,
            layers=[directions.name],
            k=TOP_EXAMPLES,
            limit=options.limit,
            report=lambda each: watch.report(ConceptProgress("scanning", each.done, each.total)),
            stop=watch.stop,
        )
    watch.check()


def _measure(
    network: Network,
    data: Dataset,
    directions: Directions,
    options: ConceptOptions,
    facts: dict[str, Any],
    watch: _Watch,
) -> dict[str, Any]:
    """Measure importance on the pictures that are taken for the target, one after the other."""
    target = _choose_target(network, options, facts)
    design = options.design if options.measure == "sobol" else 0
    key = {
        "target": str(target),
        "measure": options.measure,
        "design": design,
        "estimator": options.estimator,
    }
    if facts.get("key") != key:
        facts = {**facts, "key": key, "measured": {}}
    numbers = _choose_pictures(target, options, facts)
    score = UnitScore(network, target)
    for done, (number, x) in enumerate(_read_pictures(network, data, numbers)):
        watch.report(ConceptProgress("measuring", done, len(numbers)))
        if str(number) not in facts["measured"]:
            result = measure_picture(
                network,
                directions,
                score,
                x,
                design=design,
                estimator=options.estimator,
                seed=number,
            )
            facts["measured"][str(number)] = {
                "sobol": result.sobol.tolist() if design else None,
                "drop": result.drop.tolist(),
            }
            _save(network, directions.name, facts)
        watch.check()
    if not facts["measured"]:
        raise BadInput("None of the pictures can be read any more: importance is not known.")
    facts = {**facts, "options": asdict(options)}
    _save(network, directions.name, facts)
    return facts


def _choose_target(network: Network, options: ConceptOptions, facts: dict[str, Any]) -> Unit:
    if options.target:
        return Unit.parse(options.target, network.table.names)
    answers: dict[str, list[int]] = facts["answers"]
    best = max(answers, key=lambda name: (len(answers[name]), -int(name)))
    return Unit(OUTPUT, int(best))


def _choose_pictures(target: Unit, options: ConceptOptions, facts: dict[str, Any]) -> list[int]:
    """Return the pictures that are taken for the target, else any; evenly spread."""
    answers: dict[str, list[int]] = facts["answers"]
    own = answers.get(str(target.channel), []) if target.layer == OUTPUT else []
    numbers = own or sorted(number for each in answers.values() for number in each)
    count = min(options.measured, len(numbers))
    return [numbers[k * len(numbers) // count] for k in range(count)]


def _read_pictures(
    network: Network, data: Dataset, numbers: list[int]
) -> Iterator[tuple[int, Tensor]]:
    """Yield the pictures (1, C, H, W) that can be read."""
    for number in numbers:
        with suppress(BadInput):
            x = network.encode(data.read(number)[0])
            yield number, x


def _grow(network: Network, directions: Directions, options: ConceptOptions, watch: _Watch) -> None:
    """Grow a picture of each concept; those that are kept are not grown again."""
    if not options.preset:
        return
    total = len(directions)
    watch.report(ConceptProgress("growing", 0, total))
    objectives = tuple(Objective.of(Unit(directions.name, number)) for number in range(total))
    params = AscentParams(preset=options.preset, seed=options.seed)
    render(
        network,
        RenderConfig(objectives, params),
        report=lambda each, picture: watch.report(ConceptProgress("growing", each.done, total)),
        stop=watch.stop.is_set,
    )
    watch.check()


def _save(network: Network, name: str, facts: dict[str, Any]) -> None:
    with open_library(network) as library:
        save_facts(library, name, facts)

"""The steps, one after the other; what a record holds is not done again."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from dnnvis.core.errors import BadInput, Cancelled, DnnvisError
from dnnvis.introspect.map import Map
from dnnvis.reproduce.introspection import attacks, learning, maps, noise, pictures, records
from dnnvis.reproduce.introspection.classifiers import Classifier, classifier, sha256_now
from dnnvis.reproduce.introspection.config import TWIN, Order, Step
from dnnvis.reproduce.introspection.progress import Tell
from dnnvis.reproduce.introspection.records import Record
from dnnvis.sources.datasets import open_data


@dataclass(frozen=True)
class Standing:
    """How far it is: ``words`` say what is being done; ``done`` of ``total`` steps, fractions
    counted."""

    words: str
    done: float
    total: int


@dataclass
class Done:
    """``records`` there are now, ``left`` steps without; ``problems`` sentences."""

    records: list[Record] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    left: int = 0
    stopped: bool = False


def reproduce(
    order: Order,
    report: Callable[[Standing], None] = lambda standing: None,
    stop: Callable[[], bool] = lambda: False,
    say: Callable[[str], None] = lambda words: None,
) -> Done:
    """Do what is left of ``order``; every step's record is written when it is done. Ends, with
    everything kept, once ``stop()``. ``say`` is told of records that cannot be used. A step that
    fails is a problem of its own; the others are still done."""
    steps, done = order.steps, Done()
    for net in order.nets:
        order.data_of(net)  # better said before the first hour than after it
    for number, step in enumerate(steps):
        kept = {seed: _kept(order, step, seed, say) for seed in step.seeds}
        missing = tuple(seed for seed, record in kept.items() if record is None)
        done.records += [record for record in kept.values() if record is not None]
        if not missing:
            continue
        if done.stopped:
            done.left += 1
            continue

        def told(words: str, part: int, total: int, step: Step = step, at: int = number) -> None:
            report(Standing(f"{step}: {words}", at + part / max(total, 1), len(steps)))

        try:
            done.records += do(order, Step(step.kind, step.net, missing), Tell(told, stop))
        except (Cancelled, KeyboardInterrupt):
            done.stopped = True
            done.left += 1
        except DnnvisError as why:
            done.problems.append(f"{step}: {why}")
            done.left += 1
    return done


def _kept(order: Order, step: Step, seed: int, say: Callable[[str], None]) -> Record | None:
    weights, asked = "", order.asked(step, seed)
    try:
        if step.kind == "learning":
            weights = learning.said(order)["sha256"]
        else:
            weights = sha256_now(order, step.net, _network_seed(step.net, seed))
    except BadInput as why:
        say(f"{step}: {why}")  # what is kept is not compared; a step that needs them fails
    record, words = records.kept(order.out, step.kind, step.net, seed, asked, weights)
    if words:
        say(words)
    return record


def do(order: Order, step: Step, tell: Tell) -> list[Record]:
    """Do one step and write it down: a record for each of its seeds."""
    began = time.process_time()
    first = step.seeds[0]
    given = classifier(order, step.net, first, tell)
    made = {seed: _map(order, step.net, seed, given, tell) for seed in step.seeds}
    with closing(open_data(order.data_of(step.net))) as data:
        found, drawn = _DOES[step.kind](order, step, given, made, data, tell)
    if drawn:
        pictures.keep(order, step.kind, step.net, first, drawn)
    cpu = (time.process_time() - began) / len(step.seeds)
    said = learning.said(order) if step.kind == "learning" else given.said
    written = []
    for seed in step.seeds:
        record = Record(step.kind, step.net, seed, order.asked(step, seed), said, found[seed], cpu)
        records.write(order.out, record)
        written.append(record)
    return written


def _map(order: Order, net: str, seed: int, given: Classifier, tell: Tell) -> Map:
    return maps.map_of(order, given.network, net, _network_seed(net, seed), seed, tell)


def _network_seed(net: str, seed: int) -> int:
    return 0 if net == "net2" else seed


Found = tuple[dict[int, dict[str, Any]], pictures.Arrays]
Maps = dict[int, Map]


def _map_step(
    order: Order, step: Step, given: Classifier, made: Maps, data: Any, tell: Tell
) -> Found:
    (seed,) = step.seeds
    drawn: pictures.Arrays = {}
    if step.net == "net1" and len(made[seed].classes):
        drawn = pictures.examples_of(given.network, made[seed], data)
    return {seed: maps.figures(made[seed])}, drawn


def _twin(order: Order, step: Step, given: Classifier, made: Maps, data: Any, tell: Tell) -> Found:
    (seed,) = step.seeds
    other = maps.map_of(order, given.network, step.net, seed, seed + TWIN, tell)
    return {seed: {"seeds": [seed, seed + TWIN], **maps.apart(made[seed], other)}}, {}


def _noise(order: Order, step: Step, given: Classifier, made: Maps, data: Any, tell: Tell) -> Found:
    asked = order.noise[step.net]
    found = {
        seed: noise.table(given.network, one, data, step.net, asked, tell)
        for seed, one in made.items()
    }
    return {seed: told for seed, (told, _) in found.items()}, found[step.seeds[0]][1]


def _attack(
    order: Order, step: Step, given: Classifier, made: Maps, data: Any, tell: Tell
) -> Found:
    asked = order.attack[step.net]
    if any(not one.estimators for one in made.values()):
        raise BadInput("This map has no estimator: the data has no labels of the classes.")
    lot = 0 if step.net == "net2" else step.seeds[0]  # Net2's pictures are the same for all maps
    told, drawn = attacks.table(given.network, list(made.values()), data, asked, lot, tell)
    return dict(zip(step.seeds, told, strict=True)), drawn


def _learning(
    order: Order, step: Step, given: Classifier, made: Maps, data: Any, tell: Tell
) -> Found:
    return {step.seeds[0]: learning.learn(order, tell)}, {}


_DOES: dict[str, Callable[..., Found]] = {
    "map": _map_step, "twin": _twin, "noise": _noise, "attack": _attack,
    "learning": _learning,
}  # fmt: skip

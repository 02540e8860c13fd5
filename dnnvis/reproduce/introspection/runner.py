"""The steps, one after the other; what a record holds is not done again."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from dnnvis.core.errors import BadInput, Cancelled, DnnvisError
from dnnvis.introspect.map import Map
from dnnvis.reproduce.introspection import attacks, learning, maps, noise, pictures, records
from dnnvis.reproduce.introspection.classifiers import Classifier, current_sha256, load_classifier
from dnnvis.reproduce.introspection.config import SECOND_SEED_OFFSET, IntrospectionConfig, Step
from dnnvis.reproduce.introspection.progress import ProgressReporter
from dnnvis.reproduce.introspection.records import StepRecord
from dnnvis.sources.datasets import open_data


@dataclass(frozen=True)
class IntrospectionProgress:
    """How far it is: ``message`` say what is being done; ``done`` of ``total`` steps, fractions
    counted."""

    message: str
    done: float
    total: int


@dataclass
class IntrospectionOutcome:
    """``records`` there are now, ``left`` steps without; ``problems`` sentences."""

    records: list[StepRecord] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    left: int = 0
    stopped: bool = False


def reproduce(
    config: IntrospectionConfig,
    report: Callable[[IntrospectionProgress], None] = lambda progress: None,
    stop: Callable[[], bool] = lambda: False,
    warn: Callable[[str], None] = lambda message: None,
) -> IntrospectionOutcome:
    """Do what is left of ``config``; every step's record is written when it is done. Ends, with
    everything kept, once ``stop()``. ``warn`` is told of records that cannot be used. A step that
    fails is a problem of its own; the others are still done."""
    steps, outcome = config.steps, IntrospectionOutcome()
    for net in config.nets:
        config.data_path(net)  # better said before the first hour than after it
    for index, step in enumerate(steps):
        saved = {seed: _read_usable(config, step, seed, warn) for seed in step.seeds}
        missing = tuple(seed for seed, record in saved.items() if record is None)
        outcome.records += [record for record in saved.values() if record is not None]
        if not missing:
            continue
        if outcome.stopped:
            outcome.left += 1
            continue

        def report_step(
            message: str, done: int, total: int, step: Step = step, index: int = index
        ) -> None:
            report(
                IntrospectionProgress(
                    f"{step}: {message}", index + done / max(total, 1), len(steps)
                )
            )

        try:
            outcome.records += run_step(
                config, Step(step.kind, step.net, missing), ProgressReporter(report_step, stop)
            )
        except (Cancelled, KeyboardInterrupt):
            outcome.stopped = True
            outcome.left += 1
        except DnnvisError as error:
            outcome.problems.append(f"{step}: {error}")
            outcome.left += 1
    return outcome


def _read_usable(
    config: IntrospectionConfig, step: Step, seed: int, warn: Callable[[str], None]
) -> StepRecord | None:
    weights, settings = "", config.record_settings(step, seed)
    try:
        if step.kind == "learning":
            weights = learning.describe_network(config)["sha256"]
        else:
            weights = current_sha256(config, step.net, _network_seed(step.net, seed))
    except BadInput as error:
        warn(f"{step}: {error}")  # what is kept is not compared; a step that needs them fails
    record, message = records.read_usable(config.out, step.kind, step.net, seed, settings, weights)
    if message:
        warn(message)
    return record


def run_step(
    config: IntrospectionConfig, step: Step, reporter: ProgressReporter
) -> list[StepRecord]:
    """Do one step and write it down: a record for each of its seeds."""
    start = time.process_time()
    first = step.seeds[0]
    classifier = load_classifier(config, step.net, first, reporter)
    maps_by_seed = {
        seed: _load_or_fit_map(config, step.net, seed, classifier, reporter) for seed in step.seeds
    }
    with closing(open_data(config.data_path(step.net))) as data:
        numbers, arrays = _STEP_RUNNERS[step.kind](
            config, step, classifier, maps_by_seed, data, reporter
        )
    if arrays:
        pictures.save_arrays(config, step.kind, step.net, first, arrays)
    cpu = (time.process_time() - start) / len(step.seeds)
    network = (
        learning.describe_network(config) if step.kind == "learning" else classifier.description
    )
    written = []
    for seed in step.seeds:
        record = StepRecord(
            step.kind,
            step.net,
            seed,
            config.record_settings(step, seed),
            network,
            numbers[seed],
            cpu,
        )
        records.write(config.out, record)
        written.append(record)
    return written


def _load_or_fit_map(
    config: IntrospectionConfig,
    net: str,
    seed: int,
    classifier: Classifier,
    reporter: ProgressReporter,
) -> Map:
    return maps.load_or_fit_map(
        config, classifier.network, net, _network_seed(net, seed), seed, reporter
    )


def _network_seed(net: str, seed: int) -> int:
    return 0 if net == "net2" else seed


StepResult = tuple[dict[int, dict[str, Any]], pictures.Arrays]
MapsBySeed = dict[int, Map]


def _run_map(
    config: IntrospectionConfig,
    step: Step,
    classifier: Classifier,
    maps_by_seed: MapsBySeed,
    data: Any,
    reporter: ProgressReporter,
) -> StepResult:
    (seed,) = step.seeds
    arrays: pictures.Arrays = {}
    if step.net == "net1" and len(maps_by_seed[seed].classes):
        arrays = pictures.collect_examples(classifier.network, maps_by_seed[seed], data)
    return {seed: maps.map_metrics(maps_by_seed[seed])}, arrays


def _run_second_seed(
    config: IntrospectionConfig,
    step: Step,
    classifier: Classifier,
    maps_by_seed: MapsBySeed,
    data: Any,
    reporter: ProgressReporter,
) -> StepResult:
    (seed,) = step.seeds
    other = maps.load_or_fit_map(
        config, classifier.network, step.net, seed, seed + SECOND_SEED_OFFSET, reporter
    )
    return {
        seed: {
            "seeds": [seed, seed + SECOND_SEED_OFFSET],
            **maps.compare_maps(maps_by_seed[seed], other),
        }
    }, {}


def _run_noise(
    config: IntrospectionConfig,
    step: Step,
    classifier: Classifier,
    maps_by_seed: MapsBySeed,
    data: Any,
    reporter: ProgressReporter,
) -> StepResult:
    noise_config = config.noise[step.net]
    results = {
        seed: noise.noise_table(
            classifier.network, activation_map, data, step.net, noise_config, reporter
        )
        for seed, activation_map in maps_by_seed.items()
    }
    return {seed: metrics for seed, (metrics, _) in results.items()}, results[step.seeds[0]][1]


def _run_attack(
    config: IntrospectionConfig,
    step: Step,
    classifier: Classifier,
    maps_by_seed: MapsBySeed,
    data: Any,
    reporter: ProgressReporter,
) -> StepResult:
    attack_config = config.attack[step.net]
    if any(not activation_map.estimators for activation_map in maps_by_seed.values()):
        raise BadInput("This map has no estimator: the data has no labels of the classes.")
    seed = 0 if step.net == "net2" else step.seeds[0]  # Net2's pictures are the same for all maps
    metrics, arrays = attacks.attack_table(
        classifier.network, list(maps_by_seed.values()), data, attack_config, seed, reporter
    )
    return dict(zip(step.seeds, metrics, strict=True)), arrays


def _run_learning(
    config: IntrospectionConfig,
    step: Step,
    classifier: Classifier,
    maps_by_seed: MapsBySeed,
    data: Any,
    reporter: ProgressReporter,
) -> StepResult:
    return {step.seeds[0]: learning.map_learning(config, reporter)}, {}


_STEP_RUNNERS: dict[str, Callable[..., StepResult]] = {
    "map": _run_map,
    "twin": _run_second_seed,
    "noise": _run_noise,
    "attack": _run_attack,
    "learning": _run_learning,
}

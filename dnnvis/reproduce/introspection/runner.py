"""The steps, one after the other; what a record holds is not done again."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.introspect.map import Map
from dnnvis.reproduce.common import (
    Outcome,
    ProgressReporter,
    Report,
    ReproductionProgress,
    Stop,
    Warn,
)
from dnnvis.reproduce.introspection import attacks, learning, maps, noise, pictures, records
from dnnvis.reproduce.introspection.classifiers import Classifier, current_sha256, load_classifier
from dnnvis.reproduce.introspection.config import SECOND_SEED_OFFSET, IntrospectionConfig, Step
from dnnvis.reproduce.introspection.records import StepRecord
from dnnvis.sources.datasets import open_data


def reproduce(
    config: IntrospectionConfig,
    report: Report = lambda progress: None,
    stop: Stop = lambda: False,
    warn: Warn = lambda message: None,
) -> Outcome[StepRecord]:
    """Do what is left of ``config``; every step's record is written when it is done.

    A step that fails is a problem of its own; the others are still done.

    Args:
        config: What is asked for.
        report: Told how far it is.
        stop: Asked on the way; once it says so, all ends, with everything kept.
        warn: Told of records that cannot be used.

    Returns:
        What came of it.

    Raises:
        BadInput: For data that lie nowhere, or a record that cannot be put aside.
    """
    steps = config.steps
    outcome: Outcome[StepRecord] = Outcome()
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

        def do_missing(index: int = index, missing: tuple[int, ...] = missing) -> None:
            step = steps[index]

            def report_step(message: str, done: int, total: int) -> None:
                share = done / max(total, 1)
                report(ReproductionProgress((f"{step}: {message}",), index + share, len(steps)))

            part = replace(step, seeds=missing)
            outcome.records += run_step(config, part, ProgressReporter(report_step, stop))

        if outcome.attempt(step, do_missing) != "done":
            outcome.left += 1
    return outcome


def _read_usable(
    config: IntrospectionConfig, step: Step, seed: int, warn: Warn
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
    """Do one step and write it down.

    Args:
        config: What is asked for.
        step: The step.
        reporter: Told how far it is.

    Returns:
        The record of each of its seeds.

    Raises:
        BadInput: For data or weights that cannot be used, or a record that cannot be written.
        Cancelled: Where it was stopped.
    """
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

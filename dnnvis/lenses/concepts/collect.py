"""Collect activation vectors of a layer over a data set, a few of each picture.

What is collected so far lies in a file of the user's data folder, written after each batch and at
most every few seconds, so that the work goes on where it was stopped. The memory is that of the
rows, at most ``MAX_ROWS``, whatever the number of pictures.
"""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save
from torch import Tensor

from dnnvis.core.concepts.blocks import Array
from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.core.paths import user_data_folder
from dnnvis.core.stable_file import read_stable, safetensors_metadata, write_whole
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset

FORMAT = 1
HEADER_KEY = "concepts"
MAX_ROWS = 20_000  # activation vectors that are factored
BATCH_PICTURES = 16
WRITE_INTERVAL_SECONDS = 5.0
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class CollectOptions:
    """Which activation vectors are collected."""

    #: The layer.
    layer: str
    #: Numbers of the pictures.
    rows: tuple[int, ...]
    #: Positions of each picture, at most.
    positions: int
    #: Seed of the choice of positions.
    seed: int = 0


@dataclass
class CollectedActivations:
    """What is collected so far."""

    #: float32 (N, C), as the layer gave them.
    vectors: Array
    #: Pictures done, in the order of the options.
    done: int = 0
    #: Number of each picture's strongest class, int64 (done,); -1 for those that cannot be read.
    answers: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Name of each unreadable picture -> the reason.
    unreadable: dict[str, str] = field(default_factory=dict)


def choose_options(
    network: Network, data: Dataset, layer: str, limit: int | None, positions: int, seed: int
) -> CollectOptions:
    """Return which pictures, evenly spread, and how many positions of each.

    No more than ``MAX_ROWS`` vectors in all.
    """
    count = len(data) if limit is None else min(limit, len(data))
    rows = tuple(number * len(data) // max(count, 1) for number in range(count))
    _, height, width = network.layer(layer).shape
    fitting = max(MAX_ROWS // max(count, 1), 1)
    return CollectOptions(layer, rows, min(positions, height * width, fitting), seed)


def collect_activations(
    network: Network,
    data: Dataset,
    options: CollectOptions,
    *,
    report: Report = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> CollectedActivations:
    """Collect vectors of positions drawn at random, by each picture's own number.

    Args:
        network: The network.
        data: The data set.
        options: What is collected.
        report: Receives (pictures done, pictures in all).
        should_stop: Asked after each batch.

    Returns:
        The vectors of all pictures that can be read.

    Raises:
        Cancelled: ``should_stop`` said so; the same call goes on.
        BadInput: No picture can be read.
    """
    path = file_of(network, data, options)
    channels = network.layer(options.layer).shape[0]
    collected = read_collected(path, channels) or CollectedActivations(
        np.zeros((0, channels), np.float32)
    )
    written = time.perf_counter()
    report(collected.done, len(options.rows))
    while collected.done < len(options.rows):
        numbers = options.rows[collected.done : collected.done + BATCH_PICTURES]
        _add_batch(network, data, options, numbers, collected)
        report(collected.done, len(options.rows))
        is_last = collected.done >= len(options.rows)
        stops = should_stop()
        if stops or is_last or time.perf_counter() - written > WRITE_INTERVAL_SECONDS:
            write_collected(path, collected)
            written = time.perf_counter()
        if stops and not is_last:
            raise Cancelled("Stopped; the same command goes on.")
    if not len(collected.vectors):
        reason = next(iter(collected.unreadable.values()), "")
        raise BadInput(reason or "There are no pictures to find concepts in.")
    return collected


def _add_batch(
    network: Network,
    data: Dataset,
    options: CollectOptions,
    numbers: tuple[int, ...],
    collected: CollectedActivations,
) -> None:
    encoded: dict[int, Tensor] = {}
    for number in numbers:
        try:
            encoded[number] = network.encode(data.read(number)[0])
        except BadInput as error:
            collected.unreadable[data.name(number)] = str(error)
    answers = dict.fromkeys(numbers, -1)
    parts = [collected.vectors]
    for group in _group_sizes(encoded):
        x = torch.cat([encoded[number] for number in group])
        recording = network.run(x, (options.layer, "output"))
        maps = recording.tensor(options.layer).detach().float().cpu()  # (B, C, H, W)
        output = recording.tensor("output").detach().float().flatten(2).mean(2).cpu()
        for row, number in enumerate(group):
            parts.append(sample_positions(maps[row], options.positions, options.seed, number))
            answers[number] = int(output[row].argmax())
    collected.vectors = np.concatenate(parts)
    collected.answers = np.concatenate(
        (collected.answers, np.array([answers[number] for number in numbers], np.int64))
    )
    collected.done += len(numbers)


def _group_sizes(encoded: dict[int, Tensor]) -> list[list[int]]:
    """Return the pictures of one size together: a network of any size may get several."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for number, x in encoded.items():
        groups.setdefault(tuple(x.shape), []).append(number)
    return list(groups.values())


def sample_positions(maps: Tensor, count: int, seed: int, number: int) -> Array:
    """Return the vectors (n, C) of ``count`` positions of maps (C, H, W), drawn without repeats.

    Which ones depends on the seed and the picture's number alone.
    """
    flat = maps.flatten(1).T  # (H * W, C)
    rng = np.random.default_rng((seed, number))
    chosen = np.sort(rng.permutation(len(flat))[:count])
    vectors: Array = np.ascontiguousarray(flat[torch.from_numpy(chosen)].numpy(), np.float32)
    return vectors


def file_of(network: Network, data: Dataset, options: CollectOptions) -> Path:
    """Return the file of what is collected: another one for whatever changes the vectors."""
    card = network.card
    parts = (
        FORMAT,
        network.fingerprint,
        [str(edit) for edit in network.edits.active],
        card.preprocessing(),
        card.size,
        card.channels,
        data.address,
        data.mark,
        options.layer,
        options.positions,
        options.seed,
        hashlib.sha256(np.array(options.rows, "<i8").tobytes()).hexdigest(),
    )
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
    folder = user_data_folder() / "concepts" / network.fingerprint[:16]
    return folder / f"{key}.concepts.safetensors"


def read_collected(path: Path, channels: int) -> CollectedActivations | None:
    """Return what a file holds; None where that is nothing."""
    if not path.is_file():
        return None
    try:
        content = read_stable(path)
        facts = json.loads(safetensors_metadata(content)[HEADER_KEY])
        arrays = load(content)
        vectors = arrays["vectors"].astype(np.float32)
        answers = arrays["answers"].astype(np.int64)
        unreadable = {str(name): str(reason) for name, reason in facts["unreadable"].items()}
        done = int(facts["done"])
    except (BadInput, OSError, ValueError, TypeError, KeyError, AttributeError, SafetensorError):
        return None  # cut short, or of another version: it is made anew
    if vectors.ndim != 2 or vectors.shape[1] != channels or answers.shape != (done,):
        return None
    return CollectedActivations(vectors, done, answers, unreadable)


def write_collected(path: Path, collected: CollectedActivations) -> None:
    """Write what is collected, whole or not at all; raise BadInput where that fails."""
    facts = {"done": collected.done, "unreadable": collected.unreadable}
    arrays = {"vectors": collected.vectors, "answers": collected.answers}
    write_whole(path, save(arrays, {HEADER_KEY: json.dumps(facts)}))

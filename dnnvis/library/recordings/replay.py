"""Run a network over a recording and compare its answers with those that were recorded."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import find_class
from dnnvis.network.network import Network
from dnnvis.sources.recordings.frames import RecordedFrame
from dnnvis.sources.recordings.reader import FrameRecording, RecordedNetwork

MAX_DISAGREEMENTS = 20  # that are listed


@dataclass(frozen=True)
class ReplayedFrame:
    """What a network answers to a recorded frame, beside what was recorded."""

    #: Number of the frame in the recording, and when it was recorded.
    number: int
    seconds: float
    #: The strongest class now and then, by name where there is one; "" where nothing is recorded.
    now: str
    then: str
    #: Largest difference of two outputs of one size, and their correlation; NaN for others.
    difference: float = math.nan
    correlation: float = math.nan
    #: Whether both name the same class; None where nothing was recorded.
    agrees: bool | None = None


def replay(recording: FrameRecording, network: Network, limit: int = 0) -> Iterator[ReplayedFrame]:
    """Yield what a network answers to each whole frame of a recording.

    Args:
        recording: An open one.
        network: The one that recorded it, or any other.
        limit: Frames at most; 0 for all.
    """
    done = 0
    for number in range(len(recording)):
        if limit and done >= limit:
            return
        try:
            recorded = recording.read(number)
        except BadInput:
            continue  # damaged: the summary says how many there were
        done += 1
        now = network.run(network.encode(recorded.frame.pixels), ()).output.reshape(-1)
        yield _compare(number, recorded, recording.network_of(recorded), now, network.card.labels)


def _compare(
    number: int,
    recorded: RecordedFrame,
    network: RecordedNetwork | None,
    now: NDArray[np.float32],
    labels: Sequence[str],
) -> ReplayedFrame:
    then = recorded.output
    names = network.labels if network is not None else ()
    difference = correlation = math.nan
    if then.size == now.size > 0:
        difference = float(np.abs(now - then).max())
        correlation = correlate(now, then)
        names = names or tuple(labels)  # the classes of a network of that size, most likely
    name_now, name_then = name_class(now, labels), name_class(then, names)
    agrees = None
    if name_then:
        best = int(np.nanargmax(now)) if name_now else None
        agrees = best is not None and _find_any(name_then, labels, now.size) == best
    return ReplayedFrame(
        number, recorded.seconds, name_now, name_then, difference, correlation, agrees
    )


def _find_any(name: str, labels: Sequence[str], count: int) -> int | None:
    """Return the class of a name or of one of its synonyms: "tench, Tinca tinca" is "tench"."""
    names = (name, *name.split(","))
    classes = (find_class(each, labels, count) for each in names)
    return next((number for number in classes if number is not None), None)


def name_class(output: NDArray[np.float32], labels: Sequence[str]) -> str:
    """Return the name of the strongest class, or its number; "" where there is no output."""
    if not output.size or not np.isfinite(output).any():
        return ""
    best = int(np.nanargmax(output))
    return labels[best] if len(labels) == output.size else str(best)


def correlate(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return Pearson's correlation of two vectors of one length.

    It is 1 for equal ones, and NaN where another one does not vary.
    """
    if np.array_equal(first, second):
        return 1.0
    a, b = (values.astype(np.float64) - values.mean(dtype=np.float64) for values in (first, second))
    norm = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / norm if norm > 0 else math.nan


def summarize(
    recording: FrameRecording,
    network: Network,
    limit: int = 0,
    log: Callable[[ReplayedFrame], None] = lambda frame: None,
) -> dict[str, Any]:
    """Return how well a network agrees with what was recorded; JSON can hold it.

    Args:
        recording: An open one.
        network: The network that runs over it.
        limit: Frames at most; 0 for all.
        log: Is given each frame.

    Returns:
        ``frames``, ``compared`` (those with a recorded answer), ``agree`` (those of them with the
        same strongest class), ``agreement`` (their share, None without any), ``same_outputs``
        (frames whose outputs are equal bit for bit), ``max_difference``, ``mean_correlation`` (None
        where outputs are of other sizes), ``recorded`` and ``network`` (name, fingerprint),
        ``notes``, ``disagreements`` (the first MAX_DISAGREEMENTS: frame, seconds, then, now).
    """
    frames = []
    for each in replay(recording, network, limit):
        frames.append(each)
        log(each)
    compared = [each for each in frames if each.agrees is not None]
    disagreeing = [each for each in compared if not each.agrees]
    agree = len(compared) - len(disagreeing)
    differences = [each.difference for each in frames if not math.isnan(each.difference)]
    correlations = [each.correlation for each in frames if not math.isnan(each.correlation)]
    expected = min(len(recording), limit) if limit else len(recording)
    notes = _describe_notes(recording, network, expected - len(frames))
    if compared and not differences:
        notes.append("Outputs are of other sizes: only the names of classes are compared.")
    return {
        "frames": len(frames),
        "compared": len(compared),
        "agree": agree,
        "agreement": round(agree / len(compared), 4) if compared else None,
        "same_outputs": differences.count(0.0),
        "max_difference": max(differences, default=None),
        "mean_correlation": float(np.mean(correlations)) if correlations else None,
        "recorded": [[each.name, each.fingerprint] for each in recording.networks],
        "network": [network.name, network.fingerprint],
        "notes": notes,
        "disagreements": [
            [each.number, round(each.seconds, 3), each.then, each.now]
            for each in disagreeing[:MAX_DISAGREEMENTS]
        ],
    }


def _describe_notes(recording: FrameRecording, network: Network, damaged: int) -> list[str]:
    notes = [*recording.notes]
    if damaged:
        notes.append(f"{damaged:,} frames are damaged and were left out.")
    for each in recording.networks:
        if each.name == network.name and each.fingerprint not in ("", network.fingerprint):
            notes.append(f"The recording was made with other weights of {each.name}.")
    return notes

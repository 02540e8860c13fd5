"""The lens ``imagine``: every state of a recurrent network, seen through its decoder.

Sources: Wichers et al. 2022, "Visualizing Neural Network Imagination", section 2.4, where the
decoder that was trained on the last state shows those in between; nostalgebraist 2020, the logit
lens, for networks without one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import Array, Strip
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.lenses.imagination.decoders import (
    Fit,
    States,
    decoders,
    fit_of,
    shown,
    states_in,
    written,
)
from dnnvis.lenses.imagination.score import MATCH, THRESHOLD, agreement, life_report
from dnnvis.lenses.imagination.states import Step, layers_of, steps_of
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.binarize import counted, is_board
from dnnvis.network.network import Network
from dnnvis.network.recording import numbers
from dnnvis.sources.life.rule import history

ROWS = ("truth", "imagination", "difference")
DEAD = "The board is dead from the start: nothing to imagine, and no score."
TRIVIAL = {
    "all dead": "a dead board",
    "the input": "the first state",
    "the final state": "the final state",
}


@dataclass(frozen=True)
class ImagineParams:
    """``decoder``: the module that shows a state; "" is the card's, or the one that fits best.
    A cell is alive from ``threshold`` on; two boards match where a share of at least ``match``
    of their cells is equal."""

    decoder: str = ""
    threshold: float = field(default=THRESHOLD, metadata={"range": (0.0, 1.0)})
    match: float = field(default=MATCH, metadata={"range": (0.01, 1.0)})


@dataclass(frozen=True)
class ImagineLens(LensDefaults):
    """Yields one Strip with a column per state; it follows the frame, out of the one pass that
    all share. Where no module shows the states it has no rows, and its ``words`` say why."""

    name: str = "imagine"
    title: str = "imagination"
    source: str = "Wichers et al. 2022, section 2.4; nostalgebraist 2020 (logit lens)"
    backward: bool = False
    reads_recording: bool = True
    Params: type[ImagineParams] = ImagineParams

    def missing(self, info: NetworkInfo, unit: Unit) -> str | None:
        if len(steps_of(info, unit)) > 1:
            return None
        often = [layer.name for layer in info.layers if layer.calls > 1]
        if not often:
            return (
                f"No layer of {info.name} is called more than once in a pass, and its card names "
                'no states: name the layers that make them, in order, under "states" in the card.'
            )
        return (
            f"{unit.layer} is called once in a pass of {info.name}: select a layer that is called "
            f"more often ({', '.join(often[:3])}), or name the layers that make its states under "
            '"states" in its card.'
        )

    def layers_of(self, params: ImagineParams) -> tuple[str, ...]:
        return ()

    def states_of(self, info: NetworkInfo, unit: Unit) -> tuple[str, ...]:
        return layers_of(steps_of(info, unit))

    def look(self, scene: Scene) -> Iterator[Strip]:
        yield strip(scene)


def strip(scene: Scene) -> Strip:
    """The states of the scene's recording as one Strip. Raises BadInput without a recording."""
    network, recording, params = scene.network, scene.recording, scene.params
    if recording is None:
        raise BadInput("imagine needs a picture to look at; pass image=.")
    states = states_in(network, recording, steps_of(network.info, scene.unit))
    fits = decoders(states)
    fit, words = chosen(states, fits, params.decoder)
    rows: dict[str, Array] = {}
    if fit is not None:
        rows["imagination"] = np.stack([numbers(made) for made in shown(states, fit)])
        words += _about_states(states, fit)
    told = _Told(rows, words=words)
    if fit is not None and fit.scores:
        told.marks = _tops(rows["imagination"], network.card.labels)
    elif fit is not None:
        _with_truth(scene, fit, told)
    steps = () if fit is None else tuple(states.steps[k] for k in fit.columns)
    name = params.decoder if fit is None else fit.name
    return Strip(
        rows={name: rows[name] for name in ROWS if name in rows},
        caption=_caption(network, steps, name, told.scores),
        marks=told.marks,
        steps=steps,
        scores=told.scores,
        words=" ".join(told.words),
        decoder="" if fit is None else fit.name,
        decoders=tuple(known.name for known in fits),
        recipe={
            "lens": IMAGINE.name,
            "unit": str(scene.unit),
            "decoder": name,
            "threshold": params.threshold,
            "match": params.match,
            "source": IMAGINE.source,
        },
        unit=str(scene.unit),
        frame=-1 if scene.frame is None else scene.frame.number,
        network=network.name,
    )


@dataclass
class _Told:
    """What is found out about the rows."""

    rows: dict[str, Array]
    marks: tuple[str, ...] = ()
    scores: dict[str, float] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


# ---- the decoder ---------------------------------------------------------------------------


def chosen(states: States, fits: Sequence[Fit], wish: str) -> tuple[Fit | None, list[str]]:
    """The decoder that shows the states, and what is to be said of that: the one wished for and
    no other, else the card's, else the first of ``fits``."""
    network = states.network
    if wish:
        fit = fit_of(states, wish)
        return (fit, []) if fit.columns else (None, [fit.why, _instead(fits)])
    if network.card.decoder:
        fit = fit_of(states, network.card.decoder)
        if fit.columns:
            return fit, []
        words = [f"The decoder of the card does not fit: {fit.why}"]
    else:
        words = []
    if fits:
        also = f" ({', '.join(f.name for f in fits[1:4])} would fit too)" if fits[1:] else ""
        return fits[0], [*words, f"{fits[0].name} was found by trying the network's modules{also}."]
    shapes = dict.fromkeys(written(shape) for shape in states.shapes if shape)
    none = f"No module of {network.name} makes a picture or an answer of a state of "
    return None, [*words, f"{none}{' or of '.join(shapes)}; choose one as its decoder."]


def _instead(fits: Sequence[Fit]) -> str:
    if not fits:
        return "No other module was found that fits."
    return f"Choose {' or '.join(fit.name for fit in fits[:3])} instead."


def _about_states(states: States, fit: Fit) -> list[str]:
    words = []
    left = [_called(states.steps[k]) for k in range(len(states.steps)) if k not in fit.columns]
    if left:
        words.append(f"{fit.name} does not take {', '.join(left)}.")
    wide = any(states.shapes[k][1:] != (1, 1) for k in fit.columns)
    if fit.form == "class token":
        words.append(f"{fit.name} was given the class token of each state.")
    elif fit.form in ("mean", "map") and wide:
        words.append(f"{fit.name} was given the mean of each state over its places.")
    return words


def _called(step: Step) -> str:
    return f"{step[0]}#{step[1]}"


def _tops(scores: Array, labels: Sequence[str]) -> tuple[str, ...]:
    """The class with the greatest score at each step (steps, places, classes, 1), in the last
    place, where a language model says what comes next; NaN where all of its scores are."""
    last = scores[:, -1, :, 0]
    is_nan = np.isnan(last)
    best = np.where(is_nan, -np.inf, last).argmax(1)
    names = [labels[k] if k < len(labels) else f"class {k}" for k in best]
    return tuple("NaN" if is_nan[step].all() else name for step, name in enumerate(names))


# ---- the truth -----------------------------------------------------------------------------


def _with_truth(scene: Scene, fit: Fit, told: _Told) -> None:
    """Add the true boards to the rows of a network that plays the Game of Life, how far each
    column is true to the marks, and the scores."""
    info, params = scene.network.info, scene.params
    assert scene.recording is not None
    made = told.rows["imagination"]  # (N + 1, H, W, 1)
    if not np.isfinite(made).all():
        told.words.append(f"{fit.name} gave values that are not finite.")
    seen = numbers(scene.recording.x.detach()[0, 0])
    whole = len(made) == len(steps_of(info, scene.unit))
    if info.game_steps < 1 or not whole or made.shape[1:] != (*seen.shape, 1):
        return
    if not _is_board(scene, seen):
        told.words.append("The picture was no board: it was thresholded at .5, white is alive.")
    board = (seen >= 0.5).astype(np.uint8)
    truth = history(board[None], info.game_steps, info.border)[0]  # (T + 1, H, W)
    nearest, marks = compared(made[..., 0], truth, params.threshold, params.match)
    told.rows["truth"] = truth[..., None].astype(np.float32)
    told.rows["difference"] = made - told.rows["truth"][nearest]
    also = bool(scene.network.card.about.get("autoencoder", False))
    trained = {len(made) - 1} | ({0} if also else set())
    if not board.any():  # an empty picture of nothing is no success
        marks = [mark.replace("matches", "dead") for mark in marks]
    told.marks = tuple(f"{mark}, trained" if k in trained else mark for k, mark in enumerate(marks))
    _score(made[..., 0], truth, told, params)


def _is_board(scene: Scene, seen: Array) -> bool:
    """Whether the picture was a board as it came: black and white, of the size that was seen."""
    if scene.frame is None:
        return bool(((seen == 0) | (seen == 1)).all())
    pixels = scene.frame.pixels
    gray = bool((pixels == pixels[..., :1]).all())
    return gray and pixels.shape[:2] == seen.shape and is_board(counted(pixels[None, ..., :1]))


def compared(
    made: Array, truth: NDArray[np.uint8], threshold: float, match: float
) -> tuple[list[int], list[str]]:
    """For each imagined board (N + 1, H, W) the number of the true one (T + 1, H, W) it is
    compared with, and how far it agrees, in words. Where N is not T that is the one it agrees
    with most, of equal ones the one nearest in time."""
    same = len(made) == len(truth)
    clean = np.nan_to_num(made, nan=-1.0)
    nearest, marks = [], []
    for k, board in enumerate(clean):
        time = k * (len(truth) - 1) / max(len(made) - 1, 1)
        agreed = {
            t: agreement(board, truth[t], threshold, match)
            for t in ((k,) if same else range(len(truth)))
        }
        best = max(agreed, key=lambda t: (agreed[t].share, -abs(t - time)))
        name = "" if same else f"≈ state {best}, "
        percent = np.floor(1000 * agreed[best].share) / 10  # 100.0 only where all cells agree
        verdict = "matches" if agreed[best].matches else "no match"
        nearest.append(best)
        marks.append(f"{name}{percent:.1f} %, {verdict}")
    return nearest, marks


def _score(made: Array, truth: NDArray[np.uint8], told: _Told, params: Any) -> None:
    if not truth[0].any():
        told.words.append(DEAD)
    elif min(len(made), len(truth)) < 3:
        what = "network" if len(made) < 3 else "game"
        told.words.append(f"The {what} makes one step only: nothing lies in between to score.")
    elif np.isfinite(made).all():
        score = life_report(made[None], truth[None], params.threshold, params.match)
        told.scores = score.as_dict()
        free = [TRIVIAL[name] for name, value in score.trivial.items() if value >= score.most]
        if free:
            shown = f"{' or '.join(free)} at every step would get the full score".capitalize()
            told.words.append(f"{shown} here: read strict and MCC.")


def _caption(network: Network, steps: Sequence[Step], name: str, scores: dict[str, float]) -> str:
    if not steps:
        return ""
    layers = ", ".join(layers_of(tuple(steps)))
    words = f"what {network.name} imagines: {len(steps)} states of {layers} through {name}"
    return f"{words}; score {scores['paper']:.2f}" if scores else words


IMAGINE = ImagineLens()

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
from dnnvis.core.life.life_rule import LIFE_RULE, describe_rule, format_rule
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.lenses.imagination.chess_truth import add_chess_truth, takes_pieces
from dnnvis.lenses.imagination.decoders import (
    DecoderFit,
    RecordedStates,
    decode_states,
    find_decoders,
    fit_decoder,
    format_shape,
    read_states,
)
from dnnvis.lenses.imagination.maze_truth import SHOWN_CANDIDATES, StripParts, add_maze_truth
from dnnvis.lenses.imagination.score import (
    ALIVE_THRESHOLD,
    MIN_MATCH_FRACTION,
    agreement,
    life_report,
)
from dnnvis.lenses.imagination.states import Step, layers_of, steps_of
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.binarize import is_board, scale_binary
from dnnvis.network.network import Network
from dnnvis.network.values import to_float32
from dnnvis.sources.life.rule import history

ROW_NAMES = ("truth", "imagination", *SHOWN_CANDIDATES, "difference")
DEAD_BOARD_MESSAGE = "The board is dead from the start: nothing to imagine, and no score."
TRIVIAL_NAMES = {
    "all dead": "a dead board",
    "the input": "the first state",
    "the final state": "the final state",
}


@dataclass(frozen=True)
class ImagineParams:
    """Settings of the lens ``imagine``."""

    #: Module that decodes a state; "" means the card's, or the one that fits best.
    decoder: str = ""
    #: A cell is alive from this value on.
    threshold: float = field(default=ALIVE_THRESHOLD, metadata={"range": (0.0, 1.0)})
    #: Two boards match where at least this fraction of their cells is equal.
    match: float = field(default=MIN_MATCH_FRACTION, metadata={"range": (0.01, 1.0)})
    #: Rule of the true boards, B36/S23; "" = that of the board looked at, else Conway's.
    rule: str = ""


@dataclass(frozen=True)
class ImagineLens(LensDefaults):
    """What a recurrent network imagines: a picture of each of its states.

    Yields one Strip with a column per state; it follows the frame, from the one pass that all
    lenses share. Where no module decodes the states it has no rows, and its ``message`` says why.
    """

    name: str = "imagine"
    title: str = "imagination"
    source: str = "Wichers et al. 2022, section 2.4; nostalgebraist 2020 (logit lens)"
    backward: bool = False
    reads_recording: bool = True
    Params: type[ImagineParams] = ImagineParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return why the network has no states to show; None where it has some."""
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
        """Return no layers: none but the unit's own is needed."""
        return ()

    def states_of(self, info: NetworkInfo, unit: Unit) -> tuple[str, ...]:
        """Return the layers whose calls are the states."""
        return layers_of(steps_of(info, unit))

    def look(self, scene: Scene) -> Iterator[Strip]:
        """Yield the results for ``scene``, see the class."""
        yield build_strip(scene)


def build_strip(scene: Scene) -> Strip:
    """Return the states of the scene's recording as one Strip; raise BadInput without one."""
    network, recording, params = scene.network, scene.recording, scene.params
    if recording is None:
        raise BadInput("imagine needs a picture to look at; pass image=.")
    states = read_states(network, recording, steps_of(network.info, scene.unit))
    fits = find_decoders(states)
    fit, notes = choose_decoder(states, fits, params.decoder)
    rows: dict[str, Array] = {}
    if fit is not None:
        rows["imagination"] = np.stack(
            [to_float32(decoded) for decoded in decode_states(states, fit)]
        )
        notes += _describe_states(states, fit)
    parts = StripParts(rows, notes=notes)
    if fit is not None and fit.scores:
        parts.marks = _top_labels(rows["imagination"], network.card.labels)
    elif fit is not None and network.info.mazes:
        add_maze_truth(scene, parts)
    elif fit is not None and takes_pieces(network.card):
        add_chess_truth(scene, parts)
    elif fit is not None:
        _add_truth(scene, fit, parts)
    steps = () if fit is None else tuple(states.steps[k] for k in fit.columns)
    name = params.decoder if fit is None else fit.name
    return Strip(
        rows={name: rows[name] for name in ROW_NAMES if name in rows},
        walls=parts.walls,
        controls=parts.controls,
        caption=_caption(network, steps, name, parts.scores),
        marks=parts.marks,
        steps=steps,
        scores=parts.scores,
        message=" ".join(parts.notes),
        decoder="" if fit is None else fit.name,
        decoders=tuple(candidate.name for candidate in fits),
        recipe=_build_recipe(scene, name),
        unit=str(scene.unit),
        frame=-1 if scene.frame is None else scene.frame.number,
        network=network.name,
    )


def _build_recipe(scene: Scene, decoder: str) -> dict[str, Any]:
    params, rule = scene.params, _choose_rule(scene)
    recipe = {
        "lens": IMAGINE.name,
        "unit": str(scene.unit),
        "decoder": decoder,
        "threshold": params.threshold,
        "match": params.match,
        "source": IMAGINE.source,
    }
    return recipe if rule == LIFE_RULE else {**recipe, "rule": rule}


def _choose_rule(scene: Scene) -> str:
    """Return the rule of the true boards, in B/S notation; raise BadInput where it is none."""
    of_frame = "" if scene.frame is None else scene.frame.rule
    return format_rule(scene.params.rule or of_frame)


def choose_decoder(
    states: RecordedStates, fits: Sequence[DecoderFit], requested: str
) -> tuple[DecoderFit | None, list[str]]:
    """Return the decoder of the states, and notes on the choice.

    Args:
        states: The states.
        fits: Decoders to choose from, best first.
        requested: Name of a module, which then is the only candidate; "" takes the card's decoder,
            else the first of ``fits``.

    Returns:
        (the decoder, notes); None, with the reason in the notes, where none fits.
    """
    network = states.network
    if requested:
        fit = fit_decoder(states, requested)
        return (fit, []) if fit.columns else (None, [fit.reason, _suggest_alternatives(fits)])
    if network.card.decoder:
        fit = fit_decoder(states, network.card.decoder)
        if fit.columns:
            return fit, []
        notes = [f"The decoder of the card does not fit: {fit.reason}"]
    else:
        notes = []
    if fits:
        others = f" ({', '.join(f.name for f in fits[1:4])} would fit too)" if fits[1:] else ""
        return fits[0], [
            *notes,
            f"{fits[0].name} was found by trying the network's modules{others}.",
        ]
    shapes = dict.fromkeys(format_shape(shape) for shape in states.shapes if shape)
    prefix = f"No module of {network.name} makes a picture or an answer of a state of "
    return None, [*notes, f"{prefix}{' or of '.join(shapes)}; choose one as its decoder."]


def _suggest_alternatives(fits: Sequence[DecoderFit]) -> str:
    if not fits:
        return "No other module was found that fits."
    return f"Choose {' or '.join(fit.name for fit in fits[:3])} instead."


def _describe_states(states: RecordedStates, fit: DecoderFit) -> list[str]:
    notes = []
    excluded = [
        _step_label(states.steps[k]) for k in range(len(states.steps)) if k not in fit.columns
    ]
    if excluded:
        notes.append(f"{fit.name} does not take {', '.join(excluded)}.")
    has_maps = any(states.shapes[k][1:] != (1, 1) for k in fit.columns)
    if fit.form == "class token":
        notes.append(f"{fit.name} was given the class token of each state.")
    elif fit.form in ("mean", "map") and has_maps:
        notes.append(f"{fit.name} was given the mean of each state over its places.")
    return notes


def _step_label(step: Step) -> str:
    return f"{step[0]}#{step[1]}"


def _top_labels(scores: Array, labels: Sequence[str]) -> tuple[str, ...]:
    """Return the class with the greatest score at each step.

    Of scores (steps, positions, classes, 1), at the last position, where a language model predicts
    what comes next; NaN where all of its scores are.
    """
    last = scores[:, -1, :, 0]
    is_nan = np.isnan(last)
    best = np.where(is_nan, -np.inf, last).argmax(1)
    names = [labels[k] if k < len(labels) else f"class {k}" for k in best]
    return tuple("NaN" if is_nan[step].all() else name for step, name in enumerate(names))


def _add_truth(scene: Scene, fit: DecoderFit, parts: StripParts) -> None:
    """Add the true boards of a Game of Life network to the rows, the agreement and the scores."""
    info, params = scene.network.info, scene.params
    assert scene.recording is not None
    imagined = parts.rows["imagination"]  # (N + 1, H, W, 1)
    if not np.isfinite(imagined).all():
        parts.notes.append(f"{fit.name} gave values that are not finite.")
    cells = to_float32(scene.recording.x.detach()[0, 0])
    is_complete = len(imagined) == len(steps_of(info, scene.unit))
    if info.game_steps < 1 or not is_complete or imagined.shape[1:] != (*cells.shape, 1):
        return
    if not _is_board(scene, cells):
        parts.notes.append("The picture was no board: it was thresholded at .5, white is alive.")
    board, rule = (cells >= 0.5).astype(np.uint8), _choose_rule(scene)
    if rule != LIFE_RULE:
        parts.notes.append(
            f"Truth by {describe_rule(rule)}, the rule of the board; networks that play "
            f"the game learned {describe_rule(LIFE_RULE)}."
        )
    truth = history(board[None], info.game_steps, info.border, rule)[0]  # (T + 1, H, W)
    nearest, marks = compare_boards(imagined[..., 0], truth, params.threshold, params.match)
    parts.rows["truth"] = truth[..., None].astype(np.float32)
    parts.rows["difference"] = imagined - parts.rows["truth"][nearest]
    is_autoencoder = bool(scene.network.card.about.get("autoencoder", False))
    trained = {len(imagined) - 1} | ({0} if is_autoencoder else set())
    if not board.any():  # an empty board proves nothing
        marks = [mark.replace("matches", "dead") for mark in marks]
    parts.marks = tuple(
        f"{mark}, trained" if k in trained else mark for k, mark in enumerate(marks)
    )
    _add_scores(imagined[..., 0], truth, parts, params)


def _is_board(scene: Scene, cells: Array) -> bool:
    """Return whether the picture was given as a board: black and white, of the size seen."""
    if scene.frame is None:
        return bool(((cells == 0) | (cells == 1)).all())
    pixels = scene.frame.pixels
    gray = bool((pixels == pixels[..., :1]).all())
    return (
        gray and pixels.shape[:2] == cells.shape and is_board(scale_binary(pixels[None, ..., :1]))
    )


def compare_boards(
    imagined: Array, truth: NDArray[np.uint8], threshold: float, match: float
) -> tuple[list[int], list[str]]:
    """Return which true board each imagined board is compared with, and how well they agree.

    Where N is not T that is the one it agrees with most, of equal ones the nearest in time.

    Args:
        imagined: (N + 1, H, W), raw.
        truth: (T + 1, H, W) of 0 and 1.
        threshold: A cell is alive from this value on.
        match: Two boards match where at least this fraction of their cells is equal.

    Returns:
        (number of the true board, text on the agreement) for each imagined board, as two lists.
    """
    same_length = len(imagined) == len(truth)
    clean = np.nan_to_num(imagined, nan=-1.0)
    nearest, marks = [], []
    for k, board in enumerate(clean):
        time = k * (len(truth) - 1) / max(len(imagined) - 1, 1)
        agreements = {
            t: agreement(board, truth[t], threshold, match)
            for t in ((k,) if same_length else range(len(truth)))
        }
        best = max(agreements, key=lambda t: (agreements[t].fraction, -abs(t - time)))
        name = "" if same_length else f"≈ state {best}, "
        percent = (
            np.floor(1000 * agreements[best].fraction) / 10
        )  # 100.0 only where all cells agree
        verdict = "matches" if agreements[best].matches else "no match"
        nearest.append(best)
        marks.append(f"{name}{percent:.1f} %, {verdict}")
    return nearest, marks


def _add_scores(imagined: Array, truth: NDArray[np.uint8], parts: StripParts, params: Any) -> None:
    if not truth[0].any():
        parts.notes.append(DEAD_BOARD_MESSAGE)
    elif min(len(imagined), len(truth)) < 3:
        shorter = "network" if len(imagined) < 3 else "game"
        parts.notes.append(f"The {shorter} makes one step only: nothing lies in between to score.")
    elif np.isfinite(imagined).all():
        score = life_report(imagined[None], truth[None], params.threshold, params.match)
        parts.scores = score.as_dict()
        trivial = [
            TRIVIAL_NAMES[name] for name, value in score.trivial.items() if value >= score.maximum
        ]
        if trivial:
            sentence = f"{' or '.join(trivial)} at every step would get the full score".capitalize()
            parts.notes.append(f"{sentence} here: read strict and MCC.")


def _caption(network: Network, steps: Sequence[Step], name: str, scores: dict[str, float]) -> str:
    if not steps:
        return ""
    layers = ", ".join(layers_of(tuple(steps)))
    text = f"what {network.name} imagines: {len(steps)} states of {layers} through {name}"
    return f"{text}; score {scores['paper']:.2f}" if "paper" in scores else text


IMAGINE = ImagineLens()

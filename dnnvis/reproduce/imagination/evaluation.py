"""What a trained network is worth: its scores on ten thousand boards, and a probe of its states."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.errors import DnnvisError
from dnnvis.introspect.probe import probe_states
from dnnvis.lenses.imagination.score import KEYS, THRESHOLD, life_report
from dnnvis.sources.life.rule import Board, history
from dnnvis.sources.life.starts import random_boards, starts
from dnnvis.training.life_task import LifeSetting
from dnnvis.zoo.life import LifeNet

STARTS = ("half", "chain")  # the text's boards, and those of the published code
SIZE = (20, 20)  # the paper's boards
SEED = 99  # of the test boards, which no training sees
BATCH = 25  # boards at once; the states of so many stay in the cache
FITTED, TESTED = 120, 250  # boards of the probe
DENSITY = (0.2, 0.6)  # of the boards it is fitted on

Tick = Callable[[float], None]  # told the share that is done; what it raises ends the work


def unheard(share: float) -> None:
    """A Tick that nobody listens to."""


def evaluate(
    net: LifeNet, setting: LifeSetting, boards: int, tick: Tick = unheard
) -> dict[str, dict[str, Any]]:
    """The scores on ``boards`` test boards of each of STARTS, by name: KEYS, ``most``,
    ``trivial``, ``dead``, ``pairs``, ``per_state`` of ``Score``, ``accuracy`` (share of right
    cells of the final state on all boards) and, without the autoencoder, ``paper_with_h0``.

    Raises DnnvisError where the network's output is not finite.
    """
    net = net.eval().to(memory_format=torch.channels_last)
    found = {}
    for k, start in enumerate(STARTS):
        truth = test_boards(start, boards, setting)
        share = lambda part, k=k: tick((k + part) / len(STARTS))  # noqa: E731
        found[start] = scores(imagined(net, truth[:, 0], share), truth, not setting.autoencoder)
    return found


def test_boards(start: str, boards: int, setting: LifeSetting) -> Board:
    """The test boards with what becomes of them, uint8 (boards, game_steps + 1, 20, 20)."""
    dice = np.random.default_rng([SEED, STARTS.index(start)])
    return history(
        starts(start, boards, SIZE, dice, setting.border), setting.game_steps, setting.border
    )


def imagined(net: LifeNet, first: Board, tick: Tick = unheard) -> NDArray[np.bool_]:
    """Which cells live in the decoded states, (B, steps + 1, H, W), of ``first`` (B, H, W).

    Only these bits are kept, 2 kB a board for four states of 20 x 20.
    """
    alive = np.empty((len(first), net.spec.steps + 1, *first.shape[1:]), np.bool_)
    for k in range(0, len(first), BATCH):
        part = torch.from_numpy(first[k : k + BATCH, None]).float()
        with torch.inference_mode():
            shown = net.imagine(part)
            if not bool(shown.isfinite().all()):
                raise DnnvisError("The network's boards hold values that are not finite.")
            alive[k : k + BATCH] = (shown >= THRESHOLD).numpy()
        tick(min(k + BATCH, len(first)) / len(first))
    return alive


def scores(alive: NDArray[np.bool_], truth: Board, with_h0: bool = False) -> dict[str, Any]:
    """See ``evaluate``; ``alive`` (B, N + 1, H, W), ``truth`` (B, T + 1, H, W)."""
    score = life_report(alive, truth)
    found: dict[str, Any] = {key: getattr(score, key) for key in KEYS}
    found |= {
        "most": score.most,
        "accuracy": float((alive[:, -1] == (truth[:, -1] > 0)).mean()),
        "dead": score.dead,
        "trivial": score.trivial,
        "pairs": score.pairs.tolist(),
        "per_state": score.per_state.tolist(),
    }
    if with_h0:  # the published code counts every output that was not trained
        longer = [np.concatenate([states[:, :1], states], 1) for states in (alive, truth)]
        found["paper_with_h0"] = life_report(longer[0], longer[1]).paper
    return found


def probe(net: LifeNet, setting: LifeSetting, tick: Tick = unheard) -> dict[str, Any]:
    """How well a linear probe reads each game state from each hidden state: ``accuracy`` and
    ``matching`` (steps + 1, game_steps + 1), ``majority`` (game_steps + 1,); fitted on boards
    of mixed density, tested on fresh ones of .5."""
    dice = np.random.default_rng([SEED, len(STARTS)])
    density = dice.uniform(*DENSITY, FITTED)
    first = (random_boards(FITTED, SIZE, dice, density), random_boards(TESTED, SIZE, dice))
    fit, test = (history(part, setting.game_steps, setting.border) for part in first)
    net = net.eval().to(memory_format=torch.channels_last)
    probed = probe_states(net.states, fit, test, border=setting.border, report=tick)
    return {
        "accuracy": probed.accuracy.tolist(),
        "matching": probed.matching.tolist(),
        "majority": probed.majority.tolist(),
    }

"""What a trained network is worth: its scores on ten thousand boards, and a probe of its states."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.errors import DnnvisError
from dnnvis.introspect.probe import probe_states
from dnnvis.lenses.imagination.score import ALIVE_THRESHOLD, SCORE_KEYS, life_report
from dnnvis.sources.life.rule import Board, history
from dnnvis.sources.life.starts import draw_boards, random_boards
from dnnvis.training.life_task import LifeSetting
from dnnvis.zoo.life import LifeNet

STARTS = ("half", "chain")  # the text's boards, and those of the published code
BOARD_SIZE = (20, 20)  # the paper's boards
TEST_SEED = 99  # of the test boards, which no training sees
BATCH_SIZE = 25  # boards at once; the states of so many stay in the cache
PROBE_FIT_BOARDS, PROBE_TEST_BOARDS = 120, 250  # boards of the probe
PROBE_DENSITY_RANGE = (0.2, 0.6)  # of the boards it is fitted on

Tick = Callable[[float], None]  # told the share that is done; what it raises ends the work


def ignore_tick(fraction: float) -> None:
    """Do nothing: a Tick that nobody listens to."""


def evaluate(
    net: LifeNet, setting: LifeSetting, boards: int, tick: Tick = ignore_tick
) -> dict[str, dict[str, Any]]:
    """Score a network on test boards of each of STARTS.

    Args:
        net: The network; it is set to evaluation and to channels last.
        setting: What it was trained for: its game, border and autoencoder.
        boards: Test boards of each start, at least 1.
        tick: Told the share that is done.

    Returns:
        For each start its scores by name: SCORE_KEYS, ``most`` (``Score.maximum``), ``trivial``,
        ``dead``, ``pairs``, ``per_state`` of ``Score``, ``accuracy`` (share of right cells of the
        final state on all boards) and, without the autoencoder, ``paper_with_h0``.

    Raises:
        DnnvisError: Where the network's output is not finite.
    """
    net = net.eval().to(memory_format=torch.channels_last)
    scores_by_start = {}
    for k, start in enumerate(STARTS):
        truth = test_boards(start, boards, setting)

        def report_part(part: float, k: int = k) -> None:
            tick((k + part) / len(STARTS))

        scores_by_start[start] = score_boards(
            imagine_boards(net, truth[:, 0], report_part), truth, not setting.autoencoder
        )
    return scores_by_start


def test_boards(start: str, boards: int, setting: LifeSetting) -> Board:
    """Draw the test boards and play what becomes of them.

    Args:
        start: One of STARTS.
        boards: How many.
        setting: Its border and number of game steps.

    Returns:
        Cells, uint8 (boards, game_steps + 1, 20, 20).
    """
    rng = np.random.default_rng([TEST_SEED, STARTS.index(start)])
    return history(
        draw_boards(start, boards, BOARD_SIZE, rng, setting.border),
        setting.game_steps,
        setting.border,
    )


def imagine_boards(net: LifeNet, first: Board, tick: Tick = ignore_tick) -> NDArray[np.bool_]:
    """Decode which cells live in a network's states.

    Only these bits are kept, 2 kB a board for four states of 20 x 20.

    Args:
        net: The network.
        first: First states, uint8 (B, H, W).
        tick: Told the share that is done.

    Returns:
        Whether each cell lives, bool (B, steps + 1, H, W).

    Raises:
        DnnvisError: Where the network's output is not finite.
    """
    alive = np.empty((len(first), net.spec.steps + 1, *first.shape[1:]), np.bool_)
    for k in range(0, len(first), BATCH_SIZE):
        batch = torch.from_numpy(first[k : k + BATCH_SIZE, None]).float()
        with torch.inference_mode():
            images = net.imagine(batch)
            if not bool(images.isfinite().all()):
                raise DnnvisError("The network's boards hold values that are not finite.")
            alive[k : k + BATCH_SIZE] = (images >= ALIVE_THRESHOLD).numpy()
        tick(min(k + BATCH_SIZE, len(first)) / len(first))
    return alive


def score_boards(alive: NDArray[np.bool_], truth: Board, with_h0: bool = False) -> dict[str, Any]:
    """Compare decoded states with the true ones.

    Args:
        alive: The network's, bool (B, N + 1, H, W).
        truth: The game's, uint8 (B, T + 1, H, W).
        with_h0: Whether the encoder's output is counted once more, as the published code does
            without the autoencoder.

    Returns:
        The scores by name; see ``evaluate``.
    """
    score = life_report(alive, truth)
    values: dict[str, Any] = {key: getattr(score, key) for key in SCORE_KEYS}
    values |= {
        "most": score.maximum,
        "accuracy": float((alive[:, -1] == (truth[:, -1] > 0)).mean()),
        "dead": score.dead,
        "trivial": score.trivial,
        "pairs": score.pairs.tolist(),
        "per_state": score.per_state.tolist(),
    }
    if with_h0:  # the published code counts every output that was not trained
        extended = [np.concatenate([states[:, :1], states], 1) for states in (alive, truth)]
        values["paper_with_h0"] = life_report(extended[0], extended[1]).paper
    return values


def probe_network(net: LifeNet, setting: LifeSetting, tick: Tick = ignore_tick) -> dict[str, Any]:
    """Measure how well a linear probe reads each game state from each hidden state.

    The probe is fitted on boards of mixed density and tested on fresh ones of density 0.5.

    Args:
        net: The network; it is set to evaluation and to channels last.
        setting: Its border and number of game steps.
        tick: Told the share that is done.

    Returns:
        ``accuracy`` and ``matching`` as lists (steps + 1, game_steps + 1), ``majority``
        (game_steps + 1,).
    """
    rng = np.random.default_rng([TEST_SEED, len(STARTS)])
    density = rng.uniform(*PROBE_DENSITY_RANGE, PROBE_FIT_BOARDS)
    first = (
        random_boards(PROBE_FIT_BOARDS, BOARD_SIZE, rng, density),
        random_boards(PROBE_TEST_BOARDS, BOARD_SIZE, rng),
    )
    fit, test = (history(part, setting.game_steps, setting.border) for part in first)
    net = net.eval().to(memory_format=torch.channels_last)
    result = probe_states(net.states, fit, test, border=setting.border, report=tick)
    return {
        "accuracy": result.accuracy.tolist(),
        "matching": result.matching.tolist(),
        "majority": result.majority.tolist(),
    }

"""Evaluate a network's outputs: what it predicts, whether it is right, and how sure it is.

Source: Pardo et al. 2019, sections 2.4 and 2.7: e = 1/2 |y - y^|^2 on outputs in [0, 1], and its
logarithm.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.network.network import Network

MIN_ERROR = 1e-8  # of e, whose logarithm is taken: e spans eight decades

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class OutputEvaluation:
    """Evaluation of B outputs."""

    #: log10 of the error, float32 (B,); NaN without a label.
    log_e: Floats
    #: Predicted class int64 (B,).
    predicted: Ints
    #: 1 - the greatest output, float32 (B,), in [0, 1].
    doubt: Floats


def is_bounded(network: Network) -> bool:
    """Return whether a network answers with numbers in [0, 1].

    On the trial pictures every finite output lies there, and nothing says that they are logits.
    Decided once for each network; what a single picture's outputs happen to be does not change
    how they are read.
    """
    return network.meaning.kind != "logits" and network.table.answer.is_bounded


def to_probabilities(output: Tensor, inside: bool) -> Tensor:
    """Return outputs (B, K) of a ``is_bounded`` network as they are; others after a softmax."""
    return output if inside else output.softmax(1)


def evaluate_outputs(output: Tensor, labels: Tensor | None, inside: bool) -> OutputEvaluation:
    """Evaluate outputs against labels.

    Args:
        output: Outputs (B, K). Maps (B, K, H, W) name no class: ``predicted`` is -1 and nothing
            else is known.
        labels: Class indices int64 (B,), -1 or None where there is none.
        inside: Whether the network is ``is_bounded``.

    Returns:
        The evaluation.
    """
    y = output.detach().flatten(1).float()
    if output[:1].numel() != output.shape[1]:
        unknown = np.full(len(y), np.nan, np.float32)
        return OutputEvaluation(unknown, np.full(len(y), -1, np.int64), unknown.copy())
    y = to_probabilities(y, inside)
    best = y.max(1)
    log_e = torch.full((len(y),), float("nan"))
    if labels is not None and len(y):
        known = (labels >= 0) & (labels < y.shape[1])
        target = torch.zeros_like(y)
        target[known] = torch.nn.functional.one_hot(labels[known], y.shape[1]).to(y)
        log_e = torch.where(known, log10_error(half_squared_error(y, target)).cpu(), log_e)
    return OutputEvaluation(
        log_e.numpy().astype(np.float32),
        best.indices.cpu().numpy().astype(np.int64),
        (1 - best.values).cpu().numpy().astype(np.float32),
    )


def half_squared_error(y: Tensor, target: Tensor) -> Tensor:
    """Return e = 1/2 |y - y^|^2 of each row, (B,)."""
    return 0.5 * (target - y).square().sum(1)


def log10_error(e: Tensor) -> Tensor:
    """Return log10 of e, from ``MIN_ERROR`` on."""
    return e.clamp_min(MIN_ERROR).log10()


def board_doubt(answer: Floats) -> Floats:
    """Return how unsure answers (B, cells) are: the cells' mean distance from 0 and 1, (B,)."""
    doubt: Floats = np.minimum(np.abs(answer), np.abs(answer - 1)).mean(1)
    return doubt

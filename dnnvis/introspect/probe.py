"""Is a state in the hidden vector? A linear readout of each 3 x 3 window of it tells.

A decoder that shows nothing may only read another code than the network writes. So ask the
hidden state itself: the least-squares readout of its windows (ridge, in closed form), fitted on
some boards and tested on others (Alain & Bengio 2016, linear classifier probes; ours: a window
instead of one place, as wide as the decoder's first convolution).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from dnnvis.core.errors import BadInput
from dnnvis.network.network import Network

RIDGE = 1e-6  # of the features' mean variance
CELLS = 8192  # windows at a time, so that the memory needed does not depend on the boards
MODES = {"dead": "constant", "periodic": "circular"}
THRESHOLD = 0.5  # a cell is read as alive from here on
MATCH = (19, 20)  # share of the cells that must be right for a board to match, in whole numbers
READ = 0.9  # a state counts as read, or as shown, where this share of the boards matches

Boards = NDArray[np.uint8]
Rates = NDArray[np.float64]
States = Callable[[Tensor], Sequence[Tensor]]


@dataclass(frozen=True, eq=False)
class Readout:
    """One number per cell and target from 3 x 3 windows: ``weight`` float64 (targets, C, 3, 3)
    and ``bias`` (targets,). It is a convolution, so a decoder too."""

    weight: Tensor
    bias: Tensor
    border: str

    def read(self, hidden: Tensor) -> Tensor:
        """Float64 (B, targets, H, W) from hidden states (B, C, H, W)."""
        return F.conv2d(_ringed(hidden, self.border), self.weight, self.bias)


class Fitting:
    """The sums behind a least-squares readout of ``targets`` numbers per cell; boards may be
    added in any portions."""

    def __init__(self, channels: int, targets: int, border: str = "dead") -> None:
        if border not in MODES:
            raise BadInput(f"A border is {' or '.join(MODES)}, not '{border}'.")
        width = channels * 9
        self.border = border
        self.windows = 0
        self._first = torch.zeros(width + targets, dtype=torch.float64)
        self._second = torch.zeros(width, width + targets, dtype=torch.float64)

    def add(self, hidden: Tensor, states: Tensor) -> None:
        """Hidden states (B, C, H, W) and what is to be read there, (B, targets, H, W).

        Raises BadInput for shapes that do not belong together and for values that are not
        finite.
        """
        width = len(self._second)
        targets = len(self._first) - width
        if hidden.dim() != 4 or hidden.shape[1] * 9 != width:
            raise BadInput(f"A hidden state here is (B, {width // 9}, H, W), not {_said(hidden)}.")
        if states.shape != (len(hidden), targets, *hidden.shape[2:]):
            raise BadInput(
                f"States {_said(states)} are not of the size of the hidden state {_said(hidden)}."
            )
        if not (hidden.isfinite().all() and states.isfinite().all()):
            raise BadInput("The hidden state holds values that are not finite: nothing to read.")
        for part, wanted in _portions(hidden, states):
            x = F.unfold(_ringed(part, self.border), 3).transpose(1, 2).reshape(-1, width)
            y = wanted.to("cpu", torch.float64).movedim(1, -1).reshape(-1, targets)
            both = torch.cat([x, y], 1)  # (windows, width + targets)
            self.windows += len(both)
            self._first += both.sum(0)
            self._second += x.T @ both

    def readout(self, ridge: float = RIDGE) -> Readout:
        """The weights w and biases b that make mean |x w + b - y|^2 + ridge v |w|^2 least, v
        the mean variance of the features. Raises BadInput where nothing was added, or for a
        ``ridge`` that is not above 0."""
        if not self.windows or not ridge > 0:
            raise BadInput("A readout takes some boards and a ridge above 0.")
        width = len(self._second)
        mean = self._first / self.windows
        centred = self._second / self.windows - torch.outer(mean[:width], mean)
        cross = centred[:, width:]
        penalty = ridge * float(centred.diagonal().mean())
        square = centred[:, :width].clone()
        # features that never vary say nothing: then any penalty gives weights of 0
        square.diagonal().add_(penalty if penalty > 0 else 1.0)
        weight = torch.linalg.solve(square, cross)  # (9 C, targets)
        bias = mean[width:] - mean[:width] @ weight
        shaped = weight.T.reshape(-1, width // 9, 3, 3)
        return Readout(shaped.contiguous(), bias, self.border)


@dataclass(frozen=True, eq=False)
class Probed:
    """What can be read of each game state (columns) in each hidden state (rows).

    ``accuracy`` (hidden, game): share of the cells read right; ``matching`` (hidden, game):
    share of the boards with at least 95 % of them right; ``majority`` (game,): share of the
    commoner value, which needs no reading. ``fitted`` and ``tested``: how many boards.
    """

    accuracy: Rates
    matching: Rates
    majority: Rates
    fitted: int
    tested: int

    def told(self, shown: Rates | None = None) -> tuple[str, ...]:
        """A sentence for each game state between the first and the last: the first hidden
        state that it can be read in, and whether the decoder shows it.

        ``shown`` (outputs, states): share of the boards in which the decoder's picture of each
        hidden state in between matches each game state in between (``Score.pairs``).
        """
        return tuple(self._told(state, shown) for state in range(1, len(self.majority) - 1))

    def _told(self, state: int, shown: Rates | None) -> str:
        read = np.flatnonzero(self.matching[:, state] >= READ)
        there = len(read) > 0
        best = int(read[0]) if there else int(self.accuracy[:, state].argmax())
        matching, accuracy = self.matching[best, state], self.accuracy[best, state]
        words = f"Game state {state} is in the hidden vector of step {best}"
        if not there:
            words = (
                f"Game state {state} is in no hidden vector in a form that a linear probe can read"
            )
        if shown is not None:
            decoder = float(shown[:, state - 1].max(initial=0))
            seen = decoder >= READ
            words += {
                (True, True): ", and the decoder shows it",
                (True, False): ", though the decoder cannot show it",
                (False, True): ", though the decoder shows it",
                (False, False): ", and the decoder does not show it",
            }[there, seen] + f" ({decoder:.0%} of the boards)"
        return (
            f"{words}: the probe reads {accuracy:.1%} of the cells of fresh boards (the commoner "
            f"value alone: {self.majority[state]:.1%}) and {matching:.0%} of the boards match."
        )


def probe_states(
    source: Network | States,
    fit: Boards,
    test: Boards,
    *,
    border: str | None = None,
    ridge: float = RIDGE,
    report: Callable[[float], None] | None = None,
) -> Probed:
    """How well each hidden state holds each game state.

    ``source``: a network whose card names its hidden states, or a function that gives them,
    (B, C, H, W) each, for boards (B, 1, H, W) of 0 and 1. ``fit`` and ``test`` (B, T + 1, H, W)
    of 0 and 1 are different boards and what becomes of them; ``border`` None: as the card says,
    else dead. ``report`` is told the share done; what it raises ends the probing.

    Raises BadInput where there are no hidden states, or none of the boards' size.
    """
    known = str(source.card.about.get("border", "dead")) if isinstance(source, Network) else "dead"
    border = border or known
    fit, test = _histories(fit), _histories(test)
    if fit.shape[1] != test.shape[1]:
        raise BadInput("The boards to fit on and to test on have different numbers of states.")
    states = _states_of(source) if isinstance(source, Network) else source
    told = _Progress(report, len(fit) + len(test))
    fittings: list[Fitting] = []
    for hidden, wanted in _run(states, fit):
        fittings = fittings or [Fitting(h.shape[1], fit.shape[1], border) for h in hidden]
        for fitting, h in zip(fittings, hidden, strict=True):
            fitting.add(h, wanted)
        told.more(len(wanted))
    readouts = [fitting.readout(ridge) for fitting in fittings]
    right = np.zeros((len(readouts), fit.shape[1]))
    matching = np.zeros_like(right)
    for hidden, wanted in _run(states, test):
        for row, (readout, h) in enumerate(zip(readouts, hidden, strict=True)):
            equal = (readout.read(h) >= THRESHOLD).eq(wanted > 0).sum((2, 3))  # (B, game)
            right[row] += equal.sum(0).numpy()
            enough = equal * MATCH[1] >= wanted[0, 0].numel() * MATCH[0]
            matching[row] += enough.sum(0).numpy()
        told.more(len(wanted))
    alive = test.mean((0, 2, 3))
    return Probed(
        accuracy=right / (len(test) * test[0, 0].size),
        matching=matching / len(test),
        majority=np.maximum(alive, 1 - alive),
        fitted=len(fit),
        tested=len(test),
    )


class _Progress:
    def __init__(self, report: Callable[[float], None] | None, boards: int) -> None:
        self._report, self._boards, self._done = report, boards, 0

    def more(self, boards: int) -> None:
        self._done += boards
        if self._report is not None:
            self._report(self._done / self._boards)


def _run(states: States, histories: Boards) -> Iterator[tuple[Sequence[Tensor], Tensor]]:
    """The hidden states of some boards at a time, and the game's (b, T + 1, H, W)."""
    size = max(1, CELLS // histories[0, 0].size)
    for start in range(0, len(histories), size):
        wanted = torch.from_numpy(histories[start : start + size].copy())
        with torch.inference_mode():
            hidden = states(wanted[:, :1].float())
        if not hidden:
            raise BadInput("There are no hidden states to probe.")
        yield hidden, wanted


def _states_of(net: Network) -> States:
    steps = net.states
    if not steps:
        raise BadInput(f"The card of {net.name} names no hidden states to probe.")
    layers = list(dict.fromkeys(layer for layer, _ in steps))

    def states(boards: Tensor) -> list[Tensor]:
        made = net.run(boards.to(net.device), layers, batched=True)
        return [made.tensor(layer, call).detach() for layer, call in steps]

    return states


def _histories(given: Any) -> Boards:
    boards = np.asarray(given)
    if boards.ndim != 4 or 0 in boards.shape:
        raise BadInput(f"Boards and their states are (B, T + 1, H, W), not {boards.shape}.")
    if not np.isin(boards, (0, 1)).all():
        raise BadInput("Boards hold 0 for a dead cell and 1 for a living one, nothing else.")
    return boards.astype(np.uint8)


def _portions(hidden: Tensor, states: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    size = max(1, CELLS // max(1, hidden.shape[2] * hidden.shape[3]))
    for start in range(0, len(hidden), size):
        yield hidden[start : start + size], states[start : start + size]


def _ringed(hidden: Tensor, border: str) -> Tensor:
    """Float64 (B, C, H + 2, W + 2) on the CPU, with what lies beyond the border."""
    return F.pad(hidden.to("cpu", torch.float64), (1, 1, 1, 1), mode=MODES[border])


def _said(value: Tensor) -> str:
    return str(tuple(value.shape))

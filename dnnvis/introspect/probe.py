"""Probe whether a state is in the hidden vector, by a linear readout of its 3 x 3 windows.

A decoder that shows nothing may only read another code than the network writes. So ask the
hidden state itself: the least-squares readout of its windows (ridge, in closed form), fitted on
some boards and tested on others (Alain & Bengio 2016, linear classifier probes; ours: a window
instead of one position, as wide as the decoder's first convolution).
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
MAX_WINDOWS = 8192  # at a time, so that the memory needed does not depend on the boards
PADDING_MODES = {"dead": "constant", "periodic": "circular"}
THRESHOLD = 0.5  # a cell is read as alive from here on
# Fraction of the cells that must be right for a board to match, in whole numbers.
MIN_RIGHT_CELLS = (19, 20)
# A state counts as read, or as shown, where this fraction of the boards matches.
MIN_MATCHING_FRACTION = 0.9

Boards = NDArray[np.uint8]
Rates = NDArray[np.float64]
States = Callable[[Tensor], Sequence[Tensor]]


@dataclass(frozen=True, eq=False)
class LinearReadout:
    """One number per cell and target from 3 x 3 windows; a convolution, so a decoder too."""

    #: Weights float64 (targets, C, 3, 3).
    weight: Tensor
    #: Biases float64 (targets,).
    bias: Tensor
    #: dead | periodic.
    border: str

    def read(self, hidden: Tensor) -> Tensor:
        """Return float64 (B, targets, H, W) from hidden states (B, C, H, W)."""
        return F.conv2d(_pad_border(hidden, self.border), self.weight, self.bias)


class RidgeFit:
    """Sums behind a least-squares readout of ``targets`` numbers per cell.

    Boards may be added in any portions.
    """

    def __init__(self, channels: int, targets: int, border: str = "dead") -> None:
        if border not in PADDING_MODES:
            raise BadInput(f"A border is {' or '.join(PADDING_MODES)}, not '{border}'.")
        width = channels * 9
        self.border = border
        self.windows = 0
        self._first = torch.zeros(width + targets, dtype=torch.float64)
        self._second = torch.zeros(width, width + targets, dtype=torch.float64)

    def add(self, hidden: Tensor, states: Tensor) -> None:
        """Add hidden states (B, C, H, W) and what is to be read there, (B, targets, H, W).

        Raises BadInput for shapes that do not belong together and for values that are not
        finite.
        """
        width = len(self._second)
        targets = len(self._first) - width
        if hidden.dim() != 4 or hidden.shape[1] * 9 != width:
            raise BadInput(
                f"A hidden state here is (B, {width // 9}, H, W), not {_shape_text(hidden)}."
            )
        if states.shape != (len(hidden), targets, *hidden.shape[2:]):
            raise BadInput(
                f"States {_shape_text(states)} are not of the size of the hidden state "
                f"{_shape_text(hidden)}."
            )
        if not (hidden.isfinite().all() and states.isfinite().all()):
            raise BadInput("The hidden state holds values that are not finite: nothing to read.")
        for part, target in _split_windows(hidden, states):
            x = F.unfold(_pad_border(part, self.border), 3).transpose(1, 2).reshape(-1, width)
            y = target.to("cpu", torch.float64).movedim(1, -1).reshape(-1, targets)
            both = torch.cat([x, y], 1)  # (windows, width + targets)
            self.windows += len(both)
            self._first += both.sum(0)
            self._second += x.T @ both

    def readout(self, ridge: float = RIDGE) -> LinearReadout:
        """Return the weights w and biases b that minimize mean |x w + b - y|^2 + ridge v |w|^2.

        v is the mean variance of the features. Raises BadInput where nothing was added, or for a
        ``ridge`` that is not above 0.
        """
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
        return LinearReadout(shaped.contiguous(), bias, self.border)


@dataclass(frozen=True, eq=False)
class ProbeResult:
    """What can be read of each game state (columns) in each hidden state (rows)."""

    #: Fraction of the cells read right, (hidden, game).
    accuracy: Rates
    #: Fraction of the boards with at least 95 % of them right, (hidden, game).
    matching: Rates
    #: Fraction of the commoner value, which needs no reading, (game,).
    majority: Rates
    #: Number of boards the readouts were fitted on.
    fitted_boards: int
    #: Number of boards they were tested on.
    tested_boards: int

    def describe(self, shown: Rates | None = None) -> tuple[str, ...]:
        """Describe each game state between the first and the last in a sentence.

        It names the first hidden state that it can be read in, and whether the decoder shows it.
        ``shown`` (outputs, states): fraction of the boards in which the decoder's picture of each
        hidden state in between matches each game state in between (``Score.pairs``).
        """
        return tuple(
            self._describe_state(state, shown) for state in range(1, len(self.majority) - 1)
        )

    def _describe_state(self, state: int, shown: Rates | None) -> str:
        read = np.flatnonzero(self.matching[:, state] >= MIN_MATCHING_FRACTION)
        is_readable = len(read) > 0
        best = int(read[0]) if is_readable else int(self.accuracy[:, state].argmax())
        matching, accuracy = self.matching[best, state], self.accuracy[best, state]
        sentence = f"Game state {state} is in the hidden vector of step {best}"
        if not is_readable:
            sentence = (
                f"Game state {state} is in no hidden vector in a form that a linear probe can read"
            )
        if shown is not None:
            decoder = float(shown[:, state - 1].max(initial=0))
            is_shown = decoder >= MIN_MATCHING_FRACTION
            sentence += {
                (True, True): ", and the decoder shows it",
                (True, False): ", though the decoder cannot show it",
                (False, True): ", though the decoder shows it",
                (False, False): ", and the decoder does not show it",
            }[is_readable, is_shown] + f" ({decoder:.0%} of the boards)"
        return (
            f"{sentence}: the probe reads {accuracy:.1%} of the cells of fresh boards (the "
            f"commoner value alone: {self.majority[state]:.1%}) and {matching:.0%} of the boards "
            "match."
        )


def probe_states(
    source: Network | States,
    fit: Boards,
    test: Boards,
    *,
    border: str | None = None,
    ridge: float = RIDGE,
    report: Callable[[float], None] | None = None,
) -> ProbeResult:
    """Measure how well each hidden state holds each game state.

    Args:
        source: A network whose card names its hidden states, or a function that gives them,
            (B, C, H, W) each, for boards (B, 1, H, W) of 0 and 1.
        fit: Boards to fit on and their states, (B, T + 1, H, W) of 0 and 1.
        test: Other boards to test on, likewise.
        border: dead | periodic; None: as the card says, else dead.
        ridge: Weight of the penalty, above 0.
        report: Called with the finished fraction; what it raises ends the probing.

    Returns:
        The result.

    Raises:
        BadInput: There are no hidden states, or none of the boards' size.
    """
    known = str(source.card.about.get("border", "dead")) if isinstance(source, Network) else "dead"
    border = border or known
    fit, test = _validate_histories(fit), _validate_histories(test)
    if fit.shape[1] != test.shape[1]:
        raise BadInput("The boards to fit on and to test on have different numbers of states.")
    states = _states_of(source) if isinstance(source, Network) else source
    progress = _Progress(report, len(fit) + len(test))
    fittings: list[RidgeFit] = []
    for hidden, boards in _iter_states(states, fit):
        fittings = fittings or [RidgeFit(h.shape[1], fit.shape[1], border) for h in hidden]
        for fitting, h in zip(fittings, hidden, strict=True):
            fitting.add(h, boards)
        progress.advance(len(boards))
    readouts = [fitting.readout(ridge) for fitting in fittings]
    right = np.zeros((len(readouts), fit.shape[1]))
    matching = np.zeros_like(right)
    for hidden, boards in _iter_states(states, test):
        for row, (readout, h) in enumerate(zip(readouts, hidden, strict=True)):
            equal = (readout.read(h) >= THRESHOLD).eq(boards > 0).sum((2, 3))  # (B, game)
            right[row] += equal.sum(0).numpy()
            enough = equal * MIN_RIGHT_CELLS[1] >= boards[0, 0].numel() * MIN_RIGHT_CELLS[0]
            matching[row] += enough.sum(0).numpy()
        progress.advance(len(boards))
    alive = test.mean((0, 2, 3))
    return ProbeResult(
        accuracy=right / (len(test) * test[0, 0].size),
        matching=matching / len(test),
        majority=np.maximum(alive, 1 - alive),
        fitted_boards=len(fit),
        tested_boards=len(test),
    )


class _Progress:
    def __init__(self, report: Callable[[float], None] | None, boards: int) -> None:
        self._report, self._boards, self._done = report, boards, 0

    def advance(self, boards: int) -> None:
        self._done += boards
        if self._report is not None:
            self._report(self._done / self._boards)


def _iter_states(states: States, histories: Boards) -> Iterator[tuple[Sequence[Tensor], Tensor]]:
    """Yield the hidden states of some boards at a time, and the game's (b, T + 1, H, W)."""
    size = max(1, MAX_WINDOWS // histories[0, 0].size)
    for start in range(0, len(histories), size):
        boards = torch.from_numpy(histories[start : start + size].copy())
        with torch.inference_mode():
            hidden = states(boards[:, :1].float())
        if not hidden:
            raise BadInput("There are no hidden states to probe.")
        yield hidden, boards


def _states_of(net: Network) -> States:
    steps = net.states
    if not steps:
        raise BadInput(f"The card of {net.name} names no hidden states to probe.")
    layers = list(dict.fromkeys(layer for layer, _ in steps))

    def states(boards: Tensor) -> list[Tensor]:
        recording = net.run(boards.to(net.device), layers, batched=True)
        return [recording.tensor(layer, call).detach() for layer, call in steps]

    return states


def _validate_histories(histories: Any) -> Boards:
    boards = np.asarray(histories)
    if boards.ndim != 4 or 0 in boards.shape:
        raise BadInput(f"Boards and their states are (B, T + 1, H, W), not {boards.shape}.")
    if not np.isin(boards, (0, 1)).all():
        raise BadInput("Boards hold 0 for a dead cell and 1 for a living one, nothing else.")
    return boards.astype(np.uint8)


def _split_windows(hidden: Tensor, states: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    size = max(1, MAX_WINDOWS // max(1, hidden.shape[2] * hidden.shape[3]))
    for start in range(0, len(hidden), size):
        yield hidden[start : start + size], states[start : start + size]


def _pad_border(hidden: Tensor, border: str) -> Tensor:
    """Return float64 (B, C, H + 2, W + 2) on the CPU, with what lies beyond the border."""
    return F.pad(hidden.to("cpu", torch.float64), (1, 1, 1, 1), mode=PADDING_MODES[border])


def _shape_text(value: Tensor) -> str:
    return str(tuple(value.shape))

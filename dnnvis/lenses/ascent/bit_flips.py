"""Flip search: how a board of cells, each 0 or 1, is optimized.

A gradient estimates what flipping each cell would gain, to first order (HotFlip, Ebrahimi et al.
2018, section 3; the same estimate proposes flips in Grathwohl et al. 2021, section 3). On boards it
is often wrong, so it only proposes: every step tries many boards in one forward pass and goes to
the best of them, if that is better than the current one. Ours: parts of a board copied elsewhere,
new boards tiled from small ones, and what happens at a standstill.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor

MAX_TRIALS = 64  # boards a step, of up to 400 cells ...
MAX_TRIAL_CELLS = MAX_TRIALS * 400  # ... and fewer of larger ones: so many cells in all ...
MIN_TRIALS = 8  # ... but not fewer than that
MAX_STEPS_WITHOUT_GAIN = 4  # steps without gain after which a search restarts
TEMPERATURE = 0.5  # of the gains' spread: how far proposals stray from the greatest gains
PROPOSAL_FRACTIONS = {
    "single": 0.2,
    "several": 0.3,
    "chance": 0.3,
}  # of the proposals; the others are copies
MAX_CHANCE_FLIPS = 8  # cells flipped at once at random
MAX_TILE_SIDE = 7  # rows and columns of a tile
MAX_DENSITY = 0.9
MAX_RESTART_FLIP_FRACTION = (
    0.2  # of the cells at most that are flipped where a search goes on from its best board
)
ROUNDING_TOLERANCE = 1e-6  # relative difference of values that may be rounding

Evaluate = Callable[[Tensor], Tensor]


@dataclass
class FlipSearch:
    """The search of one board."""

    #: Whether it started from a given board; then it stays near its best one.
    framed: bool = False
    #: Best value and board (C, H, W) so far.
    best: tuple[float, Tensor] | None = None
    #: Number of steps without gain.
    steps_without_gain: int = field(init=False)

    def __post_init__(self) -> None:
        self.steps_without_gain = 0 if self.framed else MAX_STEPS_WITHOUT_GAIN

    def step(
        self, cells: Tensor, gradient: Tensor, evaluate: Evaluate, generator: Generator
    ) -> tuple[float, Tensor]:
        """Evaluate a board, and choose the next one.

        At a standstill the search continues from the best of some new boards, whatever their value:
        ``best`` holds the best so far.

        Args:
            cells: Board (C, H, W) of 0 and 1.
            gradient: (C, H, W), gradient of the objective at the cells.
            evaluate: Returns the objectives (N,) of boards (N, C, H, W).
            generator: Random generator of the search.

        Returns:
            (value of ``cells``, next board (C, H, W)).
        """
        restart = self.steps_without_gain >= MAX_STEPS_WITHOUT_GAIN
        current, slope = cells.cpu(), gradient.cpu()
        cleaned = current * (slope != 0)
        count = trial_count(current.numel()) - 2
        if restart:
            candidates = self._restart_boards(current, count, generator)
        else:
            candidates = propose_boards(current, estimate_gains(current, slope), generator, count)
        boards = torch.cat((current[None], cleaned[None], candidates))
        values = evaluate(boards.to(cells.device)).float().cpu()
        value = float(values[0])
        values = values.nan_to_num(-math.inf, -math.inf, -math.inf)
        if self.best is None:
            self.best = float(values[0]), cells
        chosen = self._choose(values, restart)
        self._update_best(float(values[chosen]), boards[chosen].to(cells))
        return value, boards[chosen].to(cells)

    def _choose(self, values: Tensor, restart: bool) -> int:
        """Return the index of the next board, and count the steps without gain."""
        if restart:
            self.steps_without_gain = 0
            return 2 + int(values[2:].argmax())
        best, tolerance = int(values.argmax()), _tolerance(float(values[0]))
        if float(values[best]) > float(values[0]) + tolerance:
            self.steps_without_gain = 0
            return best
        self.steps_without_gain += 1
        no_worse = float(values[1]) >= float(values[0]) - tolerance
        return 1 if no_worse else 0

    def _update_best(self, value: float, board: Tensor) -> None:
        """Take the board as the best if it is better, or as good with fewer cells alive."""
        assert self.best is not None
        best_value, best_board = self.best
        as_good = value >= best_value - _tolerance(best_value) and bool(
            board.sum() < best_board.sum()
        )
        if value > best_value or as_good:
            self.best = max(value, best_value), board

    def _restart_boards(self, current: Tensor, count: int, generator: Generator) -> Tensor:
        if not self.framed:
            boards = random_boards(tuple(current.shape), count, generator)
            boards[0] = 0  # many units prefer a dead board
            return boards
        rates = MAX_RESTART_FLIP_FRACTION ** (1 + torch.rand(count, 1, 1, 1, generator=generator))
        best_board = current if self.best is None else self.best[1].cpu()
        flipped = torch.rand((count, *current.shape), generator=generator) < rates
        return torch.where(flipped, 1 - best_board, best_board)


def _tolerance(value: float) -> float:
    return ROUNDING_TOLERANCE * abs(value) if math.isfinite(value) else 0.0


def trial_count(cells: int) -> int:
    """Return how many boards of so many cells a step tries."""
    return min(max(MAX_TRIAL_CELLS // cells, MIN_TRIALS), MAX_TRIALS)


def estimate_gains(cells: Tensor, gradient: Tensor) -> Tensor:
    """Return what flipping each of ``cells`` alone would gain, to first order.

    (1 - 2 cell) times the gradient there (Grathwohl et al. 2021, section 3, for binary data).
    """
    return (1 - 2 * cells) * gradient


def propose_boards(cells: Tensor, gain: Tensor, generator: Generator, count: int) -> Tensor:
    """Return boards near a given one, by the estimated gain of each flip.

    Single flips, the greatest gains first; several flips at once, drawn without replacement in
    proportion to exp(gain / temperature) (by the Gumbel trick); a few random flips of cells that
    matter; and the board with a part of it copied elsewhere.

    Args:
        cells: Board (C, H, W) of 0 and 1.
        gain: (C, H, W), estimated gain of each flip.
        generator: Random generator.
        count: Number N of boards.

    Returns:
        (N, C, H, W) of 0 and 1.
    """
    single, several, chance = (round(fraction * count) for fraction in PROPOSAL_FRACTIONS.values())
    flat = gain.flatten()
    single = min(single, len(flat))
    order = flat.argsort(stable=True, descending=True)
    first = torch.zeros(single, len(flat), dtype=torch.bool)
    first[torch.arange(single), order[:single]] = True
    temperature = TEMPERATURE * float(flat.std(correction=0)) + 1e-30
    noisy_gains = flat / temperature + _draw_gumbel((several, len(flat)), generator)
    max_flips = max(int((flat > 0).sum()), 2)
    matters = (flat != 0) if bool(flat.any()) else torch.ones_like(flat, dtype=torch.bool)
    noise = torch.rand((chance, len(flat)), generator=generator) + matters
    masks = torch.cat(
        (
            first,
            _mask_greatest(noisy_gains, _draw_sizes(several, max_flips, generator)),
            _mask_greatest(
                noise, _draw_sizes(chance, min(MAX_CHANCE_FLIPS, int(matters.sum())), generator)
            ),
        )
    )
    neighbors = torch.where(masks.view(-1, *cells.shape), 1 - cells, cells)
    return torch.cat((neighbors, copy_parts(cells, count - len(neighbors), generator)))


def copy_parts(cells: Tensor, count: int, generator: Generator) -> Tensor:
    """Return copies of a board with a part of it copied elsewhere.

    Args:
        cells: Board (C, H, W); a part has up to half its height and width.
        count: Number N of boards.
        generator: Random generator.

    Returns:
        (N, C, H, W).
    """
    height, width = cells.shape[1:]
    boards = cells.expand(count, *cells.shape).clone()
    for board in boards:
        rows, columns = (_draw_below(max(side // 2, 1), generator) + 1 for side in (height, width))
        shift = _draw_below(height, generator), _draw_below(width, generator)
        y, x = (
            _draw_below(height - rows + 1, generator),
            _draw_below(width - columns + 1, generator),
        )
        part = torch.roll(cells, shift, (1, 2))[:, y : y + rows, x : x + columns]
        board[:, y : y + rows, x : x + columns] = part
    return boards


def random_boards(shape: tuple[int, ...], count: int, generator: Generator) -> Tensor:
    """Return random boards of all densities, every second one tiled from a small one.

    The mean of a map is then more often far from the usual.

    Args:
        shape: (C, H, W) of a board.
        count: Number N of boards.
        generator: Random generator.

    Returns:
        (N, C, H, W) of 0 and 1.
    """
    channels, height, width = shape
    boards = torch.empty(count, *shape)
    for k, board in enumerate(boards):
        density = MAX_DENSITY * torch.rand((), generator=generator)
        tile = (height, width)
        if k % 2:
            tile = (
                _draw_below(MAX_TILE_SIDE, generator) + 1,
                _draw_below(MAX_TILE_SIDE, generator) + 1,
            )
        drawn = (torch.rand((channels, *tile), generator=generator) < density).float()
        times = math.ceil(height / tile[0]), math.ceil(width / tile[1])
        board[:] = drawn.repeat(1, *times)[:, :height, :width]
    return boards


def _mask_greatest(scores: Tensor, sizes: Tensor) -> Tensor:
    """Return masks (N, cells) of the ``sizes`` (N,) greatest scores of each row."""
    order = scores.argsort(stable=True, dim=1, descending=True)
    among = torch.arange(scores.shape[1]) < sizes[:, None]
    return torch.zeros_like(among).scatter(1, order, among)


def _draw_sizes(count: int, max_flips: int, generator: Generator) -> Tensor:
    """Draw (count,) numbers from 1 to ``max_flips``, with equal probability in each doubling."""
    drawn = torch.rand(count, generator=generator) * math.log(max_flips + 1)
    return drawn.exp().long().clamp(1, max_flips)


def _draw_gumbel(shape: tuple[int, ...], generator: Generator) -> Tensor:
    drawn = torch.rand(shape, generator=generator).clamp(1e-9, 1 - 1e-7)
    return -torch.log(-torch.log(drawn))


def _draw_below(bound: int, generator: Generator) -> int:
    return int(torch.randint(bound, (), generator=generator))

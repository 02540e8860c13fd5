"""Flips: how a board of cells, each 0 or 1, moves uphill.

A gradient tells what flipping each cell would gain, to first order (HotFlip, Ebrahimi et al.
2018, section 3; the same estimate proposes flips in Grathwohl et al. 2021, section 3). On
boards it is often wrong, so it only proposes: every step tries many boards in one forward pass
and goes to the best of them, if that is better than where it stands. Ours: parts of a board
copied to other places, fresh boards tiled from small ones, and what happens at a standstill.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor

TRIED = 64  # boards a step, of up to 400 cells ...
CELLS = TRIED * 400  # ... and fewer of larger ones: so many cells in all ...
LEAST = 8  # ... but not fewer than that
PATIENCE = 4  # steps without gain before a search begins anew
HEAT = 0.5  # of the gains' spread: how far proposals stray from the greatest gains
SHARES = {"single": 0.2, "several": 0.3, "chance": 0.3}  # of the proposals; the others are copies
FEW = 8  # cells at most that chance flips at once
TILE = 7  # rows and columns at most of what is tiled
DENSEST = 0.9
KICKED = 0.2  # of the cells at most that are flipped where a search goes on from its best board
MARGIN = 1e-6  # of a value: what may be rounding

Worth = Callable[[Tensor], Tensor]


@dataclass
class Hunt:
    """One board's search. ``best`` is the best seen, value and board (C, H, W); ``still`` counts
    steps without gain. ``framed``: it began at a given board and stays near what it found."""

    framed: bool = False
    best: tuple[float, Tensor] | None = None
    still: int = field(init=False)

    def __post_init__(self) -> None:
        self.still = 0 if self.framed else PATIENCE

    def step(
        self, cells: Tensor, gradient: Tensor, worth: Worth, generator: Generator
    ) -> tuple[float, Tensor]:
        """The value of ``cells`` (C, H, W), and the board to go on with.

        ``gradient`` (C, H, W) is the objective's at the cells; ``worth`` gives the objectives
        (N,) of boards (N, C, H, W). At a standstill it goes on from the best of some fresh
        boards, whatever their value: ``best`` keeps what was found.
        """
        anew = self.still >= PATIENCE
        here, slope = cells.cpu(), gradient.cpu()
        tidied = here * (slope != 0)
        number = tried(here.numel()) - 2
        if anew:
            others = self._fresh(here, number, generator)
        else:
            others = proposals(here, gains(here, slope), generator, number)
        boards = torch.cat((here[None], tidied[None], others))
        values = worth(boards.to(cells.device)).float().cpu()
        value = float(values[0])
        values = values.nan_to_num(-math.inf, -math.inf, -math.inf)
        if self.best is None:
            self.best = float(values[0]), cells
        chosen = self._chosen(values, anew)
        self._keep(float(values[chosen]), boards[chosen].to(cells))
        return value, boards[chosen].to(cells)

    def _chosen(self, values: Tensor, anew: bool) -> int:
        """Which board to go on with; counts how long nothing was gained."""
        if anew:
            self.still = 0
            return 2 + int(values[2:].argmax())
        top, slack = int(values.argmax()), _slack(float(values[0]))
        if float(values[top]) > float(values[0]) + slack:
            self.still = 0
            return top
        self.still += 1
        no_worse = float(values[1]) >= float(values[0]) - slack
        return 1 if no_worse else 0

    def _keep(self, value: float, board: Tensor) -> None:
        """Take the board as the best if it is better, or as good with fewer cells alive."""
        assert self.best is not None
        before, kept = self.best
        as_good = value >= before - _slack(before) and bool(board.sum() < kept.sum())
        if value > before or as_good:
            self.best = max(value, before), board

    def _fresh(self, here: Tensor, number: int, generator: Generator) -> Tensor:
        if not self.framed:
            made = fresh(tuple(here.shape), number, generator)
            made[0] = 0  # many units like a dead board best
            return made
        rates = KICKED ** (1 + torch.rand(number, 1, 1, 1, generator=generator))
        kept = here if self.best is None else self.best[1].cpu()
        struck = torch.rand((number, *here.shape), generator=generator) < rates
        return torch.where(struck, 1 - kept, kept)


def _slack(value: float) -> float:
    return MARGIN * abs(value) if math.isfinite(value) else 0.0


def tried(cells: int) -> int:
    """How many boards of so many cells a step tries."""
    return min(max(CELLS // cells, LEAST), TRIED)


def gains(cells: Tensor, gradient: Tensor) -> Tensor:
    """What flipping each of ``cells`` alone would gain, to first order: (1 - 2 cell) times the
    gradient there (Grathwohl et al. 2021, section 3, for binary data)."""
    return (1 - 2 * cells) * gradient


def proposals(cells: Tensor, gain: Tensor, generator: Generator, number: int) -> Tensor:
    """(number, C, H, W) boards near ``cells`` (C, H, W), by the estimated ``gain`` of each flip.

    Single flips, the greatest gains first; several flips at once, drawn in proportion to
    exp(gain / heat) without putting back (by the Gumbel trick); a few flips by chance, of cells
    that matter; and the board with a part of it copied to another place.
    """
    single, several, chance = (round(share * number) for share in SHARES.values())
    flat = gain.flatten()
    single = min(single, len(flat))
    order = flat.argsort(stable=True, descending=True)
    first = torch.zeros(single, len(flat), dtype=torch.bool)
    first[torch.arange(single), order[:single]] = True
    heat = HEAT * float(flat.std(correction=0)) + 1e-30
    hot = flat / heat + _gumbel((several, len(flat)), generator)
    most = max(int((flat > 0).sum()), 2)
    matter = (flat != 0) if bool(flat.any()) else torch.ones_like(flat, dtype=torch.bool)
    luck = torch.rand((chance, len(flat)), generator=generator) + matter
    masks = torch.cat((
        first,
        _greatest(hot, _sizes(several, most, generator)),
        _greatest(luck, _sizes(chance, min(FEW, int(matter.sum())), generator)),
    ))  # fmt: skip
    near = torch.where(masks.view(-1, *cells.shape), 1 - cells, cells)
    return torch.cat((near, copies(cells, number - len(near), generator)))


def copies(cells: Tensor, number: int, generator: Generator) -> Tensor:
    """(number, C, H, W): the board ``cells`` with a part of it, up to half as high and wide,
    copied to another place."""
    high, wide = cells.shape[1:]
    made = cells.expand(number, *cells.shape).clone()
    for board in made:
        rows, columns = (_below(max(side // 2, 1), generator) + 1 for side in (high, wide))
        shift = _below(high, generator), _below(wide, generator)
        y, x = _below(high - rows + 1, generator), _below(wide - columns + 1, generator)
        part = torch.roll(cells, shift, (1, 2))[:, y : y + rows, x : x + columns]
        board[:, y : y + rows, x : x + columns] = part
    return made


def fresh(shape: tuple[int, ...], number: int, generator: Generator) -> Tensor:
    """(number, C, H, W) random boards of all densities, every second one tiled from a small one
    (a map's mean is then far from the usual more often)."""
    channels, high, wide = shape
    made = torch.empty(number, *shape)
    for k, board in enumerate(made):
        density = DENSEST * torch.rand((), generator=generator)
        tile = (high, wide)
        if k % 2:
            tile = _below(TILE, generator) + 1, _below(TILE, generator) + 1
        drawn = (torch.rand((channels, *tile), generator=generator) < density).float()
        times = math.ceil(high / tile[0]), math.ceil(wide / tile[1])
        board[:] = drawn.repeat(1, *times)[:, :high, :wide]
    return made


def _greatest(scores: Tensor, sizes: Tensor) -> Tensor:
    """(N, cells) masks of the ``sizes`` (N,) greatest scores of each row."""
    order = scores.argsort(stable=True, dim=1, descending=True)
    among = torch.arange(scores.shape[1]) < sizes[:, None]
    return torch.zeros_like(among).scatter(1, order, among)


def _sizes(number: int, most: int, generator: Generator) -> Tensor:
    """(number,) of 1 to ``most``, small ones as often as large ones of a doubled size."""
    drawn = torch.rand(number, generator=generator) * math.log(most + 1)
    return drawn.exp().long().clamp(1, most)


def _gumbel(shape: tuple[int, ...], generator: Generator) -> Tensor:
    drawn = torch.rand(shape, generator=generator).clamp(1e-9, 1 - 1e-7)
    return -torch.log(-torch.log(drawn))


def _below(most: int, generator: Generator) -> int:
    return int(torch.randint(most, (), generator=generator))

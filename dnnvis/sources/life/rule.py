"""Step boards by Conway's Game of Life (Conway 1970) or a rule like it, eight boards to a byte.

In Conway's, B3/S23, a cell lives on with two or three living neighbors of its eight, and is born
with three; see core/life/life_rule.py for others.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.life.life_rule import LIFE_RULE, LifeRule, parse_rule

Board = NDArray[np.uint8]
Bits = NDArray[Any]  # as Board; NumPy's types of operators on views say less
Border = Literal["dead", "periodic"]
BORDERS: tuple[Border, ...] = ("dead", "periodic")


def step(boards: Board, border: str = "dead", rule: str = LIFE_RULE) -> Board:
    """Return the successors of boards.

    Args:
        boards: Boards uint8 (..., H, W) of 0 and 1.
        border: Outside of a ``dead`` one every cell is dead, whatever the rule; with a
            ``periodic`` one the board is a torus.
        rule: The rule, as ``parse_rule`` reads it.

    Returns:
        Boards uint8 (..., H, W).

    Raises:
        BadInput: Other values, shapes, borders or rules.
    """
    cells = as_boards(boards)
    packed = pack(cells)
    return unpack(step_packed(packed, border, rule), cells.shape)


def history(boards: Board, steps: int, border: str = "dead", rule: str = LIFE_RULE) -> Board:
    """Return the states 0 to ``steps`` of boards.

    Args:
        boards: Boards (B, H, W) of 0 and 1.
        steps: Number of steps, from 0.
        border: dead | periodic.
        rule: The rule, as ``parse_rule`` reads it.

    Returns:
        States uint8 (B, steps + 1, H, W).

    Raises:
        BadInput: Other boards or a negative number of steps.
    """
    cells = as_boards(boards)
    if cells.ndim != 3:
        raise BadInput(f"A history is of boards (B, H, W), not of {cells.shape}.")
    if steps < 0:
        raise BadInput(f"A history of {steps} steps cannot be made.")
    states = [cells]
    packed = pack(cells)
    for _ in range(steps):
        packed = step_packed(packed, border, rule)
        states.append(unpack(packed, cells.shape))
    return np.stack(states, 1)


def advance_each(
    boards: Board, ages: NDArray[np.int64], border: str = "dead", rule: str = LIFE_RULE
) -> Board:
    """Return each board after its own number of steps.

    Args:
        boards: Boards (B, H, W) of 0 and 1.
        ages: Number of steps of each, int (B,).
        border: dead | periodic.
        rule: The rule, as ``parse_rule`` reads it.

    Returns:
        Boards uint8 (B, H, W).
    """
    results = np.array(boards, np.uint8)
    running, current = np.arange(len(results)), results
    for age in range(int(ages.max(initial=0))):
        is_running = ages[running] > age
        running, current = running[is_running], step(current[is_running], border, rule)
        results[running] = current
    return results


def as_boards(boards: Board) -> Board:
    """Return ``boards`` as uint8 (..., H, W) of 0 and 1; raise BadInput where they are none."""
    cells = np.asarray(boards)
    if cells.ndim < 2 or 0 in cells.shape[-2:]:
        raise BadInput(f"A board is (H, W), several are (B, H, W), not {cells.shape}.")
    if cells.dtype == np.bool_:
        return cells.astype(np.uint8)
    if cells.dtype != np.uint8 or (cells.size and cells.max() > 1):
        raise BadInput("A board is uint8 with dead cells 0 and living ones 1.")
    return cells


def pack(cells: Board) -> Board:
    """Pack (..., H, W) of 0 and 1 into (N, H, W) bytes of eight boards each.

    The first is in the highest bit; as ``np.packbits`` does, but for this axis several times
    faster.
    """
    flat = cells.reshape(-1, *cells.shape[-2:])
    count, height, width = flat.shape
    if count % 8:
        flat = np.concatenate([flat, np.zeros((-count % 8, height, width), np.uint8)])
    groups = flat.reshape(-1, 8, height, width)
    packed: Board = groups[:, 0] << np.uint8(7)
    for bit in range(1, 8):
        packed |= groups[:, bit] << np.uint8(7 - bit)
    return packed


def unpack(packed: Board, shape: tuple[int, ...]) -> Board:
    """Return the boards that ``pack`` took, in their ``shape``."""
    shifts = np.arange(7, -1, -1, dtype=np.uint8)[:, None, None]
    cells = (packed[:, None] >> shifts) & np.uint8(1)
    count = int(np.prod(shape[:-2]))
    return cells.reshape(-1, *shape[-2:])[:count].reshape(shape)


def step_packed(packed: Board, border: str = "dead", rule: str = LIFE_RULE) -> Board:
    """Step packed boards: each bit is a cell of a board of its own.

    The cells of a row triple are added with a full adder, four such carries with another one.
    Conway's rule is short then: with n the living cells of the 3 x 3 block, the center included, a
    cell lives if n = 3, or if n = 4 and it lives now.

    Args:
        packed: Boards uint8 (N, H, W), as ``pack`` returns them.
        border: dead | periodic.
        rule: The rule, as ``parse_rule`` reads it.

    Returns:
        Boards uint8 (N, H, W), packed.

    Raises:
        BadInput: Another border or rule.
    """
    if border not in BORDERS:
        raise BadInput(f"A border is {' or '.join(BORDERS)}, not '{border}'.")
    padded = _pad_border(packed, border)
    left, centre, right = padded[:, :, :-2], padded[:, :, 1:-1], padded[:, :, 2:]
    pair = left ^ centre
    ones = pair ^ right  # the sum of a row triple is ones + 2 twos
    twos = (left & centre) | (pair & right)
    up, middle, down = ones[:, :-2], ones[:, 1:-1], ones[:, 2:]
    pair = up ^ middle
    odd = pair ^ down
    carry = (up & middle) | (pair & down)
    a, b, c = twos[:, :-2], twos[:, 1:-1], twos[:, 2:]  # and carry: n = odd + 2 (how many)
    p, q, g, h = a ^ b, c ^ carry, a & b, c & carry
    one = (p ^ q) & ~(g | h)
    two = (p & q) | ((g ^ h) & ~(p | q))
    if rule == LIFE_RULE:
        return (odd & one) | (~odd & two & packed)
    pairs: list[Bits] = [~(p | q | g | h), one, two, (p ^ q) & (g | h), g & h]
    return _select_living(parse_rule(rule), odd, pairs, packed)


def _select_living(rule: LifeRule, odd: Bits, pairs: list[Bits], packed: Board) -> Board:
    """Return the cells that live by ``rule``.

    Args:
        rule: The rule.
        odd: Whether the number n of living cells of each 3 x 3 block, the center included, is odd.
        pairs: Whether n // 2 is 0, 1, 2, 3, 4.
        packed: The cells now.

    Returns:
        Boards uint8 (N, H, W), packed.
    """
    result = np.zeros_like(packed)
    for count in rule.born:
        result |= pairs[count // 2] & (odd if count % 2 else ~odd) & ~packed
    for count in rule.survive:
        block = count + 1  # the cell itself lives
        result |= pairs[block // 2] & (odd if block % 2 else ~odd) & packed
    return result


def _pad_border(packed: Board, border: str) -> Board:
    if border == "periodic":
        return np.pad(packed, ((0, 0), (1, 1), (1, 1)), mode="wrap")
    count, height, width = packed.shape
    padded = np.zeros((count, height + 2, width + 2), np.uint8)
    padded[:, 1:-1, 1:-1] = packed
    return padded

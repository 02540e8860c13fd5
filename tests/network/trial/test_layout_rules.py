"""What is proposed before anything is tried."""

import pytest
import torch
from torch import nn

from dnnvis.network.trial.layout_rules import (
    channel_axis_of,
    find_lead,
    iter_grids,
    iter_orders,
    iter_padded_windows,
    token_names,
)


def numbered(height: int, width: int) -> torch.Tensor:
    """Return cells (1, 1, H, W) that hold their own number."""
    return torch.arange(height * width).reshape(1, 1, height, width)


def order_named(grid: tuple[int, int], name: str, axes: tuple[int, ...]) -> list[int]:
    """Return what the order of this name puts at each cell."""
    return next(list(order) for label, order, _ in iter_orders(grid, 0, axes) if label == name)


def windows(cells: torch.Tensor, side: int) -> torch.Tensor:
    """Partition as Swin does it, (windows * side * side)."""
    _, _, height, width = cells.shape
    parts = cells.reshape(height // side, side, width // side, side)
    return parts.permute(0, 2, 1, 3).flatten()


@pytest.mark.parametrize("shift", [0, 2])
def test_windows_are_put_back_where_they_were_cut(shift: int) -> None:
    cells = numbered(8, 12)
    tokens = windows(cells.roll((-shift, -shift), (2, 3)), 4)
    name = "windows of 4" + (f", shifted by {shift}" if shift else "")
    order = order_named((8, 12), name, (6, 16))
    assert torch.equal(tokens[order].reshape(8, 12), cells[0, 0])


def test_a_strided_grid_is_put_back() -> None:
    cells = numbered(8, 12)
    parts = cells.reshape(4, 2, 4, 3).permute(1, 3, 0, 2)  # MaxViT: (rows, columns, 4, 4)
    order = order_named((8, 12), "a grid of 4", (6, 16))
    assert torch.equal(parts.flatten()[order].reshape(8, 12), cells[0, 0])


def test_columns_first_is_a_transposed_map() -> None:
    cells = numbered(3, 5)
    order = order_named((3, 5), "columns", (15,))
    assert torch.equal(cells[0, 0].T.flatten()[order].reshape(3, 5), cells[0, 0])


def test_windows_of_a_padded_map_leave_the_padding_out() -> None:
    cells = numbered(6, 6)
    padded = nn.functional.pad(cells.float(), (0, 2, 0, 2), value=-1)
    tokens = windows(padded, 4)
    grids = {
        name: (grid, order) for grid, name, order in iter_padded_windows(64, (4, 16), [(6, 6)])
    }
    grid, order = grids["windows of 4"]
    assert grid == (6, 6)
    assert torch.equal(tokens[list(order)].reshape(6, 6), cells[0, 0].float())


def test_tokens_that_are_no_places_come_first_or_last() -> None:
    found = {name: (order, extras) for name, order, extras in iter_orders((2, 2), 2, (6,))}
    assert found["rows"] == ((2, 3, 4, 5), (0, 1))
    assert found["rows, tokens last"] == ((0, 1, 2, 3), (4, 5))


@pytest.mark.parametrize(
    ("positions", "size", "expected"),
    [(197, (224, 224), ((14, 14), 1)), (59, (24, 36), ((6, 9), 5)), (49, (224, 224), ((7, 7), 0))],
)
def test_grids_come_from_patches_of_the_picture(
    positions: int, size: tuple[int, int], expected: tuple[tuple[int, int], int]
) -> None:
    assert iter_grids(positions, size, [])[0] == expected


def test_a_map_that_was_seen_goes_before_other_grids() -> None:
    assert iter_grids(12, (32, 32), [(3, 4)])[0] == ((3, 4), 0)


@pytest.mark.parametrize(
    ("alone", "together", "lead"),
    [
        ((1, 8, 4, 4), (6, 8, 4, 4), "batch"),
        ((49, 1, 8), (49, 6, 8), "time"),
        ((4, 49, 8), (24, 49, 8), "rows"),
        ((8, 4), (6, 8, 4), "rows"),
        ((64, 64), (64, 64), "none"),
        ((10, 4), (37, 4), None),
        ((3, 5), (18, 30), None),
    ],
)
def test_the_axis_of_the_batch_is_the_one_that_grows_with_it(
    alone: tuple[int, ...], together: tuple[int, ...], lead: str | None
) -> None:
    assert find_lead(alone, together, 6) == lead


class SecondNorm(nn.LayerNorm):
    """As timm writes it: norms channels that lie second."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


@pytest.mark.parametrize(
    ("module", "shape", "axis"),
    [
        (nn.Conv2d(3, 8, 3), (1, 8, 5, 5), 1),
        (nn.Conv2d(3, 8, 3), (8, 5, 5), 0),
        (nn.Linear(3, 8), (1, 5, 5, 8), 3),
        (nn.LayerNorm(8), (1, 5, 5, 8), 3),
        (SecondNorm(8), (1, 8, 5, 5), 1),
        (SecondNorm(5), (1, 5, 5, 5), None),
        (nn.BatchNorm1d(20), (64, 20), 1),
        (nn.BatchNorm1d(20), (1, 20, 64), 1),
        (nn.ReLU(), (1, 8, 5, 5), None),
    ],
)
def test_modules_whose_kind_says_where_their_channels_are(
    module: nn.Module, shape: tuple[int, ...], axis: int | None
) -> None:
    assert channel_axis_of(module, shape) == axis


def test_leading_tokens_have_the_names_of_their_parameters() -> None:
    module = nn.Module()
    module.reg_token = nn.Parameter(torch.zeros(1, 4, 8))
    module.cls_token = nn.Parameter(torch.zeros(1, 1, 8))
    assert token_names(module, 5) == ("cls", "reg1", "reg2", "reg3", "reg4")
    assert token_names(module, 1) == ("cls",)
    assert token_names(nn.Module(), 3) == ("cls", "token1", "token2")
    assert token_names(module, 0) == ()

"""Patches, and how layers are judged by them."""

import torch

from dnnvis.network.trial.patches import PATCHES, judge_positions, make_patched, stands_out


def test_a_patch_changes_its_own_quarters_only() -> None:
    base = torch.rand(1, 3, 32, 48)
    copies = make_patched(base)
    for copy, (row, column) in zip(copies, PATCHES, strict=True):
        changed = (copy - base[0]).abs().sum(0) > 0
        inside = torch.zeros_like(changed)
        inside[row * 8 : row * 8 + 8, column * 12 : column * 12 + 12] = True
        assert not (changed & ~inside).any()
        assert changed[inside].float().mean() > 0.9


def energy(height: int, width: int) -> torch.Tensor:
    """Return (patches, h, w): a map that changes only where the picture does."""
    changes = torch.full((len(PATCHES), height, width), 0.01, dtype=torch.float64)
    for one, (row, column) in zip(changes, PATCHES, strict=True):
        rows = slice(row * height // 4, (row + 1) * height // 4)
        one[rows, column * width // 4 : (column + 1) * width // 4] = 1
    return changes


def test_a_map_is_proved_as_it_lies_and_not_turned() -> None:
    right = energy(8, 12)
    assert judge_positions(right).verdict == "proved"
    for wrong in (right.transpose(1, 2), right.flip(1), right.flip(2), right.flip((1, 2))):
        assert judge_positions(wrong).verdict == "refuted"
    rows_only = right.mean(2, keepdim=True).expand(-1, -1, 12)
    assert judge_positions(rows_only.contiguous()).verdict != "proved"


def test_a_map_that_every_patch_changes_alike_is_undecided() -> None:
    alike = torch.rand(1, 8, 8, dtype=torch.float64).expand(4, -1, -1)
    assert judge_positions(alike.contiguous()).verdict == "undecided"
    assert judge_positions(torch.zeros(4, 8, 8, dtype=torch.float64)).verdict == "silent"
    assert judge_positions(None).verdict == "silent"


def test_a_raised_channel_shows_in_its_own_slice() -> None:
    own = torch.full((4, 8), 0.1)
    for number, channel in enumerate((1, 3, 5, 7)):
        own[number, channel] = 1
    assert stands_out(own)
    assert not stands_out(own.flip(0))
    assert not stands_out(torch.ones(4, 8))

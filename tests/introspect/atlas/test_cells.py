"""Cells against loops over single vectors."""

import numpy as np

from dnnvis.introspect.atlas import cells as cells_
from dnnvis.introspect.atlas.cells import (
    assign_cells,
    average_members,
    center_points,
    nearest_members,
    number_cells,
)


def test_cells_and_means_are_those_of_a_loop(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(cells_, "CHUNK_ROWS", 17)
    rng = np.random.default_rng(0)
    points = rng.random((200, 2)).astype(np.float32)
    points[5] = np.nan
    vectors = rng.standard_normal((200, 3)).astype(np.float32)
    grid = assign_cells(points, 4, 10)
    by_hand: dict[tuple[int, int], list[int]] = {}
    for row, (x, y) in enumerate(points):
        if np.isfinite(x):
            by_hand.setdefault((3 - int(y * 4), int(x * 4)), []).append(row)
    enough = {cell: rows for cell, rows in sorted(by_hand.items()) if len(rows) >= 10}
    assert 0 < len(enough) < len(by_hand)  # some are left out
    assert [tuple(cell) for cell in grid.cells.tolist()] == list(enough)
    assert grid.counts.tolist() == [len(rows) for rows in enough.values()]
    means = average_members(vectors, grid.membership, len(grid.cells))
    nearest = nearest_members(vectors, grid.membership, means, 12)
    for number, rows in enumerate(enough.values()):
        np.testing.assert_allclose(means[number], vectors[rows].mean(0), rtol=1e-5, atol=1e-6)
        distances = np.linalg.norm(vectors[rows] - means[number], axis=1)
        expected = np.array(rows)[np.argsort(distances)][:12].tolist()
        assert nearest[number].tolist() == expected + [-1] * (12 - len(expected))


def test_row_zero_is_on_top_and_centers_lie_in_their_cells() -> None:
    points = np.array([[0.0, 0.999], [0.999, 0.0], [np.nan, 0.5]], np.float32)
    assert number_cells(points, 3).tolist() == [0, 8, -1]
    cells = np.array([[0, 0], [2, 1]])
    centers = center_points(cells, 3)
    np.testing.assert_allclose(centers, [[1 / 6, 5 / 6], [0.5, 1 / 6]], rtol=1e-6)
    assert number_cells(centers, 3).tolist() == [0, 7]

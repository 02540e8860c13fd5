"""Kernels as a sheet of tiles."""

import numpy as np
import pytest

from dnnvis.cli.contact_sheet import result_pixels, result_values
from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import Kernels, NetworkGraph
from dnnvis.imaging.kernel_tiles import draw_units


def test_a_sheet_has_a_tile_a_unit_each_weight_a_square() -> None:
    weights = np.random.default_rng(0).normal(0, 1, (5, 3, 3, 3)).astype(np.float32)
    sheet = result_pixels(Kernels("conv1", "conv1", weights, colors=(0, 1, 2)))
    tile = draw_units(weights, (0, 1, 2))[0]
    side = 48
    corner = int(np.argwhere((sheet[:, :, None] == tile[0, 0]).all(-1).any(-1))[0][0])
    shown = sheet[corner : corner + side, corner : corner + side]
    np.testing.assert_array_equal(shown[8::16, 8::16], tile)
    assert sheet.shape[1] > 3 * side  # three columns
    assert 2 * side < sheet.shape[0] < 3 * side


def test_a_layer_without_kernels_and_a_graph_say_why_there_is_no_picture() -> None:
    with pytest.raises(BadInput, match="pool has no kernels"):
        result_values(Kernels("pool", message="pool has no kernels."))
    with pytest.raises(BadInput, match="numbers, not a picture"):
        result_values(NetworkGraph(()))

"""Tiles of weights, and the sum at a place."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt

from dnnvis.app.kernels import text
from dnnvis.app.kernels.panel import KernelsPanel
from dnnvis.core.lens_results import Kernels, PatchSum
from dnnvis.core.messages import Failure, LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.core.weights.feeds import ConnectedUnit, Feeds
from dnnvis.core.weights.summary import WeightMatrix, WeightSummary
from dnnvis.session.act_choices import KernelsChoice
from dnnvis.session.session import Session
from dnnvis.session.state import State

RNG = np.random.default_rng(4)
INFO = NetworkInfo(
    "toy",
    (
        LayerInfo("conv1", "Conv2d", (6, 8, 8)),
        LayerInfo("stem.1", "ReLU", (6, 8, 8), title="stem/relu"),
        LayerInfo("conv2", "Conv2d", (5, 8, 8)),
    ),
    (),
    (8, 8),
    3,
)


def weights(*shape: int) -> Any:
    return RNG.normal(0, 1, shape).astype(np.float32)


def add_up(unit: str, inputs: int = 3, **changes: Any) -> PatchSum:
    patch, kernel = weights(inputs, 3, 3), weights(inputs, 3, 3)
    outside = np.zeros((3, 3), np.bool_)
    value = float((patch * kernel).sum()) + 0.5
    return PatchSum(unit, "conv1", patch, kernel, outside, 0, 0.5, value, max(value, 0), **changes)


@pytest.fixture
def panel(qtbot: Any) -> KernelsPanel:
    session = Session(State(layer="conv1"))
    panel = KernelsPanel(session)
    qtbot.addWidget(panel)
    session.listen(panel.show_state)
    panel.resize(600, 700)
    panel.show_info(INFO)
    panel.show()
    return panel


def test_a_tile_a_unit_and_a_click_selects_it(panel: KernelsPanel, qtbot: Any) -> None:
    panel.on_message("kernels", Kernels("conv1", "conv1", weights(6, 3, 3, 3), colors=(0, 1, 2)))
    assert len(panel.units.tiles) == 6
    assert "gray = 0" in panel.caption.text()
    assert panel.units.chosen is None
    assert not panel.inputs.isVisible()
    center = panel.units.rect_of(4).center().toPoint()
    qtbot.mouseClick(panel.units, Qt.MouseButton.LeftButton, pos=center)
    assert panel.session.state.unit == Unit("conv1", 4)
    assert panel.units.chosen == 4
    assert panel.inputs.isVisible()
    assert sorted(tile.name for tile in panel.inputs.tiles) == ["blue", "green", "red"]


def test_inputs_come_strongest_first_and_are_numbered_from_the_group_on(
    panel: KernelsPanel,
) -> None:
    values = np.ones((4, 2, 1, 1), np.float32)
    values[3, 1] = -2
    panel.session.select(Unit("conv1", 3))
    panel.on_message("kernels", Kernels("conv1", "conv1", values, groups=2))
    assert [tile.name for tile in panel.inputs.tiles] == ["3", "2"]
    assert panel.inputs_label.text() == "Unit 3: 2 inputs, strongest first"


def test_tiles_lie_beside_each_other_inside_the_widget(panel: KernelsPanel) -> None:
    for count in (1, 7, 64, 500):
        panel.on_message("kernels", Kernels("conv1", "conv1", weights(count, 1, 3, 3)))
        rects = [panel.units.rect_of(k) for k in range(count)]
        for k, rect in enumerate(rects):
            assert panel.units.index_at(rect.center()) == k
            assert rect.right() <= panel.units.width() + 1
            assert rect.bottom() <= panel.units.height() + 1
    assert panel.units.index_at(QPointF(panel.units.width() + 50.0, 5)) is None


def test_a_layer_without_kernels_says_so_and_another_layers_come_too_late(
    panel: KernelsPanel,
) -> None:
    panel.session.update(layer="conv2")
    panel.on_message("kernels", Kernels("conv1", "conv1", weights(6, 3, 3, 3)))
    assert panel.kernels is None
    panel.on_message("kernels", Kernels("conv2", message="stem.1 has no kernels: choose another."))
    assert panel.units.message == "stem/relu has no kernels: choose another."
    panel.on_message("kernels", Failure("The weights are gone."))
    assert panel.units.message == "The weights are gone."


def test_the_sum_belongs_to_the_place_selected(panel: KernelsPanel) -> None:
    unit = Unit("conv1", 2, (3, 4))
    panel.on_message("kernels", Kernels("conv1", "conv1", weights(6, 3, 3, 3)))
    panel.session.select(unit)
    panel.on_message("arithmetic", add_up("conv1[2]@0,0"))
    assert panel.sum.patch_sum is None
    panel.on_message("arithmetic", add_up(str(unit)))
    assert panel.sum.isVisible()
    panel.session.select(unit.whole())
    assert panel.sum.patch_sum is None
    assert panel.sum.message == text.CLICK_HINT
    panel.session.select(Unit("conv2", 0))
    assert not panel.sum.isVisible()
    panel.session.select(unit)
    panel.on_message("arithmetic", add_up(str(unit), message="No patch here."))
    assert panel.sum.message == "No patch here."


def test_cells_say_their_numbers(panel: KernelsPanel) -> None:
    unit = Unit("conv1", 2, (3, 4))
    panel.session.select(unit)
    result = add_up(str(unit))
    panel.on_message("arithmetic", result)
    first = text.sort_contributions(result)[0]
    tile = panel.sum._tiles(first, 0)[0][0]
    a, b = result.patch[first, 0, 0], result.kernel[first, 0, 0]
    assert panel.sum.text_at(tile.topLeft() + QPointF(3, 3)) == f"{a:.5g} × {b:.5g} = {a * b:.5g}"
    assert panel.sum.text_at(QPointF(1, 1)) == ""
    panel.grab()  # it is painted without a warning


def test_terms_add_up_in_words() -> None:
    patch = np.array([[[2.0]], [[1.0]], [[-3.0]]], np.float32)
    kernel = np.array([[[1.0]], [[-0.5]], [[2.0]]], np.float32)
    result = PatchSum(
        "a[0]@0,0", "a", patch, kernel, np.zeros((1, 1), bool), 0, 0.25, -4.25, 0.0, ("ReLU",)
    )
    line = "-6.00 + 2.00 - 0.500 (the other input) + 0.250 (bias) = -4.25, after ReLU: 0"
    assert text.describe_sum(result, 2) == line
    assert text.describe_padding(result) == ""
    hatched = PatchSum("a[0]@0,0", "a", patch, kernel, np.ones((1, 1), bool), padding="reflect")
    assert "the mirrored map" in text.describe_padding(hatched)
    assert "bias" not in text.describe_sum(hatched, 3)


def test_an_empty_panel_can_be_painted_and_clicked(panel: KernelsPanel, qtbot: Any) -> None:
    panel.grab()
    qtbot.mouseClick(panel.units, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert panel.session.state.unit is None


def test_more_news_of_the_same_network_leaves_its_kernels_as_they_are(panel: KernelsPanel) -> None:
    panel.on_message("kernels", Kernels("conv1", "conv1", weights(6, 3, 3, 3)))
    panel.show_info(replace(INFO, notes=("Layouts are proved now.",)))
    assert panel.kernels is not None
    panel.show_info(replace(INFO, name="another"))
    assert panel.kernels is None
    assert panel.units.message == text.WAITING


def small_matrix(layer: str = "conv1") -> WeightMatrix:
    grid = np.indices((6, 3), np.int32)
    return WeightMatrix(layer, layer, "weight", (6, 3), (), weights(6, 3), grid[0], grid[1])


def test_a_view_is_chosen_in_one_list_and_shows_what_it_is_of(panel: KernelsPanel) -> None:
    panel.on_message("kernels", Kernels("conv1", "conv1", weights(6, 3, 3, 3)))
    panel.view.setCurrentIndex(panel.view.findData("matrix"))
    panel.view.activated.emit(panel.view.currentIndex())
    assert panel.session.state.kernels.view == "matrix"
    assert panel.matrix.isVisible()
    assert not panel.units.isVisible()
    assert panel.matrix.message == text.WAITING
    panel.on_message("kernels", Kernels("conv1", "conv1", weights(6, 3, 3, 3)))  # too late
    assert panel.kernels is None or not panel.units.isVisible()
    panel.on_message("weights", small_matrix("conv2"))  # of another layer
    assert panel.matrix.matrix is None
    panel.on_message("weights", small_matrix())
    assert panel.matrix.matrix is not None
    assert panel.histogram.isVisible()
    assert "6 units of 3 inputs" in panel.caption.text()
    panel.session.select(Unit("conv1", 4))
    assert panel.matrix.chosen == 4
    panel.matrix.clicked.emit(2)
    assert panel.session.state.unit == Unit("conv1", 2)
    values = panel.export_values()
    assert values is not None
    assert values.shape == (6, 3)
    panel.on_message("weights", WeightMatrix("conv1", message="stem.1 has no matrix."))
    assert panel.matrix.message == "stem/relu has no matrix."


def test_norms_of_the_weights_stand_below_their_matrix(panel: KernelsPanel) -> None:
    panel.session.update(kernels=KernelsChoice(True, "matrix"))
    summary = WeightSummary(norms=np.array([3.0, 0.25, 1.5, 2.0, 8.0, 1.0]))
    panel.on_message("weights", replace(small_matrix(), summary=summary))
    assert "norm of a unit's weights: 0.250 to 8.00, median 1.75\n" in panel.caption.text()
    panel.on_message("weights", small_matrix())
    assert "norm of" not in panel.caption.text()


def test_feeds_belong_to_the_selected_unit_and_a_click_goes_there_and_back(
    panel: KernelsPanel,
) -> None:
    panel.session.update(kernels=KernelsChoice(True, "feeds"))
    assert panel.feeds.message == text.NO_UNIT
    panel.session.select(Unit("conv2", 1))
    assert panel.feeds.message == text.WAITING_FEEDS
    other = ConnectedUnit("stem.1[3]", "stem/relu[3]", 0.5, 1.5)
    panel.on_message("feeds", Feeds("conv2[0]", (other,), 1))
    assert panel.feeds.feeds is None
    panel.on_message("feeds", Feeds("conv2[1]", (other,), 1, caption="weights of stem.1"))
    assert panel.feeds.isVisible()
    assert panel.caption.text() == "weights of stem/relu"
    panel.feeds.clicked.emit("stem.1[3]")
    assert panel.session.state.unit == Unit("stem.1", 3)
    assert panel.session.state.layer == "stem.1"
    assert panel.feeds.message == text.WAITING_FEEDS
    panel.session.back()
    assert panel.session.state.unit == Unit("conv2", 1)
    panel.on_message("feeds", Failure("The network failed."))
    assert panel.feeds.message == "The network failed."

"""Everything follows an edit: modes, the map's cross, imagined boards, attention, synthesis."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision  # noqa: F401 - takes seconds, for which the window would wait
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from torch import Tensor

from dnnvis.core.activation_map import FramePosition
from dnnvis.core.lens_results import Picture, Strip, SynthesisResult
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.lenses.activation_map.fitting import fit_data
from dnnvis.lenses.look import look
from dnnvis.network.network import Network
from dnnvis.session.comparison import with_second, without_second
from dnnvis.session.modes import enter_mode
from dnnvis.session.state import MODES, LensPanel, Mode, SourceChoice
from dnnvis.zoo.catalog import open_network
from helpers.application_window import Stage, pictures, toy
from helpers.map_networks import asked

VIT = """
import torch
from torchvision.models import VisionTransformer

def net():
    torch.manual_seed(0)
    module = VisionTransformer(32, 8, 2, 3, 12, 24, num_classes=4)
    torch.nn.init.normal_(module.heads.head.weight)
    return module
"""
BLOCK = "encoder.layers.encoder_layer_0"
HEADS, TOKEN = f"{BLOCK}.self_attention.heads", f"{BLOCK}.cls"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    return tmp_path


def stage_of(qtbot: QtBot, folder: Path, choice: NetworkChoice, count: int = 1) -> Stage:
    made = Stage(qtbot, folder, choice, SourceChoice("pictures", str(pictures(folder, count))))
    made.runs()
    return made


def type_edit(stage: Stage, text: str) -> None:
    stage.window.run_action("type_edit")
    field = stage.window.edit_bar.strip.field
    field.setText(text)
    stage.bot.keyClick(field, Qt.Key.Key_Return)


@contextmanager
def by_hand(
    network: Network, layer: str, change: Callable[[Tensor, int], Tensor]
) -> Iterator[Network]:
    """The network with a module's forward replaced: no edit of ours takes part."""
    network.info  # noqa: B018 - passes of its own, which are not to be counted
    module, calls = network.module.get_submodule(layer), 0
    forward = module.forward

    def changed(*args: Any) -> Tensor:
        nonlocal calls
        calls += 1
        return change(forward(*args), calls - 1)

    module.forward = changed  # type: ignore[method-assign]
    try:
        yield network
    finally:
        del module.forward


def hold(stage: Stage) -> None:
    stage.bot.keyPress(stage.window, Qt.Key.Key_X)


def let_go(stage: Stage) -> None:
    stage.bot.keyRelease(stage.window, Qt.Key.Key_X)


@pytest.mark.parametrize("mode", MODES)
def test_the_key_is_held_in_every_mode(qtbot: QtBot, data: Path, mode: Mode) -> None:
    stage = stage_of(qtbot, data, toy(data))
    stage.session.select(Unit("1", 2))
    stage.session.update(**enter_mode(stage.state, mode))
    backend = stage.window.backend
    stage.until(lambda: "1" in backend.live.maps and backend.live.maps["1"][2].any())
    plain = backend.live
    hold(stage)
    stage.until(lambda: backend.live.edits == ("1[2] = 0",))
    answers = stage.window.predictions  # keeps the newest frame that was compared
    stage.until(lambda: answers._compared is not None)
    live = backend.live
    assert not live.maps["1"][2].any()
    np.testing.assert_allclose(answers._compared.unedited.output, plain.output, atol=1e-4)
    assert np.abs(live.output - plain.output).max() > 1e-4
    assert "held: 1[2] off" in stage.window.source_bar.state_label.text()
    let_go(stage)
    stage.until(lambda: backend.live.edits == ())
    np.testing.assert_allclose(backend.live.output, plain.output, atol=1e-4)
    assert stage.window.edit_bar.isHidden()


def test_the_cross_on_the_map_follows_the_held_key(qtbot: QtBot, data: Path) -> None:
    choice = toy(data)
    network = open_network(**vars(choice))
    folder = pictures(data, 24)
    for k, path in enumerate(sorted(folder.glob("*.png"))):  # two classes, each a folder
        place = folder / ("cat", "dog")[k % 2]
        place.mkdir(exist_ok=True)
        path.rename(place / path.name)
    fitted = fit_data(network, asked(str(folder), layers=("1", "4")))
    assert fitted is not None
    stage = Stage(qtbot, data, choice, SourceChoice("pictures", str(folder)))
    stage.runs()
    stage.session.update(frozen=True)
    stage.session.select(Unit("1", 2))
    stage.session.update(**enter_mode(stage.state, "map"))
    canvas, backend = stage.window.map.canvas, stage.window.backend

    def cross() -> Any:
        position = canvas.frame_position
        is_there = isinstance(position, FramePosition) and len(position.z)
        return position.z if is_there and position.frame == backend.live.frame.number else None

    stage.until(lambda: cross() is not None and not backend.live.edits, 30)
    pixels = backend.live.frame.pixels
    before = cross().copy()
    np.testing.assert_allclose(before, fitted.encode(fitted.harvest(pixels[None])), atol=1e-3)
    hold(stage)
    with by_hand(network, "1", lambda v, _: v.index_fill(1, torch.tensor([2]), 0)):
        expected = fitted.encode(fitted.harvest(pixels[None]))
    assert np.abs(expected - before).max() > 0.01
    stage.until(lambda: cross() is not None and np.allclose(cross(), expected, atol=1e-3))
    let_go(stage)
    stage.until(lambda: cross() is not None and np.allclose(cross(), before, atol=1e-3))


def test_imagined_boards_follow_an_edit_of_one_step(qtbot: QtBot, data: Path) -> None:
    board = SourceChoice("life", rows=16, columns=16, rate=30.0, density=0.4)
    stage = Stage(qtbot, data, NetworkChoice(net="life-3"), board, unlocked=False)
    stage.runs()
    stage.session.update(**enter_mode(stage.state, "time"))
    stage.session.update(frozen=True)

    def strip() -> Strip | None:
        found = stage.window.steps.current_strip
        return found if found is not None and found.rows else None

    def has_settled() -> bool:
        found, live = strip(), stage.window.backend.live
        return found is not None and found.frame == live.frame.number

    stage.until(has_settled)
    stage.session.select(Unit("cell", 5, None, 1))
    stage.bot.keyClick(stage.window, Qt.Key.Key_X, modifier=Qt.KeyboardModifier.ShiftModifier)
    assert stage.state.edits == ("cell[5]#1 = 0",)
    backend = stage.window.backend
    stage.until(lambda: backend.live.edits and backend.live.call == 1 and has_settled())
    frame = backend.live.frame
    network = open_network("life-3")
    plain = look(network, "imagine", "cell[0]", image=frame.pixels).rows
    stage.until(
        lambda: not np.allclose(strip().rows["imagination"], plain["imagination"], atol=1e-3)
    )
    with by_hand(
        network, "cell", lambda v, k: v.index_fill(1, torch.tensor([5]), 0) if k == 1 else v
    ):
        recording = network.record(frame.pixels, ["cell", "output"])
    shown = strip().rows["imagination"]
    steps = strip().steps
    column = {call: k for k, (layer, call) in enumerate(steps) if layer == "cell"}
    expected = np.asarray(recording["output"]).reshape(shown[column[2]].shape)
    np.testing.assert_allclose(shown[column[2]], expected, atol=1e-4)  # the last one is the answer
    for k in (0, column[0]):  # nothing before the edited step
        np.testing.assert_allclose(shown[k], plain["imagination"][k], atol=1e-4)
    for k in (column[1], column[2]):
        assert np.abs(shown[k] - plain["imagination"][k]).max() > 1e-3
    np.testing.assert_array_equal(strip().rows["truth"], plain["truth"])
    maps = stage.window.backend.live.maps["cell"]
    np.testing.assert_allclose(maps, recording["cell"][1], atol=1e-4)
    assert not maps[5].any()


@pytest.fixture
def vit(qtbot: QtBot, data: Path) -> Stage:
    (data / "vit.py").write_text(VIT)
    choice = NetworkChoice(
        net=f"{data / 'vit.py'}:net",
        size=(32, 32),
        trust_code=True,
        labels=("cat", "dog", "ship", "truck"),
    )
    return stage_of(qtbot, data, choice)


def test_a_head_is_off_in_answers_strip_and_mosaic(vit: Stage) -> None:
    backend, window = vit.window.backend, vit.window
    network = open_network(**vars(vit.state.network))
    vit.session.select(Unit(HEADS, 1, (2, 3)))
    vit.until(lambda: HEADS in backend.live.maps)
    plain = backend.live.output.copy()
    hold(vit)
    assert vit.state.held_edit == f"{HEADS}[1] = 0"  # heads are off as a whole
    vit.until(lambda: backend.live.edits)
    assert window.edit_bar.strip.held.text() == f"held: {HEADS}[1] off"
    attention = network.module.get_submodule(f"{BLOCK}.self_attention")
    with torch.no_grad():  # by hand: what the head passes on enters four columns alone
        columns = attention.out_proj.weight[:, 4:8].clone()  # type: ignore[union-attr,index]
        attention.out_proj.weight[:, 4:8] = 0  # type: ignore[union-attr,index,operator]
        expected = network.record(backend.live.frame.pixels).output
        attention.out_proj.weight[:, 4:8] = columns  # type: ignore[union-attr,index,operator]
    np.testing.assert_allclose(backend.live.output, expected, atol=1e-4)
    np.testing.assert_allclose(backend.live.unedited.output, plain, atol=1e-4)
    vit.until(lambda: all(row.change for row in window.predictions.bars.rows))
    let_go(vit)
    vit.until(lambda: not backend.live.edits)
    type_edit(vit, f"{HEADS}[1] = 3")
    assert "switched off, or scaled" in window.edit_bar.strip.message.text()
    assert vit.state.edits == ()
    type_edit(vit, f"{HEADS}[1] *= 0.5")
    assert vit.state.edits == (f"{HEADS}[1] *= 0.5",)
    vit.session.update(layer=f"{BLOCK}.mlp.3")
    vit.until(lambda: backend.live.unedited is not None and backend.live.edits == vit.state.edits)
    window.edit_bar.strip.difference.click()
    assert vit.state.grid == "difference"
    vit.until(lambda: window.mosaic.difference is not None)
    vit.until(lambda: window.mosaic.difference.layer == f"{BLOCK}.mlp.3")
    assert np.abs(window.mosaic.difference.maps).max() > 1e-4
    with network.edited(f"{HEADS}[1] *= 0.5"):
        edited = network.record(backend.live.frame.pixels, [f"{BLOCK}.mlp.3"])
    plain_maps = network.record(backend.live.frame.pixels, [f"{BLOCK}.mlp.3"])
    np.testing.assert_allclose(
        window.mosaic.difference.maps,
        edited[f"{BLOCK}.mlp.3"][0] - plain_maps[f"{BLOCK}.mlp.3"][0],
        atol=1e-5,
    )


def test_a_token_is_edited_by_its_own_row(vit: Stage) -> None:
    backend = vit.window.backend
    network = open_network(**vars(vit.state.network))
    plain = backend.live.output.copy()
    type_edit(vit, f"{TOKEN}[7] = 9")
    assert vit.state.edits == (f"{TOKEN}[7] = 9",)
    vit.session.update(layer=TOKEN)
    vit.until(lambda: backend.live.edits and TOKEN in backend.live.maps)
    assert backend.live.maps[TOKEN][7, 0, 0] == 9

    def change(value: Tensor, call: int) -> Tensor:
        value = value.clone()
        value[:, 0, 7] = 9
        return value

    with by_hand(network, BLOCK, change):
        expected = network.record(backend.live.frame.pixels).output
    np.testing.assert_allclose(backend.live.output, expected, atol=1e-4)
    assert np.abs(expected - plain).max() > 1e-3
    chip = vit.window.edit_bar.strip.chips[0]
    assert chip.switch.text() == f"{TOKEN}[7] = 9"
    chip.switch.click()
    vit.until(lambda: not backend.live.edits)
    np.testing.assert_allclose(backend.live.output, plain, atol=1e-4)


def test_backward_views_and_the_growing_picture_follow(qtbot: QtBot, data: Path) -> None:
    stage = stage_of(qtbot, data, toy(data))
    network = open_network(**vars(stage.state.network))
    unit = Unit("3", 1, (3, 3))
    steps = dict(preset="simonyan", params=(("steps", 4),), shown=True)
    panels = {**stage.state.panels, "lens1": LensPanel(lens="gradient", shown=True)}
    synthesis = type(stage.state.synthesis)(**steps)
    stage.session.update(panels=panels, synthesis=synthesis)
    stage.session.select(unit)

    def picture() -> Picture | None:
        found = stage.window.lenses["lens1"].received
        return found if isinstance(found, Picture) and found.unit == str(unit) else None

    stage.until(lambda: picture() is not None)
    pixels = stage.window.backend.live.frame.pixels
    plain = look(network, "gradient", unit, image=pixels)
    stage.until(lambda: np.allclose(picture().values, plain.values, atol=1e-4))
    type_edit(stage, "1 *= 0.5")
    type_edit(stage, "1[2] = 0")

    def change(value: Tensor, call: int) -> Tensor:
        return (value * 0.5).index_fill(1, torch.tensor([2]), 0)

    with by_hand(network, "1", change):
        expected = look(network, "gradient", unit, image=pixels)
    assert np.abs(expected.values - plain.values).max() > 1e-3
    stage.until(lambda: np.allclose(picture().values, expected.values, atol=1e-4))
    assert picture().recipe["network"]["edits"] == ["1 *= 0.5", "1[2] = 0"]

    def grown() -> SynthesisResult | None:
        found = stage.window.synthesis.received
        is_done = isinstance(found, SynthesisResult) and found.progress == 1
        edits = found.recipe["network"].get("edits") if is_done else None
        return found if edits == ["1 *= 0.5", "1[2] = 0"] else None  # not the first alone

    stage.until(lambda: grown() is not None, 30)
    assert not grown().saved  # the library has the network as it is
    settings = grown().recipe
    assert settings["unit"] == "3[1]"
    stage.window.edit_bar.strip.clear.click()
    stage.until(lambda: np.allclose(picture().values, plain.values, atol=1e-4))


def test_both_crosses_are_on_one_map(qtbot: QtBot, data: Path) -> None:
    choice = toy(data)
    network = open_network(**vars(choice))
    folder = pictures(data, 24)
    fitted = fit_data(network, asked(str(folder), layers=("1", "4")))
    assert fitted is not None
    stage = Stage(qtbot, data, choice, SourceChoice("pictures", str(folder)), unlocked=False)
    stage.runs()
    stage.session.update(**enter_mode(stage.state, "map"))
    stage.session.update(frozen=True)
    stage.bot.keyClick(
        stage.window, "b", Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    assert stage.state.compare.shown
    assert stage.state.map.shown
    stage.session.update(**with_second(stage.state, choice, edits=("1[2] = 0", "1[4] *= 3")))
    panel = stage.window.map
    canvas = panel.canvas
    stage.until(lambda: canvas.second_position is not None, 30)
    stage.until(lambda: canvas.frame_position is not None and panel.isVisible())
    pixels = stage.window.backend.live.frame.pixels
    factors = torch.tensor([1.0, 1, 0, 1, 3, 1]).reshape(1, 6, 1, 1)
    with by_hand(network, "1", lambda v, _: v * factors):
        expected = fitted.encode(fitted.harvest(pixels[None]))
    stage.until(lambda: np.allclose(canvas.second_position.z, expected, atol=1e-3))
    own = fitted.encode(fitted.harvest(pixels[None]))
    stage.until(lambda: np.allclose(canvas.frame_position.z, own, atol=1e-3))
    assert np.abs(own - expected).max() > 1e-2
    assert panel.crosses.isVisible()
    assert panel.crosses.text().startswith(f"White cross +: {network.name}; green cross ×: ")
    stage.session.update(compare=replace(stage.state.compare, shown=False))  # back to the map
    seen = stage.window.backend.live.frame.number
    stage.session.update(frozen=False)
    stage.window.backend.feeder.next()
    stage.until(lambda: stage.window.backend.live.frame.number > seen)
    assert stage.window.backend.live.second is not None
    assert panel.crosses.isVisible()
    stage.session.update(**without_second(stage.state))
    stage.until(lambda: canvas.second_position is None)
    stage.until(lambda: not panel.crosses.isVisible())

import copy
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import Strip
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses.imagination.lens import DEAD_BOARD_MESSAGE, IMAGINE, compare_boards
from dnnvis.lenses.imagination.score import SCORE_KEYS, life_score
from dnnvis.lenses.live import LiveWork
from dnnvis.lenses.look import look
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.sources.life.rle import write_rle
from dnnvis.sources.pictures import read_picture
from dnnvis.zoo.life import LifeSpec
from helpers.imagination_networks import Counted, board, games, life

SMALL = LifeSpec(channels=6)
OTHERS = (
    replace(SMALL, steps=2, cell=(3, 3, 3)),
    replace(SMALL, steps=4, shared=False),
    replace(SMALL, border="periodic", decoder=2, residual=False),
)


def imagine(network: Network, pixels: Any, unit: str = "encoder[0]", **params: Any) -> Strip:
    strip = look(network, "imagine", unit, image=pixels, **params)
    assert isinstance(strip, Strip)
    return strip


@pytest.mark.parametrize("spec", [SMALL, *OTHERS], ids=lambda s: f"{s.steps}-{s.shared}-{s.border}")
@pytest.mark.parametrize("size", [12, 9])
def test_the_rows_are_the_networks_own_imagination_and_the_game_itself(
    spec: LifeSpec, size: int
) -> None:
    network, pixels = life(spec), board(size)
    strip = imagine(network, pixels)
    with torch.inference_mode():
        x = network.encode(pixels)
        expected = network.module.imagine(x)[0].numpy()
        answer = network.module(x)[0, 0].numpy()
    assert np.array_equal(x[0, 0].numpy(), pixels[..., 0] / 255)
    made = strip.rows["imagination"]
    assert made.dtype == np.float32
    assert made.shape == (spec.steps + 1, size, size, 1)
    assert np.array_equal(made[..., 0], expected)
    assert strip.values is made
    assert np.array_equal(made[-1, ..., 0], answer)
    played = games(pixels[..., 0] // 255, spec.steps, spec.border)
    assert np.array_equal(strip.rows["truth"][..., 0], played)
    assert np.array_equal(strip.rows["difference"], made - played[..., None])
    assert list(strip.rows) == ["truth", "imagination", "difference"]
    assert strip.steps[0] == ("encoder", 0)
    assert len(strip.steps) == spec.steps + 1
    assert strip.decoder == "decoder"
    assert "decoder" in strip.decoders
    assert not strip.message


def test_each_column_says_how_many_cells_agree_and_which_ones_were_trained() -> None:
    network, pixels = life(), board()
    strip = imagine(network, pixels, match=0.6)
    truth, made = strip.rows["truth"], strip.rows["imagination"]
    for k, mark in enumerate(strip.marks):
        equal = sum(
            (value >= 0.5) == bool(true)
            for value, true in zip(made[k].flat, truth[k].flat, strict=True)
        )
        percent, *verdict = mark.split(", ")
        assert float(percent.removesuffix(" %")) == pytest.approx(100 * equal / 144, abs=0.1)
        assert (verdict[0] == "matches") == (equal / 144 >= 0.6)
        assert ("trained" in verdict) == (k in (0, 3))
    assert strip.scores == life_score(made[None, ..., 0], truth[None, ..., 0], match=0.6)
    assert tuple(strip.scores) == SCORE_KEYS


def test_only_what_agrees_wholly_is_said_to_agree_by_a_hundred_percent() -> None:
    truth = np.zeros((2, 60, 60), np.uint8)
    made = truth.astype(np.float32)
    made[1, 0, 0] = 1
    assert compare_boards(made, truth, 0.5, 0.95)[1] == ["100.0 %, matches", "99.9 %, matches"]


def test_without_an_autoencoder_the_first_column_was_not_trained() -> None:
    marks = imagine(life(autoencoder=False), board()).marks
    assert ["trained" in mark for mark in marks] == [False, False, False, True]


@pytest.mark.parametrize(("steps", "game_steps"), [(3, 2), (2, 3), (4, 2)])
def test_with_other_steps_than_the_game_each_column_is_compared_with_the_state_it_resembles(
    steps: int, game_steps: int
) -> None:
    network, pixels = life(replace(SMALL, steps=steps), game_steps=game_steps), board(seed=4)
    strip = imagine(network, pixels)
    played = games(pixels[..., 0] // 255, game_steps, "dead")
    assert np.array_equal(strip.rows["truth"][..., 0], played)
    made = strip.rows["imagination"][..., 0]
    for k, mark in enumerate(strip.marks):
        shares = [np.mean((made[k] >= 0.5) == (state == 1)) for state in played]
        named = int(mark.split()[2].rstrip(","))
        assert mark.startswith("≈ state ")
        assert shares[named] == max(shares)
        difference = strip.rows["difference"][k, ..., 0]
        assert np.array_equal(difference, made[k] - played[named])
    assert strip.scores == pytest.approx(life_score(made[None], played[None]), nan_ok=True)
    assert np.isnan(strip.scores["aligned"])


def test_of_states_that_agree_equally_the_one_nearest_in_time_is_named() -> None:
    still = np.zeros((3, 4, 4), np.uint8)
    still[:, 1:3, 1:3] = 1
    nearest, _ = compare_boards(np.repeat(still[:1], 5, 0).astype(np.float32), still, 0.5, 0.95)
    assert nearest[0] == 0
    assert nearest[2] == 1
    assert nearest[4] == 2


def test_a_dead_board_is_said_to_be_dead_and_gets_no_score() -> None:
    strip = imagine(life(), np.zeros((12, 12), np.uint8))
    assert DEAD_BOARD_MESSAGE in strip.message
    assert not strip.scores
    assert not strip.rows["truth"].any()
    assert len(strip.marks) == 4
    assert not any(", matches" in mark for mark in strip.marks)


def test_a_board_on_which_one_picture_would_do_for_all_steps_is_said_to_be_one() -> None:
    still = np.zeros((12, 12), np.uint8)
    still[4:6, 4:6] = 255  # a block, and 140 of 144 cells are dead: a dead picture matches too
    words = imagine(life(), still).message
    assert "A dead board or the first state or the final state at every step" in words
    crowded = imagine(life(), board()).message
    assert "at every step" not in crowded


@pytest.mark.parametrize(
    ("steps", "game_steps", "said"), [(1, 1, "network makes one"), (3, 1, "game makes one")]
)
def test_one_step_leaves_nothing_to_score(steps: int, game_steps: int, said: str) -> None:
    strip = imagine(life(replace(SMALL, steps=steps), game_steps=game_steps), board())
    assert said in strip.message
    assert not strip.scores
    assert len(strip.rows["imagination"]) == steps + 1


def test_what_is_no_board_is_cut_at_half_and_said_to_be() -> None:
    network = life()
    photo = np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    strip = imagine(network, photo)
    assert "thresholded at .5" in strip.message
    seen = network.encode(photo)[0, 0].numpy()
    assert np.array_equal(strip.rows["truth"][0, ..., 0], seen >= 0.5)
    assert set(np.unique(strip.rows["truth"])) == {0, 1}
    assert "thresholded" not in imagine(network, board()).message
    assert "thresholded" not in imagine(network, board()[..., 0] // 255).message
    assert "thresholded" not in imagine(network, board().repeat(3, 2)).message


def test_a_network_of_another_task_has_no_truth() -> None:
    strip = imagine(life(game_steps=0), board())
    assert list(strip.rows) == ["imagination"]
    assert not strip.scores
    assert not strip.marks


def test_values_that_are_not_finite_are_shown_and_not_scored() -> None:
    network = life()
    with torch.no_grad():
        network.module.decoder.conv1.bias.fill_(float("nan"))
    strip = imagine(network, board())
    assert "not finite" in strip.message
    assert not strip.scores
    assert np.isnan(strip.rows["imagination"]).all()
    assert len(strip.marks) == 4


def test_a_board_smaller_than_the_kernel_is_refused_in_a_sentence() -> None:
    with pytest.raises(BadInput, match="smaller than the kernel"):
        imagine(life(), np.zeros((2, 5), np.uint8))


@pytest.mark.parametrize("unit", ["decoder[0]", "cell.conv1[2]#1", "encoder.conv1[1]"])
def test_the_states_of_the_card_are_shown_whatever_unit_is_selected(unit: str) -> None:
    network = life()
    strip = imagine(network, board(), unit)
    assert strip.steps == network.states
    assert strip.unit == str(Unit.parse(unit))


def test_without_states_in_the_card_a_layer_called_once_has_nothing_to_imagine() -> None:
    network = life()
    network.card = replace(network.card, states=())
    for unit, layer in (("encoder[0]", "encoder"), ("output[0]", "output")):
        with pytest.raises(LensMissing, match=f"{layer} is called once") as said:
            imagine(network, board(), unit)
        assert "cell" in str(said.value)
        assert '"states"' in str(said.value)
    strip = imagine(network, board(), "cell[0]")
    assert strip.steps == (("cell", 0), ("cell", 1), ("cell", 2))
    assert strip.decoder == "decoder"


def test_a_network_without_repeated_calls_is_told_what_would_fill_the_panel() -> None:
    network = life(replace(SMALL, shared=False))
    network.card = replace(network.card, states=())
    why = IMAGINE.unavailable_reason(network.info, Unit("encoder", 0))
    assert why is not None
    assert "No layer of life is called more than once" in why


def test_a_picture_is_needed() -> None:
    with pytest.raises(BadInput, match="image="):
        look(life(), "imagine", "cell[0]")


def test_nothing_is_left_on_the_network() -> None:
    network = life()
    before = copy.deepcopy(network.module.state_dict())
    imagine(network, board())
    assert count_hooks(network.module) == 0
    assert not any(part.training for part in network.module.modules())
    after = network.module.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_decoder_that_works_in_place_leaves_the_recording_as_it_was() -> None:
    network = life()
    network.module.decoder = nn.Sequential(nn.ReLU(inplace=True), network.module.decoder)
    x = network.encode(board())
    layers = ("cell", "encoder")
    recording, alone = network.run(x, layers), network.run(x, layers)
    scene = scene_of(network, recording, board())
    (strip,) = IMAGINE.look(scene)
    for layer in layers:
        assert np.array_equal(recording[layer], alone[layer])
    assert strip.decoder == "decoder"


def scene_of(network: Network, recording: Any, pixels: np.ndarray) -> Any:
    from dnnvis.lenses.lens import Scene

    return Scene(network, Unit("cell", 0), IMAGINE.Params(), Frame(pixels), recording)


def test_a_frame_costs_one_pass_and_the_lens_only_decodes() -> None:
    network = life()
    module = network.module
    module.encoder, module.decoder = Counted(module.encoder), Counted(module.decoder)
    work = LiveWork(lambda choice: network, threading.Event(), tune_after=-1)
    work.open(NetworkChoice(net="life"))
    request = Request("imagine", Unit("cell", 0, None, 1))
    plan = Plan(NetworkChoice(net="life"), ("cell",), -1, {"steps": request})
    counts = []
    for number in range(4):
        before = module.encoder.calls, module.decoder.calls
        _, scenes, failures = work.live(plan, Frame(board(seed=number), number))
        assert not failures
        (strip,) = work.look(request, scenes["steps"])
        assert isinstance(strip, Strip)
        assert strip.frame == number
        assert len(strip.steps) == 4
        counts.append((module.encoder.calls - before[0], module.decoder.calls - before[1]))
    assert counts[2:] == [(1, 5)] * 2  # one pass, and each of four states; no more trials


def test_the_truth_follows_the_rule_of_the_board_and_says_so() -> None:
    network, pixels = life(), board()
    work = LiveWork(lambda choice: network, threading.Event(), tune_after=-1)
    work.open(NetworkChoice(net="life"))
    request = Request("imagine", Unit("cell", 0, None, 1))
    plan = Plan(NetworkChoice(net="life"), ("cell",), -1, {"steps": request})
    strips = {}
    for rule in ("B3/S23", "B36/S23", ""):
        _, scenes, _ = work.live(plan, Frame(pixels, rule=rule))
        (strips[rule],) = work.look(request, scenes["steps"])
    conway, high = (games(pixels[..., 0] // 255, 3, "dead", born) for born in ((3,), (3, 6)))
    assert not np.array_equal(conway, high)
    for rule, truth in (("B3/S23", conway), ("B36/S23", high), ("", conway)):
        assert np.array_equal(strips[rule].rows["truth"][..., 0], truth)
    assert strips["B36/S23"].scores == life_score(
        strips[""].rows["imagination"][None, ..., 0], high[None]
    )
    assert "Truth by HighLife (B36/S23)" in strips["B36/S23"].message
    assert "rule" not in strips["B3/S23"].message
    assert strips["B36/S23"].recipe["rule"] == "B36/S23"
    assert "rule" not in strips["B3/S23"].recipe


def test_a_board_in_a_file_brings_its_rule_and_a_setting_replaces_it(tmp_path: Path) -> None:
    network, pixels = life(), board()
    network.read = read_picture
    file = tmp_path / "board.rle"
    file.write_text(write_rle(pixels[..., 0] // 255, rule="B36/S23"))
    high, conway = (games(pixels[..., 0] // 255, 3, "dead", born) for born in ((3, 6), (3,)))
    assert np.array_equal(imagine(network, file).rows["truth"][..., 0], high)
    again = imagine(network, file, rule="Life")
    assert np.array_equal(again.rows["truth"][..., 0], conway)
    assert np.array_equal(imagine(network, pixels, rule="23/36").rows["truth"][..., 0], high)
    with pytest.raises(BadInput, match="WireWorld is no rule"):
        imagine(network, pixels, rule="WireWorld")


def test_beside_a_backward_lens_the_same_pass_gives_the_same_strip() -> None:
    network = life()
    work = LiveWork(lambda choice: network, threading.Event(), tune_after=-1)
    work.open(NetworkChoice(net="life"))
    unit = Unit("cell", 0)
    requests = {name: Request(name, unit) for name in ("imagine", "gradient")}
    plan = Plan(NetworkChoice(net="life"), ("cell",), -1, requests)
    _, scenes, _ = work.live(plan, Frame(board()))
    shown = {key: list(work.look(requests[key], scenes[key]))[-1] for key in scenes}
    alone = imagine(network, board(), "cell[0]")
    for name, row in alone.rows.items():
        assert np.allclose(shown["imagine"].rows[name], row, atol=1e-6), name
    assert np.abs(shown["gradient"].values).max() > 0

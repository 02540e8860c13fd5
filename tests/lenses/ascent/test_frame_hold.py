"""Feature accentuation: what holds a picture to its frame, and what it refuses."""

import numpy as np
import pytest
import torch

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent.batch_ascent import BatchAscent
from dnnvis.lenses.ascent.frame_hold import FrameHold, choose_hold_layer
from dnnvis.lenses.ascent.presets import PRESETS
from helpers.patch_networks import small_classifier

IMAGE = np.random.default_rng(11).integers(0, 256, (24, 24, 3), dtype=np.uint8)


def test_the_layer_lies_before_the_unit_at_the_depth_that_was_asked_for() -> None:
    network = small_classifier()
    template = Objective.of("output[1]")
    assert choose_hold_layer(network, template, 0) == "0"
    assert choose_hold_layer(network, template, 0.5) == "4"
    assert choose_hold_layer(network, template, 1) == "7"
    assert choose_hold_layer(network, Objective.of("3[1]"), 1) == "2"
    with pytest.raises(BadInput, match="No layer lies before 0"):
        choose_hold_layer(network, Objective.of("0[1]"), 0.5)


def test_the_penalty_is_the_share_of_the_frames_activations_in_units_of_the_objectives_layer() -> (
    None
):
    network = small_classifier()
    hold = FrameHold(network, Objective.of("3[1]"), 2.5, 0.0)
    x = torch.rand((2, 3, 24, 24), generator=torch.Generator().manual_seed(0))
    frame = network.encode(IMAGE).expand(2, -1, -1, -1).clone()
    held = hold.read_frame(network.run, frame)
    recording = network.run(x, ("0", "3"), gradients=True)
    penalty = hold.penalty(recording, held).detach().numpy()
    of_frame, of_picture = (network.run(each, ("0", "3")) for each in (frame, x))
    for row in range(2):
        a0, a = (
            each.tensor("0")[row].numpy().astype(np.float64) for each in (of_frame, of_picture)
        )
        share = np.linalg.norm(a - a0) / np.linalg.norm(a0)
        typical = np.sqrt((of_frame.tensor("3")[row].numpy() ** 2).mean())
        assert penalty[row] == pytest.approx(2.5 * typical * share**2, rel=1e-4)
        assert float(hold.distances[row]) == pytest.approx(share, rel=1e-4)


def test_frame_and_picture_go_through_the_same_transforms() -> None:
    network = small_classifier()
    recipe = PRESETS["accentuate"]
    assert recipe.jitter
    assert recipe.rotate
    ascent = BatchAscent(network, recipe, Objective.of("3[1]"))
    ascent.add([Objective.of("3[1]")] * 2, [0, 1], network.encode(IMAGE))
    ascent.step()
    assert ascent.hold is not None
    assert float(ascent.hold.distances.abs().max()) < 1e-5  # the first step has not moved yet
    for _ in range(3):
        ascent.step()
    assert float(ascent.hold.distances.min()) > 1e-3


def test_the_stronger_it_is_held_the_nearer_it_stays_and_the_less_it_gains() -> None:
    network = small_classifier()
    moved, reached = [], []
    for hold in (0.0001, 1.0, 1000.0):
        picture = dnnvis.look(
            network, "ascent", "3[1]", image=IMAGE, preset="accentuate", hold=hold, steps=24
        )
        layer = "1"
        assert f"held to it at {layer} " in picture.caption
        inside = network.record((picture.values * 255).round().astype(np.uint8), [layer])[layer]
        frame = network.record(IMAGE, [layer])[layer]
        moved.append(np.linalg.norm(inside - frame) / np.linalg.norm(frame))
        reached.append(picture.recipe["objective"])
    assert moved[0] > moved[1] > moved[2]
    assert reached[0] > reached[1] > reached[2]
    start = network.record(IMAGE, ["3"])["3"][0, 1].mean()
    assert reached[1] > start


def test_only_what_starts_from_the_frame_is_held() -> None:
    network = small_classifier()
    with pytest.raises(BadInput, match="set start to frame"):
        dnnvis.look(network, "ascent", "3[1]", hold=1.0)
    with pytest.raises(BadInput, match="give one"):
        dnnvis.look(network, "ascent", "3[1]", preset="accentuate")


def test_without_a_hold_nothing_changes() -> None:
    network = small_classifier()
    settings = {"image": IMAGE, "preset": "accentuate", "hold": 0.0, "steps": 3}
    free = dnnvis.look(network, "ascent", "3[1]", **settings)
    assert "held" not in free.caption
    again = dnnvis.look(network, "ascent", "3[1]", **settings, hold_depth=1.0)
    assert np.array_equal(free.values, again.values)

"""What is said: say, classes, faults, reading, lens_picture, keys; none of it needs Qt."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from dnnvis.app.lens import rendering
from dnnvis.app.predictions import ranking
from dnnvis.app.problems import failure_log
from dnnvis.app.shell import keymap
from dnnvis.app.widgets import messages
from dnnvis.core.lens_results import Picture
from dnnvis.core.messages import Failure, LayerInfo, Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging.tiling import Tiling
from dnnvis.session import readout
from dnnvis.session.state import LensPanel
from helpers.live_frames import make_live
from helpers.strips import life_info


def test_the_line_under_the_mouse() -> None:
    unit = Unit("conv3", 17, (6, 7))
    assert messages.describe_hover(unit, 2.4149, (112, 96)) == "conv3[17]@6,7 = 2.41  px (112, 96)"
    assert messages.describe_hover(Unit("dense", 3), 0.5, None) == "dense[3] = 0.500"


def test_an_empty_mosaic_says_what_is_missing(info: NetworkInfo, live: Live) -> None:
    assert messages.explain_empty_mosaic(None, "", None) == ""
    assert messages.explain_no_network("/nets/a.pt", None) == "Opening a.pt ..."
    failure = Failure("There is no file a.pt.")
    assert messages.explain_no_network("a.pt", failure).startswith("There is no file a.pt.")
    assert "Network menu" in messages.explain_no_network("a.pt", failure)
    assert "No layer is chosen" in messages.explain_empty_mosaic(info, "", live)
    assert "no layer 'gone'" in messages.explain_empty_mosaic(info, "gone", live)
    assert "Source menu" in messages.explain_empty_mosaic(info, "dense", None)
    assert "not recorded" in messages.explain_empty_mosaic(info, "block", live)
    assert messages.explain_empty_mosaic(info, "dense", live) == ""


def test_an_empty_unit_says_what_is_missing(info: NetworkInfo, live: Live) -> None:
    assert "No unit is selected" in messages.explain_empty_map(info, None, live)
    assert "20 units; there is no number 20" in messages.explain_empty_map(
        info, Unit("dense", 20), live
    )
    assert "no layer 'gone'" in messages.explain_empty_map(info, Unit("gone", 0), live)
    assert "3 units" in messages.explain_empty_map(info, Unit("output", 9), live)


def test_silent_units_are_counted_in_words() -> None:
    assert messages.describe_silent_units(0, 96) == "all 96 units have fired in this run"
    assert (
        messages.describe_silent_units(12, 96)
        == "12 of 96 units (dimmed) have not fired in this run"
    )
    assert messages.describe_silent_units(96, 96) == "none of the 96 units has fired in this run"


def picture(**changes: object) -> Picture:
    made = {"unit": "conv3[17]", "frame": 142, "network": "toy", "scale": "signed"}
    return Picture(np.ones((2, 2, 3), np.float32), **{**made, **changes})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, ""),
        ({"frame": 141}, "of frame 141, now 142"),
        ({"unit": "conv3[18]"}, "of conv3[18], no longer the selected unit"),
        ({"network": "other"}, "made with other, now toy runs"),
        ({"frame": -1}, ""),
    ],
)
def test_a_picture_is_stale_when_it_belongs_to_something_else(changes: dict, why: str) -> None:
    assert messages.explain_stale(picture(**changes), Unit("conv3", 17), 142, "toy") == why


def test_a_picture_is_stamped_with_what_it_belongs_to() -> None:
    assert messages.describe_origin(picture()) == "conv3[17] · frame 142 · toy"
    assert messages.describe_origin(picture(frame=-1)) == "conv3[17] · toy"


def test_the_recipe_is_json() -> None:
    recipe = json.loads(json.dumps(messages.build_recipe(picture(recipe={"lens": "guided"}))))
    assert recipe["lens"] == "guided"
    assert (recipe["unit"], recipe["frame"], recipe["network"]) == ("conv3[17]", 142, "toy")


def test_scores_and_probabilities_stay_and_logits_get_a_softmax() -> None:
    for kind in ("probabilities", "sigmoids"):
        assert ranking.normalize_scores(np.array([0.9, 0.8]), kind) == pytest.approx([0.9, 0.8])
    for values in ([0.0, np.log(3.0), 0.0], [0.25, np.log(3.0) + 0.25, 0.25]):
        assert ranking.normalize_scores(np.array(values), "logits") == pytest.approx(
            [0.2, 0.6, 0.2]
        )


def test_classes_keep_their_order_where_all_fit_and_are_ranked_else(info: NetworkInfo) -> None:
    live = make_live()
    rows = ranking.rank_classes(live, info, 3, "probabilities")
    assert [(row.name, row.is_best, row.is_true_label) for row in rows] == [
        ("cat", False, False),
        ("dog", True, True),
        ("ship", False, False),
    ]
    rows = ranking.rank_classes(live, info, 2, "probabilities")
    assert [(row.channel, row.name) for row in rows] == [(1, "dog"), (2, "ship")]


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("output", "order", "texts", "best"),
    [
        ([7.0, NAN, 7.0], [0, 2, 1], ["0.500", "NaN", "0.500"], 0),
        ([NAN, 0.2, 0.7], [2, 1, 0], ["NaN", "0.378", "0.622"], 2),
        ([5.0, INF, -INF], [1, 0, 2], ["1.000", "inf", "-inf"], 1),
        ([-INF, NAN, INF], [2, 0, 1], ["-inf", "NaN", "inf"], 2),
        ([NAN, NAN, NAN], [0, 1, 2], ["NaN", "NaN", "NaN"], -1),
    ],
)
def test_what_is_not_finite_is_written_as_it_is_and_ranked(
    info: NetworkInfo, output: list[float], order: list[int], texts: list[str], best: int
) -> None:
    live = replace(make_live(), output=np.array(output, np.float32))
    rows = ranking.rank_classes(live, info, 3, "logits")
    assert [row.text for row in rows] == texts
    assert [row.channel for row in rows if row.is_best] == ([best] if best >= 0 else [])
    assert all(0 <= row.fraction <= 1 for row in rows)
    assert not any(row.fraction for row in rows if row.text in ("NaN", "-inf"))
    ranked = ranking.rank_classes(live, info, 2, "logits")
    assert [row.channel for row in ranked] == order[:2]


def test_what_is_not_finite_is_said_in_words() -> None:
    assert messages.describe_not_finite(np.array([0.5, 0.5])) == ""
    assert messages.describe_not_finite(np.array([NAN, 1, NAN])) == (
        "The network answered NaN (not a number) for 2 of 3 classes"
    )
    assert messages.describe_not_finite(np.array([NAN, INF, -INF, 0])) == (
        "The network answered NaN (not a number) for 1 of 4 classes and infinity for 2 of 4 classes"
    )


def test_the_same_failure_is_counted_not_listed_again() -> None:
    first, other = Failure("It broke.", "trace"), Failure("Another.", "trace 2")
    listed = failure_log.add_failure((), first, "12:00:00")
    listed = failure_log.add_failure(listed, other, "12:00:01")
    listed = failure_log.add_failure(listed, first, "12:00:02")
    assert [(f.failure.sentence, f.times) for f in listed] == [("It broke.", 2), ("Another.", 1)]
    assert failure_log.format_line(listed[0]) == "12:00:00–12:00:02  It broke.  (2 times)"
    assert "trace 2" in failure_log.format_report(listed)


def test_a_reading_tells_where_the_map_is_greatest() -> None:
    map_ = np.array([[0, 1, 2], [5, 0, -4]], np.float32)
    read = readout.read_map(map_, (0, 2))
    assert (read.value, read.maximum, read.minimum, read.position) == (2, 5, -4, (1, 0))
    assert read.mean == pytest.approx(4 / 6)
    assert read.active == pytest.approx(3 / 6)
    map_[1, 0] = np.nan
    assert readout.read_map(map_).position == (0, 2)
    assert readout.read_map(map_).bad == 1
    assert np.isnan(readout.read_map(np.full((1, 1), np.nan, np.float32)).maximum)


def test_a_unit_that_the_frame_does_not_tell_of_has_no_map(live: Live) -> None:
    assert readout.get_unit_map(live, Unit("dense", 99)) is None
    assert readout.get_unit_map(live, Unit("dense", 1, call=0)) is None
    assert readout.get_unit_map(live, Unit("output", 1))[0, 0] == pytest.approx(0.7)


def test_a_track_begins_anew_with_another_unit() -> None:
    track = readout.ValueHistory(3)
    track.follow("a")
    for moment in range(5):
        track.add(moment, float(moment))
    track.add(4, 99.0)
    assert list(track.values) == [2, 3, 4]
    track.follow("b")
    assert not track.values


def test_a_zero_gradient_is_words_not_a_grey_picture() -> None:
    shown = rendering.render_picture(
        Picture(np.zeros((2, 2, 3), np.float32), "signed", unit="conv3[17]"), "raw"
    )
    assert shown.pixels is None
    assert shown.message.startswith("The gradient is exactly zero here")
    assert "conv3[17]" in shown.message


def test_views_are_made_of_raw_pictures_only() -> None:
    values = np.zeros((1, 2, 3), np.float32)
    values[0, 1] = (3, 0, -4)
    raw = rendering.render_picture(Picture(values, "signed"), "raw")
    assert raw.pixels[0, 1].tolist() == [223, 128, 0]
    norm = rendering.render_picture(Picture(values, "signed"), "norm")
    assert norm.pixels[0].tolist() == [[0] * 3, [255] * 3]
    done = Picture(values[:, :, :1], "positive", recipe={"view": "norm"})
    assert rendering.render_picture(done, "raw").pixels[0, 1].tolist() == [255] * 3


@pytest.mark.parametrize("lens", rendering.OVERLAID_LENSES)
def test_maps_of_importance_lie_over_the_frame_in_the_view_that_comes_first(lens: str) -> None:
    values = np.zeros((2, 2, 1), np.float32)
    values[0, :, 0] = (1, -1)
    seen = np.full((2, 2, 3), 100, np.uint8)
    picture = Picture(values, "signed", recipe={"lens": lens})
    shown = rendering.render_picture(picture, LensPanel().view, seen)
    assert shown.pixels[1, 1].tolist() == [70] * 3  # 0.7 of the frame, in gray
    above, below = shown.pixels[0].astype(int)
    assert above[0] > above[2]  # orange
    assert below[2] > below[0]  # blue
    assert shown.notes.startswith("orange speaks for the unit, blue against it")
    gray = rendering.render_picture(picture, "norm", seen)
    assert gray.pixels[1, 1].tolist() == [0] * 3  # the map itself


def test_a_histogram_counts_every_value_and_knows_its_zero() -> None:
    values = np.zeros((4, 4, 3), np.float32)
    values[0, 0] = (1, -1, 0.5)
    shown = rendering.render_picture(Picture(values, "signed"), "histogram")
    assert shown.counts.sum() == 48
    assert shown.counts.argmax() == rendering.zero_bin(50)
    assert shown.value_range == (-1, 1)


def test_no_key_does_two_things() -> None:
    counted = Counter(one for key in keymap.KEYS for one in key.keys)
    assert [one for one, times in counted.items() if times > 1] == []
    functions = Counter(key.function for key in keymap.KEYS)
    assert max(functions.values()) == 1
    assert {key.group for key in keymap.KEYS} == set(keymap.GROUPS)


def test_keys_read_as_people_write_them() -> None:
    by_function = {key.function: key for key in keymap.KEYS}
    assert keymap.format_keys(by_function["left"]) == "←  j"
    assert keymap.format_keys(by_function["previous_lens"]) == "B"
    assert keymap.format_keys(by_function["next_lens"]) == "b"
    assert keymap.format_keys(by_function["enter"]) == "Enter"


def test_moves_stay_inside_the_mosaic() -> None:
    tiling = Tiling(10, 3, 3, 4)  # rows 0..3, 4..7, 8..9
    assert keymap.move_channel(tiling, 5, "right") == 6
    assert keymap.move_channel(tiling, 5, "up") == 1
    assert keymap.move_channel(tiling, 0, "far_right") == 3
    assert keymap.move_channel(tiling, 7, "down") == 9
    assert keymap.move_channel(tiling, 0, "far_left") == 0


def test_where_a_unit_stands_is_said_in_steps_of_states_and_calls_of_layers() -> None:
    info = life_info()
    assert messages.step_label(info, "cell", 1) == "step 2 of 3"
    assert messages.step_label(info, "cell.conv1", -1) == "step 3 of 3"
    assert messages.step_label(info, "encoder", -1) == "step 0 of 3: the encoder's"
    assert messages.step_label(info, "decoder", -1) == messages.step_label(info, "gone", -1) == ""
    assert messages.step_label(None, "cell", 0) == ""
    plain = NetworkInfo("toy", (LayerInfo("relu", "ReLU", (6, 8, 8), 2),), (), (8, 8), 3)
    assert messages.step_label(plain, "relu", 0) == "call 1 of 2"
    assert messages.step_label(plain, "relu", -1) == "call 2 of 2"


def test_a_field_is_said_with_both_sides(info: NetworkInfo) -> None:
    conv, dense = info.layer("block.conv"), info.layer("dense")
    say = messages.describe_receptive_field
    assert say(conv, (4, 5), False) == "receptive field 3 × 3 at 4,5"
    assert conv is not None
    tall = replace(conv, field=((11, 5), (4, 2), (5.0, 2.0)))
    assert say(tall, None, True) == "receptive field 11 × 5 (where the map is greatest)"
    assert say(dense, None, False) == "dense sees the whole input"


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0)])
def test_a_map_without_values_has_no_numbers(shape: tuple[int, int]) -> None:
    found = readout.read_map(np.zeros(shape, np.float32), (0, 0))
    assert np.isnan([found.value, found.maximum, found.minimum, found.mean]).all()
    assert (found.position, found.active, found.bad) == ((0, 0), 0.0, 0)

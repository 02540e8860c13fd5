"""What the panel of steps draws and says, without Qt."""

from dataclasses import replace

import numpy as np
import pytest

from dnnvis.app.steps import text as steps_text
from dnnvis.app.widgets import strip_rendering
from dnnvis.core.lens_results import Strip
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session import readout
from helpers.live_frames import make_live
from helpers.strips import life_info, life_strip

RED, BLUE = strip_rendering.TOO_ALIVE_COLOR, strip_rendering.MISSED_COLOR


def rows(strip: Strip, mode: str = "raw") -> dict[str, strip_rendering.StripRow]:
    return {row.name: row for row in strip_rendering.render_strip(strip, mode, "viridis")}


def pixel(row: strip_rendering.StripRow, column: int, y: int, x: int) -> tuple[int, ...]:
    high = row.size[0]
    return tuple(int(value) for value in row.pixels[column * high + y, x])


def test_boards_are_white_where_they_live_and_gray_by_what_the_decoder_said() -> None:
    strip = life_strip()
    made = rows(strip)
    assert list(made) == ["truth", "imagination", "difference"]
    for k in range(4):
        for y, x in ((0, k), (7, k), (3, 3)):
            alive = bool(strip.rows["truth"][k, y, x, 0])
            assert pixel(made["truth"], k, y, x) == ((255,) * 3 if alive else (0, 0, 0))
            value = float(np.clip(strip.rows["imagination"][k, y, x, 0], 0, 1))
            assert pixel(made["imagination"], k, y, x) == pytest.approx((value * 255,) * 3, abs=2)
    assert made["imagination"].note == "-0.250 to 0.950"


def test_the_difference_is_red_where_too_much_and_blue_where_too_little() -> None:
    made = rows(life_strip())["difference"]
    for k in range(4):
        red, _, blue = pixel(made, k, 0, k)
        assert red > blue + 50
        red, _, blue = pixel(made, k, 7, k)
        assert blue > red + 50
    assert "red: too much" in made.note


@pytest.mark.parametrize("truths", [2, 4, 6])
def test_as_cells_exactly_the_wrong_ones_are_red_and_blue(truths: int) -> None:
    """Counted the slow way, cell by cell."""
    strip = life_strip(truths=truths)
    made = rows(strip, "cells")
    assert made["truth"].count == truths
    found = {"red": set(), "blue": set()}
    for k in range(4):
        for y in range(8):
            for x in range(8):
                colour = pixel(made["difference"], k, y, x)
                if colour == RED:
                    found["red"].add((k, y, x))
                elif colour == BLUE:
                    found["blue"].add((k, y, x))
                value = strip.rows["imagination"][k, y, x, 0]
                shown = pixel(made["imagination"], k, y, x)
                assert shown == ((255,) * 3 if value >= 0.5 else (0, 0, 0))
    wrong = range(min(truths, 4))
    assert found == {"red": {(k, 0, k) for k in wrong}, "blue": {(k, 7, k) for k in wrong}}


def test_the_threshold_is_that_of_the_recipe() -> None:
    strip = life_strip(recipe={"threshold": 0.9})
    assert pixel(rows(strip, "cells")["imagination"], 0, 0, 0) == (0, 0, 0)
    assert rows(strip, "cells")["imagination"].note == "alive from 0.9"


def test_values_that_are_no_numbers_are_magenta() -> None:
    strip = life_strip()
    strip.rows["imagination"][2, 4, 4] = np.nan
    assert pixel(rows(strip)["imagination"], 2, 4, 4) == (255, 0, 255)


def test_scores_of_classes_are_lists_of_those_that_lead() -> None:
    scores = np.zeros((5, 1, 40, 1), np.float32)
    leads = (31, 31, 7, 7, 12)
    for k, best in enumerate(leads):
        scores[k, 0, best] = 5 + k
    scores[4, 0, 7] = 8  # second in the end
    strip = Strip({"imagination": scores}, steps=tuple(("relu", k) for k in range(5)))
    (row,) = strip_rendering.render_strip(strip, "cells", "viridis", ("zero", "one"))
    assert row.classes[:2] == (12, 7)
    assert 31 in row.classes
    assert len(row.classes) == len(row.labels) == strip_rendering.MAX_CLASSES
    assert row.labels[0] == "class 12"
    assert row.size == (strip_rendering.MAX_CLASSES, 1)
    place = row.classes.index(31)
    assert row.value_position(place, 0) == (0, 31)
    brightness = [sum(pixel(row, k, place, 0)) for k in range(5)]
    assert brightness[1] > brightness[0] > brightness[2]
    assert not strip_rendering.has_cells(strip)
    few = Strip({"imagination": scores[:, :, 28:34]})
    assert strip_rendering.render_strip(few, "raw", "viridis")[0].classes == tuple(range(6))


def test_pictures_of_three_channels_keep_their_colours() -> None:
    values = np.random.default_rng(0).random((3, 4, 5, 3)).astype(np.float32)
    (row,) = strip_rendering.render_strip(Strip({"imagination": values}), "raw", "viridis")
    assert row.pixels == pytest.approx(values.reshape(12, 5, 3) * 255, abs=1)
    (row,) = strip_rendering.render_strip(Strip({"imagination": 4 * values - 2}), "raw", "viridis")
    assert row.pixels.min() < 10
    assert row.pixels.max() > 245


def test_pictures_that_are_no_boards_share_one_range_over_all_steps() -> None:
    values = np.zeros((2, 3, 3, 1), np.float32)
    values[0, 0, 0], values[1] = 1, 10
    (row,) = strip_rendering.render_strip(Strip({"imagination": values}), "raw", "gray")
    assert pixel(row, 0, 0, 0) == pytest.approx((25, 25, 25), abs=2)
    assert pixel(row, 1, 1, 1) == (255, 255, 255)


def test_all_rows_are_one_array_with_gaps_where_one_is_shorter() -> None:
    strip = life_strip(truths=2)
    values = strip_rendering.stack_values(strip)
    assert values.shape == (3, 4, 8, 8, 1)
    assert np.array_equal(values[0, :2], strip.rows["truth"])
    assert np.isnan(values[0, 2:]).all()
    assert np.array_equal(values[1], strip.rows["imagination"])


def test_a_frame_holds_a_units_map_at_the_call_it_was_taken_at_however_that_is_written() -> None:
    info = life_info()
    cell, decoder = np.ones((6, 8, 8), np.float32), np.ones((1, 8, 8), np.float32)
    for call, there in ((1, {1}), (2, {-1, 2}), (-1, {-1, 2}), (7, {-1, 2})):
        live = replace(make_live(), maps={"cell": cell, "decoder": decoder}, call=call)
        for asked in (-1, 0, 1, 2):
            unit = Unit("cell", 3, None, asked)
            assert (readout.get_unit_map(live, unit, info) is not None) is (asked in there)
        assert readout.get_unit_map(live, Unit("decoder", 0), info) is not None


def test_an_empty_panel_says_why_and_what_would_fill_it(info: NetworkInfo) -> None:
    assert "once in a pass" in steps_text.explain_empty(info, "dense")
    assert "button below opens life-3" in steps_text.explain_empty(info, "dense")
    assert "dnnvis --" not in steps_text.explain_empty(info, "dense")
    layers = (*info.layers, *(LayerInfo(f"relu{k}", "ReLU", (6, 8, 8), 2 + k) for k in range(6)))
    several = NetworkInfo("toy", layers, (), (8, 8), 3)
    words = steps_text.explain_empty(several, "dense")
    assert "'dense' is called once" in words
    assert "relu0 (2), relu1 (3), relu2 (4), relu3 (5) and 2 others" in words
    assert steps_text.explain_empty(None, "") == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.00"),
        (0.9999, "0.99"),
        (0.29, "0.29"),
        (-0.25, "-0.25"),
        (0.0, "0.00"),
        (float("nan"), "–"),
        (None, "–"),
    ],
)
def test_a_score_of_1_is_never_rounded_up_to(value: float | None, text: str) -> None:
    assert steps_text.format_score(value) == text


def test_every_score_says_what_it_means_and_why_it_is_missing() -> None:
    assert set(steps_text.SCORE_HELP) == set(life_strip().scores)
    for name in steps_text.SCORE_HELP:
        tip = steps_text.describe_score(name, {name: 0.5}, "")
        assert "0.5000" in tip
        assert len(tip) > 60
        assert "The board is dead." in steps_text.describe_score(name, {}, "The board is dead.")
        assert "not defined" in steps_text.describe_score(name, {name: float("nan")}, "")
    assert "known only" in steps_text.describe_score("mcc", {}, "")


def test_what_lies_under_the_mouse_is_told_for_every_row() -> None:
    words = steps_text.describe_hover(life_strip(truths=2), 1, (0, 1), 1)
    assert words == "step 1, cell (0, 1): truth 0, imagination 0.830, difference 0.830"
    assert steps_text.describe_hover(life_strip(truths=2), 3, (0, 3), 3).count("truth") == 0


def test_there_is_a_choice_of_decoders_where_there_is_more_than_one() -> None:
    info = life_info()
    assert steps_text.decoder_choices(life_strip(), "", info) == {}
    two = life_strip(decoders=("decoder", "head"))
    assert list(steps_text.decoder_choices(two, "", info)) == ["", "decoder", "head"]
    assert list(steps_text.decoder_choices(life_strip(), "cell", info)) == ["", "decoder", "cell"]
    none = Strip({}, message="Nothing fits.", network="life-toy")
    names = list(steps_text.decoder_choices(none, "", life_info(decoder="")))
    assert names == ["", "encoder", "cell.conv1", "cell", "decoder"]
    assert steps_text.decoder_choices(None, "", info) == {}


def test_a_recipe_holds_what_makes_the_strip_again() -> None:
    recipe = steps_text.build_recipe(life_strip())
    assert recipe["lens"] == "imagine"
    assert recipe["rows"] == ["truth", "imagination", "difference"]
    assert recipe["steps"][2] == "cell[0]#1"
    assert (recipe["frame"], recipe["network"]) == (7, "life-toy")


@pytest.mark.parametrize(
    ("distinct", "corrected", "truths", "sentence"),
    [
        (1.0, 1.0, 4, "Imagines all 2 boards in between right"),
        (0.5, 0.2, 4, "Imagines 1 of the 2 boards in between right"),
        (0.0, -0.2, 3, "Imagines the board in between wrong"),
        (
            1.0,
            float("nan"),
            3,
            "Imagines the board in between right; here one still board would do as well",
        ),
    ],
)
def test_one_score_is_said_in_words(
    distinct: float, corrected: float, truths: int, sentence: str
) -> None:
    scores = {"distinct": distinct, "chance_corrected": corrected}
    assert steps_text.describe_main_score(scores, truths, "a note") == sentence


def test_without_a_score_its_reason_is_said_and_all_are_explained() -> None:
    assert steps_text.describe_main_score({}, 4, "The board is dead.") == "The board is dead."
    explained = steps_text.explain_scores(life_strip().scores, "")
    for title, meaning in steps_text.SCORE_HELP.values():
        assert title in explained
        assert meaning in explained


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ((0.0, 1.0), "0 to 1.00"),
        ((2.7e-8, 1.0), "0 to 1.00"),
        ((-3.0, 1e-9), "-3.00 to 0"),
        ((-0.0918, 1.0), "-0.0918 to 1.00"),
        ((2e-8, 3e-8), "2e-08 to 3e-08"),
    ],
)
def test_a_bound_that_is_nothing_beside_the_other_is_nought(
    bounds: tuple[float, float], text: str
) -> None:
    assert strip_rendering.describe_range(*bounds) == text

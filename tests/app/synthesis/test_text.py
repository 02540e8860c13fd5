"""The words, numbers and choices of the Synthesis panel, without Qt."""

from dataclasses import replace

import numpy as np
import pytest

from dnnvis.app.synthesis import text
from dnnvis.app.synthesis import transitions as deeds
from dnnvis.app.synthesis.photo_statistics import PhotoRange, estimate_photo_ranges
from dnnvis.core.lens_results import QualityMetrics
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.quality_metrics import high_frequency_fraction, variation
from dnnvis.session.session import Session
from dnnvis.session.state import State, Synthesis
from helpers.synthesis_results import SETTINGS, make_grown


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ("", ""),
        ("  ", ""),
        ("block.conv[1]", ""),
        ("block.conv", ""),
        ("0.5*block.conv[1] - dense[2]", ""),
        ("block.conv[1", "'block.conv[1' is no goal; write conv5[151]"),
        ("2*", "'2*' is no goal"),
        ("gone[1]", "toy has no layer 'gone'."),
        ("dense[99]", "dense[99] lies outside: dense is 20 x 1 x 1"),
        ("block.conv[1] + gone", "toy has no layer 'gone'."),
    ],
)
def test_what_is_wrong_with_a_goal_is_said(info: NetworkInfo, goal: str, words: str) -> None:
    said = text.objective_error(goal, info)
    assert said.startswith(words)
    assert bool(said) == bool(words)


def test_why_there_is_no_picture_is_said(info: NetworkInfo) -> None:
    why = text.explain_empty
    assert why(None, "block.conv[1]", False) == ""
    assert why(info, "", False) == text.NOTHING_GROWS
    assert why(info, "gone[1]", False) == "toy has no layer 'gone'."
    assert why(info, "dense[1]", False) == "Growing the first picture of dense[1] ..."
    assert why(info, "dense[1]", True) == "dense[1] is paused before its first step."


def test_a_picture_of_something_else_is_stale(info: NetworkInfo) -> None:
    grown = make_grown()
    assert text.explain_stale(grown, "block.conv[1]", info) == ""
    assert text.explain_stale(grown, " 1*block.conv[1] ", info) == ""
    assert "other runs" in text.explain_stale(grown, "block.conv[1]", replace(info, name="other"))
    assert "now dense[1] is to grow" in text.explain_stale(grown, "dense[1]", info)
    assert "nothing grows now" in text.explain_stale(grown, "", info)


def test_what_was_reached_stands_against_the_best_natural_picture() -> None:
    measures = QualityMetrics(4.31, 0.1, 0.1, 3.9)
    assert text.describe_reached(make_grown(), measures) == (
        "reached (mean)",
        "4.31",
        "best natural 3.90: 1.11×",
    )
    negative = QualityMetrics(4.31, 0.1, 0.1, -2.0)  # a ratio would mean nothing
    assert text.describe_reached(make_grown(), negative)[2] == "best natural -2.00"


@pytest.mark.parametrize(
    ("unit", "statistic", "words"),
    [
        ("block.conv[1]", "mean", "best natural not known: scan a folder"),
        ("block.conv[1]", "direction", "scans keep no 'direction' of photographs"),
        ("block.conv[1]@2,3", "mean", "of one place or call; scans keep no such value"),
        ("block.conv[1]#0", "mean", "of one place or call; scans keep no such value"),
        ("block.conv", "mean", "of a sum or layer; photographs have no such value"),
        ("-block.conv[1]", "mean", "of a sum or layer; photographs have no such value"),
    ],
)
def test_why_the_natural_value_is_not_known_is_said(unit: str, statistic: str, words: str) -> None:
    grown = make_grown(unit=unit, recipe={"statistic": statistic})
    assert text.describe_reached(grown, QualityMetrics(1.0, 0.1, 0.1))[2] == words


def test_more_than_photographs_have_is_marked() -> None:
    photographs = PhotoRange(0.102, 0.222)
    assert text.compare_to_photos(0.338, photographs) == ("0.338 ▲", "photos 0.10, 95 % < 0.22")
    assert text.compare_to_photos(0.222, photographs)[0] == "0.222"


def test_photographs_are_compared_at_the_pictures_own_size() -> None:
    noise, change = estimate_photo_ranges(224)
    assert noise == PhotoRange(0.026, 0.097)
    assert change == PhotoRange(0.065, 0.144)
    assert estimate_photo_ranges(1000) == estimate_photo_ranges(224)
    assert estimate_photo_ranges(8) == estimate_photo_ranges(28)
    between = estimate_photo_ranges(45)[0]
    assert (
        estimate_photo_ranges(48)[0].median < between.median < estimate_photo_ranges(32)[0].median
    )


def test_the_numbers_of_photographs_are_those_of_real_ones() -> None:
    """scikit-image's photographs lie where the table says that most photographs do."""
    from skimage import data

    from dnnvis.sources.opencv import opencv

    found: dict[int, list[tuple[bool, bool]]] = {32: [], 64: [], 224: []}
    for pixels in (data.astronaut(), data.chelsea(), data.coffee(), data.rocket()):
        high, wide = pixels.shape[:2]
        side = min(high, wide)
        square = pixels[(high - side) // 2 :, (wide - side) // 2 :][:side, :side]
        for size, inside in found.items():
            small = opencv().resize(square, (size, size), interpolation=opencv().INTER_AREA)
            values = small.astype(np.float32) / 255
            noise, change = estimate_photo_ranges(size)
            inside.append(
                (
                    high_frequency_fraction(values) < noise.percentile_95,
                    variation(values) < change.percentile_95,
                )
            )
    for size, inside in found.items():
        assert np.mean(inside) >= 0.75, size


def test_progress_says_where_it_rests() -> None:
    assert text.format_progress(make_grown(step=37), False) == "37 / 48"
    assert text.format_progress(make_grown(step=37), True) == "37 / 48 · paused"
    assert text.format_progress(make_grown(step=48), True) == "48 / 48 · finished"
    assert text.format_short(QualityMetrics(2.0, 0, 0, 4.0)) == "0.50×"
    assert text.format_short(QualityMetrics(2.0, 0, 0)) == "2.00"


def test_another_preset_brings_its_own_values() -> None:
    wish = Synthesis(preset="live", params=(("rate", 2.0),), paused=True, back="fine")
    assert deeds.with_preset(wish, "maco") == Synthesis(preset="maco", back="fine")
    assert deeds.with_preset(wish, "fine") == Synthesis(preset="fine")


def test_new_seeds_are_seeds_that_were_not_on_show() -> None:
    wish = Synthesis(goal="a[1]", seed=9, seeds=9, paused=True, run=3)
    fresh = deeds.with_new_seed(wish)
    assert (fresh.seed, fresh.run, fresh.paused) == (18, 4, False)


def test_a_dream_is_of_the_unit_or_the_layer_and_starts_from_the_frame() -> None:
    state = State(layer="conv", unit=Unit("conv", 3, (1, 2)), synthesis=Synthesis(run=2))
    unit = deeds.dream_frame(state, SETTINGS, layer=False)
    assert (unit.goal, unit.preset, unit.run, unit.params) == ("conv[3]", "deepdream", 3, ())
    assert deeds.dream_frame(state, SETTINGS, layer=True).goal == "conv"
    assert deeds.dream_frame(replace(state, unit=None), SETTINGS, layer=False).goal == "conv"
    noisy = replace(state, synthesis=Synthesis(preset="deepdream", params=(("start", "noise"),)))
    assert dict(deeds.dream_frame(noisy, SETTINGS, layer=False).params) == {}


def test_after_a_dream_the_next_unit_grows_as_before_it() -> None:
    session = Session(State(layer="conv", unit=Unit("conv", 3), synthesis=Synthesis(preset="fine")))
    session.update(synthesis=deeds.dream_frame(session.state, SETTINGS, layer=False))
    assert session.state.synthesis.preset == "deepdream"
    session.select(Unit("conv", 4))
    assert session.state.synthesis.preset == "fine"
    session.update(synthesis=deeds.dream_frame(session.state, SETTINGS, layer=True))
    session.update(synthesis=deeds.dream_frame(session.state, SETTINGS, layer=True))
    session.grow(Unit("conv", 4))
    assert session.state.synthesis.preset == "fine"
    assert not session.state.synthesis.back
    session.update(synthesis=deeds.with_preset(session.state.synthesis, "deepdream"))
    session.select(Unit("conv", 5))
    assert session.state.synthesis.preset == "fine"


def test_a_preset_is_for_one_unit_unless_it_is_for_every_one() -> None:
    session = Session(State(layer="conv", unit=Unit("conv", 3)))
    session.update(synthesis=deeds.with_preset(session.state.synthesis, "erhan"))
    session.update(synthesis=deeds.for_every_unit(session.state.synthesis, True))
    session.select(Unit("conv", 4))
    assert session.state.synthesis.preset == "erhan"
    session.update(synthesis=deeds.for_every_unit(session.state.synthesis, False))
    session.select(Unit("conv", 5))
    assert session.state.synthesis == Synthesis(goal="conv[5]")
    usual = deeds.for_every_unit(session.state.synthesis, False)
    assert usual.back == ""


def test_a_saved_picture_is_on_show_until_something_else_is_to_grow() -> None:
    session = Session(
        State(layer="conv", unit=Unit("conv", 3), synthesis=Synthesis(goal="conv[3]"))
    )
    wish = deeds.show_saved(session.state.synthesis, 2)
    session.update(synthesis=wish)
    for after in (deeds.restart(wish), deeds.with_new_seed(wish), deeds.with_preset(wish, "maco")):
        assert after.saved == -1
    session.select(Unit("conv", 4))
    assert session.state.synthesis.saved == -1


@pytest.mark.parametrize(
    ("ratio", "frequency", "variation", "sentence"),
    [
        (20.3, 0.01, 0.01, "Excites it 20 times as much as the best photograph; as smooth"),
        (1.25, 0.9, 0.01, "Excites it 125 % as much as the best photograph; grainier"),
        (0.4, 0.01, 0.9, "Excites it 40 % as much as the best photograph; more restless"),
        (0.0, 0.01, 0.01, "Does not excite it yet; as smooth as photographs."),
    ],
)
def test_the_outcome_is_one_sentence_against_photographs(
    ratio: float, frequency: float, variation: float, sentence: str
) -> None:
    metrics = QualityMetrics(ratio, frequency, variation, 1.0)
    assert metrics.ratio == ratio
    result = make_grown(measures=(metrics,))
    assert text.describe_outcome(result, metrics).startswith(sentence)
    explained = text.explain_outcome(result, metrics)
    assert all(tip in explained for tip in text.TIPS.values())
    unknown = text.describe_outcome(result, QualityMetrics(4.0, 0.01, 0.01))
    assert (
        unknown
        == "It reaches 4.00; best natural not known: scan a folder; as smooth as photographs."
    )


def test_a_setting_as_the_preset_has_it_is_no_change() -> None:
    session = Session(State(synthesis=Synthesis(preset="live")))
    deeds.set_setting(session, "steps", 100, SETTINGS)
    deeds.set_setting(session, "clip", True, SETTINGS)
    assert session.state.synthesis.params == (("clip", True), ("steps", 100))
    deeds.set_setting(session, "steps", 48, SETTINGS)
    deeds.set_setting(session, "clip", None, SETTINGS)
    assert session.state.synthesis.params == ()
    deeds.set_setting(session, "seed", 12, SETTINGS)
    assert session.state.synthesis.seed == 12
    deeds.set_setting(session, "seed", None, SETTINGS)
    assert session.state.synthesis.seed == 0


def test_the_main_button_knows_what_it_would_do() -> None:
    wish, grown = Synthesis(goal="a[1]"), make_grown()
    assert deeds.status(wish, grown, can_grow=False) == "idle"
    assert deeds.status(wish, None, can_grow=True) == "growing"
    assert deeds.status(replace(wish, paused=True), grown, can_grow=True) == "paused"
    finished = make_grown(step=48)
    assert deeds.status(replace(wish, paused=True), finished, can_grow=True) == "finished"

"""Presets, recipes, and what a user may set instead."""

from dataclasses import fields
from typing import Any

import pytest
import torch
from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.lenses.ascent.lens import ASCENT
from dnnvis.lenses.ascent.params import AscentParams, recipe_of
from dnnvis.lenses.ascent.presets import PRESETS, octave_sizes, octaves
from dnnvis.lenses.ascent.recipe import SETTINGS, AscentStage, Recipe
from dnnvis.lenses.ascent.settings_schema import describe_settings
from dnnvis.lenses.lens import params_for
from dnnvis.lenses.look import look
from dnnvis.network.opening.wrap import wrap
from helpers.ascent_networks import small

CITED = {
    "erhan": "Erhan",
    "simonyan": "Simonyan",
    "yosinski1": "set 1",
    "yosinski2": "set 2",
    "yosinski3": "set 3",
    "yosinski4": "set 4",
    "mahendran": "Mahendran",
    "deepdream": "deepdream",
    "accentuate": "Hamblin et al. 2024",
    "lapnorm": "Mordvintsev 2016",
    "oygard": "Oygard",
    "olah2017": "Olah",
    "lucid": "Lucid",
    "maco": "Fel",
    "live": "Olah",
    "default": "Olah",
    "fine": "Olah",
    "board": "Ebrahimi",
}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_named_cited_and_within_its_ranges(name: str) -> None:
    preset = PRESETS[name]
    assert preset.title
    assert CITED[name] in preset.source
    for item in fields(Recipe):
        value = getattr(preset, item.name)
        low, high = item.metadata.get("range", (None, None))
        assert low is None or low <= value <= high, item.name
        assert "choices" not in item.metadata or value in item.metadata["choices"], item.name
        assert type(value) is type(item.default) or item.metadata.get("range"), item.name
    assert preset.smallest <= preset.largest
    assert preset.stages
    assert all(stage.share > 0 and 0 < stage.size <= 1 for stage in preset.stages)
    assert preset.stages[-1].size == 1
    assert bool(preset.blur) == bool(preset.blur_every)


def test_every_named_preset_is_there() -> None:
    assert set(PRESETS) == set(CITED)


TABLE = {  # decay, blur, every, norm, contribution, steps, policy, rate: their own documentation
    "yosinski1": (0, 0.5, 4, 50, 0, 500, "progress", 100),
    "yosinski2": (0.3, 0, 0, 20, 0, 750, "constant", 100),
    "yosinski3": (0.0001, 1.0, 4, 0, 0, 1000, "constant", 100),
    "yosinski4": (0, 0.5, 4, 0, 90, 1000, "progress", 1e8),
}


@pytest.mark.parametrize("name", TABLE)
def test_yosinskis_sets_are_the_published_ones(name: str) -> None:
    r = PRESETS[name]
    found = (r.decay, r.blur, r.blur_every, r.norm_cut, r.contribution_cut, r.steps, r.move, r.rate)
    assert found == TABLE[name]
    assert r.sd == 10
    assert r.clip
    assert r.wanted == 2


def test_numbers_of_other_papers_are_theirs() -> None:
    lucid, olah, dream = PRESETS["lucid"], PRESETS["olah2017"], PRESETS["deepdream"]
    assert (lucid.steps, lucid.rate, lucid.canvas, lucid.sd, lucid.falloff) == (
        512,
        0.05,
        128,
        0.01,
        1.0,
    )
    assert (olah.steps, olah.rate, olah.jitter, olah.jitter_after) == (2560, 0.05, 16, 8)
    assert (dream.steps, dream.rate, dream.jitter, len(dream.stages)) == (40, 1.5, 32, 4)
    lapnorm, draw = PRESETS["lapnorm"], PRESETS["oygard"]
    assert (lapnorm.levels, len(lapnorm.stages), lapnorm.rate) == (4, 3, 1.0)
    assert [stage.share for stage in draw.stages] == [190, 150, 150, 10]
    assert draw.steps == 500
    # his steps 11, 6, 6 -> 3, 3 and his blurs
    steps = [tuple(round(11 * factor, 6) for factor in stage.rate) for stage in draw.stages]
    assert steps == [(11, 11), (6, 6), (6, 3), (3, 3)]
    assert draw.stages[0].blur == (2.5, 0.78)
    assert draw.stages[3].blur == (0.44, 0.304)
    mahendran = PRESETS["mahendran"]
    assert (mahendran.tv_beta, mahendran.move) == (2, "momentum")


def test_octave_sizes_are_rounded_one_from_another() -> None:
    assert octave_sizes(224, 4, 1.4) == [224, 160, 114, 81]
    assert octave_sizes(224, 1, 1.4) == [224]
    sizes = [round(224 * stage.size) for stage in octaves(4, 1.4)]
    assert sizes[-1] == 224
    assert sizes == sorted(sizes)
    assert abs(sizes[0] - 81) <= 1


def test_stages_share_out_the_steps() -> None:
    how = Recipe(steps=100, stages=(AscentStage(3.0, 0.5), AscentStage(1.0, 0.7), AscentStage(1.0)))
    found = [how.stage_at(step) for step in range(100)]
    assert [number for number, _, _ in found] == [0] * 60 + [1] * 20 + [2] * 20
    assert [far for _, _, far in found[60:80]] == pytest.approx([k / 20 for k in range(20)])
    assert found[0][1] is how.stages[0]
    assert found[0][2] == 0
    assert how.stage_at(100) == (2, how.stages[2], 1.0)  # the picture afterwards
    assert Recipe(steps=7).stage_at(3) == (0, AscentStage(), 3 / 7)


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_few_steps_still_pass_through_stages_in_order(steps: int) -> None:
    for preset in ("deepdream", "oygard", "lapnorm"):
        how = PRESETS[preset].with_changes({"steps": steps})
        numbers = [how.stage_at(step)[0] for step in range(steps + 1)]
        assert numbers == sorted(numbers)
        assert numbers[-1] == len(how.stages) - 1


def test_what_is_set_counts_and_none_is_the_presets_own() -> None:
    params = params_for(ASCENT, {"preset": "lucid", "steps": 3, "rate": None, "clip": True})
    how = recipe_of(params)
    assert (how.steps, how.rate, how.clip, how.title) == (3, 0.05, True, "Lucid")
    assert recipe_of(AscentParams()) == PRESETS["default"]
    zero = recipe_of(params_for(ASCENT, {"preset": "yosinski3", "blur": 0, "decay": 0.0}))
    assert (zero.blur, zero.decay, zero.blur_every) == (0, 0, 4)


def test_settings_are_plain_and_stages_are_the_presets_alone() -> None:
    assert not {"stages", "title", "source"} & set(SETTINGS)
    assert set(PRESETS["maco"].settings()) == set(SETTINGS)
    names = {item.name for item in fields(AscentParams)}
    assert names == {"preset", "seed", "seeds", "between", *SETTINGS}
    with pytest.raises(BadInput, match="no setting 'stages'"):
        params_for(ASCENT, {"stages": ()})


@pytest.mark.parametrize("name", [item.name for item in fields(Recipe) if "range" in item.metadata])
def test_values_out_of_range_are_refused_in_a_sentence(name: str) -> None:
    low, high = next(i for i in fields(Recipe) if i.name == name).metadata["range"]
    for value in (low - 1, high + 1, "much", True, float("nan")):
        with pytest.raises(BadInput, match=name) as caught:
            params_for(ASCENT, {name: value})
        assert str(caught.value).endswith(".")
    for value in (low, high):
        assert getattr(recipe_of(params_for(ASCENT, {name: value})), name) == value


@pytest.mark.parametrize(
    "name", [item.name for item in fields(Recipe) if "choices" in item.metadata]
)
def test_other_choices_are_refused_by_naming_those_there_are(name: str) -> None:
    choices = next(i for i in fields(Recipe) if i.name == name).metadata["choices"]
    with pytest.raises(BadInput, match=", ".join(choices)):
        params_for(ASCENT, {name: "magic"})
    for value in choices:
        assert getattr(recipe_of(params_for(ASCENT, {name: value})), name) == value


def test_a_window_is_told_every_preset_and_setting() -> None:
    told = describe_settings()
    assert [preset.name for preset in told.presets] == list(PRESETS)
    assert all(told.source(name) == PRESETS[name].source for name in PRESETS)
    assert [setting.name for setting in told.settings] == list(SETTINGS)
    kinds = {setting.name: setting.kind for setting in told.settings}
    assert (kinds["steps"], kinds["rate"], kinds["clip"], kinds["move"]) == (
        "whole",
        "number",
        "switch",
        "choice",
    )
    steps = next(setting for setting in told.settings if setting.name == "steps")
    assert steps.values["olah2017"] == 2560
    assert (steps.minimum, steps.maximum) == (1, 10_000)


# values at the ends of the ranges, and pairs that may not suit each other
ODD: list[dict[str, Any]] = [
    {"smallest": 2.0},
    {"smallest": 4.0, "largest": 0.1},
    {"rotate": 180.0},
    {"jitter": 128.0},
    {"canvas": 1},
    {"window": 1},
    {"size": 1},
    {"size": 5, "window": 3},
    {"views": 5},
    {"preset": "deepdream", "move": "nadam", "start": "noise"},
    {"preset": "lapnorm", "levels": 8},
    {"preset": "maco", "start": "mean"},
    {"preset": "maco", "first_box": 0.01},
    {"preset": "yosinski3", "contribution_cut": 100.0, "norm_cut": 100.0},
    {"preset": "yosinski3", "blur": 16.0, "blur_every": 1},
    {"falloff": 3.0},
    {"sd": 0.0},
    {"preset": "erhan", "sd": 0.0},
    {"power": 8.0, "statistic": "direction"},
    {"rate": 0.0},
    {"preset": "yosinski1", "wanted": 0.0},
    {"decay": 1.0, "preset": "yosinski2"},
    {"rate": 1e9},
    {"statistic": "probability", "diversity": 1e4, "seeds": 2},
    {"tv": 1e6, "tv_beta": 1.0},
]


@pytest.mark.parametrize("changes", ODD, ids=str)
def test_odd_settings_give_a_finite_picture_or_a_sentence(changes: dict[str, Any]) -> None:
    try:
        made = look(small(12), "ascent", "2[1]", **{"steps": 3, **changes})
    except BadInput as why:
        sentence, values = str(why), torch.zeros(1)
    else:
        sentence, values = "", torch.from_numpy(made.values)
    assert not sentence or sentence.endswith(".")
    assert bool(torch.isfinite(values).all())
    assert float(values.min()) >= 0
    assert float(values.max()) <= 1


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("preset", ["live", "maco", "yosinski3", "lapnorm", "mahendran"])
def test_tiny_pictures_can_be_grown(preset: str, size: int) -> None:
    net = wrap(nn.Sequential(nn.Conv2d(3, 2, 1)), size=size, mean=(0.5,))
    made = look(net, "ascent", "0[1]", preset=preset, steps=2)
    assert made.values.shape == (size, size, 3)

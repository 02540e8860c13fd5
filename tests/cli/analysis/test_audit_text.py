"""The attribution lenses by ``dnnvis look``, and what it says of an audit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dnnvis as package
from dnnvis.cli.analysis.audit_text import audit_fields
from dnnvis.core.attribution.audit import AttributionAudit, WeightsComparison
from dnnvis.lenses.recipe_files import read_recipe
from helpers.command_line import Say

NET = "net1-mnist"
IN_JSON = {"areas", "comparisons", "sentence"}


@pytest.mark.parametrize(
    ("lens", "settings"),
    [("occlusion", ("size=7", "stride=7", "patch=mean")), ("integrated", ("steps=3",))],
)
def test_a_picture_is_written_and_made_again_from_its_recipe(
    dnnvis: Say, picture: Path, tmp_path: Path, lens: str, settings: tuple[str, ...]
) -> None:
    png, again = tmp_path / "a.png", tmp_path / "b.png"
    options = [word for setting in settings for word in ("--set", setting)]
    words = ("look", NET, "out[3]", "--lens", lens, "--image", picture, "-o", png)
    said = dnnvis(*words, *options)
    assert said.status == 0, said
    recipe = read_recipe(png)
    assert recipe["lens"] == lens
    assert dnnvis("look", "--recipe", png, "-o", again, "--image", picture).status == 0
    values = package.look(
        package.open(NET), lens, "out[3]", image=picture, **dict(_read(s) for s in settings)
    )
    assert read_recipe(again) == recipe
    assert values.recipe["unit"] == recipe["unit"]


def _read(setting: str) -> tuple[str, Any]:
    name, value = setting.split("=")
    return name, int(value) if value.isdigit() else value


def test_a_recipe_of_an_inner_picture_needs_its_frame(
    refuses: Callable[..., str], tmp_path: Path
) -> None:
    words = ("look", NET, "out[3]", "--lens", "occlusion", "-o", tmp_path / "a.png")
    assert "needs a picture" in refuses(*words)


def test_an_audit_is_printed_and_its_curves_are_written(
    dnnvis: Say, picture: Path, tmp_path: Path
) -> None:
    file = tmp_path / "curves.npy"
    words = ("look", NET, "out[3]", "--lens", "audit", "--image", picture, "-o", file)
    said = dnnvis(*words, "--set", "method=gradient")
    assert said.status == 0, said
    assert "deletion: area" in said.out
    assert "in random order" in said.out
    assert "rank correlation" in said.out
    expected = package.look(package.open(NET), "audit", "out[3]", image=picture, method="gradient")
    curves = np.load(file)
    assert curves.shape == (5, 33)
    np.testing.assert_allclose(curves[3], expected.curves["insertion"], atol=1e-5)
    line = json.loads(dnnvis(*words, "--json").out)
    assert set(line) >= IN_JSON
    assert set(line["areas"]) == set(expected.areas)


def test_an_audit_is_no_picture(refuses: Callable[..., str], picture: Path, tmp_path: Path) -> None:
    words = ("look", NET, "out[3]", "--lens", "audit", "--image", picture)
    assert "not a picture" in refuses(*words, "-o", tmp_path / "a.png")


def test_json_has_null_where_there_is_no_number() -> None:
    compared = (WeightsComparison(1, 2, float("nan"), 0.5),)
    audit = AttributionAudit("guided", np.zeros(1), {}, {}, compared, progress=0.5)
    fields = audit_fields(audit)
    assert fields["comparisons"] == [{"layers": 1, "of": 2, "spearman": None, "ssim": 0.5}]
    assert json.loads(json.dumps(fields, allow_nan=False))["sentence"] == ""

"""``dnnvis blocks`` as a shell sees it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.command_line import Say


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "kept"))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_a_table_of_groups_that_are_units_from_then_on(
    dnnvis: Say, picture: Path, tmp_path: Path
) -> None:
    said = dnnvis(
        *("blocks", "net2-cifar10", "--image", picture, "--layer", "elu7", "-k", 3, "--check"),
        *("--target", "output[3]"),
    )
    assert said.status == 0, said
    assert "elu7~[0]" in said.out
    assert "groups hold" in said.out
    assert "true change" in said.out
    assert "% off" in said.out
    out = tmp_path / "unit.png"
    said = dnnvis(
        *("look", "net2-cifar10", "elu7~2", "--lens", "gradient", "--image", picture, "-o", out)
    )
    assert said.status == 0, said
    assert out.is_file()
    with Image.open(out) as image:
        recipe = json.loads(image.info["dnnvis recipe"])
    assert list(recipe["directions"]) == ["elu7~"]
    again = dnnvis("look", "--recipe", out, "-o", tmp_path / "again.png")
    assert again.status == 0, again
    assert (tmp_path / "again.png").read_bytes() == out.read_bytes()


def test_json_and_files(dnnvis: Say, picture: Path, tmp_path: Path) -> None:
    words = ("blocks", "net2-cifar10", "--image", picture, "--layer", "elu7", "-k", 2)
    out = tmp_path / "blocks.npz"
    said = dnnvis(*words, "--no-keep", "-o", out, "--json")
    assert said.status == 0, said
    record = json.loads(said.out)
    with np.load(out) as file:
        arrays = dict(file)
    assert record["units"] == ["elu7~[0]", "elu7~[1]"]
    assert record["explained"] == pytest.approx(arrays["shares"].sum(), abs=1e-5)
    assert arrays["groups"].shape[0] == 2
    assert arrays["position_votes"].shape == arrays["groups"].shape[1:]
    assert record["votes_total"] == pytest.approx(arrays["position_votes"].sum(), rel=1e-4)
    np.testing.assert_allclose(record["votes"], arrays["votes"], atol=1e-6)
    assert not list((tmp_path / "kept").rglob("*.sqlite"))


@pytest.mark.slow
def test_sheets_of_groups_and_of_positions(dnnvis: Say, picture: Path, tmp_path: Path) -> None:
    words = ("blocks", "net2-cifar10", "--image", picture, "--layer", "elu7", "-k", 2)
    sheet, positions = tmp_path / "sheet.png", tmp_path / "positions.png"
    said = dnnvis(*words, "--pictures", "--steps", 2, "-o", sheet)
    assert said.status == 0, said
    said = dnnvis(*words, "--positions", "--steps", 1, "-o", positions)
    assert said.status == 0, said
    with Image.open(sheet) as first, Image.open(positions) as second:
        assert first.size[0] > 400
        assert second.size == (8 * 48, 8 * 48)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--layer", "elu7", "-k", 99), "1 to 16"),
        (("--layer", "nowhere"), "no layer 'nowhere'"),
        (("--layer", "elu7", "--pictures"), "add -o OUT.png"),
        (("--layer", "elu7", "-o", "out.txt"), "-o OUT.png"),
        (("--layer", "output"), "no positions"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    dnnvis: Say, picture: Path, words: tuple[object, ...], part: str
) -> None:
    said = dnnvis("blocks", "net2-cifar10", "--image", picture, *words)
    assert said.status == 2
    assert part in said.err

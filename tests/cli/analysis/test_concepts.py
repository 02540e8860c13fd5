"""``dnnvis concepts`` as a shell sees it."""

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
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        pixels = np.random.default_rng(number).integers(0, 256, (28, 28), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_a_table_a_sheet_and_what_is_kept(dnnvis: Say, pictures: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    words = (
        *("concepts", "net1-mnist", "--data", pictures, "--layer", "elu1", "-k", 2),
        *("--measured", 2, "--design", 4, "--preset", "none"),
    )
    said = dnnvis(*words, "-o", sheet)
    assert said.status == 0, said
    assert "elu1.concepts~[" in said.out
    assert "total Sobol index" in said.out
    assert "each of 4 pictures" in said.out
    with Image.open(sheet) as image:
        assert image.size[0] > 200
    said = dnnvis(*words, "--json")
    record = json.loads(said.out.splitlines()[-1])
    assert record["pictures"] == 4
    assert {each["unit"] for each in record["concepts"]} == {
        "elu1.concepts~[0]",
        "elu1.concepts~[1]",
    }
    assert all(each["examples"] for each in record["concepts"])
    stages = [json.loads(line).get("words") for line in said.out.splitlines()[:-1]]
    assert "Collecting ..." not in stages  # it was known


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--layer", "elu1", "--design", 6), "power of two"),
        (("--layer", "elu1", "--preset", "other"), "no preset 'other'"),
        (("--layer", "elu1", "-o", "out.txt"), "-o OUT.png"),
        (("--layer", "output"), "not what one module returns"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    dnnvis: Say, pictures: Path, words: tuple[object, ...], part: str
) -> None:
    said = dnnvis("concepts", "net1-mnist", "--data", pictures, *words)
    assert said.status == 2
    assert part in said.err

"""``dnnvis reproduce atlas-attack --pair`` as a shell sees it, on the counts that are committed."""

import shutil
from pathlib import Path

import pytest

from helpers.command_line import Say

COMMITTED = Path(__file__).parents[3] / "assets" / "atlas-attack" / "runs"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    for path in COMMITTED.glob("cat-dog-*.json"):
        (tmp_path / "runs").mkdir(exist_ok=True)
        shutil.copy(path, tmp_path / "runs")
    return tmp_path


def test_one_pair_of_classes_is_reported_alone(dnnvis: Say, out: Path) -> None:
    words = ("reproduce", "atlas-attack", "-o", out, "--data", out)  # no data: nothing is measured
    said = dnnvis(*words, "--pair", "cat:dog", "--pair", "cat : dog")
    assert said.status == 0, said
    report = (out / "report.md").read_text(encoding="utf-8")
    assert report.count("| cat to dog |") == 3
    assert "deer" not in report


def test_pairs_that_cannot_be_measured_are_one_sentence(dnnvis: Say, out: Path) -> None:
    words = ("reproduce", "atlas-attack", "-o", out, "--data", out, "--pair")
    for pair, part in (("cat", "no two classes"), ("ship:truck", "holds counts of other pairs")):
        said = dnnvis(*words, pair)
        assert said.status == 2
        assert part in said.err
        assert not (out / "report.md").exists()

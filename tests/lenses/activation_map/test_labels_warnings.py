"""What is said of a map whose classes are guessed, or whose figures are poor."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dnnvis.cli.map_table import figure_rows
from dnnvis.lenses.activation_map.fitting import fit_data, quality_warnings
from dnnvis.lenses.activation_map.labels import choose_classes, meaningful_figures
from dnnvis.network.network import Network
from dnnvis.sources.datasets import open_data
from helpers.map_networks import asked, network, pictures


def unnamed() -> Network:
    """The same network; nobody says what its three classes are."""
    known = network()
    return Network(known.module, replace(known.card, labels=()))


def test_folders_that_count_as_classes_are_said_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "home"))
    folder = pictures(tmp_path / "p", 12, ("dog", "eel", "fox"))
    made = fit_data(unnamed(), asked(folder))
    assert made is not None
    assert made.classes == ("dog", "eel", "fox")
    assert any("names no classes: the folders' names count" in note for note in made.notes)
    assert choose_classes(network(), open_data(folder)).note == ""


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"auroc 2d": 0.37, "auroc rich": 0.9}, "hardly tells right from wrong (AUROC .37"),
        ({"auroc 2d": 0.61}, ""),
        ({"auroc 2d": float("nan")}, ""),
        ({"auroc 2d": None}, ""),
        ({"kNN15": 0.5, "accuracy": 0.98}, "right on 98% of the examples, their neighbours on"),
        ({"kNN15": 0.9, "accuracy": 0.98}, ""),
        ({"kNN15": None, "accuracy": 0.98}, ""),
        ({"kNN15": float("nan"), "accuracy": 0.98}, ""),
        ({}, ""),
    ],
)
def test_poor_figures_are_said_to_be(figures: dict[str, float], words: str) -> None:
    said = " ".join(quality_warnings(figures))
    assert words in said
    assert bool(words) == bool(said)


def test_neighbours_say_nothing_of_classes_with_few_examples() -> None:
    figures = {"kNN15": 0.0, "kNN15 pca": 0.0, "accuracy": 0.7}
    many, few = np.repeat(np.arange(1000), 15), np.repeat(np.arange(1000), 3)
    assert meaningful_figures(figures, many) == figures
    assert meaningful_figures(figures, np.array([-1])) == figures
    assert meaningful_figures(figures, few) == {"accuracy": 0.7}
    assert meaningful_figures(figures, np.repeat([3, 900], 20)) == figures, (
        "classes without any do not count"
    )
    assert not any(
        "neighbours" in words for words, _ in figure_rows(meaningful_figures(figures, few))
    )

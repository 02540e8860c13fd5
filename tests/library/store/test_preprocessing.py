"""Scans belong to weights and preprocessing: those of another one lie apart, or carry a mark."""

import json
from pathlib import Path

import pytest

import dnnvis
from dnnvis.core.lens_results import Examples
from dnnvis.core.statistics import UnitStatistics
from dnnvis.lenses.look import look
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.database import LibraryFile, list_differences
from dnnvis.library.store.library import own_library_path
from dnnvis.library.store.preprocessing import (
    choose_scan_library,
    describe_other_preprocessing,
    find_scan_library,
)
from dnnvis.library.store.shipped import shipped_library
from dnnvis.network.card import Card
from dnnvis.network.network import Network
from helpers.scan_networks import World, world

STALE = "scanned with mean 0.4, 0.5, 0.6; the network runs with mean 0"


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A network with its own library, in a data folder of its own."""
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    made = world(tmp_path, scanned=False)
    scan(made.net, made.folder, choose_scan_library(made.net), workers=1)
    return made


def with_mean(net: Network, *mean: float) -> Network:
    return Network(net.module, net.card.with_values({"mean": mean}, "user"))


def test_examples_and_statistics_of_another_preprocessing_are_never_without_a_mark(
    known: World,
) -> None:
    other = with_mean(known.net, 0.0)
    for lens, kind in (("examples", Examples), ("statistics", UnitStatistics)):
        same, stale = (look(net, lens, "relu[1]") for net in (known.net, other))
        assert isinstance(same, kind)
        assert isinstance(stale, kind)
        assert same.stale == ""
        assert stale.stale == STALE
    assert look(other, "examples", "relu[1]").data == (str(known.folder),)


def test_a_scan_under_another_preprocessing_lies_apart_and_both_are_shown_right(
    known: World,
) -> None:
    other = with_mean(known.net, 0.0)
    assert find_scan_library(other) == own_library_path(known.net)  # the only one, with a mark
    beside = choose_scan_library(other)
    assert beside != own_library_path(known.net)
    scan(other, known.folder, beside, workers=1)
    for net in (known.net, other):
        examples = look(net, "examples", "relu[1]")
        assert isinstance(examples, Examples)
        assert examples.stale == ""
        best = max(net.record(one, ["relu"])["relu"][0][1].max() for one in known.pixels)
        assert examples.items[0].value == pytest.approx(best, rel=1e-5)
    assert find_scan_library(with_mean(known.net, 0.00001)) == beside  # %g on a command line


def test_a_library_that_does_not_say_its_preprocessing_is_marked(known: World) -> None:
    with LibraryFile(own_library_path(known.net)) as library:
        library.run("DELETE FROM about WHERE name = 'card'")
    with LibraryFile(own_library_path(known.net), create=False) as library:
        mark = describe_other_preprocessing(library, known.net)
    assert mark.startswith("scanned with a preprocessing that was not recorded; the network runs")
    examples = look(known.net, "examples", "relu[1]")
    assert isinstance(examples, Examples)
    assert examples.stale == mark


def test_without_a_word_the_card_that_ships_counts(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = known.folder / "models"
    shipped.mkdir()
    card = {"name": known.net.name, "size": [12, 12], "mean": [0.4, 0.5, 0.6]}
    (shipped / f"{known.net.name}.json").write_text(json.dumps({**card, "std": [0.2, 0.3, 0.25]}))
    monkeypatch.setattr("dnnvis.library.store.preprocessing.shipped_folder", lambda kind: shipped)
    path = own_library_path(known.net)
    with LibraryFile(path) as library:
        library.run("DELETE FROM about WHERE name = 'card'")
    with LibraryFile(path, create=False) as library:
        assert describe_other_preprocessing(library, known.net) == ""
        assert "not recorded" in describe_other_preprocessing(library, with_mean(known.net, 0.0))


def test_the_library_that_ships_is_of_the_card_that_ships() -> None:
    net = dnnvis.open("squeezenet-imagenet")
    with LibraryFile(shipped_library(net.name), create=False) as library:
        assert describe_other_preprocessing(library, net) == ""
        torchvision = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
        wrong = Network(net.module, net.card.with_values(torchvision, "user"))
        assert describe_other_preprocessing(library, wrong) == (
            "scanned with mean 0.485, 0.458, 0.408, std 0.00392; "
            "the network runs with mean 0.485, 0.456, 0.406, std 0.229, 0.224, 0.225"
        )


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({}, ()),
        ({"mean": (0.5,)}, ()),
        ({"std": (1 / 255,)}, ("std",)),
        ({"std": (0.5000001,)}, ()),
        ({"size": (224, 220)}, ("size",)),
        ({"channel_order": "BGR"}, ("channel_order",)),
        ({"crop_ratio": 0.875, "interpolation": "bicubic"}, ("crop_ratio", "interpolation")),
        ({"fit": "stretch"}, ("fit",)),
        ({"labels": ("cat",)}, ()),
    ],
)
def test_every_field_of_the_preprocessing_is_part_of_the_key(
    change: dict[str, object], differing: tuple[str, ...]
) -> None:
    card = Card("net", (224, 224), mean=(0.5,) * 3, std=(0.5,) * 3)
    assert list_differences(card, card.with_values(change, "user")) == differing


def test_networks_of_any_size_have_no_size_of_their_own() -> None:
    cards = [Card("net", size, fit="free") for size in ((20, 20), (30, 30))]
    assert list_differences(*cards) == ()

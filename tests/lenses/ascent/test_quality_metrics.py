"""Honest numbers beside a picture, and where they come from."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

import dnnvis
from dnnvis.core.lens_results import QualityMetrics
from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent import natural_reference
from dnnvis.lenses.ascent.color_statistics import default_statistics
from dnnvis.lenses.ascent.quality_metrics import high_frequency_fraction, spectral_slope, variation
from dnnvis.lenses.look import look, looks
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.library import open_library
from dnnvis.sources.opencv import opencv
from dnnvis.sources.pictures import read_picture
from helpers.ascent_networks import climbing, recipe, small
from helpers.scan_networks import SIDE, World, world

PLACES = ["relu[0]", "conv[3]"]


def waves(side: int, *periods: tuple[float, float, float]) -> np.ndarray:
    """(side, side, 1) of cosines: (cycles a pixel along y, along x, amplitude)."""
    y, x = np.mgrid[:side, :side]
    made = sum(a * np.cos(2 * math.pi * (fy * y + fx * x)) for fy, fx, a in periods)
    return (0.5 + np.asarray(made))[..., None].astype(np.float32)


def test_the_share_of_high_frequencies_is_that_of_the_energy_above_a_quarter() -> None:
    low, high = (1 / 16, 0.0, 0.2), (0.0, 6 / 16, 0.1)
    assert high_frequency_fraction(waves(32, low)) == pytest.approx(0, abs=1e-10)
    assert high_frequency_fraction(waves(32, high)) == pytest.approx(1)
    assert high_frequency_fraction(waves(32, low, high)) == pytest.approx(0.01 / (0.04 + 0.01))
    diagonal = (3 / 16, 3 / 16, 0.1)  # .265 cycles a pixel along the diagonal
    assert high_frequency_fraction(waves(32, diagonal)) == pytest.approx(1)


@pytest.mark.parametrize("shape", [(9, 12, 3), (16, 7, 1), (1, 8, 3), (5, 1, 2)])
def test_the_share_by_parseval(shape: tuple[int, ...]) -> None:
    """The part above a quarter, transformed back, and its energy counted in pixels."""
    x = np.random.default_rng(0).random(shape).astype(np.float32)
    high = rest = 0.0
    for channel in x.astype(np.float64).transpose(2, 0, 1):
        centred = channel - channel.mean()
        spectrum = np.fft.fft2(centred)
        fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1])[None]
        part = np.fft.ifft2(np.where(fy**2 + fx**2 > 0.0625, spectrum, 0)).real
        high, rest = high + (part**2).sum(), rest + (centred**2).sum()
    assert high_frequency_fraction(x) == pytest.approx(high / rest, rel=1e-6)


def test_a_constant_picture_has_no_frequencies_and_no_variation() -> None:
    x = np.full((8, 8, 3), 0.3, np.float32)
    assert high_frequency_fraction(x) == 0
    assert variation(x) == 0


@pytest.mark.parametrize("shape", [(5, 7, 3), (1, 6, 1), (6, 1, 2), (1, 1, 3)])
def test_variation_is_the_mean_difference_of_neighbours(shape: tuple[int, int, int]) -> None:
    x = np.random.default_rng(1).random(shape).astype(np.float32)
    high, wide, channels = shape
    down = [abs(x[y + 1, z, c] - x[y, z, c]) for y, z, c in np.ndindex(high - 1, wide, channels)]
    along = [abs(x[y, z + 1, c] - x[y, z, c]) for y, z, c in np.ndindex(high, wide - 1, channels)]
    wanted = sum(sum(each) / len(each) for each in (down, along) if each)
    assert variation(x) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("slope", [-0.5, -1.36, -2.0])
def test_the_slope_of_a_spectrum_made_with_one(slope: float) -> None:
    random = np.random.default_rng(2)
    f = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.rfftfreq(128)[None])
    spectrum = np.maximum(f, 1 / 128) ** slope * np.exp(2j * math.pi * random.random(f.shape))
    x = np.fft.irfft2(spectrum, s=(128, 128))[..., None].astype(np.float32)
    assert spectral_slope(x) == pytest.approx(slope, abs=0.05)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("known"), many=60)


@pytest.mark.parametrize("unit", PLACES)
def test_the_best_natural_value_is_that_of_the_same_statistic(scanned: World, unit: str) -> None:
    maps = scanned.maps(unit[:4])[:, int(unit[-2])]  # (N, H, W)
    wanted = {"mean": maps.mean((1, 2)).max(), "max": maps.max(), "neuron": maps.max()}
    with open_library(scanned.net, scanned.library) as library:
        for how, value in wanted.items():
            found = natural_reference.best_natural_value(
                library, scanned.net, Objective.parse(unit), recipe(statistic=how)
            )
            assert found == pytest.approx(float(value), rel=1e-5)


@pytest.mark.parametrize(
    ("goal", "how"),
    [
        ("conv[1]@2,2", "mean"),
        ("conv", "mean"),
        ("2*conv[1]", "mean"),
        ("-conv[1]", "mean"),
        ("conv[1] + conv[2]", "mean"),
        ("conv[1]", "direction"),
        ("conv[1]", "probability"),
    ],
)
def test_there_is_no_natural_value_of_what_was_not_scanned(
    scanned: World, goal: str, how: str
) -> None:
    with open_library(scanned.net, scanned.library) as library:
        wish = Objective.parse(goal)
        assert (
            natural_reference.best_natural_value(library, scanned.net, wish, recipe(statistic=how))
            is None
        )


def test_colours_and_spectrum_are_those_of_the_scanned_pictures(scanned: World) -> None:
    with open_library(scanned.net, scanned.library) as library:
        found = natural_reference.load_statistics(library, scanned.net, recipe("maco"))
        published = natural_reference.load_statistics(library, scanned.net, recipe("default"))
    x = scanned.pixels / 255.0
    np.testing.assert_allclose(found.mean, x.mean((0, 1, 2)), rtol=1e-4)
    covariance = np.cov(x.reshape(-1, 3).T, bias=True)
    mixing = found.mixing.double().numpy()
    again = mixing @ mixing.T
    np.testing.assert_allclose(again / again[0, 0], covariance / covariance[0, 0], atol=2e-3)
    assert np.linalg.norm(mixing, axis=0).max() == pytest.approx(1, rel=1e-5)
    spectrum = np.abs(np.fft.rfft2(x, axes=(1, 2))).mean(0).transpose(2, 0, 1)
    assert found.spectrum is not None
    np.testing.assert_allclose(found.spectrum, spectrum, rtol=1e-3)
    assert found.spectrum_size == (SIDE, SIDE)
    assert found.source == "60 scanned pictures"
    assert published.spectrum is None
    assert published.source == "ImageNet"
    np.testing.assert_array_equal(published.mixing, default_statistics(3).mixing)


def test_a_few_pictures_are_not_enough_to_learn_colours_from(tmp_path: Path) -> None:
    few = world(tmp_path, many=4)
    with open_library(few.net, few.library) as library:
        assert (
            natural_reference.load_statistics(library, few.net, recipe("maco")).source == "ImageNet"
        )


def test_what_cannot_be_read_is_as_if_there_were_nothing(tmp_path: Path) -> None:
    net = small(seed=77)
    with dnnvis.library(net) as library:
        path = Path(library.path)
    path.write_bytes(b"no library" * 100)
    natural, nature = natural_reference.load_reference(net, Objective.parse("2[1]"), recipe("maco"))
    assert natural is None
    assert nature.source == "ImageNet"
    path.unlink()


def test_the_numbers_of_a_picture_are_its_own() -> None:
    net = small()
    made = look(net, "ascent", "2[3]", steps=9, seeds=2)
    assert len(made.measures) == 2
    for k, measures in enumerate(made.measures):
        x = torch.from_numpy(made.sheet[k]).permute(2, 0, 1)[None]
        value = _mean_of(net, x, 3)
        wanted = QualityMetrics(
            value, high_frequency_fraction(made.sheet[k]), variation(made.sheet[k])
        )
        assert measures.value == pytest.approx(wanted.value, rel=1e-4)
        assert measures.high_frequency == wanted.high_frequency
        assert measures.variation == wanted.variation
        assert measures.natural is None
    assert made.recipe["objective"] == max(measures.value for measures in made.measures)
    # the same through the 8-bit picture that is kept: to half a gray level
    kept = np.rint(made.values * 255).astype(np.uint8)
    recorded = net.record(kept, ["2"])["2"][0, 3].mean()
    assert made.recipe["objective"] == pytest.approx(float(recorded), abs=0.02)


def _mean_of(net: dnnvis.Network, x: torch.Tensor, channel: int) -> float:
    return float(net.run(x, ["2"], batched=True)["2"][0, 0, channel].mean())


def test_the_ratio_to_the_best_natural_picture_stands_beside_it(tmp_path: Path) -> None:
    """From the network's own library, in the user's folder."""
    net = small(12, seed=91)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for k in range(5):
        noise = np.random.default_rng(k).integers(0, 256, (12, 12, 3), dtype=np.uint8)
        opencv().imwrite(str(folder / f"{k}.png"), noise)
    with dnnvis.library(net) as library:
        own = library.path
    scan(net, folder, own, workers=1)
    best = max(
        float(net.record(read_picture(file), ["2"])["2"][0, 1].mean()) for file in folder.iterdir()
    )
    made = look(net, "ascent", "2[1]", steps=3)
    assert made.measures[0].natural == pytest.approx(best, rel=1e-4)
    assert best > 0
    assert made.measures[0].ratio == pytest.approx(made.measures[0].value / best, rel=1e-4)


def test_a_caption_says_what_was_made_and_how() -> None:
    made = look(small(), "ascent", "2[1] - 0.5*0[2]", preset="lucid", steps=2, seed=4)
    assert made.caption.startswith("what 2[1] - 0.5*0[2] wants to see; Lucid (Lucid's render_vis")
    assert made.caption.endswith("2 steps")
    assert made.unit == "2[1] - 0.5*0[2]"
    assert made.scale == "rgb"
    assert made.network == small().name
    faint = look(small(), "ascent", "2[1]", preset="yosinski3", steps=1)
    assert faint.scale == "centred"
    assert "more contrast" in faint.caption
    maco = look(small(), "ascent", "2[1]", preset="maco", steps=1)
    assert "power law" in maco.caption
    assert maco.recipe["nature_from"] == "ImageNet"


def test_a_recipe_is_enough_to_make_the_picture_again() -> None:
    net = small()
    made = look(net, "ascent", "2[1]", preset="live", steps=4, seed=6, jitter=3.0)
    known_names = {item for item in made.recipe if item in recipe().settings()}
    again = look(
        net,
        made.recipe["lens"],
        made.recipe["unit"],
        preset=made.recipe["preset"],
        seed=made.recipe["seed"],
        seeds=made.recipe["seeds"],
        between=made.recipe["between"],
        **{name: made.recipe[name] for name in known_names},
    )
    np.testing.assert_array_equal(again.values, made.values)
    assert made.recipe["steps_done"] == 4
    assert made.recipe["jitter"] == 3.0
    assert made.recipe["source"].startswith("after Olah")


def test_progress_and_curve_go_on_step_by_step_from_the_start() -> None:
    shown = list(looks(small(), "ascent", "2[1]", steps=4, seeds=2))
    assert [picture.progress for picture in shown] == [0, 0.25, 0.5, 0.75, 1]
    assert [picture.curve.shape for picture in shown] == [(k, 2) for k in range(5)]
    np.testing.assert_array_equal(shown[-1].curve[:2], shown[2].curve)
    climb = climbing(small(), recipe("default", steps=4), "2[1]", (0, 1))
    first = climb.pictures().permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(shown[0].sheet, first)

"""The lens ``statistics``, against numbers counted picture by picture."""

from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.statistics import UnitStatistics
from dnnvis.lenses import statistics
from dnnvis.lenses.look import look, looks
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.library import open_library
from dnnvis.network.opening.wrap import wrap
from helpers.scan_networks import DEAD, MANY, SIDE, Small, World, world


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("statistics"))


def of(known: World, unit: str, **params: object) -> UnitStatistics:
    found = look(known.net, "statistics", unit, library=str(known.library), **params)
    assert isinstance(found, UnitStatistics)
    return found


def test_numbers_of_a_map_are_over_all_pictures_and_places(known: World) -> None:
    found, maps = of(known, "relu[2]"), known.maps("relu")[:, 2]
    assert found.unit == "relu[2]"
    assert found.layer.images == MANY
    assert found.layer.units == 6
    assert found.mean == pytest.approx(maps.mean(), rel=1e-4)
    assert found.maximum == pytest.approx(maps.max(), rel=1e-5)
    assert found.minimum == pytest.approx(maps.min(), abs=1e-6)
    assert found.awake == pytest.approx((maps.max((1, 2)) > 0).mean())
    assert found.among == f"{MANY} pictures of pictures"
    assert found.progress == 1
    assert not found.message


def test_of_a_vector_every_value_is_counted(known: World) -> None:
    found, values = of(known, "head[3]"), known.maps("head")[:, 3].ravel().astype(np.float64)
    assert found.std == pytest.approx(values.std(), rel=1e-3)
    assert found.active == pytest.approx((values > 0).mean())
    bins = np.digitize(values, found.edges, right=True) - 1  # a bin holds its upper edge
    assert found.counts.tolist() == np.bincount(bins, minlength=len(found.counts)).tolist()
    assert found.edges[0] == -np.inf
    assert found.edges[-1] == np.inf
    inner = found.edges[np.abs(found.edges) >= 2**-10][1:-1]
    steps = np.log2(inner[inner > 0][1:] / inner[inner > 0][:-1])
    assert steps.min() > 0.4
    assert steps.max() < 0.6


def test_dead_units_of_the_layer_are_named(known: World) -> None:
    assert of(known, "relu[0]").layer.dead == (DEAD,)
    dead = of(known, f"relu[{DEAD}]")
    assert dead.awake == dead.active == dead.maximum == 0


def test_the_matrix_is_the_correlation_of_channel_means_in_the_order_that_is_told(
    known: World,
) -> None:
    layer = of(known, "head[0]").layer
    means = known.maps("head").mean((2, 3))
    plain = np.corrcoef(means.T)
    assert sorted(layer.order.tolist()) == list(range(5))
    np.testing.assert_allclose(
        layer.correlation, plain[np.ix_(layer.order, layer.order)], atol=1e-4
    )


def test_the_units_that_go_with_it_and_against_it_come_strongest_first(known: World) -> None:
    found = of(known, "head[1]", pairs=3)
    row = np.corrcoef(known.maps("head").mean((2, 3)).T)[1]
    others = [k for k in range(5) if k != 1]
    rising = sorted((k for k in others), key=lambda k: row[k])
    assert [k for k, _ in found.correlated] == [k for k in rising[::-1] if row[k] > 0][:3]
    assert [k for k, _ in found.anticorrelated] == [k for k in rising if row[k] < 0][:3]
    for channel, r in found.correlated + found.anticorrelated:
        assert r == pytest.approx(row[channel], abs=1e-4)


def test_own_numbers_come_before_the_order_of_the_layer(known: World) -> None:
    first, last = looks(known.net, "statistics", "relu[1]", library=str(known.library))
    assert first.progress < 1
    assert not len(first.layer.order)
    assert first.mean == last.mean
    assert first.layer.dead == last.layer.dead
    assert len(last.layer.order) == 6


def test_another_unit_of_the_layer_is_not_ordered_anew(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = of(known, "relu[1]")
    monkeypatch.setattr(statistics, "seriate", lambda matrix: pytest.fail("ordered again"))
    assert of(known, "relu[3]").layer.correlation is one.layer.correlation


def test_a_place_and_a_call_say_nothing(known: World) -> None:
    assert of(known, "relu[1]@2,3").unit == "relu[1]"


def test_more_pictures_are_seen_at_once(tmp_path: Path) -> None:
    more = world(tmp_path, many=6, limit=3)
    assert of(more, "head[0]").layer.images == 3
    scan(more.net, more.folder, more.library, workers=1)
    assert of(more, "head[0]").layer.images == 6


def test_a_layer_too_wide_to_correlate_still_has_numbers(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    with open_library(known.net, known.library) as library:
        found = library.statistics("pool")
    monkeypatch.setattr(
        statistics.Library, "statistics", lambda self, layer: replace(found, correlation=None)
    )
    got = of(known, "pool[2]")
    assert got.message.startswith("This library holds no correlations")
    monkeypatch.setattr("dnnvis.lenses.statistics.MAX_CORRELATED_CHANNELS", 5)
    got = of(known, "pool[2]")
    assert got.message == "pool has 6 units, too many to correlate."
    assert got.counts.sum() > 0
    assert not len(got.layer.order)


def test_why_there_is_nothing_is_said(tmp_path: Path, known: World) -> None:
    fresh = wrap(Small(), size=SIDE + 1)
    none = look(fresh, "statistics", "relu[1]")
    assert "No pictures were looked through yet; scan a folder" in none.message
    assert "dnnvis scan" in none.message
    assert not none.layer.images
    some = world(tmp_path, many=2, layers=["head"])
    assert of(some, "relu[1]").message.startswith("relu was not among the layers")
    with open_library(known.net, tmp_path / "empty.sqlite"):
        pass
    empty = look(known.net, "statistics", "head[1]", library=str(tmp_path / "empty.sqlite"))
    assert empty.message.startswith("The library knows no pictures")


def test_a_library_that_is_none_is_refused(tmp_path: Path, known: World) -> None:
    place = tmp_path / "x.sqlite"
    place.write_bytes(b"no library at all, but long enough to be read as one" * 40)
    with pytest.raises(BadInput, match="not a library of dnnvis"):
        look(known.net, "statistics", "head[1]", library=str(place))

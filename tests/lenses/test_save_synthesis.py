"""What grows in the live window goes into the network's library."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import QualityMetrics, SynthesisResult
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses import live
from dnnvis.lenses.live import LiveWork
from dnnvis.lenses.look import look
from dnnvis.lenses.save_synthesis import best_index, is_finished, single_recipe
from dnnvis.library.store.library import library_path, open_library
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

TOY = NetworkChoice(net="toy")
UNIT = Unit("1", 2)


@pytest.fixture
def network(
    as_trained: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Network:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(live, "PICTURE_SECONDS", 0.0)  # each step's picture is made
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten())
    return wrap(as_trained(module), size=12, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25))


@pytest.fixture
def work(network: Network) -> LiveWork:
    work = LiveWork(lambda choice: network, threading.Event())
    work.open(TOY)
    return work


def grows(
    work: LiveWork, unit: Unit | Objective = UNIT, **params: Any
) -> Iterator[SynthesisResult]:  # every picture, as the engine asks for them
    params = {"steps": 5, **params}
    request = Request("ascent", unit, tuple(params.items()), follow=False)
    pixels = np.random.default_rng(3).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    _, scenes, failures = work.live(
        Plan(TOY, ("1",), requests={"a": request}), Frame(pixels, 7, "test")
    )
    assert not failures
    yield from work.look(request, scenes["a"])  # type: ignore[misc]


def on_the_way(work: LiveWork, **params: Any) -> SynthesisResult:
    steps = grows(work, **params)
    for _ in range(3):
        grown = next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert grown.step == 2
    assert grown.measured_at == 0
    return grown


def worth(network: Network, grown: SynthesisResult, k: int) -> float:
    """The unit's mean on picture ``k`` as it is."""
    x = torch.from_numpy(grown.sheet[k]).permute(2, 0, 1)[None]
    return float(network.run(x, ["1"]).tensor("1")[0, 2].mean())


def test_a_picture_on_its_way_is_kept_with_recipe_measures_and_curve(
    work: LiveWork, network: Network
) -> None:
    grown = on_the_way(work)
    assert work.keep("synthesis", grown) == "1[2] kept in the library (1 picture)"
    with open_library(network, create=False) as library:
        (kept,) = library.pictures("1[2]")
    assert np.abs(kept.pixels / 255 - grown.values).max() <= 0.5 / 255 + 1e-6
    assert kept.measures is not None
    assert kept.measures.value == pytest.approx(worth(network, grown, 0), rel=1e-5)
    assert kept.recipe["objective"] == kept.measures.value
    assert kept.curve is not None
    assert np.array_equal(kept.curve, grown.curve[:, 0])
    assert kept.recipe["steps_done"] == 2
    assert kept.recipe["weights_sha256"] == network.fingerprint
    assert kept.preset == "default"


def test_the_same_picture_is_not_kept_twice_and_others_are_counted(work: LiveWork) -> None:
    first, second = on_the_way(work, seed=1), on_the_way(work, seed=2)
    work.keep("synthesis", first)
    assert work.keep("synthesis", first) == "1[2] is in the library already (1 picture)"
    assert work.keep("synthesis", second) == "1[2] kept in the library (2 pictures)"
    assert work.keep("synthesis", first) == "1[2] kept in the library (3 pictures)"


def test_of_several_pictures_the_chosen_one_is_kept_and_else_the_best(
    work: LiveWork, network: Network
) -> None:
    grown = on_the_way(work, seeds=4, seed=10)
    values = [measures.value for measures in grown.measures]
    best, chosen = int(np.argmax(values)), int(np.argmin(values))
    assert work.keep("synthesis", grown, chosen) == (
        f"1[2], seed {10 + chosen}, kept in the library (1 picture)"
    )
    assert f"seed {10 + best}," in work.keep("synthesis", grown)
    with open_library(network, create=False) as library:
        newest, oldest = library.pictures("1[2]")
    for kept, k in ((newest, best), (oldest, chosen)):
        assert np.abs(kept.pixels / 255 - grown.sheet[k]).max() <= 0.5 / 255 + 1e-6
        assert kept.recipe["seed"] == 10 + k
        assert kept.recipe["seeds"] == 1
        assert kept.measures is not None
        assert kept.measures.value == pytest.approx(worth(network, grown, k), rel=1e-5)
        assert kept.recipe["objective"] == kept.measures.value


def test_the_recipe_of_one_of_several_makes_that_picture_again(
    work: LiveWork, network: Network
) -> None:
    *_, last = grows(work, seeds=3, seed=5)
    recipe = single_recipe(last, 1)
    again = look(network, "ascent", "1[2]", seed=recipe["seed"], seeds=recipe["seeds"], steps=5)
    assert again.values == pytest.approx(last.sheet[1], abs=1e-4)


@pytest.mark.parametrize("coupled", [{"diversity": 1.0}, {"between": True}])
def test_pictures_that_do_not_grow_alone_keep_the_recipe_of_all(coupled: dict[str, Any]) -> None:
    recipe = {"seed": 3, "seeds": 2, "diversity": 0.0, "between": False, **coupled}
    grown = sheet_of(2, recipe=recipe)
    one = single_recipe(grown, 1)
    assert (one["seed"], one["seeds"], one["number"]) == (3, 2, 1)
    assert one["best_seed"] == (3 if recipe["between"] else 4)


def sheet_of(count: int, **changes: Any) -> SynthesisResult:
    sheet = np.linspace(0, 1, count * 12, dtype=np.float32).reshape(count, 2, 2, 3)
    measures = tuple(QualityMetrics(float(k), 0.0, 0.0) for k in range(count))
    curve = np.linspace(0, 1, count * 4, dtype=np.float32).reshape(4, count)
    made = SynthesisResult(
        sheet[0], unit="1[2]", sheet=sheet, measures=measures, curve=curve, progress=1.0
    )
    return replace(made, **changes)


def test_what_is_finished_is_kept_once_and_says_so(work: LiveWork, network: Network) -> None:
    pictures = list(grows(work))
    assert [grown.saved for grown in pictures[:-1]] == [""] * 6  # the start and five steps
    assert pictures[-2].progress == 1
    assert pictures[-1].saved == "1[2] kept in the library (1 picture)"
    assert np.array_equal(pictures[-1].values, pictures[-2].values)
    assert work.keep("synthesis", pictures[-1]) == "1[2] is in the library already (1 picture)"
    with open_library(network, create=False) as library:
        assert len(library.pictures("1[2]")) == 1


def test_a_run_that_is_closed_before_its_end_keeps_nothing(
    work: LiveWork, network: Network
) -> None:
    on_the_way(work)
    assert not library_path(network.fingerprint).exists()


def test_a_dream_of_a_frame_is_kept_only_when_asked(work: LiveWork, network: Network) -> None:
    *_, last = grows(work, start="frame")
    assert last.progress == 1
    assert last.saved == ""
    assert last.frame == 7
    assert last.recipe["image"] == {"source": "test", "frame": 7}
    assert not library_path(network.fingerprint).exists()
    assert work.keep("synthesis", last) == "1[2] kept in the library (1 picture)"


def test_what_begins_from_noise_belongs_to_no_frame(work: LiveWork) -> None:
    *_, last = grows(work)
    assert last.frame == -1
    assert last.recipe["image"] is None


def test_what_did_not_rise_is_not_kept_by_itself() -> None:
    assert is_finished(sheet_of(2))
    assert not is_finished(sheet_of(2, progress=0.9))
    assert not is_finished(sheet_of(2, curve=np.zeros((4, 2), np.float32)))
    assert not is_finished(sheet_of(2, curve=np.full((4, 2), np.nan, np.float32)))
    assert not is_finished(sheet_of(2, recipe={"start": "frame"}))
    assert best_index(sheet_of(3)) == 2


def test_a_goal_that_is_no_unit_is_kept_under_its_own_words(
    work: LiveWork, network: Network
) -> None:
    *_, last = grows(work, Objective.parse("1[0] - 0.5*1[3]"))
    assert last.saved == "1[0] - 0.5*1[3] kept in the library (1 picture)"
    with open_library(network, create=False) as library:
        assert library.newest_by_channel("1") == {}  # no picture of one unit
        assert len(library.pictures("1[0] - 0.5*1[3]")) == 1


def test_a_library_of_another_version_is_a_sentence_and_the_picture_is_there(
    work: LiveWork, network: Network
) -> None:
    place = library_path(network.fingerprint)
    with open_library(network):
        pass
    with sqlite3.connect(place) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    *_, last = grows(work)
    assert last.progress == 1
    assert last.saved.startswith("Not kept: ")
    assert "version 99" in last.saved
    with pytest.raises(BadInput, match="version 99"):
        work.keep("synthesis", last)


def test_a_full_disk_is_a_sentence_and_another_try_may_do(
    work: LiveWork, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dnnvis.library.store import library as store

    with monkeypatch.context() as broken:
        broken.setattr(store, "encode_png", lambda pixels: b"x" * 200_000)
        with open_library(network) as library:
            pages = library.rows("PRAGMA page_count")[0][0]
        opened = store.open_library

        def small(*args: Any, **more: Any) -> Any:
            library = opened(*args, **more)
            library.run(f"PRAGMA max_page_count = {pages + 2}")
            return library

        broken.setattr("dnnvis.lenses.save_synthesis.open_library", small)
        *_, last = grows(work)
    assert "disk is full" in last.saved
    assert last.saved.startswith("Not kept: ")
    assert work.keep("synthesis", last) == "1[2] kept in the library (1 picture)"


def test_a_library_that_another_process_writes_for_long_does_not_hold_the_live_view(
    work: LiveWork, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dnnvis.lenses.save_synthesis.BUSY_SECONDS", 0.05)
    with open_library(network) as other:
        other.run("BEGIN IMMEDIATE")
        *_, last = grows(work)
        other.run("ROLLBACK")
    assert last.progress == 1
    assert last.saved.startswith("Not kept: ")
    assert "busy" in last.saved


def test_only_a_synthesis_can_be_kept(work: LiveWork) -> None:
    with pytest.raises(BadInput, match="no growing picture"):
        work.keep("lens1", "something")

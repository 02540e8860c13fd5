"""A render that goes on, ends early, or cannot be made; how many pictures at once."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.core.errors import BadInput, LensMissing, UnknownUnit
from dnnvis.lenses.ascent import batch_size, render_resume
from dnnvis.lenses.ascent import render as rendering
from dnnvis.lenses.ascent.render import MAX_STUCK_STEPS, RenderedPicture, RenderSummary, render
from dnnvis.lenses.ascent.render_resume import RenderConfig
from dnnvis.library.store.library import Library, open_library
from dnnvis.library.store.shipped import pack_library
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from helpers.render_networks import (  # noqa: F401 (fixtures)
    QUICK,
    UNITS,
    net_fixture,
    order,
    place_fixture,
    small,
    units,
)


class Odd(nn.Module):
    """``flat`` does not depend on the picture; unit 1 of ``conv`` has no weights."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.flat = nn.Conv2d(1, 2, 1)
        with torch.no_grad():
            self.conv.weight[1] = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x).mean((2, 3)) + self.flat(torch.zeros(1, 1, 1, 1)).sum()


def rows(path: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        found = connection.execute("SELECT goal, preset FROM pictures ORDER BY goal, id").fetchall()
    connection.close()
    return found


def goals_in(path: Path) -> list[str]:
    return [goal for goal, _ in rows(path)]


def test_what_is_in_the_library_is_not_rendered_again(net: Network, place: Path) -> None:
    first = render(net, order(units(0, 1)), place)
    assert (first.rendered, first.known) == (2, {})
    second = render(net, order(), place)
    assert second.rendered == UNITS - 2
    assert set(second.known) == {"2[0]", "2[1]"}
    assert goals_in(place) == [f"2[{k}]" for k in range(UNITS)]
    assert render(net, order(), place).rendered == 0
    assert render(net, order(units(3), again=True), place).rendered == 1
    assert goals_in(place).count("2[3]") == 2


@pytest.mark.parametrize("change", [{"seed": 1}, {"preset": "default"}, {"rotate": 3.0}], ids=str)
def test_pictures_of_other_settings_are_others(
    net: Network, place: Path, change: dict[str, Any]
) -> None:
    render(net, order(units(0)), place)
    assert render(net, order(units(0), **change), place).rendered == 1
    assert render(net, order(units(0), **change), place).rendered == 0


def test_the_same_weights_that_see_other_sizes_make_other_pictures(place: Path) -> None:
    net, larger = small(), small()
    larger.origin = {"size": (16, 16)}
    render(net, order(units(0)), place)
    assert render(larger, order(units(0)), place).rendered == 1


def test_a_picture_kept_on_its_way_is_not_the_finished_one(net: Network, place: Path) -> None:
    for half in dnnvis.looks(net, "ascent", "2[0]", **QUICK):
        if half.step == 5:
            break
    with open_library(net, place) as library:
        library.save_picture("2[0]", half.values, half.recipe, half.measures[0], half.curve)
    assert render(net, order(units(0)), place).rendered == 1
    whole = dnnvis.look(net, "ascent", "2[1]", **QUICK)
    with open_library(net, place) as library:
        library.save_picture("2[1]", whole.values, whole.recipe, whole.measures[0], whole.curve)
    assert render(net, order(units(0, 1)), place).rendered == 0


class Broken(RuntimeError):
    pass


def test_whatever_breaks_it_each_finished_picture_is_kept(net: Network, place: Path) -> None:
    def breaking(standing: Any, made: RenderedPicture | None) -> None:
        if made is not None and standing.done == 4:
            raise Broken

    with pytest.raises(Broken):
        render(net, order(), place, report=breaking)
    assert goals_in(place) == [f"2[{k}]" for k in range(4)]
    assert render(net, order(), place).rendered == UNITS - 4


def test_it_ends_between_two_steps_when_asked(net: Network, place: Path) -> None:
    asked = iter([False] * 14 + [True] * 100)  # in the second batch of three
    done = render(net, order(), place, stop=lambda: next(asked))
    assert done.stopped
    assert (done.rendered, done.left) == (3, UNITS - 3)
    assert goals_in(place) == ["2[0]", "2[1]", "2[2]"]


def test_a_full_disk_ends_it_with_one_sentence_and_nothing_is_lost(
    net: Network, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roomy = render_resume.open_rank_library

    def cramped(net: Network, path: Path) -> Library:
        library = roomy(net, path)
        (pages,) = library.rows("PRAGMA page_count")[0]
        library.run(f"PRAGMA max_page_count = {pages + 3}")
        return library

    monkeypatch.setattr(rendering, "open_rank_library", cramped)
    made: list[str] = []
    with pytest.raises(BadInput, match="disk is full"):
        render(
            net, order(), place, report=lambda s, m: made.append(str(m.objective)) if m else None
        )
    assert 0 < len(made) < UNITS
    assert goals_in(place) == made
    monkeypatch.setattr(rendering, "open_rank_library", roomy)
    assert render(net, order(), place).rendered == UNITS - len(made)


@pytest.fixture(scope="module")
def odd() -> Network:
    torch.manual_seed(0)
    return wrap(Odd(), size=8)


def test_units_that_cannot_be_reached_are_told_of_once(odd: Network, place: Path) -> None:
    goals = units(0, 1, layer="flat") + units(0, layer="conv")
    done = render(odd, order(goals), place)
    assert done.rendered == 1
    assert done.left == 0
    ((words, failed),) = done.failed.items()
    assert failed == ("flat[0]", "flat[1]")
    assert "flat" in words
    with pytest.raises(LensMissing):
        render(odd, order(units(0, 1, layer="flat")), place)


def test_a_unit_that_nothing_moves_is_given_up_soon_and_not_kept(odd: Network, place: Path) -> None:
    steps = []
    done = render(
        odd,
        order(units(0, 1, 2, layer="conv"), steps=MAX_STUCK_STEPS + 20),
        place,
        report=lambda standing, made: steps.append((standing.growing, standing.failed)),
    )
    ((words, failed),) = done.failed.items()
    assert failed == ("conv[1]",)
    assert words.startswith("Nothing moves: the gradient of the unit")
    assert goals_in(place) == ["conv[0]", "conv[2]"]
    assert steps.index((0, 1)) < len(steps) - 1  # before the others had finished


@pytest.mark.parametrize(
    ("wish", "error", "words"),
    [
        (order(()), BadInput, "nothing to render"),
        (order(batch=0), BadInput, "batch"),
        (order(seeds=3), BadInput, "one picture of each unit"),
        (order(diversity=1.0), BadInput, "diversity"),
        (order(units(UNITS)), UnknownUnit, "0 to 6"),
        (order(units(0, layer="9")), UnknownUnit, "no layer '9'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_sense_is_refused(
    net: Network, place: Path, wish: RenderConfig, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        render(net, wish, place)
    assert not place.exists()


def test_the_library_of_another_network_is_refused(place: Path) -> None:
    render(small(), order(units(0)), place)
    with pytest.raises(BadInput, match="belongs to the network"):
        render(small(seed=1), order(units(0)), place)


def tried(
    monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float], kept: int = 1, most: int = 64
) -> tuple[int, list[int]]:
    """The batch chosen where a step of so many pictures takes so long, and what was tried."""
    sizes: list[int] = []
    monkeypatch.setattr(batch_size, "_measure_step", lambda size: (seconds[size], kept * size))
    monkeypatch.setattr(batch_size, "free_memory", lambda device: 100.0)
    monkeypatch.setattr(batch_size, "_take_faster_format", lambda *rest: None)

    def make(size: int) -> Any:
        sizes.append(size)
        return size

    return batch_size.choose_batch(small(), make, most, lambda: False), sizes


def test_the_batch_grows_as_long_as_a_picture_gains_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {1: 1.0, 2: 1.5, 4: 2.4, 8: 4.7, 16: 5.0}  # .75, .6, .59 a picture: the end
    assert tried(monkeypatch, seconds) == (4, [1, 2, 4, 8])


def test_the_batch_is_no_larger_than_the_work_or_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = {size: 1.0 for size in (1, 2, 4, 8, 16, 32, 64)}
    assert tried(monkeypatch, seconds, most=5) == (4, [1, 2, 4])
    assert tried(monkeypatch, seconds, kept=7) == (4, [1, 2, 4])  # 8 would fill 56 of 100 / 2
    assert tried(monkeypatch, seconds, kept=0)[0] == 64


def test_memory_is_counted_once_however_often_it_is_kept() -> None:
    x = torch.rand(10, 10, requires_grad=True)
    with batch_size.count_saved_bytes() as count:
        y = x.exp().sin()  # exp keeps its result, which is what sin keeps
        assert count() == 400
        z = y.cos()
        assert count() == 800
    z.sum().backward()
    assert torch.allclose(x.grad, -y.sin() * x.exp().cos() * x.exp())


def test_a_batch_is_found_for_a_real_network_which_is_left_as_it_was(place: Path) -> None:
    net = small()
    before = net.memory_format
    done = render(net, order(batch=None), place)
    assert done.rendered == UNITS
    assert net.memory_format == before


class OneWay(torch.autograd.Function):
    """Its way back fails on memory in which the channels lie last."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.flat = x.is_contiguous()
        return x.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        if not ctx.flat:
            raise ValueError("no way back")
        return gradient


class Views(nn.Module):
    """Flattens with ``view`` after a convolution, or only its backward pass does."""

    def __init__(self, one_way: bool) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4 * 14 * 14, 5)
        self.one_way = one_way

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv(x)
        if self.one_way:
            return self.head(OneWay.apply(y).flatten(1))
        return self.head(y.view(-1, 4 * 14 * 14))


@pytest.mark.parametrize("one_way", [False, True])
def test_a_format_in_which_a_network_fails_is_not_rendered_in(place: Path, one_way: bool) -> None:
    torch.manual_seed(0)
    net = wrap(Views(one_way), size=16, name="views")
    done = render(net, order(units(0, 1, 2, layer="head"), batch=None), place)
    assert (done.rendered, done.failed) == (3, {})
    assert net.memory_format == torch.contiguous_format


@pytest.fixture
def left_behind(net: Network, place: Path) -> Iterator[tuple[Path, RenderSummary]]:
    """A file that a killed rank has left, with pictures of units 0 and 1."""
    file = place.with_name(f"{place.name}.pictures.rank1")
    done = render(net, order(units(0, 1)), file)
    return file, done


def test_what_a_killed_rank_left_is_merged_at_the_next_start(
    net: Network, place: Path, left_behind: tuple[Path, RenderSummary]
) -> None:
    file, _ = left_behind
    done = render(net, order(), place)
    assert done.rendered == UNITS - 2
    assert set(done.known) == {"2[0]", "2[1]"}
    assert goals_in(place) == [f"2[{k}]" for k in range(UNITS)]
    assert not list(place.parent.glob(f"{file.name}*"))


def test_the_file_of_a_rank_that_still_runs_is_left_alone(
    net: Network, place: Path, left_behind: tuple[Path, RenderSummary]
) -> None:
    file, _ = left_behind
    running = sqlite3.connect(file, isolation_level=None)
    try:
        running.execute("PRAGMA locking_mode = EXCLUSIVE")
        running.execute("PRAGMA user_version = 1")
        assert render(net, order(units(0)), place).known == {}
        assert file.exists()
    finally:
        running.close()
    assert set(render(net, order(units(1)), place).known) == {"2[1]"}


def test_a_library_that_was_packed_goes_on_where_it_stopped(net: Network, place: Path) -> None:
    ordered: dict[str, Any] = {"preset": "default", "steps": 3, "rate": 0.1, "window": None}
    assert render(net, order(units(0, 1), **ordered), place).rendered == 2
    packed = place.with_name("packed.sqlite")
    pack_library(place, packed)
    again = render(net, order(units(0, 1, 2), **ordered), packed)
    assert set(again.known) == {"2[0]", "2[1]"}
    assert again.rendered == 1
    assert render(net, order(units(0), **ordered | {"steps": 4}), packed).rendered == 1


def test_a_picture_stored_before_a_setting_was_added_is_the_same_picture() -> None:
    from dnnvis.lenses.ascent.presets import PRESETS
    from dnnvis.lenses.ascent.render_resume import _identity_of

    recipe = {**PRESETS["default"].settings(), "preset": "default", "seed": 3}
    older = {name: value for name, value in recipe.items() if not name.startswith("hold")}
    assert _identity_of(older) == _identity_of(recipe)
    assert _identity_of(older) != _identity_of({**recipe, "hold": 1.0})

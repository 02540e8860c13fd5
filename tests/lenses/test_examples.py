"""The lens ``examples``, against a search picture by picture."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dnnvis
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import Examples
from dnnvis.core.receptive_field import crop_box, receptive_box
from dnnvis.core.unit import Unit
from dnnvis.lenses import examples
from dnnvis.lenses.examples import EXAMPLES, backward_picture, take_best_per_picture
from dnnvis.lenses.lens import Scene, params_for
from dnnvis.lenses.look import look, looks
from dnnvis.library import recent_frames
from dnnvis.library.recent_frames import FrameMemory
from dnnvis.library.store.records import TopExample
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from helpers.scan_networks import DEAD, MANY, SIDE, Small, World, world

UNIT = "relu[2]"


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("examples"))


def of(known: World, unit: str = UNIT, **params: object) -> Examples:
    params = {"backs": "none", "library": str(known.library), **params}
    found = look(known.net, "examples", unit, **params)
    assert isinstance(found, Examples)
    return found


@pytest.mark.parametrize("by", ["max", "mean"])
@pytest.mark.parametrize("bottom", [False, True])
def test_the_pictures_are_those_with_the_most_or_least(known: World, by: str, bottom: bool) -> None:
    maps = known.maps("relu")[:, 2].reshape(MANY, -1)
    values = maps.max(1) if by == "max" else maps.mean(1)
    order = np.argsort(values if bottom else -values, kind="stable")[:4]
    found = of(known, k=4, by=by, bottom=bottom)
    assert [item.where for item in found.items] == [str(known.files[n]) for n in order]
    np.testing.assert_allclose([item.value for item in found.items], values[order], rtol=1e-4)
    words = {
        (False, "max"): "largest maximum",
        (False, "mean"): "largest mean",
        (True, "max"): "smallest maximum",
        (True, "mean"): "smallest mean",
    }
    assert found.caption == f"{words[bottom, by]} of {UNIT} among {MANY} pictures"


def test_the_crop_is_what_the_place_can_see_of_the_picture(known: World) -> None:
    maps = known.maps("relu")[:, 2]
    for item in of(known, k=5).items:
        number = known.files.index(Path(item.where))
        y, x = np.unravel_index(maps[number].argmax(), (SIDE, SIDE))
        assert item.position == (y, x)
        assert (item.whole == known.pixels[number]).all()
        padded = np.pad(known.pixels[number], ((1, 1), (1, 1), (0, 0)), constant_values=128)
        assert (item.pixels == padded[y : y + 3, x : x + 3]).all()  # a 3 x 3 convolution
        assert item.box == (y - 1, x - 1, 3, 3)


def test_what_lies_outside_the_crop_does_not_move_the_unit(known: World) -> None:
    item = of(known, "pool[1]", k=1).items[0]
    changed = np.full_like(item.whole, 77)
    y, x, h, w = item.box
    part = slice(max(y, 0), y + h), slice(max(x, 0), x + w)
    changed[part] = item.whole[part]
    value = known.net.record(changed, ["pool"])["pool"][0, 1][item.position]
    assert value == pytest.approx(item.value, rel=1e-4)


def test_a_unit_that_sees_everything_shows_the_whole_picture(known: World) -> None:
    item = of(known, "head[1]", k=1).items[0]
    assert item.box == (0, 0, SIDE, SIDE)
    assert (item.pixels == item.whole).all()


def test_classes_are_counted_over_all_known_ones(known: World) -> None:
    found = of(known, k=3)
    maps = known.maps("relu")[:, 2].reshape(MANY, -1).max(1)
    best = np.argsort(-maps)[:9]  # as many as the library keeps
    labels = [known.files[n].parent.name for n in best]
    assert len(found.items) == 3
    assert dict(found.counts) == {label: labels.count(label) for label in set(labels)}
    assert [item.label for item in found.items] == labels[:3]


@pytest.mark.parametrize("lens", ["deconvnet", "guided", "gradient"])
def test_backward_pictures_are_cut_like_the_crops_and_come_one_by_one(
    known: World, lens: str
) -> None:
    steps = list(looks(known.net, "examples", UNIT, library=str(known.library), k=3, backs=lens))
    assert [sum(lens in item.backs for item in step.items) for step in steps] == [0, 1, 2, 3]
    assert [step.progress for step in steps] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    for item in steps[-1].items:
        y, x = item.position
        whole = look(known.net, lens, f"{UNIT}@{y},{x}", image=item.whole).values
        np.testing.assert_allclose(item.backs[lens], crop_box(whole, item.box, 0), atol=1e-6)
        assert np.abs(item.backs[lens]).max() > 0


def test_the_gradient_of_an_example_is_that_of_finite_differences(known: World) -> None:
    item = of(known, k=1).items[0]
    y, x = item.position
    unit = Unit("relu", 2)
    back = backward_picture(known.net, unit, item.whole, item.position, "gradient")
    row, column = max(y - 1, 0), max(x - 1, 0)
    for channel in range(3):
        low, high = item.whole.copy(), item.whole.copy()
        high[row, column, channel] = min(int(item.whole[row, column, channel]) + 1, 255)
        low[row, column, channel] = max(int(item.whole[row, column, channel]) - 1, 0)
        step = (int(high[row, column, channel]) - int(low[row, column, channel])) / 255
        up, down = (known.net.record(p, ["relu"])["relu"][0, 2, y, x] for p in (high, low))
        slope = (up - down) / step * item.value  # started from the unit's own activation
        assert back[row, column, channel] == pytest.approx(slope, rel=0.02, abs=1e-3)


def test_a_unit_that_never_fires_is_said_to(known: World) -> None:
    dead = f"relu[{DEAD}]"
    assert of(known, dead).message == f"{dead} is above 0 on none of them"
    assert not of(known, dead, bottom=True).message
    assert not of(known).message


def test_a_network_without_a_way_back_keeps_its_crops_and_says_why(known: World) -> None:
    def refuse(*ignored: object) -> None:
        raise examples.LensMissing("there is no way back")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "backward_picture", refuse)
        found = of(known, k=3, backs="guided")
    assert len(found.items) == 3
    assert found.message == "there is no way back"


def test_a_picture_that_is_gone_is_gray_and_says_so(tmp_path: Path) -> None:
    small = world(tmp_path, many=4)
    first = of(small, k=4).items[0]
    Path(first.where).unlink()
    found = of(small, k=4, backs="guided")
    assert "is gone; put it back" in found.items[0].where
    assert set(np.unique(found.items[0].whole)) == {128}
    assert not found.items[0].backs
    assert all(item.backs for item in found.items[1:])
    assert found.progress == 1


def test_slow_pictures_are_shown_as_they_are_read(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "PARTIAL_RESULT_SECONDS", -1.0)
    steps = list(looks(known.net, "examples", UNIT, library=str(known.library), k=3, backs="none"))
    assert [len(step.items) for step in steps] == [1, 2, 3]
    assert [step.progress for step in steps] == [0, 0, 1]


def test_why_there_are_none_is_said(tmp_path: Path) -> None:
    fresh = wrap(Small(), size=SIDE + 2)
    none = look(fresh, "examples", UNIT)
    assert not none.items
    assert none.unit == UNIT
    assert "No pictures were looked through for this network yet; scan a folder" in none.message
    some = world(tmp_path, many=2, layers=["head"])
    assert of(some).message.startswith("relu was not among the layers")


def test_a_network_over_the_plane_has_no_pictures_to_look_through() -> None:
    found = look(dnnvis.open("mlp-2d"), "examples", "active1[0]")
    assert isinstance(found, Examples)
    assert "nothing to look through" in found.message


def ask(net: Network, memory: FrameMemory | None, **params: object) -> Examples:
    kind = params_for(EXAMPLES, {"source": "memory", "backs": "none", **params})
    return list(EXAMPLES.look(Scene(net, Unit("relu", 2), kind, memory=memory)))[-1]


def remembered(
    known: World, numbers: list[int], minutes: float = 2.0, labels: str = ""
) -> FrameMemory:
    """A memory of these pictures: of a camera, or of the demo with a letter as label each."""
    memory = FrameMemory(known.net, minutes)
    for when, number in enumerate(numbers):
        source, label = ("demo", labels[when]) if labels else ("webcam:0", None)
        frame = Frame(known.pixels[number], when, source, label, born=2.0 * when)
        with pytest.MonkeyPatch.context() as patch:  # however long the machine took for the last
            patch.setattr(recent_frames, "MAX_TIME_FRACTION", float("inf"))
            assert memory.should_store(frame)
        x = known.net.encode(frame.pixels)
        with memory.summarize_pass() as summary:
            recording = known.net.run(x, ())
        memory.add(frame, known.net.show(x), summary, recording)
    return memory


def test_of_the_running_source_the_best_frames_come_with_their_place(known: World) -> None:
    numbers = [3, 0, 7, 5, 9]
    found = ask(known.net, remembered(known, numbers), k=3)
    maps = known.maps("relu")[numbers, 2]
    best = np.argsort(-maps.reshape(5, -1).max(1))[:3]
    assert [item.where for item in found.items] == [f"webcam:0, number {n}" for n in best]
    for item, n in zip(found.items, best, strict=True):
        assert item.position == np.unravel_index(maps[n].argmax(), (SIDE, SIDE))
        assert (item.whole == known.pixels[numbers[n]]).all()
        box = receptive_box((3, 1, 0.0), item.position, (SIDE, SIDE))
        assert (item.pixels == crop_box(item.whole, box, 128)).all()
    assert found.caption == "largest maximum of relu[2] among 5 frames of the last 8 s of webcam:0"


def test_what_the_memory_forgot_is_no_example(known: World) -> None:
    memory = remembered(known, [3, 0, 7, 5, 9], minutes=0.1)  # six seconds: the last four
    assert {item.where for item in ask(known.net, memory).items} == {
        f"webcam:0, number {n}" for n in (1, 2, 3, 4)
    }


def test_a_memory_that_is_off_or_empty_says_how_to_fill_it(known: World) -> None:
    for memory in (None, FrameMemory(known.net)):
        found = ask(known.net, memory)
        assert not found.items
        assert "switch its memory on" in found.message


def test_the_recipe_says_what_was_asked_for(known: World) -> None:
    found = of(known, k=2, by="mean")
    assert found.recipe["lens"] == "examples"
    assert found.recipe["unit"] == UNIT
    assert found.recipe["by"] == "mean"
    assert found.recipe["k"] == 2
    assert found.network == known.net.name


def place(value: float, index: int, label: str = "", path: str = "", source: str = "s") -> Any:
    pixels = np.zeros((4, 4, 3), np.uint8)
    return TopExample(value, (0, 0), label, index, path, source, lambda: pixels)


def test_of_each_picture_the_best_place_stays() -> None:
    demo, film = "photographs of the demo 1", "film.mp4"
    tops = [
        place(9, 46, "cat", source=demo),
        place(8, 39, "cat", source=demo),
        place(7, 3, path="a.png"),
        place(6, 0, path="a.png", source="other"),  # scanned twice
        place(5, 30, "espresso", source=demo),
        place(4, 1, source=film),
        place(3, 2, source=film),
    ]
    assert [top.value for top in take_best_per_picture(tops)] == [9, 7, 5, 4, 3]
    assert take_best_per_picture([]) == []


def test_few_pictures_are_said_to_be_few(known: World) -> None:
    memory = remembered(known, [3, 0, 7, 5, 9], labels="ababa")
    found = ask(known.net, memory, k=4, distinct=True)
    assert sorted(item.label for item in found.items) == ["a", "b"]
    assert found.message == "2 pictures hold all 5 best places"
    assert len(ask(known.net, memory, k=4).items) == 4
    files = of(known, k=4, distinct=True)  # are pictures of their own
    assert (len(files.items), files.message) == (4, "")

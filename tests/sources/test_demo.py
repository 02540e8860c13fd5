import itertools
import time
from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources import demo
from dnnvis.sources.demo import (
    FADE_FRAMES,
    SHOT_FRAMES,
    CropView,
    Demo,
    crop_photograph,
    load_photograph,
    photograph_folder,
)
from dnnvis.sources.opencv import opencv
from dnnvis.sources.source import Movable


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).mean())


def test_cat_espresso_and_motorcycle_come_first() -> None:
    with Demo() as source:
        labels = [source.frame_at(k * SHOT_FRAMES + SHOT_FRAMES // 2).label for k in range(3)]
    assert labels == ["cat", "espresso", "motorcycle"]


def test_a_frame_depends_on_its_number_alone() -> None:
    with Demo() as one, Demo() as other:
        later = one.frame_at(SHOT_FRAMES + 3)
        for _ in range(SHOT_FRAMES + 3):
            other._next += 1
        again = other.read()
    assert later.pixels.shape == (480, 640, 3)
    assert later.pixels.flags.c_contiguous
    np.testing.assert_array_equal(later.pixels, again.pixels)


def test_the_walk_is_smooth_also_from_one_photograph_to_the_next() -> None:
    with Demo() as source:
        cut = [
            source.frame_at(k).pixels for k in range(SHOT_FRAMES - 3, SHOT_FRAMES + FADE_FRAMES + 3)
        ]
        hard = difference(
            source.frame_at(SHOT_FRAMES - 1).pixels,
            source.frame_at(SHOT_FRAMES + FADE_FRAMES).pixels,
        )
    steps = [difference(a, b) for a, b in itertools.pairwise(cut)]
    assert hard > 20
    assert max(steps) < hard / 5


def test_every_frame_differs_a_little_from_the_one_before() -> None:
    with Demo() as source:
        steps = [
            difference(source.frame_at(k).pixels, source.frame_at(k + 1).pixels)
            for k in range(40, 60)
        ]
    assert min(steps) > 0
    assert max(steps) < 8


def test_reading_stepping_and_seeking_agree_with_frame_at() -> None:
    with Demo() as source:
        assert isinstance(source, Movable)
        assert [source.read().number for _ in range(3)] == [0, 1, 2]
        source.move(-1)
        assert source.read().number == 1
        source.move(0)
        assert source.read().number == 1
        source.seek(1.0)
        assert source.read().number == source.length - 1
        assert source.position == 1
        source.move(1)
        after = source.read()
        assert after.number == source.length
        assert after.label == "cat"


def test_a_window_is_the_crop_of_the_photograph_that_it_says() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (960, 1280, 3), dtype=np.uint8)
    for y, x in ((0, 0), (1, 1), (0, 1)):
        corner = picture[y * 480 :, x * 640 :][:480, :640]
        np.testing.assert_array_equal(crop_photograph(picture, CropView(y, x, 0.5)), corner)
    smooth = opencv().GaussianBlur(picture, (0, 0), 8)
    whole = opencv().resize(smooth, (640, 480), interpolation=opencv().INTER_AREA)
    assert difference(crop_photograph(smooth, CropView(0.3, 0.7, 1.0)), whole) < 1


def test_only_two_photographs_are_ever_kept_and_one_is_loaded_at_first(monkeypatch) -> None:
    loaded: list[str] = []

    def counted(file: Path) -> np.ndarray:
        loaded.append(file.name)
        return load_photograph(file)

    monkeypatch.setattr(demo, "load_photograph", counted)
    with Demo() as source:
        source.read()
        assert loaded == ["chelsea.png"]
        for shot in range(6):
            source.frame_at(shot * SHOT_FRAMES)
        assert len(loaded) == 6
        assert source._load_photograph.cache_info().maxsize == 2


def test_photographs_that_are_not_installed_are_left_out(tmp_path: Path) -> None:
    whole = photograph_folder() / "coffee.png"
    (tmp_path / "coffee.png").write_bytes(whole.read_bytes())
    with Demo(tmp_path) as source:
        assert {source.frame_at(k * SHOT_FRAMES).label for k in range(4)} == {"espresso"}


def test_no_photographs_at_all_and_a_broken_one_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no photographs"), Demo(tmp_path):
        pass
    (tmp_path / "coffee.png").write_bytes(b"")
    with Demo(tmp_path) as source, pytest.raises(BadInput, match="broken"):
        source.read()


def test_a_frame_is_cheap() -> None:
    with Demo() as source:
        source.frame_at(0)
        times = []
        for k in range(30):
            start = time.perf_counter()
            source.frame_at(k)
            times.append(time.perf_counter() - start)
    assert sorted(times)[5] < 0.004, "seconds, on a machine that may be busy"


def test_frames_are_written_in_a_folder_for_each_label(tmp_path: Path) -> None:
    assert demo.write_frames(tmp_path, per_shot=1) == 9
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(demo.PUBLIC_DOMAIN)
    file = min((tmp_path / "cat").iterdir())
    with Demo() as source:
        expected = source.frame_at(int(file.stem)).pixels
    np.testing.assert_array_equal(opencv().imread(str(file))[..., ::-1], expected)

"""The ring of the last frames: what it holds, and its budget."""

import threading
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from dnnvis.core.frame import Frame
from dnnvis.core.messages import Live
from dnnvis.engine.frame_ring import MAX_MAPS_FRACTION, MB, FrameRing, count_buffer


def live_of(number: int, side: int = 100, maps: int = 0) -> Live:
    frame = Frame(np.zeros((side, side, 3), np.uint8), number, born=number / 10)
    layers = {"conv": np.zeros((maps, 10, 10), np.float32)} if maps else {}
    seen = np.zeros((224, 224, 3), np.uint8)
    return Live(frame, "net", seen, layers, np.zeros(10, np.float32), 0.01)


def bytes_of(ring: FrameRing) -> int:
    """Return what the arrays of a ring take, counted another way: each buffer once, by address."""
    buffers = {}
    for entry in ring.entries():
        for values in (entry.frame.pixels, entry.pixels, entry.output, *entry.maps.values()):
            root = values if values.base is None else values.base
            buffers[id(root)] = root.nbytes
    return sum(buffers.values())


def test_the_last_frames_are_kept_in_order():
    ring = FrameRing(10 * MB)
    lives = [live_of(number) for number in range(5)]
    for live in lives:
        ring.add(live)
    assert [entry.frame for entry in ring.entries()] == [live.frame for live in lives]
    assert ring.status.seconds == pytest.approx(0.4)
    assert ring.find(lives[2].frame) == 2


@pytest.mark.parametrize("budget_mb", [1, 3, 10])
def test_the_budget_is_never_passed_and_used_to_a_frame(budget_mb):
    ring, rng = FrameRing(budget_mb * MB), np.random.default_rng(budget_mb)
    for number in range(600):
        side = int(rng.integers(1, 200))
        ring.add(live_of(number, side, int(rng.integers(0, 100))))
        assert bytes_of(ring) <= ring.status.size <= budget_mb * MB
    assert ring.status.size > budget_mb * MB - 200 * 200 * 3 - 100 * 100 * 4 - 10_000


def test_what_python_has_allocated_stays_within_two_percent_of_the_budget():
    tracemalloc.start()
    try:
        ring = FrameRing(8 * MB)
        for number in range(400):
            ring.add(live_of(number, 60, 20))
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 0.9 * 8 * MB < ring.status.size <= 8 * MB
    assert held <= 1.02 * 8 * MB


def test_small_frames_count_what_they_take_beside_their_pixels():
    tracemalloc.start()
    try:
        ring = FrameRing(2 * MB)
        for number in range(3000):
            ring.add(live_of(number, 4))
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held <= 1.02 * 2 * MB


def test_the_oldest_frames_go_first():
    ring = FrameRing(MB)
    for number in range(100):
        ring.add(live_of(number))
    numbers = [entry.frame.number for entry in ring.entries()]
    assert numbers == list(range(100 - len(numbers), 100))
    assert 25 < len(numbers) < 35


def test_layers_take_a_part_of_the_budget_and_the_oldest_lose_theirs_first():
    ring = FrameRing(MB)
    for number in range(200):
        ring.add(live_of(number, 50, 10))
    has_maps = [bool(entry.maps) for entry in ring.entries()]
    assert has_maps == sorted(has_maps)
    assert not has_maps[0]
    assert has_maps[-1]
    assert ring.status.with_maps == sum(has_maps)
    maps_bytes = sum(entry.maps["conv"].nbytes for entry in ring.entries() if entry.maps)
    assert maps_bytes <= MAX_MAPS_FRACTION * MB


def test_layers_too_large_for_the_budget_are_left_out_and_the_frame_stays():
    ring = FrameRing(MB)
    ring.add(live_of(0, 50, 1000))
    assert not ring.entries()[0].maps
    assert len(ring) == 1


def test_a_frame_larger_than_the_budget_is_not_kept():
    ring = FrameRing(MB)
    ring.add(live_of(0))
    ring.add(live_of(1, 1000))
    assert [entry.frame.number for entry in ring.entries()] == [0]


def test_the_newest_frame_once_more_replaces_it_and_an_older_one_changes_nothing():
    ring = FrameRing(MB)
    lives = [live_of(number) for number in range(3)]
    for live in lives:
        ring.add(live)
    size = ring.status.size
    ring.add(replace(lives[2], network="other"))
    ring.add(replace(lives[0], network="other"))
    assert [entry.network for entry in ring.entries()] == ["net", "net", "other"]
    assert ring.status.size == size


def test_a_smaller_budget_drops_at_once_and_none_keeps_nothing():
    ring = FrameRing(10 * MB)
    for number in range(50):
        ring.add(live_of(number))
    ring.set_budget(MB)
    assert ring.status.size <= MB
    assert ring.entries()[-1].frame.number == 49
    ring.set_budget(0)
    assert len(ring) == 0
    ring.add(live_of(60))
    assert len(ring) == 0
    assert ring.status.size == 0


def test_a_view_counts_as_what_it_is_a_view_of():
    whole = np.zeros((100, 100, 3), np.uint8)
    assert count_buffer(whole[:10, ::2][1:]) == 30_000


def test_two_threads_may_add_and_read():
    ring = FrameRing(MB)
    stop = threading.Event()

    def read():
        while not stop.is_set():
            entries = ring.entries()
            numbers = [entry.frame.number for entry in entries]
            assert numbers == sorted(numbers)

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(2000):
        ring.add(live_of(number, 20, 3))
    stop.set()
    thread.join()
    ring.clear()
    assert ring.status.size == 0

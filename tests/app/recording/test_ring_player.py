"""Go back in the last seconds, without an engine."""

from dataclasses import replace

import pytest

from dnnvis.app.recording.ring_player import RingPlayer
from dnnvis.engine.frame_ring import FrameRing
from dnnvis.session.session import Session
from dnnvis.session.state import State
from helpers.recordings import live_of


class Seen(list):
    """Frames that were given to the engine."""

    def see(self, frame):
        self.append(frame.number)


@pytest.fixture
def stage(qtbot):
    from PyQt6.QtCore import QObject

    ring, session, seen, parent = FrameRing(), Session(State()), Seen(), QObject()
    for number in range(6):
        ring.add(live_of(number, 8))
    player = RingPlayer(session, ring, seen.see, parent)
    yield player, session, ring, seen
    parent.deleteLater()


def test_a_step_back_freezes_and_shows_the_frame_before_the_newest(stage):
    player, session, _, seen = stage
    assert player.position == 1.0
    assert player.step(-1)
    assert session.state.frozen
    assert seen == [4]
    assert player.seconds_ago == pytest.approx(0.05)
    player.step(-2)
    assert seen == [4, 2]
    assert player.position == pytest.approx(0.4)


def test_steps_end_at_the_oldest_and_leave_at_the_newest(stage):
    player, _, _, seen = stage
    assert player.step(-50)
    assert seen[-1] == 0
    assert player.step(5)
    assert not player.step(1)
    assert seen[-1] == 5


def test_the_slider_seeks_and_going_on_comes_back_to_the_present(stage):
    player, session, _, seen = stage
    player.seek(0.0)
    player.seek(0.55)
    assert seen == [0, 3]
    session.update(frozen=False)
    assert player.frame is None
    assert player.position == 1.0


def test_a_frame_that_was_on_its_way_does_not_stay(stage):
    player, _, ring, seen = stage
    player.step(-1)
    late = live_of(7, 8)
    ring.add(late)
    player.show_live(late)
    assert seen == [4, 4]
    player.show_live(ring.entries()[4])
    assert seen == [4, 4]


def test_a_loop_shows_all_frames_again_and_again_at_their_pace(stage, qtbot):
    player, session, _, seen = stage
    player.toggle_loop()
    qtbot.waitUntil(lambda: len(seen) >= 8, timeout=8000)
    assert seen[:8] == [0, 1, 2, 3, 4, 5, 0, 1]
    player.toggle_loop()
    count = len(seen)
    qtbot.wait(150)
    assert len(seen) == count
    assert session.state.frozen


def test_an_empty_ring_has_nothing_to_show(qtbot, stage):
    player, session, ring, seen = stage
    ring.clear()
    assert player.position is None
    assert not player.step(-1)
    player.seek(0.5)
    player.toggle_loop()
    assert not seen
    assert not session.state.frozen


def test_a_frame_that_the_ring_has_dropped_meanwhile_is_no_error(stage):
    player, _, ring, seen = stage
    player.seek(0.0)
    ring.add(replace(live_of(9, 8)))
    ring.set_budget(10_000)
    assert player.position == 1.0
    assert player.step(-1)
    assert seen[-1] in (5, 9)

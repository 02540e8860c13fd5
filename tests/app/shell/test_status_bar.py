"""The status line says how quickly pictures come, or why nothing moves."""

from dataclasses import replace

from PyQt6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from dnnvis.app.shell.status_bar import MAX_BUSY_PIXELS, StatusBar, describe_speed, describe_timing
from dnnvis.core.messages import Live


def test_the_speed_is_a_rate_or_says_why_nothing_moves(live: Live) -> None:
    assert describe_speed(29.6, True, live, False) == "live 30/s"
    assert describe_speed(0.0, False, live, False) == "still"
    assert describe_speed(29.6, True, None, False) == "no frame yet"
    frozen = replace(live, frame=replace(live.frame, number=12))
    assert describe_speed(0.0, False, frozen, True) == "frozen at frame 12"


def test_the_times_are_told_on_request(live: Live) -> None:
    text = describe_timing(28.4, 30.0, 0.022, replace(live, seconds=0.014, dropped=1550))
    assert "28 of 30 frames a second" in text
    assert "1,550 so far" in text
    assert "14 ms" in text
    assert "22 ms old" in text


def test_fused_passes_are_said_and_so_is_why_they_are_exact(qtbot: QtBot, live: Live) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    status = StatusBar(window)
    label = status.passes
    assert label.isHidden()
    status.show_live(replace(live, fused="fused: within 1e-5 of the exact pass"))
    assert not label.isHidden()
    assert label.text() == "fused: within 1e-5 of the exact pass"
    status.show_live(replace(live, fused="exact: torch.fx cannot follow it (TraceError)"))
    assert (label.text(), label.tip) == ("exact", "exact: torch.fx cannot follow it (TraceError)")
    status.show_live(live)
    assert label.isHidden()


def test_a_long_sentence_does_not_widen_the_window(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    status = StatusBar(window)
    window.setStatusBar(status)
    status.show_busy("short")
    short = window.minimumSizeHint().width()
    status.show_busy("a sentence about a checkpoint that does not fit " * 20)
    assert window.minimumSizeHint().width() <= short + MAX_BUSY_PIXELS

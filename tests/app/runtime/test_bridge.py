import time
from typing import Any

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dnnvis.app.runtime.bridge import Bridge
from dnnvis.core.mailbox import Mailbox


def test_of_what_comes_faster_than_the_interval_the_latest_is_handed_over(qtbot: QtBot) -> None:
    mailbox, received, parent = Mailbox(), [], QObject()
    times: list[float] = []

    def deliver(key: str, value: Any) -> None:
        received.append((key, value))
        times.append(time.perf_counter())

    bridge = Bridge(mailbox, deliver, parent, interval=0.1)
    for number in range(2):  # after a pause the next one need not wait
        mailbox.post("live", number)
        QApplication.processEvents()
    assert received == [("live", 0), ("live", 1)]
    for number in range(2, 6):
        mailbox.post("live", number)
        QApplication.processEvents()
    mailbox.post("other", "a")
    qtbot.waitUntil(lambda: len(received) >= 4)
    assert received[2:] == [("live", 5), ("other", "a")]
    assert times[2] - times[0] > 0.09
    bridge.close()


def test_without_an_interval_all_is_handed_over_at_once(qtbot: QtBot) -> None:
    mailbox, received, parent = Mailbox(), [], QObject()
    bridge = Bridge(mailbox, lambda key, value: received.append(value), parent)
    for number in range(3):
        mailbox.post("live", number)
        QApplication.processEvents()
    assert received == [0, 1, 2]
    bridge.close()


def test_a_closed_bridge_hands_over_nothing_that_was_due(qtbot: QtBot) -> None:
    mailbox, received, parent = Mailbox(), [], QObject()
    bridge = Bridge(mailbox, lambda key, value: received.append(value), parent, interval=0.03)
    for number in range(3):
        mailbox.post("live", number)
        QApplication.processEvents()
    bridge.close()
    qtbot.wait(60)
    assert received == [0, 1]


def test_a_steady_stream_a_little_slower_than_the_interval_loses_nothing(qtbot: QtBot) -> None:
    mailbox, received, parent = Mailbox(), [], QObject()
    bridge = Bridge(mailbox, lambda key, value: received.append(value), parent, interval=0.04)
    start = time.perf_counter()
    for number in range(12):
        late = 0.03 if number % 4 == 0 else 0.0  # each fourth is late, not those after it
        qtbot.waitUntil(lambda n=number, t=late: time.perf_counter() >= start + 0.05 * n + t)
        mailbox.post("live", number)
    qtbot.waitUntil(lambda: received[-1:] == [11])
    assert received == list(range(12))
    bridge.close()

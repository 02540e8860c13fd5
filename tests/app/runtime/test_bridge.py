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
    mailbox.post("live", 0)
    QApplication.processEvents()
    assert received == [("live", 0)]
    for number in range(1, 6):
        mailbox.post("live", number)
        QApplication.processEvents()
    mailbox.post("other", "a")
    qtbot.waitUntil(lambda: len(received) >= 3)
    assert received[1:] == [("live", 5), ("other", "a")]
    assert times[1] - times[0] > 0.09
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
    mailbox.post("live", 0)
    QApplication.processEvents()
    mailbox.post("live", 1)
    QApplication.processEvents()
    bridge.close()
    qtbot.wait(60)
    assert received == [0]

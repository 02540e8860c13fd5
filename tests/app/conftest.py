"""No screen is needed: Qt draws into memory unless the caller says otherwise."""

import os
from collections.abc import Callable, Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

from dnnvis.core.messages import Live
from helpers.live_frames import make_live


@pytest.fixture(autouse=True)
def no_widget_outlives_its_test() -> Iterator[None]:
    """Qt deletes what a test closed only in the next test's event loop. Until then Python may
    collect it, on whichever thread, while an event is handed to it: that crashes."""
    yield
    from PyQt6.QtCore import QCoreApplication, QEvent

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True)
def no_dialog_waits_for_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dialog or a drag that a test did not foresee fails it; nobody is there to end it."""
    from PyQt6.QtGui import QDrag
    from PyQt6.QtWidgets import QDialog, QFileDialog, QInputDialog, QMenu, QMessageBox

    for kind, names in (
        (QMessageBox, ("question", "information", "warning", "critical", "about")),
        (QInputDialog, ("getText", "getMultiLineText", "getItem", "getInt", "getDouble")),
        (QFileDialog, ("getOpenFileName", "getOpenFileNames", "getSaveFileName")),
        (QFileDialog, ("getExistingDirectory", "getOpenFileUrl", "getSaveFileUrl")),
        (QDialog, ("exec",)),
        (QMenu, ("exec",)),
        (QDrag, ("exec",)),
    ):
        for name in names:
            monkeypatch.setattr(kind, name, _unforeseen(f"{kind.__name__}.{name}"))


def _unforeseen(name: str) -> Callable[..., None]:
    def fail(*given: object, **named: object) -> None:
        raise AssertionError(f"nobody answers {name} here: {given} {named}")

    return fail


@pytest.fixture
def live() -> Live:
    return make_live()

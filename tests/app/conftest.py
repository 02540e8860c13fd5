"""No screen is needed: Qt draws into memory unless the caller says otherwise."""

import os
from collections.abc import Iterator

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


@pytest.fixture
def live() -> Live:
    return make_live()

"""No screen is needed: Qt draws into memory unless the caller says otherwise."""

import os
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from app_frames import make_live

from dnnvis.core.mail import LayerInfo, Live, NetworkInfo


@pytest.fixture(autouse=True)
def no_widget_outlives_its_test() -> Iterator[None]:
    """Qt deletes what a test closed only in the next test's event loop. Until then Python may
    collect it, on whichever thread, while an event is handed to it: that crashes."""
    yield
    from PyQt6.QtCore import QCoreApplication, QEvent

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def info() -> NetworkInfo:
    layers = (
        LayerInfo("block", "Sequential", (6, 8, 8), field=(3, 1, 0.0)),
        LayerInfo("block.conv", "Conv2d", (6, 8, 8), field=(3, 1, 0.0)),
        LayerInfo("block.pool", "MaxPool2d", (6, 4, 4), field=(4, 2, 0.5)),
        LayerInfo("dense", "Linear", (20, 1, 1)),
    )
    labels = ("cat", "dog", "ship")
    return NetworkInfo("toy", layers, labels, (8, 8), 3, "8 x 8 RGB, crop")


@pytest.fixture
def live() -> Live:
    return make_live()

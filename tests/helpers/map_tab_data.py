"""A small made-up activation map, and what is said on it, for the tests of its tabs."""

from dataclasses import replace

import numpy as np
from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.activation_map.tabs.tabs import MapTabs
from dnnvis.core.activation_map import (
    AttackPath,
    Attacks,
    Backdrop,
    Constellation,
    FramePosition,
    LearningHistory,
    MapData,
    PointInfo,
    SelectedExamples,
)
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.session import map_state
from dnnvis.session.session import Session
from dnnvis.session.state import State

NAMES = ("cat", "dog", "ship")
INFO = NetworkInfo(
    "toy",
    (
        LayerInfo("first", "ELU", (6, 1, 1)),
        LayerInfo("second", "ELU", (4, 1, 1)),
        LayerInfo("output", "Linear", (3, 1, 1)),
    ),
    NAMES,
    (8, 8),
    3,
)
CORNERS = np.array([[-2, -2], [2, -2], [0, 2]], np.float32)


def map_data(many: int = 90) -> MapData:
    """Three islands; of each class every tenth example is wrong, and its expected error high."""
    labels = np.arange(many) % 3
    wrong = np.arange(many) // 3 % 10 == 0
    dice = np.random.default_rng(0)
    expected = np.where(wrong, -1.0, -6.0) + dice.normal(0, 0.3, many)
    owner = np.array([0, 0, 1, 1, 2, 2, 2, 1, 0, 0])
    return MapData(
        network="toy",
        z=CORNERS[labels] + dice.normal(0, 0.2, (many, 2)).astype(np.float32),
        shown=np.arange(many),
        labels=labels,
        predicted=np.where(wrong, (labels + 1) % 3, labels),
        log_e=expected.astype(np.float32),
        doubt=np.where(wrong, 0.6, 0.1).astype(np.float32),
        expected={"2d": expected.astype(np.float32), "rich": (expected - 1).astype(np.float32)},
        step=np.zeros(many, np.int64),
        test=np.ones(many, bool),
        classes=NAMES,
        layers=(("first", 0, 6), ("second", 6, 10)),
        reductions=("whole", "whole"),
        owner=owner,
        order=np.array([0, 1, 2, 3, 4, 5, 8, 9, 7, 6]),
        unit_colors=np.arange(30, dtype=np.uint8).reshape(10, 3) * 8,
        expected_h=np.eye(3, dtype=np.float32)[:, owner] * 4,
        scale=np.full(10, 2, np.float32),
        middle=np.ones(10, np.float32),
        lines={"2d": -3.5, "rich": -4.5},
        figures={
            "auroc 2d": 0.92,
            "auroc rich": 0.955,
            "auroc 1-max": 0.951,
            "gap 2d": 5.0,
            "gap rich": 5.1,
            "gap 1-max": 0.5,
        },
    )


def frame_position(frame: int = 1, fires: int = 1) -> FramePosition:
    """A frame that excites the units of one class."""
    h = np.where(map_data().owner == fires, 5.0, 1.0).astype(np.float32)
    return FramePosition(
        network="toy", frame=frame, z=CORNERS[fires : fires + 1], h=h[None], predicted=fires
    )


def thumbs(many: int) -> np.ndarray:
    shades = np.linspace(40, 250, many).astype(np.uint8)
    return np.broadcast_to(shades[:, None, None, None], (many, 6, 6, 3)).copy()


def picked(*rows: int) -> SelectedExamples:
    return SelectedExamples(rows=np.array(rows, np.int64), thumbs=thumbs(len(rows)))


def place() -> PointInfo:
    return PointInfo(
        z=(0.5, -1.25),
        expected=-3.2,
        empty=True,
        h=np.full(10, 3, np.float32),
        rows=np.array([3, 4]),
        thumbs=thumbs(2),
    )


def constellation(frame: int = 1, progress: float = 1.0, sister: bool = True) -> Constellation:
    z = CORNERS[1] + np.random.default_rng(1).normal(0, 0.3, (20, 2)).astype(np.float32)
    own = Constellation(
        network="toy",
        frame=frame,
        progress=progress,
        centre=CORNERS[0],
        z=z,
        predicted=np.array([1] * 18 + [0] * 2),
        label=0,
        errors=0.9,
        spread=0.42,
        displacement=3.9,
        sigma=0.3,
    )
    back = Backdrop(CORNERS, np.arange(3), NAMES)
    beside = replace(own, network="toy sister", errors=0.111, spread=0.3, map_data=back)
    return replace(own, paired=beside if sister else None, message="" if sister else "It has none.")


def attacks(done: int = 4, steps: int = 4) -> Attacks:
    """From cat towards dog, which is reached, and towards ship, which is resisted."""

    def path(target: int, flipped: int, outcome: str, reach: float) -> AttackPath:
        share = np.linspace(0, 1, done + 1, dtype=np.float32)[:, None]
        z = CORNERS[0] + share * (CORNERS[target] - CORNERS[0]) * (1 if flipped >= 0 else 0.3)
        said = np.where(np.arange(done + 1) >= flipped, target, 0) if flipped >= 0 else 0
        return AttackPath(
            target,
            z.astype(np.float32),
            {"2d": np.linspace(-6, -2, done + 1, dtype=np.float32)},
            np.broadcast_to(said, done + 1).astype(np.int64),
            outcome,
            flipped,
            flipped,
            3 if flipped >= 0 else -1,
            -1,
            0,
            np.full((6, 6, 3), 90 * target, np.uint8),
            np.full((6, 6, 3), reach if target == 1 else -reach, np.float32),
            reach,
        )

    return Attacks(
        network="toy",
        frame=1,
        label=0,
        eps=0.01,
        steps=steps,
        done=done,
        progress=done / steps,
        clean=np.zeros((6, 6, 3), np.uint8),
        paths=(path(1, 2, "target reached", 0.04), path(2, -1, "resisted", 0.03)),
    )


def history() -> LearningHistory:
    steps = np.array([0, 100, 900])
    labels = np.array([0, 1, 2, 1])
    z = steps[:, None, None] / 900 * CORNERS[labels][None]
    return LearningHistory(z.astype(np.float32), steps, labels, np.arange(4))


def open_side(qtbot: QtBot, tab: str = "pattern") -> MapTabs:
    """The tabs on the screen, one of them on show, of a network without a map yet."""
    session = Session(replace(State(), map=map_state.MapChoice(shown=True, tab=tab)))
    side = MapTabs(session)
    qtbot.addWidget(side)
    session.listen(side.show_state)
    side.resize(420, 520)
    with qtbot.waitExposed(side):
        side.show()
    side.show_info(INFO)
    return side


def choose(side: MapTabs, **changes: object) -> None:
    side.session.update(map=replace(side.session.state.map, **changes))


def choice(side: MapTabs) -> map_state.MapChoice:
    return side.session.state.map


def coloured(widget: QWidget, colour: np.ndarray, near: int = 12) -> int:
    """How many pixels of a widget have about that colour."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    pixels = np.frombuffer(bits, np.uint8).reshape(image.height(), image.width(), 4)
    apart = np.abs(pixels[:, :, 2::-1].astype(int) - np.asarray(colour, int)).max(2)
    return int((apart < near).sum())


def move(qtbot: QtBot, widget: QWidget, point: QPoint) -> None:
    """The mouse may be there already, which would be no move."""
    qtbot.mouseMove(widget, QPoint(1, 1))
    qtbot.mouseMove(widget, point)

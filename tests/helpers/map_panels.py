"""A map panel by itself, what it asks of the window, and maps that arrive."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from dnnvis.app.activation_map.callbacks import Ways
from dnnvis.app.activation_map.panel import MapPanel
from dnnvis.core.activation_map import Cloud, Picked
from dnnvis.core.messages import Failure, LayerInfo, NetworkInfo
from dnnvis.session.map_state import CLOUD, MAP, MapChoice
from dnnvis.session.session import Session
from dnnvis.session.state import State
from helpers.map_data import small_cloud

INFO = NetworkInfo("toy", (LayerInfo("dense", "Linear", (4, 1, 1)),), ("cat", "dog"), (8, 8), 1)


class Asked:
    """What the panel asked the window for."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, ...]] = []
        self.boards: list[Picked] = []
        self.problems: list[Failure] = []
        self.plays = ""

    def ways(self) -> Ways:
        def open_rows(cloud: Cloud, rows: tuple[int, ...]) -> str:
            self.rows.append(rows)
            return self.plays

        return Ways(open_rows, self.boards.append, problem=self.problems.append)


@pytest.fixture(name="asked")
def asked_of_a_map() -> Asked:
    return Asked()


@pytest.fixture(name="session")
def session_of_a_map() -> Session:
    return Session(State(map=MapChoice(shown=True, tab="errors")))


@pytest.fixture(name="panel")
def panel_of_a_map(qtbot: QtBot, session: Session, asked: Asked) -> Iterator[MapPanel]:
    made = MapPanel(session, asked.ways())
    qtbot.addWidget(made)
    session.listen(made.show_state)
    made.resize(900, 460)
    made.show()
    qtbot.waitExposed(made)
    made.show_info(INFO)
    yield made
    made.close()


def with_map(qtbot: QtBot, panel: MapPanel, cloud: Cloud | None = None) -> Cloud:
    """A map on show, painted, its dots known to the mouse."""
    cloud = cloud or small_cloud()
    panel.show_mail(CLOUD, cloud)
    at = cloud.z[0]
    qtbot.waitUntil(lambda: panel.canvas.row_at(panel.canvas.point_of(at)) >= 0, timeout=5000)
    return cloud


def chosen(session: Session) -> MapChoice:
    return session.state.map


def told(qtbot: QtBot, panel: MapPanel, value: object) -> None:
    """A frame's place arrives, and is shown (at most some sixty a second are)."""
    panel.show_mail(MAP, value)
    qtbot.waitUntil(lambda: panel.said is value, timeout=2000)

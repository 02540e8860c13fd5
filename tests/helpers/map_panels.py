"""A map panel by itself, what it asks of the window, and maps that arrive."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from dnnvis.app.activation_map.callbacks import MapCallbacks
from dnnvis.app.activation_map.panel import MapPanel
from dnnvis.core.activation_map import MapData, SelectedExamples
from dnnvis.core.messages import Failure, LayerInfo, NetworkInfo
from dnnvis.session.map_state import MAP, MAP_DATA, MapChoice
from dnnvis.session.session import Session
from dnnvis.session.state import State
from helpers.map_data import small_cloud

INFO = NetworkInfo("toy", (LayerInfo("dense", "Linear", (4, 1, 1)),), ("cat", "dog"), (8, 8), 1)


class Asked:
    """What the panel asked the window for."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, ...]] = []
        self.boards: list[SelectedExamples] = []
        self.problems: list[Failure] = []
        self.plays = ""

    def ways(self) -> MapCallbacks:
        def open_rows(cloud: MapData, rows: tuple[int, ...]) -> str:
            self.rows.append(rows)
            return self.plays

        return MapCallbacks(open_rows, self.boards.append, report_problem=self.problems.append)


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


def with_map(qtbot: QtBot, panel: MapPanel, cloud: MapData | None = None) -> MapData:
    """A map on show, painted, its dots known to the mouse."""
    cloud = cloud or small_cloud()
    panel.on_message(MAP_DATA, cloud)
    at = cloud.z[0]
    qtbot.waitUntil(lambda: panel.canvas.row_at(panel.canvas.point_of(at)) >= 0, timeout=5000)
    return cloud


def chosen(session: Session) -> MapChoice:
    return session.state.map


def told(qtbot: QtBot, panel: MapPanel, value: object) -> None:
    """A frame's place arrives, and is shown (at most some sixty a second are)."""
    panel.on_message(MAP, value)
    qtbot.waitUntil(lambda: panel.position is value, timeout=2000)

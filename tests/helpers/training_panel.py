"""A Train panel on a rig: its job and its answers are made by hand."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dnnvis.app.main import _name_life_network
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.training.panel import TrainPanel
from dnnvis.app.training.run_status import STATUS_KEY
from dnnvis.core.job_state import JobState
from dnnvis.core.training_status import TrainingStatus
from dnnvis.session.session import Session
from dnnvis.training.life_task import LifeSetting


class Held:
    """A job that stands still where it is put."""

    def __init__(self, name: str, args: Sequence[str]) -> None:
        self.state, self.args, self.can_pause = JobState(name, "Starting ..."), list(args), True

    def start(self) -> None: ...

    def pause(self) -> None:
        self.state = replace(self.state, paused=True)

    def go_on(self) -> None:
        self.state = replace(self.state, paused=False)

    def stop(self) -> None:
        self.state = replace(self.state, stopped=True)

    def close(self) -> Any: ...


@dataclass
class Rig:
    """A panel whose jobs and answers the test gives."""

    panel: TrainPanel
    bot: QtBot
    made: list[Held]
    asked: list[tuple[Path, Path]]
    opened: list[Path] = field(default_factory=list)

    def choose(self, **changes: Any) -> None:
        session = self.panel.session
        session.update(train=replace(session.state.train, **changes))

    def answer(self, standing: Any = None) -> None:
        self.panel.on_message(STATUS_KEY, (self.asked[-1], standing))
        self.panel._redraw()

    def say(self, **changes: Any) -> None:
        """The job's state changes so."""
        self.made[-1].state = replace(self.made[-1].state, **changes)
        self.panel.on_message("job train", self.made[-1].state)
        self.panel._redraw()

    def look(self, step: int, *right: float, **more: Any) -> None:
        latest = {"words": "Learning life-3", "done": step, "loss": 0.1, "stage": "learning"}
        latest |= {"accuracies": list(right or (1.0, 0.7, 0.6, 0.5)), **picture(step)}
        self.say(message="Learning life-3", done=step, latest=latest | more)

    def press(self, button: Any) -> None:
        assert button.isVisible(), button.text()
        assert button.isEnabled(), button.text()
        self.bot.mouseClick(button, Qt.MouseButton.LeftButton)

    @property
    def message(self) -> str:
        form = self.panel
        return (form.progress_label if form.progress_label.isVisible() else form.message).text()


def picture(seed: int) -> dict[str, Any]:
    boards = np.random.default_rng(seed).integers(0, 2, (4, 5, 5)).astype(np.uint8)
    code = base64.b64encode(boards.tobytes()).decode()
    return {"size": [5, 5], "imagined": code, "truth": code}


def stood(step: int = 425, **changes: Any) -> TrainingStatus:
    curve = ((step, 0.1, 0.83, 9.0, 1.0, 0.8, 0.7),)
    found = TrainingStatus(Path("w"), step, curve, vars(LifeSetting()))
    return replace(found, **changes)


@pytest.fixture(name="rig")
def rig_fixture(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    made: list[Held] = []
    asked: list[tuple[Path, Path]] = []
    opened: list[Path] = []

    def make(name: str, args: Sequence[str]) -> Held:
        made.append(Held(name, args))
        return made[-1]

    session = Session()
    panel = TrainPanel(session, Jobs(make), asked.append, _name_life_network, opened.append)
    session.listen(panel.show_state)
    qtbot.addWidget(panel)
    panel.resize(640, 700)
    panel.show()
    return Rig(panel, qtbot, made, asked, opened)

"""The window in which Net1 or Net2 learns, on a training that only notes what it is told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dnnvis.app.playground.learn_window import (
    LearnWindow,
    build_args,
    describe_progress,
    find_command,
)
from dnnvis.app.runtime.live_training import LEARNING, LiveTraining
from dnnvis.core.job_state import JobState
from dnnvis.core.learning.live_weights import LatestWeights
from dnnvis.core.learning.status import LearningStatus
from dnnvis.core.messages import NetworkInfo
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.act_choices import PlaygroundChoice
from dnnvis.session.session import Session


class Job:
    def __init__(self, args: Sequence[str], take: Callable[[str, JobState], None]) -> None:
        self.args, self.take = list(args), take
        self.state = JobState("learning")

    def start(self) -> None: ...

    def send(self, command: Mapping[str, Any]) -> bool:
        return True

    def stop(self) -> None:
        self.state = replace(self.state, stopped=True)

    def close(self) -> None:
        self.stop()

    def report(self, step: int, path: str = "", **latest: Any) -> None:
        report = {"loss": 0.25, **latest} | ({"weights_file": path} if path else {})
        self.state = replace(self.state, done=step, total=100, latest=report)
        self.take("job learning", self.state)


class Scene:
    def __init__(self, info: NetworkInfo) -> None:
        self.jobs: list[Job] = []
        self.latest = LatestWeights()
        self.session = Session()
        self.training = LiveTraining(self._create, self.latest, self._post, lambda: None)
        self.window = LearnWindow(self.session, self.training)
        self.session.listen(self.window.show_state)
        self.window.show_info(info)

    def _create(self, args: Sequence[str], take: Callable[[str, JobState], None]) -> Job:
        self.jobs.append(Job(args, take))
        return self.jobs[-1]

    def _post(self, key: str, status: Any) -> None:
        assert key == LEARNING
        self.window.on_message(key, status)


@pytest.fixture
def net1(info: NetworkInfo) -> NetworkInfo:
    return replace(info, choice=NetworkChoice(net="net1-mnist-noise"))


@pytest.fixture
def scene(qtbot: Any, net1: NetworkInfo) -> Iterator[Scene]:
    scene = Scene(net1)
    qtbot.addWidget(scene.window)
    scene.session.update(playground=PlaygroundChoice(pictures=True))
    yield scene
    scene.window.close()


def test_net1_and_net2_can_learn_and_no_other(info: NetworkInfo) -> None:
    def named(net: str) -> NetworkInfo:
        return replace(info, choice=NetworkChoice(net=net))

    assert [find_command(named(net)) for net in ("net1-mnist", "net2", "net10", "resnet18")] == [
        *("net1", "net2"),
        *("", ""),
    ]
    assert find_command(None) == ""
    assert build_args("net1-mnist-noise", "/d", True) == [
        *("train", "net1", "--data", "/d", "--live", "--moments", "--noise", "1", "--restart"),
    ]
    assert build_args("net2-cifar10", "/d", False) == [
        *("train", "net2", "--data", "/d", "--live", "--moments"),
    ]


def test_it_learns_shows_the_newest_weights_and_stops(scene: Scene, tmp_path: Path) -> None:
    window = scene.window
    assert window.isVisible()
    assert window.button.isEnabled()
    window.data.setText(str(tmp_path / "missing"))
    window.toggle()
    assert "There is no folder" in window.line.text()
    assert not scene.jobs
    window.data.setText(str(tmp_path))
    window.toggle()
    (job,) = scene.jobs
    assert job.args[:4] == ["train", "net1", "--data", str(tmp_path)]
    assert window.button.text() == "Stop"
    assert not window.data.isEnabled()
    job.report(10, "/x/live.safetensors", accuracy=None)
    live = scene.latest.get()
    assert live is not None
    assert (live.step, live.path) == (10, "/x/live.safetensors")
    job.report(20, accuracy=0.5)
    assert scene.latest.get() is live  # no newer file yet
    assert window.line.text() == "step 20 of 100 · loss 0.2500 · 50.0% right"
    window.toggle()
    assert job.state.stopped
    assert scene.latest.get() is None
    assert window.button.text() == "Learn"


def test_its_end_and_another_network_end_the_training(
    scene: Scene, tmp_path: Path, info: NetworkInfo
) -> None:
    scene.window.data.setText(str(tmp_path))
    scene.window.toggle()
    scene.window.show_info(replace(info, choice=NetworkChoice(net="resnet18")))
    assert scene.jobs[0].state.stopped
    assert not scene.window.button.isEnabled()
    assert "Only Net1 and Net2" in scene.window.help.text()
    scene.window.close()
    assert not scene.session.state.playground.pictures


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (LearningStatus(), "Reading the data ..."),
        (LearningStatus(ended="The folder holds no digits."), "The folder holds no digits."),
        (LearningStatus(step=5, total=9, losses=(0.5, 0.0)), "step 5 of 9 · loss 0.5000"),
    ],
)
def test_one_line_says_how_far_it_is(status: LearningStatus, expected: str) -> None:
    assert describe_progress(status) == expected

"""A training beside the window, played by a job that only notes what it is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dnnvis.app.runtime.live_training import LEARNING, NEWEST, LiveTraining
from dnnvis.core.job_state import JobState
from dnnvis.core.learning.live_weights import LatestWeights, encode_weights
from dnnvis.core.learning.status import LearningStatus
from dnnvis.session.learning.playground import LearningChoice

CHOICE = LearningChoice("mlp-2d:2", (("name", "xor"),), (("rate", 0.1),), 3)


class Job:
    def __init__(self, args: Sequence[str], take: Callable[[str, JobState], None]) -> None:
        self.args, self._take = list(args), take
        self.state = JobState("learning")
        self.commands: list[dict[str, Any]] = []
        self.stopped = False

    def start(self) -> None:
        self._take("job learning", self.state)

    def send(self, command: Mapping[str, Any]) -> bool:
        self.commands.append(dict(command))
        return True

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        self.stopped = True

    def report(self, step: int, net: str = "mlp-2d:2", **changes: Any) -> None:
        weights = encode_weights({"last.weight": np.full((1, 2, 1, 1), step, np.float32)})
        report = {
            "done": step,
            "net": net,
            "loss": 1 / (step + 1),
            "test": None,
            "weights": weights,
        }
        self.state = replace(self.state, latest=report | changes)
        self._take("job learning", self.state)

    def end(self, failed: str) -> None:
        self.state = replace(self.state, finished=True, failed=failed)
        self._take("job learning", self.state)


class Scene:
    """A training with what it posts, and how often the frame is run again."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.latest = LatestWeights()
        self.posted: list[LearningStatus] = []
        self.reruns = 0
        self.training = LiveTraining(self._create, self.latest, self._post, self._rerun)

    def _create(self, args: Sequence[str], take: Callable[[str, JobState], None]) -> Job:
        self.jobs.append(Job(args, take))
        return self.jobs[-1]

    def _post(self, key: str, status: Any) -> None:
        assert key == LEARNING
        self.posted.append(status)

    def _rerun(self) -> None:
        self.reruns += 1

    @property
    def step_on_show(self) -> int | None:
        live = self.latest.get()
        if live is None:
            return None
        assert float(live.weights["last.weight"][0, 0, 0, 0]) == live.step
        return live.step


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.training.follow(CHOICE)
    return scene


def test_what_is_chosen_begins_and_changes_on_the_way(scene: Scene) -> None:
    (job,) = scene.jobs
    assert job.args == ["train", "plane", "--listen", "--net", "mlp-2d:2", "--seed", "3"]
    assert job.commands == [{"data": {"name": "xor"}, "set": {"rate": 0.1}}]
    scene.training.follow(replace(CHOICE, setting=(("rate", 0.5),)))
    scene.training.follow(replace(CHOICE, setting=(("rate", 0.5),), seed=4))
    scene.training.follow(replace(CHOICE, net="mlp-2d:9", seed=4, data=(("name", "moons"),)))
    assert job.commands[1:] == [
        {"set": {"rate": 0.5}},
        {"reset": 4},
        {"net": "mlp-2d:9", "data": {"name": "moons"}, "set": {"rate": 0.1}},
    ]
    scene.training.follow(None)
    assert job.stopped
    assert scene.step_on_show is None


def test_a_training_out_of_sight_is_held_and_goes_on(scene: Scene) -> None:
    (job,) = scene.jobs
    job.report(5, playing=True)
    scene.training.follow(None, "mlp-2d:2")
    assert job.commands[-1] == {"play": False}
    assert not job.stopped
    assert scene.step_on_show == 5
    scene.training.follow(CHOICE)
    assert len(scene.jobs) == 1
    scene.training.follow(None, "mlp-2d:9")
    assert job.stopped
    assert scene.step_on_show is None


def test_the_newest_weights_are_on_show_and_the_frame_runs_again(scene: Scene) -> None:
    (job,) = scene.jobs
    before = scene.reruns
    for step in (0, 5, 9):
        job.report(step, playing=True, speed=100)
        assert scene.step_on_show == step
    assert scene.reruns == before + 3
    status = scene.posted[-1]
    assert (status.step, status.is_playing, status.speed) == (9, True, 100)
    assert status.losses[0] == 0.1
    assert np.isnan(status.losses[1])
    assert [moment.step for moment in status.moments] == [0, 5, 9]


def test_an_earlier_moment_stays_on_show_while_it_learns_on(scene: Scene) -> None:
    (job,) = scene.jobs
    for step in range(0, 50, 5):
        job.report(step)
    scene.training.show(2)
    assert scene.step_on_show == 10
    for step in range(50, 3000, 5):
        job.report(step)
    assert scene.step_on_show == 10
    status = scene.posted[-1]
    assert status.shown_step == 10
    assert status.moments[status.shown].step == 10
    assert float(status.weights["last.weight"][0, 0, 0, 0]) == 10
    assert status.losses[0] == pytest.approx(1 / 11)
    assert status.step == 2995
    scene.training.play(True)
    assert scene.step_on_show == 2995
    assert job.commands[-1] == {"play": True}
    scene.training.show(10_000)  # there is none
    assert scene.posted[-1].shown == NEWEST


def test_another_network_begins_without_moments(scene: Scene) -> None:
    (job,) = scene.jobs
    job.report(0)
    job.report(7)
    job.report(0, net="mlp-2d:5")
    assert [moment.step for moment in scene.posted[-1].moments] == [0]


def test_a_training_that_ends_by_itself_is_said_and_not_tried_on_and_on(scene: Scene) -> None:
    (job,) = scene.jobs
    job.report(4)
    job.end("the disk is full")
    assert scene.posted[-1].ended == "the disk is full"
    assert not scene.posted[-1].is_playing
    scene.training.follow(CHOICE)
    assert len(scene.jobs) == 1
    scene.training.follow(replace(CHOICE, seed=8))
    assert len(scene.jobs) == 2
    job.report(99)  # of the one before
    assert scene.step_on_show is None


def test_reports_that_hold_no_weights_are_said(scene: Scene) -> None:
    (job,) = scene.jobs
    job.report(2)
    job.report(3, weights={"layout": 1})
    assert "holds no weights" in scene.posted[-1].error
    assert scene.step_on_show == 2
    job.report(4, warning="it is stuck", error="", file="/x/y.safetensors")
    status = scene.posted[-1]
    assert (status.error, status.warning, status.file) == ("", "it is stuck", "/x/y.safetensors")


def test_closing_waits_for_the_job(scene: Scene) -> None:
    scene.training.close()
    assert scene.jobs[0].stopped
    scene.training.close()
    scene.training.send({"play": True})
    assert scene.jobs[0].commands[1:] == []

"""Net1 learns in a window: kernels, pictures of units and the moving map follow its weights."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from safetensors.numpy import load_file, save_file

from dnnvis.core.job_state import JobState
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.act_choices import KernelsChoice
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage, pictures

SHIPPED = Path(__file__).resolve().parents[3] / "models" / "net1-mnist.safetensors"


class Learner:
    """A training that sends what it is told to."""

    def __init__(self, args: Sequence[str], take: Callable[[str, JobState], None]) -> None:
        self.take, self.state = take, JobState("learning")

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...

    def send(self, command: Mapping[str, Any]) -> bool:
        return True

    def report(self, step: int, weights: Path) -> None:
        latest = {"loss": 1 / step, "accuracy": 0.5, "weights_file": str(weights)}
        self.state = replace(self.state, done=step, total=100, latest=latest)
        self.take("job learning", self.state)


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    source = SourceChoice("pictures", str(pictures(tmp_path, 1)))
    made = Stage(qtbot, tmp_path, NetworkChoice(net="net1-mnist"), source)
    made.runs()
    yield made
    made.close()


def test_what_is_on_show_is_redrawn_with_the_weights_that_arrive(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, state = stage.window, stage.state
    stage.session.update(
        frozen=True,  # nothing but the weights changes
        layer="dense1",
        unit=Unit("dense1", 3),
        kernels=KernelsChoice(shown=True),
        map=replace(state.map, shown=True, tab="learning"),
        playground=replace(state.playground, pictures=True, data=str(pictures(tmp_path, 12))),
    )
    moving = window.map.side.tabs["learning"].map

    def on_show() -> tuple[np.ndarray, ...] | None:
        if window.kernels.kernels is None or moving.scene is None:
            return None
        image = window.mosaic.canvas.grab().toImage()
        units = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8)
        return window.kernels.units.tiles[3].pixels, units, moving.scene.dots

    stage.until(lambda: on_show() is not None)
    seen = [on_show() or ()]
    learners: list[Learner] = []

    def create(args: Sequence[str], take: Callable[[str, JobState], None]) -> Learner:
        learners.append(Learner(args, take))
        return learners[-1]

    monkeypatch.setattr(window.backend.learning, "_create", create)
    window.backend.learning.begin(["train", "net1", "--live"])
    shipped = load_file(SHIPPED)
    for step in (1, 2):
        file, dice = tmp_path / f"{step}.safetensors", np.random.default_rng(step)
        weights = {
            name: values + dice.normal(0, 0.05, values.shape).astype(np.float32)
            for name, values in shipped.items()
        }
        save_file(weights, file)
        learners[0].report(step, file)
        stage.until(
            lambda: all(
                not np.array_equal(now, before)
                for now, before in zip(on_show() or seen[-1], seen[-1], strict=True)
            )
        )
        kernel = window.kernels.kernels.weights[3]
        np.testing.assert_array_equal(kernel.ravel(), weights["dense1.weight"][3])
        seen.append(on_show())
    assert len({units.size for _, units, _ in seen}) == 1  # the canvas itself kept its size
    assert stage.problems() == []

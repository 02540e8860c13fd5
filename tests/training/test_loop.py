import math
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, DnnvisError, Mismatch
from dnnvis.training.loop import TrainingProgress, TrainingTask, TrainingTaskDefaults, train
from dnnvis.training.net1_task import Net1Setting, Net1Task
from dnnvis.training.net2_task import Net2Setting, Net2Task

Labelled = tuple[Tensor, Tensor]
SMALL1 = Net1Setting(passes=2, batch=16, noise=0.5, seed=3)
SMALL2 = Net2Setting(phases=((16, 1.0), (24, 1.0), (32, 1.0)), batch=6, seed=3, half=False)


class Killed(Exception):
    """The power failed."""


class Toy(TrainingTaskDefaults):
    """Learns nothing but its step numbers."""

    name = "toy"

    def __init__(self, steps: int = 10, loss: Callable[[int], float] = lambda step: 1.0) -> None:
        self.module: nn.Module = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(self.module.get_parameter("weight"))
        self.optimizers: list[torch.optim.Optimizer] = []
        self.steps, self.loss = steps, loss
        self.setting: dict[str, Any] = {"steps": steps, "seed": 0}
        self.learned: list[int] = []

    def train_step(self, step: int) -> float:
        self.learned.append(step)
        with torch.no_grad():
            self.module.get_parameter("weight").add_(step)
        return self.loss(step)

    def score(self, step: int) -> float:
        return step / self.steps


def net1_course(digits: Labelled) -> Net1Task:
    return Net1Task(digits, digits, SMALL1)


def net2_course() -> Net2Task:
    random = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (12, 3, 32, 32), generator=random).to(torch.uint8)
    labels = torch.arange(12) % 10
    return Net2Task((images, labels), (images[:2], labels[:2]), SMALL2)


@pytest.fixture(scope="module")
def whole_net2(tmp_path_factory: pytest.TempPathFactory) -> Net2Task:
    """Trained without any stop."""
    course = net2_course()
    train(course, tmp_path_factory.mktemp("whole"))
    assert course.phase_ends == [2, 4, 6]
    return course


def weights(course: TrainingTask) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in course.module.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def killed_at(step: int) -> Callable[[TrainingProgress, int, float], None]:
    def report(progress: TrainingProgress, steps: int, loss: float) -> None:
        if progress.step == step:
            raise Killed

    return report


@pytest.mark.parametrize("step", [1, 3, 5, 7])
def test_net1_killed_and_taken_up_again_ends_with_the_same_bits(
    digits: Labelled, tmp_path: Path, step: int
) -> None:
    whole = net1_course(digits)
    train(whole, tmp_path / "whole")
    assert whole.steps == 8
    with pytest.raises(Killed):
        train(net1_course(digits), tmp_path / "killed", report=killed_at(step), save_every=-1)
    torch.manual_seed(99)  # whatever the new process did before
    again = net1_course(digits)
    progress = train(again, tmp_path / "killed")
    assert progress.step == whole.steps
    assert same(weights(again), weights(whole))


@pytest.mark.parametrize("step", [2, 4])
def test_net2_killed_and_taken_up_again_ends_with_the_same_bits(
    whole_net2: Net2Task, tmp_path: Path, step: int
) -> None:
    """In the phases of its growing pictures, and where one gives way to the next."""
    with pytest.raises(Killed):
        train(net2_course(), tmp_path / "killed", report=killed_at(step), save_every=-1)
    torch.manual_seed(99)
    again = net2_course()
    train(again, tmp_path / "killed")
    assert same(weights(again), weights(whole_net2))


def test_many_small_stops_change_nothing(digits: Labelled, tmp_path: Path) -> None:
    whole = net1_course(digits)
    train(whole, tmp_path / "whole")
    while True:
        again = net1_course(digits)
        if train(again, tmp_path / "pieces", stop_after=3).step == again.steps:
            break
    assert same(weights(again), weights(whole))


def test_the_seed_matters(digits: Labelled, tmp_path: Path) -> None:
    one = Net1Task(digits, digits, SMALL1)
    other = Net1Task(digits, digits, Net1Setting(passes=2, batch=16, noise=0.5, seed=4))
    train(one, tmp_path / "1", stop_after=2), train(other, tmp_path / "2", stop_after=2)
    assert not same(weights(one), weights(other))


def test_what_was_killed_goes_on_from_its_last_save(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        train(Toy(), tmp_path, report=killed_at(4), save_every=-1)
    course = Toy()
    progress = train(course, tmp_path)
    assert course.learned == [3, 4, 5, 6, 7, 8, 9]  # step 4 was made, but killed before its save
    assert progress.step == 10
    assert float(course.module.get_parameter("weight").detach()) == sum(range(10))


def test_a_run_that_has_ended_stays_as_it_is(tmp_path: Path) -> None:
    train(Toy(), tmp_path)
    course = Toy()
    assert train(course, tmp_path).step == 10
    assert course.learned == []


def test_the_curve_has_a_row_per_score_and_one_at_the_end(tmp_path: Path) -> None:
    progress = train(Toy(), tmp_path, score_every=4, stop_after=5)
    assert [row[0] for row in progress.curve] == [4]
    progress = train(Toy(), tmp_path, score_every=4)
    assert [row[0] for row in progress.curve] == [4, 8, 10]
    assert progress.curve[-1][1:3] == [1.0, 1.0]
    seconds = [row[3] for row in progress.curve]
    assert seconds == sorted(seconds)


def test_a_folder_with_other_settings_is_refused(tmp_path: Path) -> None:
    train(Toy(10), tmp_path, stop_after=2)
    with pytest.raises(Mismatch, match=r"other settings \(\w+ 10, not 20\); name another"):
        train(Toy(20), tmp_path)


def test_a_loss_that_is_no_number_ends_the_run_and_is_not_saved(tmp_path: Path) -> None:
    train(Toy(), tmp_path, stop_after=3)
    broken = Toy(loss=lambda step: math.nan if step == 6 else 1.0)
    with pytest.raises(DnnvisError, match="not a number at step 7"):
        train(broken, tmp_path)
    assert train(Toy(), tmp_path, stop_after=0).step == 3


def test_what_torch_advises_about_a_broken_file_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "progress.pt").write_bytes(b"no archive")
    with pytest.raises(
        BadInput, match="is damaged, or no progress of a training; begin anew"
    ) as told:
        train(Toy(), tmp_path)
    assert "weights_only" not in str(told.value)
    assert len(str(told.value)) < 120 + len(str(tmp_path))


def test_a_file_of_progress_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    train(Toy(), tmp_path, stop_after=3)
    place = tmp_path / "progress.pt"
    place.write_bytes(place.read_bytes()[:200])
    with pytest.raises(BadInput, match="--restart"):
        train(Toy(), tmp_path)


def test_an_interrupt_between_steps_is_saved(tmp_path: Path) -> None:
    def report(progress: TrainingProgress, steps: int, loss: float) -> None:
        if progress.step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(Toy(), tmp_path, report=report)
    assert train(Toy(), tmp_path, stop_after=0).step == 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_within_a_step_waits_for_its_end_and_is_saved(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Broken off in the middle, a step leaves weights that no step number describes."""
    before = signal.getsignal(number)

    class Interrupted(Toy):
        def train_step(self, step: int) -> float:
            if step == 5:
                os.kill(os.getpid(), number)
            return super().train_step(step)

    with pytest.raises(KeyboardInterrupt):
        train(Interrupted(), tmp_path)
    course = Toy()
    assert train(course, tmp_path).step == 10
    assert course.learned == [6, 7, 8, 9]
    assert float(course.module.get_parameter("weight").detach()) == sum(range(10))
    assert signal.getsignal(number) is before


def test_a_second_interrupt_does_not_wait_and_leaves_the_last_save(tmp_path: Path) -> None:
    class Hanging(Toy):
        def train_step(self, step: int) -> float:
            if step == 5:
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGINT)
            return super().train_step(step)

    train(Toy(), tmp_path, stop_after=2)
    with pytest.raises(KeyboardInterrupt):
        train(Hanging(), tmp_path)
    assert train(Toy(), tmp_path, stop_after=0).step == 2


def test_a_save_cut_short_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(Toy(), tmp_path, stop_after=3)

    def cut_short(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise Killed

    monkeypatch.setattr(Path, "write_bytes", cut_short)
    with pytest.raises(Killed):
        train(Toy(), tmp_path, stop_after=2)
    monkeypatch.undo()
    assert train(Toy(), tmp_path, stop_after=0).step == 3


def test_fewer_pictures_than_a_batch_are_told_of(digits: Labelled, colours: Labelled) -> None:
    with pytest.raises(BadInput, match="64 training pictures"):
        Net1Task(digits, digits, Net1Setting())
    with pytest.raises(BadInput, match="32 training pictures"):
        Net2Task(colours, colours, Net2Setting())


def test_net1_learns_what_it_is_shown(tmp_path: Path) -> None:
    """Ten stripes, one a class: no luck could score that."""
    images = torch.zeros(320, 1, 28, 28, dtype=torch.uint8)
    labels = torch.arange(320) % 10
    for k, label in enumerate(labels):
        images[k, 0, 2 * label : 2 * label + 3] = 255
    course = Net1Task((images, labels), (images, labels), Net1Setting(passes=10, batch=32))
    progress = train(course, tmp_path)
    assert progress.curve[-1][2] > 0.9


def test_a_course_is_told_where_it_stands_and_names_its_columns(tmp_path: Path) -> None:
    told: list[int] = []

    class Following(Toy):
        def on_progress(self, progress: TrainingProgress) -> None:
            told.append(progress.step)
            self.steps = 6  # it may end earlier than it said

    course = Following()
    progress = train(course, tmp_path, score_every=2)
    assert progress.step == 6
    assert told == [0, 2, 4, 6]
    assert all(len(row) == len(course.curve_columns) for row in progress.curve)
    assert course.curve_columns[0] == "step"
    assert course.curve_columns[-1] == "seconds"


def test_only_a_free_setting_may_be_another_when_the_run_goes_on(tmp_path: Path) -> None:
    class Free(Toy):
        changeable_settings = ("steps",)

    train(Free(10), tmp_path, stop_after=3)
    assert train(Free(12), tmp_path).step == 12
    train(Toy(10), tmp_path / "bound", stop_after=3)
    with pytest.raises(Mismatch, match="steps 10, not 12"):
        train(Toy(12), tmp_path / "bound")

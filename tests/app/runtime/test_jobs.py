"""Long jobs in the window: what is begun, held and ended, and what is said of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dnnvis.app.runtime.job_commands import build_network_args, build_render_args, build_scan_args
from dnnvis.app.runtime.jobs import Jobs, describe_progress
from dnnvis.app.widgets.job_bar import JobBar
from dnnvis.core.job_state import JobState
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.state import Synthesis


class Fake:
    """A job that does what it is told at once, and notes it."""

    def __init__(self, name: str, args: Sequence[str]) -> None:
        self.state, self.args, self.can_pause = JobState(name), list(args), True
        self.did: list[str] = []

    def start(self) -> None:
        self.did.append("start")

    def pause(self) -> None:
        self.did.append("pause")
        self.state = replace(self.state, paused=True)

    def go_on(self) -> None:
        self.did.append("go on")
        self.state = replace(self.state, paused=False)

    def stop(self) -> None:
        self.did.append("stop")
        self.state = replace(self.state, finished=True, stopped=True)

    def close(self) -> Any:
        self.did.append("close")


@pytest.fixture
def made() -> list[Fake]:
    return []


@pytest.fixture
def jobs(made: list[Fake]) -> Jobs:
    def make(name: str, args: Sequence[str]) -> Fake:
        made.append(Fake(name, args))
        return made[-1]

    return Jobs(make)


def test_one_job_of_a_name_runs_at_a_time(jobs: Jobs, made: list[Fake]) -> None:
    assert jobs.begin("render", ["a"])
    assert not jobs.begin("render", ["b"])
    assert jobs.begin("scan", ["c"])
    assert [job.args for job in made] == [["a"], ["c"]]
    assert all(job.did == ["start"] for job in made)
    jobs.stop("render")
    assert not jobs.runs("render")
    assert jobs.begin("render", ["b"])


def test_pause_holds_a_job_and_lets_it_go_on(jobs: Jobs, made: list[Fake]) -> None:
    jobs.pause("render")  # there is none: nothing happens
    assert not jobs.can_pause("render")
    jobs.begin("render", [])
    jobs.pause("render")
    jobs.pause("render")
    assert made[0].did == ["start", "pause", "go on"]


def test_closing_ends_and_waits_for_every_job(jobs: Jobs, made: list[Fake]) -> None:
    jobs.begin("render", [])
    jobs.begin("scan", [])
    jobs.close()
    assert all(job.did == ["start", "stop", "close"] for job in made)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (JobState("render", "Rendering conv4"), "Rendering conv4"),
        (
            JobState("render", "Rendering", 3, 96, seconds_left=75.0),
            "Rendering · 3 of 96 · 75 s left",
        ),
        (
            JobState("render", "Rendering", 3, 96, seconds_left=75.0, paused=True),
            "Rendering · 3 of 96 · paused",
        ),
        (JobState("render", "Done.", 96, 96, seconds_left=0.0, finished=True), "Done. · 96 of 96"),
        (JobState("render", "x", 3, 96, failed="The disk is full."), "The disk is full."),
    ],
)
def test_how_far_a_job_is_is_said(state: JobState, words: str) -> None:
    assert describe_progress(state) == words


@pytest.fixture
def bar(qtbot: QtBot, jobs: Jobs) -> JobBar:
    made = JobBar("render", jobs)
    qtbot.addWidget(made)
    return made


def test_the_bar_is_hidden_until_its_job_speaks(bar: JobBar) -> None:
    assert not bar.isVisible()
    bar.show_job(JobState("render", "Rendering", 24, 96))
    assert bar.isVisible()
    assert bar.bar.value() == 24
    assert bar.bar.maximum() == 96
    assert bar.label.text() == "Rendering · 24 of 96"
    assert bar.stop_button.isVisible()
    assert not bar.close_button.isVisible()


def test_the_bars_buttons_hold_and_end_the_job(
    bar: JobBar, jobs: Jobs, made: list[Fake], qtbot: QtBot
) -> None:
    jobs.begin("render", [])
    bar.show_job(made[0].state)
    qtbot.mouseClick(bar.pause_button, Qt.MouseButton.LeftButton)
    bar.show_job(made[0].state)
    assert bar.pause_button.text() == "Continue"
    qtbot.mouseClick(bar.pause_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(bar.stop_button, Qt.MouseButton.LeftButton)
    assert made[0].did == ["start", "pause", "go on", "stop"]
    bar.show_job(made[0].state)
    assert not bar.stop_button.isVisible()
    assert not bar.pause_button.isVisible()
    assert not bar.bar.isVisible()
    qtbot.mouseClick(bar.close_button, Qt.MouseButton.LeftButton)
    assert not bar.isVisible()


def test_a_job_that_cannot_be_held_offers_no_pause(
    bar: JobBar, jobs: Jobs, made: list[Fake]
) -> None:
    jobs.begin("render", [])
    made[0].can_pause = False
    bar.show_job(made[0].state)
    assert bar.stop_button.isVisible()
    assert not bar.pause_button.isVisible()


def test_what_a_job_failed_of_stays_until_it_is_put_away(bar: JobBar) -> None:
    bar.show_job(JobState("render", "x", finished=True, failed="There is no layer 'gone'."))
    assert bar.label.text() == "There is no layer 'gone'."
    assert bar.close_button.isVisible()


def test_the_network_of_a_job_is_the_one_that_runs(tmp_path: Path) -> None:
    choice = NetworkChoice(
        "net.py:make",
        "w.pt",
        None,
        (224, 160),
        (0.5, 0.25, 0.0),
        "0.2,0.2,0.2",
        ("cat", "dog"),
        "4",
        "cuda",
        True,
        "aux",
    )
    args = build_network_args(choice, tmp_path)
    assert args[:-3] == [
        "net.py:make",
        "--checkpoint",
        "w.pt",
        "--size",
        "224x160",
        "--mean",
        "0.5,0.25,0",
        "--std",
        "0.2,0.2,0.2",
        "--labels",
        str(tmp_path / "labels.txt"),
        "--channels",
        "4",
        "--output",
        "aux",
    ]
    assert args[-3:] == ["--device", "cuda", "--trust-code"]
    assert (tmp_path / "labels.txt").read_text() == "cat\ndog"
    assert build_network_args(NetworkChoice("net1-mnist"), tmp_path) == ["net1-mnist"]


def test_a_render_takes_the_preset_and_what_was_set(tmp_path: Path) -> None:
    wish = Synthesis(preset="maco", seed=7, params=(("clip", True), ("move", "adam"), ("rate", 2)))
    assert build_render_args(NetworkChoice("n"), "conv4", wish, tmp_path) == [
        "render",
        "n",
        "--layer",
        "conv4",
        "--preset",
        "maco",
        "--seed",
        "7",
        "--set",
        "clip=true",
        "--set",
        "move=adam",
        "--set",
        "rate=2",
    ]


def test_the_command_line_knows_every_argument_that_the_window_passes(tmp_path: Path) -> None:
    from typer.main import get_command

    from dnnvis.cli.main import app

    commands = get_command(app).commands  # type: ignore[attr-defined]
    choice = NetworkChoice(
        "n", "c.pt", "random", (1, 1), (0.5,), (1.0,), ("a",), "4", "cuda", True, "aux"
    )
    wish = Synthesis(params=(("clip", True),))
    for args in (
        build_render_args(choice, "conv4", wish, tmp_path),
        build_scan_args(choice, "folder", tmp_path),
    ):
        known = {option for param in commands[args[0]].params for option in param.opts}
        assert {arg for arg in args if arg.startswith("--")} | {"--json"} <= known

"""The panel Train with jobs that do nothing: what it begins, shows and says."""

import base64
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dnnvis.app.jobs import Jobs
from dnnvis.app.main import _life_name
from dnnvis.app.train_panel import TrainPanel
from dnnvis.app.train_standing import KEY, Inquiry
from dnnvis.core.errors import BadInput
from dnnvis.core.mail import Failure
from dnnvis.jobs.child import JobState
from dnnvis.session.session import Session
from dnnvis.training.life_course import LifeSetting
from dnnvis.training.standing import Standing


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
        self.panel.show_mail(KEY, (self.asked[-1], standing))
        self.panel._redraw()

    def say(self, **changes: Any) -> None:
        """The job's state changes so."""
        self.made[-1].state = replace(self.made[-1].state, **changes)
        self.panel.show_mail("job train", self.made[-1].state)
        self.panel._redraw()

    def look(self, step: int, *right: float, **more: Any) -> None:
        latest = {"words": "Learning life-3", "done": step, "loss": 0.1, "stage": "learning"}
        latest |= {"accuracies": list(right or (1.0, 0.7, 0.6, 0.5)), **picture(step)}
        self.say(words="Learning life-3", done=step, latest=latest | more)

    def press(self, button: Any) -> None:
        assert button.isVisible() and button.isEnabled(), button.text()
        self.bot.mouseClick(button, Qt.MouseButton.LeftButton)

    @property
    def words(self) -> str:
        form = self.panel.form
        return (form.now if form.now.isVisible() else form.words).text()


def picture(seed: int) -> dict[str, Any]:
    boards = np.random.default_rng(seed).integers(0, 2, (4, 5, 5)).astype(np.uint8)
    code = base64.b64encode(boards.tobytes()).decode()
    return {"size": [5, 5], "imagined": code, "truth": code}


def stood(step: int = 425, **changes: Any) -> Standing:
    curve = ((step, 0.1, 0.83, 9.0, 1.0, 0.8, 0.7),)
    found = Standing(Path("w"), step, curve, vars(LifeSetting()))
    return replace(found, **changes)


@pytest.fixture
def rig(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    made: list[Held] = []
    asked: list[tuple[Path, Path]] = []
    opened: list[Path] = []

    def make(name: str, args: Sequence[str]) -> Held:
        made.append(Held(name, args))
        return made[-1]

    inquiry = Inquiry(lambda folder, network: None, lambda key, value: None)
    monkeypatch.setattr(inquiry, "ask", asked.append)
    session = Session()
    panel = TrainPanel(session, Jobs(make), inquiry, _life_name, opened.append)
    session.listen(panel.show_state)
    qtbot.addWidget(panel)
    panel.resize(640, 700)
    panel.show()
    return Rig(panel, qtbot, made, asked, opened)


# -- the form


def test_the_form_sets_the_choice_and_shows_it(rig: Rig) -> None:
    fields, session = rig.panel.form.fields, rig.panel.session
    fields.steps.setValue(4)
    assert (session.state.train.steps, session.state.train.game_steps) == (4, 0)
    assert fields.game.value() == 4  # it follows
    fields.game.setValue(2)
    fields.steps.setValue(5)
    assert (session.state.train.game, fields.game.value()) == (2, 2)
    fields.game.setValue(5)
    fields.steps.setValue(3)
    assert fields.game.value() == 3  # it follows again
    rig.press(fields.autoencoder)
    fields.seed.setValue(7)
    rig.bot.keyClicks(fields.name, "mine")
    assert session.state.train.name == "mine" and not session.state.train.autoencoder
    assert session.state.train.seed == 7
    rig.choose(cell="faithful", border="periodic", name="")
    assert fields.cell.currentData() == "faithful" and fields.border.currentData() == "periodic"
    assert fields.name.text() == "" and "periodic" in fields.name.placeholderText()


def test_it_says_what_will_happen_before_anything_does(rig: Rig) -> None:
    rig.answer(None)
    assert "life-3 learns to tell" in rig.words and "half a minute" in rig.words
    form = rig.panel.form
    assert form.train.isEnabled() and not form.keep.isEnabled() and not form.open.isEnabled()
    assert not form.anew.isVisible() and not form.stop.isVisible() and not form.bar.isVisible()


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"steps": 1, "game_steps": 6}, "sees 3 cells far"),
        ({"steps": 1, "adversarial": True}, "at least two steps"),
        ({"name": "a/b"}, "cannot name a file"),
    ],
    ids=str,
)
def test_what_cannot_be_trained_is_said_and_not_begun(
    rig: Rig, changes: dict[str, Any], part: str
) -> None:
    rig.choose(**changes)
    assert part in rig.words and not rig.panel.form.train.isEnabled()
    rig.panel.train()
    assert not rig.made
    rig.choose(steps=3, game_steps=0, adversarial=False, name="")
    assert rig.panel.form.train.isEnabled()


def test_the_name_and_the_seed_say_where_a_run_is_kept(rig: Rig, tmp_path: Path) -> None:
    def places() -> list[str]:
        return [str(place.relative_to(tmp_path)) for place in rig.asked[-1]]

    assert places() == ["training/life-3-seed0", "networks/life-3.safetensors"]
    rig.choose(seed=2)
    assert places() == ["training/life-3-seed2", "networks/life-3-seed2.safetensors"]
    rig.choose(name="mine")
    assert places() == ["training/mine-seed2", "networks/mine.safetensors"]


# -- while it runs


def test_training_shows_how_it_goes(rig: Rig) -> None:
    rig.answer(None)
    form = rig.panel.form
    rig.press(form.train)
    assert rig.made[-1].args[:4] == ["train", "life", "--steps", "3"]
    assert not form.fields.isVisible() and form.head.text().startswith("life-3 ·")
    assert not form.train.isVisible() and not form.keep.isEnabled()
    rig.look(25)
    rig.look(50, 1.0, 0.99, 0.8, 0.7)
    assert form.curves.shown.steps.tolist() == [25, 50]
    assert form.curves.shown.right[-1].tolist() == [1.0, 0.99, 0.8, 0.7]
    assert form.order.text() == "98 % right: state 1 at step 50, state 2 not yet, final not yet"
    first = [row.pixels.copy() for row in form.strip.rows]
    assert [row.name for row in form.strip.rows] == ["truth", "imagination", "difference"]
    rig.look(75)
    assert not np.array_equal(first[1], form.strip.rows[1].pixels)  # it is redrawn
    assert "step 75" in rig.words and form.bar.maximum() == 0  # nobody knows when it ends
    rig.look(100, 1.0, 1.0, 1.0, 1.0)
    rig.say(total=500, seconds_left=12.0)
    assert "step 100 of 500" in rig.words and "12 s left" in rig.words
    assert (form.bar.value(), form.bar.maximum()) == (100, 500)


def test_looks_that_come_again_are_no_further_points(rig: Rig) -> None:
    rig.answer(None)
    rig.press(rig.panel.form.train)
    rig.look(25)
    rig.say(paused=True)
    rig.say(paused=False)
    assert rig.panel.form.curves.shown.steps.tolist() == [25]


def test_pause_holds_and_continue_goes_on(rig: Rig) -> None:
    rig.answer(None)
    rig.press(rig.panel.form.train)
    rig.look(25)
    hold = rig.panel.form.hold
    rig.press(hold)
    rig.say()
    assert rig.made[0].state.paused and hold.text() == "Continue" and "paused" in rig.words
    rig.press(hold)
    rig.say()
    assert not rig.made[0].state.paused and hold.text() == "Pause"


def test_a_second_run_beside_the_first_is_not_begun(rig: Rig) -> None:
    rig.answer(None)
    rig.panel.train()
    rig.panel.train()
    rig.panel.train(restart=True)
    assert len(rig.made) == 1


def test_stop_says_where_it_stands_and_train_goes_on(rig: Rig) -> None:
    rig.answer(None)
    form = rig.panel.form
    rig.press(form.train)
    rig.look(25)
    rig.press(form.stop)
    rig.say()
    assert "Stopping" in rig.words
    assert not form.stop.isEnabled() and not form.hold.isEnabled() and not form.keep.isEnabled()
    rig.say(finished=True, words="Stopped.")
    rig.answer(stood(31))
    assert rig.words.startswith("Stopped. life-3 stands at step 31")
    assert form.fields.isVisible() and form.curves.shown.last == 31 and form.strip.rows
    rig.press(form.train)
    assert "--restart" not in rig.made[-1].args and len(rig.made) == 2
    rig.look(50)
    assert form.curves.shown.steps.tolist() == [31, 50]  # what is behind it stays on show


def test_keep_stops_and_has_the_network_written_where_it_stands(rig: Rig) -> None:
    rig.answer(None)
    form = rig.panel.form
    rig.press(form.train)
    assert not form.keep.isEnabled()
    rig.look(25)
    rig.press(form.keep)
    assert rig.made[0].state.stopped and "in order to keep life-3" in rig.words
    rig.say(finished=True, words="Stopped.")
    assert len(rig.made) == 1 and "in order to keep" in rig.words
    rig.answer(stood(31))
    args = rig.made[1].args
    assert args[args.index("--most") + 1] == "31"
    rig.say(words="Scoring life-3 on 4000 boards ...")
    assert "Scoring" in rig.words and not form.keep.isEnabled()
    rig.say(finished=True, words="life-3 tells 83 %")
    rig.answer(stood(31, written=31))
    assert "kept as it is there: Open shows it" in rig.words and not form.keep.isEnabled()
    rig.press(form.open)
    assert rig.opened == [rig.asked[-1][1]]


def test_keep_of_nothing_learned_begins_nothing(rig: Rig) -> None:
    rig.answer(None)
    rig.press(rig.panel.form.train)
    rig.look(25)
    rig.press(rig.panel.form.keep)
    rig.say(finished=True)
    rig.answer(None)
    assert len(rig.made) == 1 and rig.panel.form.train.isEnabled()


def test_a_run_that_stands_can_be_kept_without_learning_on(rig: Rig) -> None:
    rig.answer(stood(425))
    rig.press(rig.panel.form.keep)
    assert rig.made[0].args[rig.made[0].args.index("--most") + 1] == "425"


def test_a_finished_network_tells_its_scores_and_opens(rig: Rig) -> None:
    rig.answer(None)
    form = rig.panel.form
    rig.press(form.train)
    rig.look(1400)
    rig.say(finished=True, words="life-3 tells ...")
    scores = {"half": {"paper": 1.0}, "chain": {"paper": 0.98}}
    rig.answer(stood(1400, ended=True, written=1400, scores=scores))
    assert "life-3 tells 83.0 % of the cells of state 3" in rig.words
    assert "score 1.000 (p = .5), 0.980 (chain)" in rig.words
    assert not form.train.isEnabled() and not form.keep.isEnabled()
    rig.press(form.open)
    assert rig.opened == [rig.asked[-1][1]]
    rig.press(form.anew)
    assert "--restart" in rig.made[-1].args and not form.curves.isVisible()


def test_the_adversarial_stage_has_its_own_curve_and_network(rig: Rig) -> None:
    rig.choose(adversarial=True)
    rig.answer(stood(1400, ended=True, written=1400))
    form = rig.panel.form
    assert form.open.isEnabled()  # what there is so far
    rig.press(form.train)
    assert "--adversarial" in rig.made[-1].args
    rig.look(100, 1.0, 0.9, 0.9, 1.0, stage="adversarial")
    assert form.curves.shown.steps.tolist() == [100] and "generator" in form.curves.title
    assert "encoder and cell stay" in form.order.text() and not form.keep.isEnabled()
    rig.say(finished=True)
    later = stood(1600, ended=True, written=1600)
    rig.answer(stood(1400, ended=True, written=1400, later=later))
    assert rig.words.startswith("life-3-adversarial tells")
    rig.press(form.open)
    assert rig.opened[-1].name == "life-3-adversarial.safetensors"


# -- what goes wrong


def test_a_failed_run_is_said_with_what_is_left(rig: Rig) -> None:
    rig.answer(None)
    rig.press(rig.panel.form.train)
    rig.look(25)
    rig.say(finished=True, failed="The job was ended from outside (signal 9).")
    rig.answer(stood(20))
    assert rig.words.startswith("The job was ended from outside (signal 9). life-3 stands at")
    assert rig.panel.form.train.isEnabled()


def test_a_run_with_other_settings_is_neither_gone_on_with_nor_lost(rig: Rig) -> None:
    rig.choose(name="mine", steps=2)
    rig.answer(stood())
    form = rig.panel.form
    assert "has other settings" in rig.words
    assert not form.train.isEnabled() and not form.keep.isEnabled() and not form.open.isEnabled()
    rig.press(form.anew)
    assert "--restart" in rig.made[0].args


def test_progress_that_cannot_be_read_offers_to_begin_anew(rig: Rig) -> None:
    rig.answer(Failure("progress.pt cannot be read; begin anew."))
    assert "cannot be read" in rig.words
    rig.press(rig.panel.form.anew)
    assert "--restart" in rig.made[0].args


def test_an_answer_about_another_run_is_left_aside(rig: Rig) -> None:
    old = rig.asked[-1]
    rig.choose(steps=4)
    rig.panel.show_mail(KEY, (old, stood()))
    rig.panel._redraw()
    assert "stands at" not in rig.words


def test_a_hidden_panel_still_keeps_what_it_was_told_to(rig: Rig) -> None:
    rig.answer(None)
    rig.press(rig.panel.form.train)
    rig.look(25)
    rig.press(rig.panel.form.keep)
    rig.panel.hide()
    before = len(rig.asked)
    rig.say(finished=True)
    assert len(rig.asked) == before + 1
    rig.answer(stood(30))
    assert "--most" in rig.made[1].args


def test_a_malformed_line_is_no_picture_and_no_point(rig: Rig) -> None:
    rig.answer(None)
    rig.press(rig.panel.form.train)
    rig.say(done=25, latest={"accuracies": "many", "size": [5], "imagined": 3})
    assert not rig.panel.form.curves.shown.last and not rig.panel.form.strip.rows


@pytest.mark.parametrize("width", [360, 900])
def test_every_button_and_name_has_room(rig: Rig, width: int) -> None:
    rig.answer(stood(425))
    rig.panel.resize(max(width, rig.panel.minimumSizeHint().width()), 620)
    form = rig.panel.form
    for button in (form.train, form.keep, form.open, form.anew):
        words = button.fontMetrics().horizontalAdvance(button.text())
        assert button.isVisible() and button.width() >= words + 8
    assert rig.panel.minimumSizeHint().width() <= 500
    assert rig.panel.minimumSizeHint().height() <= 620


# -- asking


def test_only_the_last_of_many_questions_is_answered() -> None:
    gate, posted, done = threading.Event(), [], threading.Event()

    def read(folder: Path, network: Path) -> str:
        assert gate.wait(10)
        return folder.name

    def post(key: str, value: Any) -> None:
        posted.append((key, value[0][0].name, value[1]))
        if value[1] == "c":
            done.set()

    inquiry = Inquiry(read, post)
    for name in "abc":
        inquiry.ask((Path(name), Path("n")))
    gate.set()
    assert done.wait(10)
    assert posted in (
        [(KEY, "a", "a"), (KEY, "c", "c")], [(KEY, "b", "b"), (KEY, "c", "c")], [(KEY, "c", "c")],
    )  # fmt: skip


def test_what_cannot_be_read_is_answered_by_its_sentence() -> None:
    posted: list[Any] = []
    done = threading.Event()

    def read(folder: Path, network: Path) -> None:
        raise BadInput("It is broken; begin anew.")

    def post(key: str, value: Any) -> None:
        posted.append(value)
        done.set()

    Inquiry(read, post).ask((Path("a"), Path("n")))
    assert done.wait(10)
    assert isinstance(posted[0][1], Failure) and posted[0][1].sentence.startswith("It is broken")

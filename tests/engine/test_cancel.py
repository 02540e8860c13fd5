import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from fake_work import PATIENCE, TOY, Post, Stage, Work, follows, frame, lasts, plan
from torch import Tensor, nn

from dnnvis.core.frame import Frame
from dnnvis.core.mail import Failure, Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine import engine as engine_module
from dnnvis.engine.engine import Engine
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses.live import LiveWork
from dnnvis.network.network import Network, wrap
from dnnvis.network.taps import hooks_on

OTHER = NetworkChoice(net="other")


class Gate:
    """Holds whoever comes through while it is shut; tells that somebody stands there."""

    def __init__(self) -> None:
        self.reached, self._open = threading.Event(), threading.Event()
        self._open.set()

    def shut(self) -> None:
        self.reached.clear()
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def __call__(self, *ignored: Any) -> None:
        if not self._open.is_set():
            self.reached.set()
            assert self._open.wait(PATIENCE)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a second is a second here."""
    monkeypatch.setattr(engine_module, "PATIENCE", 0.1)


def engine_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "dnnvis-engine"]


# ---- a network that hangs, without torch ----------------------------------------------


def test_cancel_where_nothing_is_under_way_does_nothing(impatient: None) -> None:
    with Stage() as stage:
        stage.engine.cancel()
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        stage.shows(1)
        stage.engine.see(frame(2))
        stage.shows(2)
        (thread,) = engine_threads()
        stage.engine.cancel()
        watchers = [t for t in threading.enumerate() if t.name == "dnnvis-cancel"]
        for watcher in watchers:
            watcher.join(PATIENCE)
        assert engine_threads() == [thread]
        assert not stage.post.of("problem")
        stage.engine.see(frame(3))
        stage.shows(3)


def test_a_pass_that_hangs_is_abandoned_and_the_next_wish_opens_the_network_again(
    impatient: None, gate: Gate
) -> None:
    def prepare(work: Work) -> None:
        work.during = lambda seen: gate()

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        gate.shut()
        stage.engine.see(frame(1))
        assert gate.reached.wait(PATIENCE)
        (old,) = engine_threads()
        stage.engine.cancel()
        stage.engine.cancel()  # an impatient user
        problem = stage.post.until("problem")
        assert "did not stop within a second" in problem.sentence
        assert len(stage.post.of("problem")) == 1
        stage.works[0].during = lambda seen: None
        still_hanging = gate.reached.is_set() and old.is_alive()
        assert still_hanging
        for work in stage.works[1:]:
            work.during = lambda seen: None
        stage.engine.see(frame(2))  # what hung is not begun again unasked
        assert len(stage.works[-1].opened) <= 1 and not stage.works[-1].seen
        gate.open()
        stage.engine.follow(plan())  # the same wish, made again
        assert stage.shows(2).network == "toy"
        assert stage.works[1].opened == [TOY]
        old.join(PATIENCE)
        assert not old.is_alive()
        assert 1 not in [live.frame.number for live in stage.post.of("live")]


def test_the_new_thread_works_while_the_old_one_still_hangs(impatient: None, gate: Gate) -> None:
    first = threading.Event()

    def prepare(work: Work) -> None:
        if not first.is_set():
            work.during = lambda seen: gate()
        first.set()

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        gate.shut()
        stage.engine.see(frame(1))
        assert gate.reached.wait(PATIENCE)
        stage.engine.cancel()
        stage.post.until("problem")
        stage.engine.follow(plan(layer="relu"))
        for number in (2, 3):
            stage.engine.see(frame(number))
            stage.shows(number)
        stage.engine.follow(plan(layer="dense", a=follows()))
        assert stage.post.until("a") == "of frame 3"
        assert len(engine_threads()) == 2
        gate.open()


def test_a_wish_made_while_the_pass_hung_is_not_lost(impatient: None, gate: Gate) -> None:
    first = threading.Event()

    def prepare(work: Work) -> None:
        if not first.is_set():
            work.during = lambda seen: gate()
        first.set()

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        gate.shut()
        stage.engine.see(frame(1))
        assert gate.reached.wait(PATIENCE)
        stage.engine.follow(plan(OTHER))
        stage.engine.cancel()
        stage.post.until(
            "info", lambda info: isinstance(info, NetworkInfo) and info.name == "other"
        )
        stage.engine.see(frame(2))
        assert stage.shows(2).network == "other"
        assert stage.works[1].opened == [OTHER]
        gate.open()


def test_a_click_made_while_the_pass_hung_does_not_begin_it_again(
    impatient: None, gate: Gate
) -> None:
    def prepare(work: Work) -> None:
        work.during = lambda seen: gate()

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        gate.shut()
        stage.engine.see(frame(1))
        assert gate.reached.wait(PATIENCE)
        stage.engine.follow(plan(layer="dense"))  # the same network
        stage.engine.cancel()
        stage.post.until("problem")
        stage.engine.see(frame(2))
        stage.engine.follow(plan(OTHER))
        stage.post.until("info", lambda info: getattr(info, "name", "") == "other")
        assert stage.works[1].opened == [OTHER]
        gate.open()


def test_a_network_that_hangs_while_it_is_opened_counts_as_refused(
    impatient: None, gate: Gate
) -> None:
    def prepare(work: Work) -> None:
        work.while_opening = lambda choice: gate() if choice == OTHER else None

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        stage.engine.see(frame(1))
        stage.shows(1)
        gate.shut()
        stage.engine.follow(plan(OTHER))
        assert gate.reached.wait(PATIENCE)
        stage.engine.cancel()
        refusal = stage.post.until("info", lambda info: isinstance(info, Failure))
        assert refusal.about == OTHER
        assert stage.post.of("busy")[-1] == ""
        stage.engine.see(frame(2))  # nobody tries the hanging one again by himself
        stage.engine.follow(plan())  # what the window does with a refusal
        stage.engine.see(frame(3))
        assert stage.shows(3).network == "toy"
        assert stage.works[1].opened == [TOY]
        gate.open()
        stage.engine.follow(plan(OTHER))  # asked for again, it is tried again
        stage.post.until(
            "info", lambda info: isinstance(info, NetworkInfo) and info.name == "other"
        )


def test_what_the_abandoned_thread_finds_out_later_is_not_posted(
    impatient: None, gate: Gate
) -> None:
    def prepare(work: Work) -> None:
        work.while_opening = lambda choice: gate()

    with Stage(prepare) as stage:
        gate.shut()
        stage.engine.follow(plan())
        assert gate.reached.wait(PATIENCE)
        (old,) = engine_threads()
        stage.engine.see(frame(1))
        stage.engine.cancel()
        stage.post.until("info", lambda info: isinstance(info, Failure))
        gate.open()
        old.join(PATIENCE)
        assert not [info for info in stage.post.of("info") if isinstance(info, NetworkInfo)]
        assert not stage.post.of("live") and not stage.works[0].seen


def test_a_lens_step_that_hangs_is_abandoned_too(impatient: None, gate: Gate) -> None:
    def prepare(work: Work) -> None:
        def look(request: Request, scene: Any) -> Iterator[str]:
            yield "first"
            gate()
            yield "second"

        work.looks["slow"] = look

    with Stage(prepare) as stage:
        gate.shut()
        stage.engine.follow(plan(a=lasts("slow")))
        stage.engine.see(frame(1))
        assert gate.reached.wait(PATIENCE)
        stage.engine.cancel()
        stage.post.until("problem")
        stage.engine.follow(plan())
        stage.engine.see(frame(2))
        stage.shows(2)
        gate.open()


def test_mail_still_wakes_its_reader_when_a_lens_of_the_frame_hung(
    impatient: None, gate: Gate
) -> None:
    def prepare(work: Work) -> None:
        def look(request: Request, scene: Any) -> Iterator[str]:
            gate()
            yield "picture"

        work.looks["slow"] = look

    with Stage(prepare) as stage:
        gate.shut()
        stage.engine.follow(plan(a=follows(), b=follows("slow")))
        stage.engine.see(frame(1))
        assert gate.reached.wait(PATIENCE)
        stage.engine.cancel()
        stage.post.until("problem")
        woken = threading.Event()
        stage.post.collect()
        stage.post.wake = woken.set
        stage.engine.follow(plan(OTHER))
        assert woken.wait(PATIENCE)
        gate.open()


def test_stop_does_not_wait_for_a_thread_that_hangs(impatient: None, gate: Gate) -> None:
    def prepare(work: Work) -> None:
        work.during = lambda seen: gate()

    with Stage(prepare) as stage:
        stage.engine.follow(plan())
        gate.shut()
        stage.engine.see(frame(1))
        assert gate.reached.wait(PATIENCE)
        stage.engine.cancel()
        stage.engine.stop()
        assert len(engine_threads()) == 1  # the one that hangs; no new one was begun
        assert not [t for t in threading.enumerate() if t.name == "dnnvis-cancel"]
        gate.open()


# ---- a real network --------------------------------------------------------------------


class Slow(nn.Module):
    """One of many modules that each do a little; ``count`` counts the calls."""

    def __init__(self, before: Callable[[int], None]) -> None:
        super().__init__()
        self.before, self.count = before, 0

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        self.before(self.count)
        return x * 0.99


class Rig:
    """An engine over LiveWork on a chain of ``Slow`` modules."""

    def __init__(self, before: Callable[[int, int], None], length: int = 40) -> None:
        self.post = Post()
        self.networks: list[Network] = []
        self.modules: list[Slow] = []
        self.before, self.length = before, length
        self.engine = Engine(lambda cancel: LiveWork(self._open, cancel, tune_after=99), self.post)

    def _open(self, choice: NetworkChoice) -> Network:
        conv = nn.Conv2d(3, 2, 1)
        opened = len(self.networks)
        modules = [Slow(lambda count, at=k: self.before(opened, at)) for k in range(self.length)]
        network = wrap(nn.Sequential(conv, *modules), size=4)
        self.modules = [m for m in network.module.modules() if isinstance(m, Slow)]
        for k, module in enumerate(self.modules):  # wrap copies, closures and all
            module.before = lambda count, at=k: self.before(opened, at)
        self.networks.append(network)
        return network

    def see(self, number: int) -> None:
        self.engine.see(Frame(np.full((4, 4, 3), number, np.uint8), number))

    def shows(self, number: int) -> Live:
        found: Live = self.post.until(
            "live", lambda live: isinstance(live, Live) and live.frame.number == number
        )
        return found

    def __enter__(self) -> "Rig":
        self.engine.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.engine.stop()


WISH = Plan(TOY, ("0",), requests={"a": Request("gradient", Unit("0", 0))})


def global_hooks() -> int:
    return len(torch.nn.modules.module._global_forward_pre_hooks)


def test_cancel_stops_a_slow_pass_at_the_next_module() -> None:
    gate = Gate()
    reached: list[int] = []

    def before(opened: int, at: int) -> None:
        reached.append(at)
        if at == 3:
            gate()

    with Rig(before) as rig:
        rig.engine.follow(WISH)
        rig.post.until("info")
        gate.shut()
        reached.clear()
        rig.see(1)
        assert gate.reached.wait(PATIENCE)
        rig.engine.cancel()
        gate.open()
        assert "cancelled" in rig.post.until("problem").sentence
        assert reached == [0, 1, 2, 3]
        rig.see(2)
        assert rig.shows(2).maps["0"].shape == (2, 4, 4)
        rig.post.until("a")
        assert len(engine_threads()) == 1 and len(rig.networks) == 1
        network = rig.networks[0]
    assert hooks_on(network.module) == 0
    assert global_hooks() == 0


def test_cancel_while_a_network_is_opened_refuses_it() -> None:
    gate = Gate()

    def before(opened: int, at: int) -> None:
        if opened == 1 and at == 2:
            gate()

    with Rig(before) as rig:
        rig.engine.follow(WISH)
        rig.see(1)
        rig.shows(1)
        gate.shut()
        rig.engine.follow(Plan(OTHER, ("0",)))
        assert gate.reached.wait(PATIENCE)
        rig.engine.cancel()
        gate.open()
        refusal = rig.post.until("info", lambda info: isinstance(info, Failure))
        assert refusal.about == OTHER and refusal.kind == "Cancelled"
        rig.see(2)
        rig.shows(2)
        assert rig.engine.network is rig.networks[0]
    assert global_hooks() == 0


def test_a_module_that_blocks_is_left_behind_and_leaves_no_hook(impatient: None) -> None:
    gate = Gate()

    def before(opened: int, at: int) -> None:
        if opened == 0 and at == 5:
            gate()

    with Rig(before) as rig:
        rig.engine.follow(WISH)
        rig.post.until("info")
        gate.shut()
        rig.see(1)
        assert gate.reached.wait(PATIENCE)
        (old,) = engine_threads()
        rig.engine.cancel()
        rig.post.until("problem")
        rig.engine.follow(WISH)
        rig.see(2)
        rig.shows(2)
        rig.post.until("a")
        assert len(rig.networks) == 2
        gate.open()
        old.join(PATIENCE)
        assert not old.is_alive()
    assert [hooks_on(network.module) for network in rig.networks] == [0, 0]
    assert global_hooks() == 0


def test_stop_ends_the_thread_in_the_middle_of_a_slow_pass() -> None:
    gate = Gate()
    reached: list[int] = []

    def before(opened: int, at: int) -> None:
        reached.append(at)
        if at == 3:
            gate()

    rig = Rig(before)
    rig.engine.start()
    rig.engine.follow(WISH)
    rig.post.until("info")
    gate.shut()
    reached.clear()
    rig.see(1)
    assert gate.reached.wait(PATIENCE)
    threading.Timer(0.0, gate.open).start()
    rig.engine.stop()
    assert not engine_threads()
    assert len(reached) < rig.length
    assert hooks_on(rig.networks[0].module) == 0 and global_hooks() == 0


def test_a_real_network_that_raises_leaves_no_hook_and_works_again() -> None:
    faults = threading.Event()

    def before(opened: int, at: int) -> None:
        if faults.is_set() and at == 7:
            raise ValueError("the user's own code")

    with Rig(before) as rig:
        rig.engine.follow(WISH)
        rig.post.until("info")
        faults.set()
        rig.see(1)
        failure = rig.post.until("live", lambda live: isinstance(live, Failure))
        assert "the user's own code" in failure.sentence
        assert "ValueError" in failure.details
        faults.clear()
        rig.see(2)
        rig.shows(2)
        network = rig.networks[0]
    assert hooks_on(network.module) == 0 and global_hooks() == 0

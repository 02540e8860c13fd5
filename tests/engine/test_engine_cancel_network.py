import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dnnvis.core.frame import Frame
from dnnvis.core.messages import Failure, Live
from dnnvis.core.unit import Unit
from dnnvis.engine.engine import Engine
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses.live import LiveWork
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from helpers.fake_work import ABANDON_SECONDS, TOY, Gate, Post, engine_threads

OTHER = NetworkChoice(net="other")


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
        assert gate.reached.wait(ABANDON_SECONDS)
        rig.engine.cancel()
        gate.open()
        assert "cancelled" in rig.post.until("problem").sentence
        assert reached == [0, 1, 2, 3]
        rig.see(2)
        assert rig.shows(2).maps["0"].shape == (2, 4, 4)
        rig.post.until("a")
        assert len(engine_threads()) == 1
        assert len(rig.networks) == 1
        network = rig.networks[0]
    assert count_hooks(network.module) == 0
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
        assert gate.reached.wait(ABANDON_SECONDS)
        rig.engine.cancel()
        gate.open()
        refusal = rig.post.until("info", lambda info: isinstance(info, Failure))
        assert refusal.about == OTHER
        assert refusal.kind == "Cancelled"
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
        assert gate.reached.wait(ABANDON_SECONDS)
        (old,) = engine_threads()
        rig.engine.cancel()
        rig.post.until("problem")
        rig.engine.follow(WISH)
        rig.see(2)
        rig.shows(2)
        rig.post.until("a")
        assert len(rig.networks) == 2
        gate.open()
        old.join(ABANDON_SECONDS)
        assert not old.is_alive()
    assert [count_hooks(network.module) for network in rig.networks] == [0, 0]
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
    assert gate.reached.wait(ABANDON_SECONDS)
    loop = rig.engine._running
    assert loop is not None

    def open_once_it_stops() -> None:
        assert loop.cancel.wait(ABANDON_SECONDS)
        gate.open()

    threading.Thread(target=open_once_it_stops).start()
    rig.engine.stop()
    assert not engine_threads()
    assert len(reached) < rig.length
    assert count_hooks(rig.networks[0].module) == 0
    assert global_hooks() == 0


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
    assert count_hooks(network.module) == 0
    assert global_hooks() == 0

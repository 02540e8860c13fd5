"""Every generator of random numbers goes on as before, whichever threads draw and seed."""

import gc
import random
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import dnnvis
from dnnvis.network.state import generators
from dnnvis.network.state.generators import fixed_draw, fork_generators, read_random_states


def test_a_fixed_draw_is_the_same_again_and_moves_no_generator() -> None:
    def draw() -> tuple[float, float, float]:
        return float(torch.rand(())), random.random(), float(np.random.rand())

    torch.manual_seed(5)
    random.seed(5)
    np.random.seed(5)
    expected = draw()
    torch.manual_seed(5)
    random.seed(5)
    np.random.seed(5)
    with fixed_draw(1):
        first = draw()
    with fixed_draw(1):
        assert draw() == first
    with fixed_draw(2):
        assert draw() != first
    assert draw() == expected


def test_a_fork_begins_at_its_seed_or_goes_on_and_leaves_no_trace() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    with fork_generators(8):
        seeded = torch.rand(2)
    with pytest.raises(ValueError, match="within"), fork_generators():
        assert torch.equal(torch.rand(4), expected)
        raise ValueError("within")
    assert torch.equal(torch.rand(4), expected)
    assert torch.equal(seeded, torch.rand(2, generator=torch.Generator().manual_seed(8)))


@pytest.mark.parametrize(
    "use",
    [
        read_random_states,
        lambda: fork_generators().__enter__(),
        lambda: fork_generators(1).__enter__(),
        lambda: fixed_draw(1).__enter__(),
    ],
)
@pytest.mark.parametrize("collects", [True, False])
def test_one_thread_at_a_time_and_nothing_is_collected_meanwhile(
    monkeypatch: pytest.MonkeyPatch, use: Callable[[], Any], collects: bool
) -> None:
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()
    within, go_on = threading.Event(), threading.Event()
    collecting: list[bool] = []
    get_state = torch.get_rng_state

    def read_slowly() -> torch.Tensor:
        collecting.append(gc.isenabled())
        within.set()
        assert go_on.wait(20)
        return get_state()

    monkeypatch.setattr(torch, "get_rng_state", read_slowly)
    monkeypatch.setattr(torch.random, "get_rng_state", read_slowly)
    (gc.enable if collects else gc.disable)()
    try:
        first = threading.Thread(target=use)
        first.start()
        assert within.wait(20)
        second = threading.Thread(target=use)
        second.start()
        second.join(0.05)
        assert second.is_alive()
        assert len(collecting) == 1  # the second one waits outside
        go_on.set()
        first.join(20)
        second.join(20)
        assert collecting == [False, False]
        assert gc.isenabled() == collects
    finally:
        go_on.set()
        gc.enable()
        torch.set_rng_state(before[0])
        random.setstate(before[1])
        np.random.set_state(before[2])


def test_nobody_else_forks_reads_or_puts_back_torchs_generator() -> None:
    package = Path(dnnvis.__file__).parent
    own = Path(generators.__file__)
    users = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if path != own and re.search(r"fork_rng|[gs]et_rng_state", path.read_text("utf-8"))
    ]
    assert users == []

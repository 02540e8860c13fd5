"""The live view of an automaton: its layers are those of the state that a canvas brings."""

import threading
from pathlib import Path
from typing import Any

import numpy as np

from dnnvis.core.frame import Frame
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses.live import LiveWork
from dnnvis.network.network import Network
from dnnvis.zoo.catalog import open_network
from helpers.automata import SMALL, automaton_file, some_state


def work_on(folder: Path, notes: list[NetworkInfo], shown: list[Network]) -> LiveWork:
    file = automaton_file(folder)
    work = LiveWork(
        lambda choice: open_network(choice.net),
        threading.Event(),
        notify=notes.append,
        show_network=shown.append,
    )
    work.open(NetworkChoice(net=str(file)))
    return work


def frame(number: int, **more: Any) -> Frame:
    return Frame(np.full((16, 16, 3), 40, np.uint8), number, "canvas", **more)


def test_states_shorten_the_passes_once_and_pictures_make_them_whole_again(tmp_path: Path) -> None:
    notes: list[NetworkInfo] = []
    shown: list[Network] = []
    work = work_on(tmp_path, notes, shown)
    plan = Plan(NetworkChoice(net="mine"), layers=("encoder", "cell"))
    state = some_state(size=(16, 16))
    for number in range(4):
        live, _, _ = work.live(plan, frame(number, state=state))
        assert np.array_equal(live.maps["encoder"], state)
        assert live.maps["cell"].shape == (6, 16, 16)
        assert live.pixels.shape == (16, 16, 3)
    sizes = [(info.size, len(info.states)) for info in notes]
    assert sizes[0] == ((16, 16), 1 + SMALL.live_steps)  # at once of the right size
    assert set(sizes) == {sizes[0]}
    assert shown == [work.network]
    work.live(plan, frame(9))
    assert (notes[-1].size, len(notes[-1].states)) == ((12, 12), 1 + SMALL.steps)


def test_a_gradient_on_a_state_is_shown_as_colors(tmp_path: Path) -> None:
    work = work_on(tmp_path, [], [])
    unit = Unit("cell", 4, (8, 8))
    plan = Plan(
        NetworkChoice(net="mine"),
        layers=("cell",),
        requests={"lens1": Request("gradient", unit, (("view", "raw"),))},
    )
    _, scenes, failures = work.live(plan, frame(0, state=some_state(size=(16, 16))))
    assert not failures
    (picture,) = work.look(plan.requests["lens1"], scenes["lens1"])
    assert picture.values.shape == (16, 16, 3)
    assert np.abs(picture.values).max() > 0

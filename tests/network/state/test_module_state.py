"""What a network remembers is found and put back."""

from collections import deque

import torch
from torch import nn

from dnnvis.network.state.module_state import (
    StateKeeper,
    copy_state,
    find_changed_parameters,
    find_changed_slots,
    find_slots_with_graph,
    hidden_modules,
    slot_names,
)


class Rememberer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Conv2d(3, 4, 3)
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))
        self.potential: object = 0.0
        self.last: deque[torch.Tensor] = deque(maxlen=2)
        self.table = {"sum": torch.zeros(2)}
        self.constant = torch.ones(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen += 1
        self.potential = 0.5 * self.potential + x.mean()
        self.last.append(x.detach())
        self.table["sum"] += 1
        self.late = x.sum()
        return self.inner(x)


def test_everything_that_a_pass_changed_is_found_and_put_back() -> None:
    module, x = Rememberer(), torch.rand(1, 3, 8, 8)
    previous = copy_state(module)
    module(x)
    slots = find_changed_slots(previous, module)
    assert set(slot_names(module, slots)) == {"seen", "potential", "last", "table", "late"}
    keeper = StateKeeper(previous, slots)
    for _ in range(2):  # what is put back is a copy: the second pass begins where the first did
        keeper.restore()
        assert module.seen == 0
        assert module.potential == 0.0
        assert list(module.last) == []
        assert module.last.maxlen == 2
        assert torch.equal(module.table["sum"], torch.zeros(2))
        assert not hasattr(module, "late")
        module(x)
        assert module.seen == 1
        assert torch.equal(module.table["sum"], torch.ones(2))


def test_what_did_not_change_is_left_alone() -> None:
    module = Rememberer()
    previous = copy_state(module)
    kept = module.constant
    assert find_changed_slots(previous, module) == []
    StateKeeper(previous, find_changed_slots(previous, module)).restore()
    assert module.constant is kept


def test_a_value_that_holds_a_graph_is_found() -> None:
    module, x = Rememberer(), torch.rand(1, 3, 8, 8, requires_grad=True)
    assert find_slots_with_graph(module) == []
    module(x)
    names = slot_names(module, find_slots_with_graph(module))
    assert set(names) == {"potential", "late"}


def test_weights_that_change_are_named() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    previous = copy_state(module)
    with torch.no_grad():
        module[1].weight.mul_(2)
    assert find_changed_parameters(previous, module) == ["1.weight"]


def test_not_a_number_is_equal_to_itself() -> None:
    module = Rememberer()
    module.constant = torch.tensor([float("nan"), 1.0])
    module.potential = float("nan")
    assert find_changed_slots(copy_state(module), module) == []


def test_modules_in_plain_lists_are_found_by_their_path() -> None:
    module = nn.Module()
    module.inner = nn.Linear(2, 2)
    module.more = [nn.Linear(2, 2), {"late": nn.ReLU()}, module.inner]
    assert [name for name, _ in hidden_modules(module)] == ["more[0]", "more[1]['late']"]


class Late(nn.Module):
    """Builds a part in its first pass, and an entry of a plain list."""

    def __init__(self) -> None:
        super().__init__()
        self.head: nn.Module | None = None
        self.parts: list[nn.Module | None] = [None]
        self.passes = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.passes += 1
        if self.head is None:
            self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 2))
        if self.parts[0] is None:
            self.parts = [nn.Linear(2, 2)]
        assert isinstance(self.parts[0], nn.Module)
        return self.parts[0](self.head(x.mean((2, 3))))


def test_a_part_that_the_first_pass_builds_stays_as_it_is() -> None:
    module, x = Late().eval(), torch.rand(1, 3, 8, 8)
    previous = copy_state(module)
    module(x)
    head, part = module.head, module.parts[0]
    StateKeeper(previous, find_changed_slots(previous, module)).restore()
    assert module.passes == 0
    assert module.head is head
    assert module.parts[0] is part
    assert isinstance(head, nn.Sequential)
    assert isinstance(head[0], nn.Dropout)
    assert head[0].p == 0.5

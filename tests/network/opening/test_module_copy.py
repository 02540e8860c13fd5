"""Copies of modules that Python's own deep copy refuses."""

import copy
import threading
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import prune

import dnnvis
from dnnvis.network.opening.module_copy import copy_module
from helpers.recording_networks import plainly, ramp


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 6, 3), nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.conv(x).relu().mean((2, 3)))
        return y


def weight_normed() -> nn.Module:
    net = Plain()
    net.conv = nn.utils.weight_norm(net.conv)
    return net


def pruned() -> nn.Module:
    net = Plain()
    prune.l1_unstructured(net.conv, "weight", 0.5)
    prune.random_unstructured(net.conv, "weight", 0.25)
    return net


def holding_graphs() -> nn.Module:
    net = Plain()
    net.last = {"features": [net.conv(torch.rand(1, 3, 8, 8)).relu()]}  # type: ignore[assignment]
    return net


def generator_of(count: int) -> object:
    return (k for k in range(count))


def holding_locks() -> nn.Module:
    net = Plain()
    net.lock, net.done = threading.Lock(), threading.Event()  # type: ignore[assignment]
    net.queue, net.owner = generator_of(3), threading  # type: ignore[assignment]
    return net


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
@pytest.mark.parametrize("build", [weight_normed, pruned, holding_graphs, holding_locks])
def test_what_deep_copy_refuses_is_opened_with_the_same_answers(
    build: Callable[[], nn.Module],
) -> None:
    module = build().eval()
    with pytest.raises((RuntimeError, TypeError)):
        copy.deepcopy(module)
    net = dnnvis.wrap(module, size=8)
    x = torch.from_numpy(ramp()).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        expected = module(x)
    assert torch.allclose(torch.from_numpy(net.record(ramp()).output), expected[0], atol=1e-6)
    assert torch.allclose(plainly(net, ramp()), expected, atol=1e-6)
    assert net.module is not module
    assert not [note for note in net.notes if "copied" in note]


def test_the_copy_has_values_of_its_own() -> None:
    module = pruned()
    duplicate, notes = copy_module(module)
    assert notes == ()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with torch.no_grad():
        for value in duplicate.state_dict().values():
            value.zero_()
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert all(weight.requires_grad for weight in module.parameters())


def test_a_lock_is_shared_and_what_is_beside_it_is_not() -> None:
    module = holding_locks()
    module.sizes = [1, 2]  # type: ignore[assignment]
    duplicate, _ = copy_module(module)
    assert duplicate.lock is module.lock
    assert duplicate.sizes is not module.sizes
    duplicate.done.set()  # type: ignore[operator, union-attr]


class Refuses(Plain):
    def __deepcopy__(self, memo: object) -> None:
        raise ValueError("one of a kind")


def test_a_module_that_refuses_is_used_itself_and_said() -> None:
    module = Refuses()
    net = dnnvis.wrap(module, size=8)
    assert net.module is module
    (note,) = (note for note in net.notes if "could not be copied" in note)
    assert "ValueError: one of a kind" in note
    assert "training mode" in note


def test_a_compiled_part_is_copied_as_it_was_written() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    part = torch.compile(module, backend="eager")
    whole = nn.Sequential(part, nn.Flatten())
    duplicate, notes = copy_module(whole)
    assert notes == ()
    assert isinstance(duplicate[0], nn.Sequential)
    assert duplicate[0] is not module
    assert whole[0] is part


class Collecting(nn.Module):
    """Takes features from a hook that closes over the module, as users of hooks do."""

    def __init__(self, default: bool = False) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 6, 3), nn.Linear(6, 4)
        self.features: dict[str, Tensor] = {}
        if default:
            self.conv.register_forward_hook(
                lambda module, given, output, own=self: own.features.__setitem__("conv", output)
            )
        else:
            self.conv.register_forward_hook(
                lambda module, given, output: self.features.__setitem__("conv", output)
            )

    def forward(self, x: Tensor) -> Tensor:
        self.conv(x)
        return self.fc(self.features["conv"].mean((2, 3)))


class Patched(nn.Module):
    """Runs a lambda over its own parts, one of which has statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.fc = nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.Linear(6, 4)
        self.after = lambda x: self.norm(x).relu()

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.after(self.conv(x)).mean((2, 3)))


def replaced_forward() -> nn.Module:
    module = Plain()
    module.forward = lambda x: module.fc(module.conv(x).relu().mean((2, 3)))  # type: ignore[method-assign]
    return module


@pytest.mark.parametrize(
    "build", [Collecting, lambda: Collecting(default=True), Patched, replaced_forward]
)
def test_functions_over_the_module_work_on_its_copy(build: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    module = build().eval()
    x = torch.from_numpy(ramp()).permute(2, 0, 1)[None].float() / 255
    other = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        expected = module(x)
        module(other)  # the caller's latest picture, which must not show
    module.train()
    previous = {name: value.clone() for name, value in module.state_dict().items()}
    features = dict(getattr(module, "features", {}))
    net = dnnvis.wrap(module, size=8)
    assert torch.allclose(torch.from_numpy(net.record(ramp()).output), expected[0], atol=1e-5)
    assert net.notes == ()
    assert all(torch.equal(value, previous[name]) for name, value in module.state_dict().items())
    assert all(value is features[name] for name, value in getattr(module, "features", {}).items())


def test_a_list_outside_that_hooks_fill_is_the_callers_alone() -> None:
    module, seen = Plain().eval(), list[int]()
    module.conv.register_forward_hook(lambda part, given, output: seen.append(len(output)))
    net = dnnvis.wrap(module, size=8)
    net.record(ramp())
    assert seen == []
    module(torch.rand(2, 3, 8, 8))
    assert seen == [2]

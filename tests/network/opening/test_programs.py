"""Compiled, scripted, exported and traced programs, and lazy layers."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, fx, nn

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.network.opening.programs import (
    as_module,
    is_program,
    run_nodes_as_modules,
    unwrap_parts,
)
from helpers.recording_networks import ramp, seeded

EXAMPLE = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(3))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.norm(self.conv(x)) + x)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.fc = Block(), Block(), nn.Linear(3, 5)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.second(self.first(x)).mean((2, 3)))
        return y


def build() -> nn.Module:
    return seeded(Net()).eval()


def names_of(net: dnnvis.Network) -> list[str]:
    return [row.name for row in net.layers]


PLAIN = names_of(dnnvis.wrap(build(), size=8))


def compile_part(net: Any) -> None:
    net.first = torch.compile(net.first, backend="eager")


def compile_deep_part(net: Any) -> None:
    net.second = nn.Sequential(net.second)
    net.second[0].conv = torch.compile(net.second[0].conv, backend="eager")
    net.second = net.second[0]


def compile_in_place(net: Any) -> None:
    net.first.compile(backend="eager")
    net.compile(backend="eager")


def compile_forward(net: Any) -> None:
    net.first.forward = torch.compile(net.first.forward, backend="eager")


CHANGES = [compile_part, compile_deep_part, compile_in_place, compile_forward]


@pytest.mark.parametrize("change", CHANGES)
def test_compiled_parts_have_the_names_hooks_and_gradients_of_the_plain_module(
    change: Callable[[Any], None],
) -> None:
    plain, module = dnnvis.wrap(build(), size=8), build()
    change(module)
    net = dnnvis.wrap(module, size=8)
    assert names_of(net) == PLAIN
    assert net.fingerprint == plain.fingerprint
    for lens in ("gradient", "guided"):
        picture = dnnvis.look(net, lens, "fc[1]", image=ramp())
        expected = dnnvis.look(plain, lens, "fc[1]", image=ramp())
        np.testing.assert_allclose(picture.values, expected.values, rtol=1e-5, atol=1e-7)


def test_a_compiled_method_of_a_class_is_undone_for_this_module_alone() -> None:
    class Compiled(Block):
        forward = torch.compile(Block.forward, backend="eager")

    module, other = Compiled().eval(), Compiled()
    unwrap_parts(module)
    assert module.forward.__func__ is Block.forward
    assert "forward" not in vars(other)


def test_a_whole_module_that_was_compiled_or_made_parallel_is_the_one_inside() -> None:
    module = build()
    assert as_module(torch.compile(module, backend="eager")) is module
    assert as_module(nn.DataParallel(module)) is module
    assert as_module(module) is module


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")
@pytest.mark.parametrize("kind", ["trace", "script"])
def test_torchscript_is_refused_by_name_with_what_to_do(kind: str) -> None:
    module = build()
    program = torch.jit.trace(module, EXAMPLE) if kind == "trace" else torch.jit.script(module)
    with pytest.raises(BadInput, match=r"TorchScript.*state_dict\(\).*torch\.export"):
        dnnvis.wrap(program, size=8)


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")
@pytest.mark.parametrize("kind", ["trace", "script"])
def test_a_scripted_part_runs_and_a_note_says_that_it_is_closed(kind: str) -> None:
    module: Any = build()
    with torch.no_grad():
        expected = module(EXAMPLE)
    part = module.first
    module.first = torch.jit.trace(part, EXAMPLE) if kind == "trace" else torch.jit.script(part)
    net = dnnvis.wrap(module, size=8)
    assert [name for name in names_of(net) if not name.startswith("first")] == [
        name for name in PLAIN if not name.startswith("first")
    ]
    (note,) = (note for note in net.notes if "TorchScript" in note)
    assert note.startswith("first is TorchScript")
    with torch.no_grad():
        assert torch.allclose(net.forward(EXAMPLE), expected, atol=1e-6)


def test_nodes_of_a_traced_program_are_layers_that_compute_the_same() -> None:
    module = build()
    program = fx.symbolic_trace(module)
    net = dnnvis.wrap(program, size=8)
    names = names_of(net)
    assert set(names) == {*PLAIN, "add", "add_1", "mean"}
    kinds = {row.name: row.kind for row in net.layers}
    assert kinds["add"] == "add"
    assert kinds["first"] == "Block"  # the node that was the block's last
    assert kinds["first.conv"] == "Conv2d"
    plain = dnnvis.wrap(build(), size=8)
    opened, expected = net.record(ramp()), plain.record(ramp())
    for name in PLAIN:
        np.testing.assert_allclose(opened[name], expected[name], rtol=1e-5, atol=1e-6)
    picture = dnnvis.look(net, "guided", "fc[1]", image=ramp())
    right = dnnvis.look(plain, "guided", "fc[1]", image=ramp())
    np.testing.assert_allclose(picture.values, right.values, rtol=1e-5, atol=1e-7)
    assert "mean" not in dict(program.named_children())  # the original stays as it is


class EndsInModule(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Rectified()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.inner(x) * 2
        return y


class Rectified(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(torch.relu(x))
        return y


def test_a_function_in_the_middle_of_a_module_does_not_take_its_name() -> None:
    names = names_of(dnnvis.wrap(fx.symbolic_trace(EndsInModule().eval()), size=8))
    assert names == ["relu", "inner.norm", "mul", "output"]


def test_a_node_named_like_a_method_of_modules_gets_a_name_of_its_own() -> None:
    class Casts(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.to(torch.float64).float() + 1

    program = fx.symbolic_trace(Casts())
    run_nodes_as_modules(program)
    assert torch.equal(program(EXAMPLE), EXAMPLE.double().float() + 1)
    assert callable(program.to)
    assert "to_" in dict(program.named_children())
    code = program.code
    run_nodes_as_modules(program)  # again: nothing is left to do
    assert program.code == code


@pytest.mark.parametrize("kind", ["program", "module"])
def test_an_exported_program_opens_with_the_layers_it_was_made_of(kind: str) -> None:
    module = build()
    program = torch.export.export(module, (EXAMPLE,))
    assert is_program(program)
    net = dnnvis.wrap(program if kind == "program" else program.module(), size=8)
    rows = {row.name: row for row in net.layers}
    plain = {row.name: row for row in dnnvis.wrap(build(), size=8).layers}
    assert set(plain) <= set(rows)
    for name in ("first.conv", "second.norm", "fc"):
        assert rows[name].kind == plain[name].kind
        assert rows[name].shape == plain[name].shape
        assert rows[name].parameters == plain[name].parameters
    opened, expected = net.record(ramp()), dnnvis.wrap(build(), size=8).record(ramp())
    for name in plain:
        np.testing.assert_allclose(opened[name], expected[name], rtol=1e-5, atol=1e-6)
    picture = dnnvis.look(net, "gradient", "fc[2]", image=ramp())
    right = dnnvis.look(dnnvis.wrap(build(), size=8), "gradient", "fc[2]", image=ramp())
    np.testing.assert_allclose(picture.values, right.values, rtol=1e-4, atol=1e-7)


def lazy() -> nn.Sequential:
    return nn.Sequential(
        nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5)
    )


@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_lazy_layers_get_their_shapes_from_a_first_pass_which_is_said() -> None:
    module = lazy()
    state = torch.random.get_rng_state()
    net = dnnvis.wrap(module, size=8)
    assert torch.equal(torch.random.get_rng_state(), state)
    shapes = {name: tuple(weight.shape) for name, weight in net.module.named_parameters()}
    assert shapes["0.weight"] == (4, 3, 3, 3)
    assert shapes["4.weight"] == (5, 4 * 6 * 6)
    assert not any(weight.requires_grad for weight in net.module.parameters())
    (note,) = (note for note in net.notes if "lazy" in note)
    assert note.startswith("3 lazy layers (0, 1, 4)")
    assert net.fingerprint == dnnvis.wrap(lazy(), size=8).fingerprint
    assert isinstance(module[0], nn.LazyConv2d)  # the original stays as it is


class NeverCalled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.spare = nn.LazyConv2d(4, 3), nn.LazyLinear(2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return y


@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_a_lazy_layer_that_is_never_called_is_named() -> None:
    with pytest.raises(BadInput, match="spare are lazy and were not called"):
        dnnvis.wrap(NeverCalled(), size=8)


def test_the_copy_of_a_traced_program_computes_the_same() -> None:
    program = fx.symbolic_trace(build())
    run_nodes_as_modules(program)
    with torch.no_grad():
        assert torch.equal(copy.deepcopy(program)(EXAMPLE), program(EXAMPLE))

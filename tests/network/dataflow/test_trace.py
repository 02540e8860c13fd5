"""What goes where in a network, against torch.fx, which reads the code instead of a pass."""

from collections import Counter

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, fx, nn

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import NetworkGraph
from dnnvis.network.dataflow import trace
from dnnvis.network.dataflow.trace import DIRECT_ONLY, trace_dataflow
from dnnvis.zoo.life import LifeNet, LifeSpec
from dnnvis.zoo.squeezenet import SqueezeNet


def graph_of(module: nn.Module, size: int = 16, channels: int = 3) -> NetworkGraph:
    net = dnnvis.wrap(module.eval(), size=size, channels=channels, mean=0, std=1)
    net.prove_later = True  # one pass is enough for a table
    return trace_dataflow(net, net.probe())


def edges_by_code(module: nn.Module) -> set[tuple[str, str]]:
    """The layers from which each layer takes values, by torch.fx: names as in the graph."""
    edges: set[tuple[str, str]] = set()
    sources: dict[fx.Node, set[str]] = {}
    calls: Counter[str] = Counter()
    for node in fx.symbolic_trace(module).graph.nodes:
        inputs = set().union(*(sources[each] for each in node.all_input_nodes), set())
        if node.op == "placeholder":
            sources[node] = {"input"}
        elif node.op in ("call_module", "output"):
            name = str(node.target)
            key = f"{name}#{calls[name]}" if calls[name] else name
            calls[name] += 1
            edges |= {(source, key) for source in inputs}
            sources[node] = {key}
        else:
            sources[node] = inputs
    return edges


def edges_between_layers(graph: NetworkGraph) -> set[tuple[str, str]]:
    """The graph's edges, with the operations between layers left out."""
    operations = {node.key for node in graph.nodes if node.is_operation}
    sources: dict[str, set[str]] = {}
    for node in graph.nodes:
        direct = {s for s, target in graph.edges if target == node.key}
        sources[node.key] = set().union(
            *(sources[s] if s in operations else {s} for s in direct), set()
        )
    return {(s, key) for key, found in sources.items() if key not in operations for s in found}


class Block(nn.Module):
    """One rectifier called twice, a shortcut, and functions between the layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.short, self.relu = nn.Conv2d(3, 4, 1), nn.ReLU(inplace=True)
        self.drop = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.conv2(self.relu(self.conv1(x)))
        return self.drop(self.relu(inner + self.short(x)))


class Toy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block, self.fc = Block(), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        maps = torch.sigmoid(self.block(x))
        return self.fc(torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], 1))


def test_a_small_network_is_as_written() -> None:
    graph = graph_of(Toy())
    names = [node.key for node in graph.nodes]
    assert names[0] == "input"
    assert names[-1] == "output"
    into = {key: [s for s, t in graph.edges if t == key] for key in names}
    assert into["block.conv1"] == into["block.short"] == ["input"]
    assert into["block +"] == ["block.conv2", "block.short"]
    assert into["block.relu#1"] == ["block +"]
    assert into["block.drop"] == ["block.relu#1"]
    assert into["sigmoid"] == ["block.drop"]
    assert into["concat"] == ["mean", "sigmoid"]  # the largest value passes for a view
    assert into["fc"] == ["concat"]
    nodes = {node.key: node for node in graph.nodes}
    assert nodes["block.relu#1"].call == 1
    assert nodes["block.relu#1"].layer == "block.relu"
    assert (nodes["block +"].block, nodes["sigmoid"].block) == ("block", "")
    assert (nodes["block +"].shape, nodes["fc"].shape) == ((4, 16, 16), (5,))
    (block,) = graph.blocks
    assert (block.key, block.kind, block.result, block.shape) == (
        "block",
        "Block",
        "block.drop",
        (4, 16, 16),
    )


@pytest.mark.parametrize("build", [Toy, lambda: SqueezeNet(7)])
def test_edges_are_those_that_the_code_has(build: object) -> None:
    module = build()  # type: ignore[operator]
    assert edges_between_layers(graph_of(module, 64)) == edges_by_code(module)


def test_the_steps_of_a_recurrent_network_are_unrolled() -> None:
    torch.manual_seed(0)
    module = LifeNet(LifeSpec(steps=3))
    graph = graph_of(module, 20, 1)
    cells = [block.key for block in graph.blocks if block.kind == "Cell"]
    assert cells == ["cell", "cell#1", "cell#2"]
    sums = [node.key for node in graph.nodes if node.kind == "+"]
    into = [{s for s, t in graph.edges if t == key} for key in sums]
    assert len(sums) == 3  # a residual a step: what the step adds, and where it began
    assert into[1] == {sums[0], next(s for s, t in graph.edges if t == sums[1] and "leaky3#1" in s)}
    assert all("cell" in node.block for node in graph.nodes if node.key in sums)


def test_a_network_that_hides_its_gradients_shows_what_is_handed_on_as_it_is() -> None:
    class Hidden(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.relu, self.fc = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            if x.requires_grad:
                raise RuntimeError("no gradients here")
            return self.fc(self.relu(self.conv(x)).mean((2, 3)))

    graph = graph_of(Hidden())
    assert graph.message == DIRECT_ONLY
    assert ("conv", "relu") in graph.edges
    assert not [edge for edge in graph.edges if edge[1] == "fc"]  # a mean lies between


def test_nothing_is_left_behind_in_the_network() -> None:
    net = dnnvis.wrap(Toy().eval(), size=16)
    image = np.zeros((16, 16, 3), np.uint8)
    before = net.record(image).output
    trace_dataflow(net, net.encode(image))
    np.testing.assert_array_equal(net.record(image).output, before)
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in net.module.modules())


def test_a_pass_of_too_many_calls_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "MAX_CALLS", 4)
    with pytest.raises(BadInput, match="calls more than 4 modules"):
        graph_of(Toy())


@pytest.mark.parametrize("name", ["resnet18", "densenet121"])
def test_torchvisions_networks_are_as_their_code(name: str) -> None:
    module = torchvision.models.get_model(name, weights=None).eval()
    graph = graph_of(module, 64)
    assert edges_between_layers(graph) == edges_by_code(module)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vit_b_16", "mobilenet_v3_small", "swin_t", "regnet_y_400mf"])
def test_more_of_torchvisions_networks_reach_their_output(name: str) -> None:
    module = torchvision.models.get_model(name, weights=None).eval()
    graph = graph_of(module, 224)
    above: dict[str, set[str]] = {}
    for node in graph.nodes:
        sources = {s for s, t in graph.edges if t == node.key}
        above[node.key] = sources.union(*(above[s] for s in sources), set())
    unused = {node.key for node in graph.nodes} - above["output"] - {"output"}
    assert "input" in above["output"]
    assert not unused

"""Blocks that are folded and unfolded."""

from dnnvis.core.lens_results import GraphBlock, GraphNode, NetworkGraph
from dnnvis.imaging.graph.folding import BlockTree

#: input -> stem -> [b: b.conv -> b.relu, (+) with stem] -> [c: [c.inner: c.inner.fc]] -> output
GRAPH = NetworkGraph(
    (
        GraphNode("input", "input", shape=(3, 8, 8)),
        GraphNode("stem", "Conv2d", "stem"),
        GraphNode("b.conv", "Conv2d", "b.conv", block="b"),
        GraphNode("b.relu", "ReLU", "b.relu", block="b"),
        GraphNode("b +", "+", block="b", is_operation=True),
        GraphNode("c.inner.fc", "Linear", "c.inner.fc", block="c.inner"),
        GraphNode("c.norm", "Norm", "c.norm", block="c"),
        GraphNode("output", "output", "output"),
    ),
    (
        GraphBlock("b", "Block", "b", result="b +"),
        GraphBlock("c.inner", "Sequential", "c.inner", block="c", result="c.inner.fc"),
        GraphBlock("c", "Head", "c", result="c.norm"),
    ),
    (
        ("input", "stem"),
        ("stem", "b.conv"),
        ("b.conv", "b.relu"),
        ("b.relu", "b +"),
        ("stem", "b +"),
        ("b +", "c.inner.fc"),
        ("c.inner.fc", "c.norm"),
        ("c.norm", "output"),
    ),
)
TREE = BlockTree(GRAPH)


def pairs(unfolded: tuple[str, ...]) -> tuple[list[str], set[tuple[str, str]]]:
    graph = TREE.fold(unfolded)
    keys = [node.key for node in graph.nodes]
    return keys, {(keys[a], keys[b]) for a, b in graph.edges}


def test_a_folded_block_takes_and_gives_what_its_layers_do() -> None:
    keys, edges = pairs(())
    assert keys == ["input", "stem", "b", "c", "output"]
    assert edges == {("input", "stem"), ("stem", "b"), ("b", "c"), ("c", "output")}
    sizes = {node.key: node.inside for node in TREE.fold(()).nodes}
    assert sizes == {"input": 0, "stem": 0, "b": 2, "c": 2, "output": 0}


def test_an_unfolded_block_shows_what_is_inside_and_a_block_of_one_layer_is_that_layer() -> None:
    keys, edges = pairs(("b", "c"))
    assert keys == [node.key for node in GRAPH.nodes]
    assert edges == set(GRAPH.edges)
    shown = {node.key: node for node in TREE.fold(("b", "c")).nodes}
    assert shown["b +"].blocks == ("b",)
    assert shown["c.inner.fc"].blocks == ("c",)  # c.inner holds nothing else
    assert shown["stem"].blocks == ()


def test_at_first_whole_levels_are_unfolded_as_long_as_they_fit() -> None:
    assert TREE.choose_unfolded(4) == frozenset()
    assert TREE.choose_unfolded(8) == {"b", "c"}


def test_layers_are_found_by_name_and_call() -> None:
    layer = TREE.find_layer("b")
    assert layer is not None
    assert layer.key == "b"
    assert TREE.find_layer("gone") is None
    assert TREE.fold(()).index("c") == 3
    assert TREE.fold(()).index("b.conv") is None

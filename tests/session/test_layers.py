"""Which layers a user can choose."""

from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.session.layers import LayerNode, build_layer_tree, find_leaf_layers, list_layers
from helpers.strips import life_info


def test_the_layer_list_holds_only_layers_without_layers_inside(info: NetworkInfo) -> None:
    assert [layer.name for layer in find_leaf_layers(info.layers)] == [
        "block.conv",
        "block.pool",
        "dense",
    ]
    tokens = (LayerInfo("t", "Encoder", (8, 4, 1)), LayerInfo("t.cls", "Encoder", (8, 1, 1)))
    assert find_leaf_layers(tokens) == tokens
    gates = (LayerInfo("r", "GRU", (8, 1, 1)), LayerInfo("r.l0.h", "", (8, 1, 1), part_of="r"))
    assert find_leaf_layers(gates) == gates


def test_the_row_of_layers_has_the_states_and_what_happens_within_a_recurrent_layer() -> None:
    assert [row.name for row in list_layers(life_info())] == [
        "encoder",
        "cell.conv1",
        "cell",
        "decoder",
        "output",
    ]
    layers = (
        LayerInfo("rnn", "GRU", (6, 1, 1), 5),
        LayerInfo("rnn.l0.update_gate", "gate", (6, 1, 1), 5, part_of="rnn"),
    )
    plain = NetworkInfo("toy", layers, (), (8, 8), 3)
    assert list_layers(plain) == layers


def outline(nodes: list[LayerNode]) -> list[object]:
    return [
        (node.text, node.row.name if node.row else None, outline(node.children))
        if node.children
        else (node.text, node.row.name if node.row else None)
        for node in nodes
    ]


def test_names_with_dots_are_blocks_in_blocks_and_every_layer_has_a_row() -> None:
    names = ("stem", "layer1.0.conv", "layer1.0", "layer1.1.conv", "layer1", "output")
    info = NetworkInfo("n", tuple(LayerInfo(n, "x", (1, 1, 1)) for n in names), (), (8, 8), 3)
    blocks = [
        ("0", "layer1.0", [("conv", "layer1.0.conv")]),
        ("1", None, [("conv", "layer1.1.conv")]),
    ]
    assert outline(build_layer_tree(info)) == [
        ("stem", "stem"),
        ("layer1", "layer1", blocks),
        ("output", "output"),
    ]


def test_titles_are_split_at_slashes_and_one_that_is_taken_keeps_its_name() -> None:
    titles = {"features.0": "conv1", "features.3.a": "fire2/a", "features.3": "fire2", "b": "conv1"}
    rows = tuple(LayerInfo(name, "x", (1, 1, 1), title=title) for name, title in titles.items())
    assert outline(build_layer_tree(NetworkInfo("n", rows, (), (8, 8), 3))) == [
        ("conv1", "features.0"),
        ("fire2", "features.3", [("a", "features.3.a")]),
        ("b", "b"),
    ]

"""Which layers a user can choose."""

from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.session.layers import find_leaf_layers, list_layers
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

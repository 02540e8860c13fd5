"""List the layers of a network that a user chooses from."""

from dataclasses import dataclass, field

from dnnvis.core.messages import LayerInfo, NetworkInfo


def list_layers(info: NetworkInfo) -> tuple[LayerInfo, ...]:
    """Return the layers to choose from: those that hold no other one, and the hidden states.

    What happens within a recurrent layer has rows besides the layer's own.
    """
    top_level = tuple(layer for layer in info.layers if not layer.part_of)
    listed = {layer.name for layer in find_leaf_layers(top_level)} | {
        layer for layer, _ in info.states
    }
    return tuple(layer for layer in info.layers if layer.part_of or layer.name in listed)


def find_leaf_layers(layers: tuple[LayerInfo, ...]) -> tuple[LayerInfo, ...]:
    """Return the layers that hold no other one.

    Class tokens ``name.cls``, and the gates and states inside of a recurrent module, do not count.
    """
    names = [info.name for info in layers if not info.name.endswith(".cls") and not info.part_of]
    parents = {name[:k] for name in names for k, letter in enumerate(name) if letter == "."}
    return tuple(info for info in layers if info.name not in parents)


def compare_infos(previous: NetworkInfo | None, info: NetworkInfo) -> tuple[bool, bool, bool]:
    """Return what of a network is on show already.

    Args:
        previous: The network on show; None for none.
        info: What is known of the one that runs.

    Returns:
        (whether it is the same network, whether its layers are the same too, whether sets of
        directions over these are).
    """
    if previous is None or previous.choice is None or previous.choice != info.choice:
        return False, False, False
    return True, previous.own_layers == info.own_layers, previous.layers == info.layers


@dataclass
class LayerNode:
    """A row of the tree of layers: a layer, or a block that has no row of its own."""

    #: What is shown: the last part of the layer's title or name.
    text: str
    #: The layer; None for a block that returned no tensor.
    row: LayerInfo | None = None
    #: What lies inside, in the order in which it runs.
    children: "list[LayerNode]" = field(default_factory=list)


def build_layer_tree(info: NetworkInfo) -> list[LayerNode]:
    """Arrange all layers, which keys can reach, as blocks within blocks.

    A title is split at its slashes, the name of a layer without one at its dots.
    """
    root = LayerNode("")
    nodes: dict[tuple[str, ...], LayerNode] = {(): root}
    for row in info.layers:
        path = tuple(row.title.split("/") if row.title else row.name.split("."))
        for depth in range(1, len(path) + 1):
            if path[:depth] not in nodes:
                nodes[path[:depth]] = node = LayerNode(path[depth - 1])
                nodes[path[: depth - 1]].children.append(node)
        if nodes[path].row is None:
            nodes[path].row = row
        else:  # a title that is another layer's name
            root.children.append(LayerNode(row.name, row))
    return root.children

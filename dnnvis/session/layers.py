"""List the layers of a network that a user chooses from."""

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

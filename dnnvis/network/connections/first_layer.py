"""Read the weights of a dense layer that sees the picture itself as pictures."""

from dataclasses import dataclass

import numpy as np
from torch import nn

from dnnvis.core.lens_results import NetworkGraph
from dnnvis.core.messages import LayerInfo
from dnnvis.network.connections.capture import capture_pass
from dnnvis.network.connections.routing import route_inputs
from dnnvis.network.connections.summary import MAX_WEIGHTS
from dnnvis.network.connections.walk import GraphWalk, Row
from dnnvis.network.dataflow.trace import INPUT
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import NO_GRADIENTS_NOTE
from dnnvis.network.network import Network
from dnnvis.network.values import Array, to_float32


@dataclass(frozen=True, eq=False)
class PictureWeights:
    """A weight for each pixel and channel of the picture, of each unit of a dense layer."""

    #: The dense layer.
    owner: str
    #: Weights float32 (units, C, H, W).
    weights: Array
    #: Kinds of the layers between it and the layer that was asked for.
    after: tuple[str, ...]


def read_picture_weights(
    network: Network, graph: NetworkGraph, layer: LayerInfo, call: int = -1
) -> PictureWeights | None:
    """Return the weights behind a layer as pictures.

    Args:
        network: The network.
        graph: What goes where in it, see ``trace_dataflow``.
        layer: The layer.
        call: Which of its calls; -1: the last.

    Returns:
        The weights; None where the layer is no dense layer whose inputs are the pixels, each of
        them one, or where there are more than MAX_WEIGHTS.
    """
    walk = GraphWalk(network, graph)
    node = walk.find(layer, call)
    if node is None or NO_GRADIENTS_NOTE in network.table.notes:
        return None
    origin = walk.find_origin(node)
    module = walk.module(origin.node)
    if not isinstance(module, nn.Linear) or module.weight.numel() > MAX_WEIGHTS:
        return None
    if [each.key for each in walk.find_feeding(origin.node)[0]] != [INPUT]:
        return None
    name = network.table.modules[origin.node.layer]
    picture = Row(INPUT)
    capture = capture_pass(network, network.probe(), {name}, (picture,), gradients=True)
    given = capture.given.get((name, origin.node.call))
    if given is None or given.dim() != 2:
        return None
    with autograd_mode(True):
        routing = route_inputs(capture, given, (picture,), 1)
    if routing is None or not routing.is_complete or (routing.position_index < 0).any():
        return None
    channels, height, width = capture.value(picture).shape[1:]
    weights = np.zeros((module.out_features, channels, height * width), np.float32)
    weights[:, routing.channel, routing.position_index] = to_float32(module.weight.detach())
    after = tuple(each.kind for each in origin.after)
    return PictureWeights(
        origin.node.layer, weights.reshape(len(weights), channels, height, width), after
    )

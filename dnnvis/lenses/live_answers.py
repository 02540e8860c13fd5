"""Read a network's answer as what can be drawn over the picture: classes by place, and boxes."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.messages import Detections
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.network.output_meaning import BOXES, CLASSES, SCORES
from dnnvis.network.recording import Recording
from dnnvis.network.values import to_float32


def read_classes(network: Network, recording: Recording) -> NDArray[np.int64] | None:
    """Return the class with the greatest value at each place, (h, w); None without places."""
    hook = recording.hooks.get(OUTPUT)
    if hook is None:
        return None
    maps = network.table.layouts[OUTPUT][0].arrange(hook.values[0].detach())  # (1, K, h, w)
    if maps.shape[1] < 2 or maps.shape[2] * maps.shape[3] < 2:
        return None
    classes: NDArray[np.int64] = maps[0].argmax(0).cpu().numpy()
    return classes


def read_detections(network: Network, recording: Recording) -> Detections | None:
    """Return the boxes that a detector found, as torchvision's return them; None without any.

    Boxes without scores have 1, boxes without labels class 0.
    """
    parts: dict[str, Tensor] = {}
    results = network.table.results
    parent = results[OUTPUT][:-1]
    for row, path in results.items():
        if path[:-1] == parent and path and row in recording.hooks:
            parts[path[-1]] = recording.hooks[row].values[0].detach()
    boxes = parts.get(BOXES)
    if boxes is None or boxes.dim() < 2 or boxes.shape[-1] != 4:
        return None
    corners = to_float32(boxes.reshape(-1, 4))
    scores, labels = (parts.get(name) for name in (SCORES, CLASSES))
    count = len(corners)
    if any(part is not None and part.numel() != count for part in (scores, labels)):
        return None
    return Detections(
        corners,
        np.zeros(count, np.int64) if labels is None else labels.reshape(-1).cpu().numpy(),
        np.ones(count, np.float32) if scores is None else to_float32(scores.reshape(-1)),
    )

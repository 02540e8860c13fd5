"""Build MobileNet v1 of width 0.25, the network that the benches measure.

A user's own ImageNet checkpoint is put into it.
"""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.network.network import Network
from dnnvis.sources.pictures import read_picture
from dnnvis.zoo.catalog import open_network

CHECKPOINT_NAME = "mobilenet_v1_025_224.pt"
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
CHANNELS = (16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256)


class MobileNet(nn.Module):
    """Classify pictures as Howard et al. 2017, table 1, at width 0.25.

    Convolutions of stride 2 pad one pixel on the right and bottom only, as the network was trained
    (TensorFlow's SAME).
    """

    def __init__(self) -> None:
        super().__init__()
        blocks = [_build_block(3, 8, 3, 2, 1)]
        width = 8
        for channels, stride in zip(CHANNELS, STRIDES, strict=True):
            blocks += [
                _build_block(width, width, 3, stride, width),
                _build_block(width, channels, 1, 1, 1),
            ]
            width = channels
        self.features = nn.Sequential(*blocks)
        self.classifier = nn.Linear(width, 1000)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the logits of the 1000 classes."""
        values: Tensor = self.classifier(self.features(x).mean((2, 3)))
        return values


class _Uneven(nn.Conv2d):
    """Convolve 3 x 3 with stride 2, and pad on the right and bottom."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(nn.functional.pad(x, (0, 1, 0, 1)))


def _build_block(
    in_channels: int, out_channels: int, kernel: int, stride: int, groups: int
) -> nn.Sequential:
    kind = nn.Conv2d if stride == 1 else _Uneven
    padding = kernel // 2 if stride == 1 else 0
    convolution = kind(
        in_channels, out_channels, kernel, stride, padding, groups=groups, bias=False
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels, eps=1e-3), nn.ReLU6())


def make() -> nn.Module:
    """Build the network.

    ``dnnvis/bench/mobilenet.py:make`` is a factory that ``dnnvis --net`` takes.
    """
    return MobileNet()


def open_real_network(folder: Path, labels: Sequence[str] = ()) -> Network:
    """Open the trained network from ``folder``.

    Raises BadInput where its checkpoint is not there.
    """
    checkpoint = folder / CHECKPOINT_NAME
    if not checkpoint.is_file():
        raise BadInput(f"There is no {checkpoint}; say with --nets where it is.")
    network = open_network(
        "dnnvis.bench.mobilenet:make",
        checkpoint=checkpoint,
        size=224,
        mean=(0.5,) * 3,
        std=(0.5,) * 3,
        labels=tuple(labels) or None,
        trust_code=True,
    )
    network.read = read_picture
    return network

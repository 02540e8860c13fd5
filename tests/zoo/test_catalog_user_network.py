"""A real network that was not made here: the user's file, checkpoint and labels together."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dnnvis.core.errors import BadInput
from dnnvis.zoo.catalog import open_network

SHARED = Path(__file__).parents[2].parent / "shared"
PHOTOS = SHARED / "data" / "imagenet-100"
WEIGHTS = SHARED / "nets" / "mobilenet_v1_025_224.pt"

FACTORY = '''
"""MobileNet v1, width 0.25 (Howard et al. 2017), with its strides padded as in TensorFlow."""

import torch
from torch import nn
from torch.nn import functional as F

WIDTHS = (16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256)
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)


class Conv(nn.Conv2d):
    def forward(self, x):
        if self.kernel_size == (3, 3):
            x = F.pad(x, (1, 1, 1, 1) if self.stride == (1, 1) else (0, 1, 0, 1))
        return super().forward(x)


def block(inputs, outputs, size, stride, groups=1):
    conv = Conv(inputs, outputs, size, stride, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs, eps=1e-3), nn.ReLU6())


class MobileNet(nn.Module):
    def __init__(self):
        super().__init__()
        blocks, width = [block(3, 8, 3, 2)], 8
        for outputs, stride in zip(WIDTHS, STRIDES):
            blocks += [block(width, width, 3, stride, width), block(width, outputs, 1, 1)]
            width = outputs
        self.features = nn.Sequential(*blocks)
        self.classifier = nn.Linear(width, 1000)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))
'''


def photo(path: Path) -> np.ndarray:
    """As the checkpoint's makers measured: short side to 256 by area, the middle 224."""
    import cv2

    image = cv2.imread(str(path), cv2.IMREAD_COLOR)[:, :, ::-1]
    scale = 256 / min(image.shape[:2])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    image = cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)
    top, left = (image.shape[0] - 224) // 2, (image.shape[1] - 224) // 2
    return image[top : top + 224, left : left + 224]


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="no ../shared/nets beside this checkout")
@pytest.mark.skipif(not PHOTOS.is_dir(), reason="no ../shared/data beside this checkout")
def test_a_users_mobilenet_knows_photographs(tmp_path: Path) -> None:
    file = tmp_path / "mobilenet.py"
    file.write_text(FACTORY)
    net = open_network(
        f"{file}:MobileNet",
        checkpoint=WEIGHTS,
        size=224,
        mean=0.5,
        std=0.5,
        labels=PHOTOS / "classes.txt",
        trust_code=True,
    )
    assert (len(net.card.labels), net.card.channels, net._notes) == (1000, 3, ())
    photos = sorted(PHOTOS.glob("*.JPEG"))[::5]
    batch = np.stack([photo(path) for path in photos])
    best = net.record(batch, layers=["output"])["output"].reshape(len(photos), 1000)
    five = np.argsort(-best, axis=1)[:, :5]
    names = [[net.card.labels[k].replace(" ", "_") for k in row] for row in five]
    right = [path.stem.split("_", 1)[1] in row for path, row in zip(photos, names, strict=True)]
    assert np.mean(right) >= 0.7


CHOICES = """
import torch
from torch import nn


class Gray(nn.Module):
    def __init__(self):
        super().__init__()
        self.decoder, self.encoder = nn.Conv2d(8, 1, 3), nn.Conv2d(1, 8, 3)

    def forward(self, x):
        return self.decoder(self.encoder(x).relu())


def configured():
    module = nn.Sequential(nn.Conv2d(3, 2, 3))
    module.pretrained_cfg = {"input_size": (3, 20, 24), "mean": (0.5, 0.4, 0.3), "std": (1, 2, 4)}
    return module
"""


def test_a_network_whose_first_guess_fails_opens_with_the_channels_that_run(
    tmp_path: Path,
) -> None:
    path = tmp_path / "own.py"
    path.write_text(CHOICES)
    net = open_network(f"{path}:Gray", size=32, trust_code=True)
    assert net.card.channels == 1
    assert "1 run, 8 did not" in " ".join(net.notes)
    assert [row.name for row in net.layers] == ["encoder", "decoder", "output"]
    with pytest.raises(BadInput, match="channels"):
        assert open_network(f"{path}:Gray", size=32, channels=3, trust_code=True).layers


def test_what_a_library_says_of_the_input_is_used_and_its_origin_said(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(CHOICES)
    net = open_network(f"{path}:configured", trust_code=True)
    assert (net.card.size, net.card.mean) == ((20, 24), (0.5, 0.4, 0.3))
    assert "are from its pretrained_cfg" in net.notes[0]
    assert not [note for note in net.notes if "Nobody said" in note]


CHANGES_TORCH = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
    def forward(self, x):
        torch.autograd.set_detect_anomaly(True)
        return self.conv(x.to(self.conv.weight.dtype)).mean((2, 3))

def net():
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    return Net()
"""


def test_what_a_network_changes_in_torch_is_put_back_and_said(tmp_path: Path) -> None:
    file = tmp_path / "changes.py"
    file.write_text(CHANGES_TORCH)
    network = open_network(f"{file}:net", size=16, trust_code=True)
    notes = " ".join(network.notes)
    assert network.dtype == torch.float64
    assert "Opening it changes the default dtype, gradient mode in torch" in notes
    assert "Its forward pass changes anomaly detection in torch" in notes
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
    assert not torch.is_anomaly_enabled()

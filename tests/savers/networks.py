"""The networks whose checkpoints the makers write: ``networks.py:small`` and others."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

SIDE = 16  # pixels


class Small(nn.Module):
    """Every kind of weight that most classifiers have."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 12, 3, padding=1, bias=False)
        self.fc = nn.Linear(12, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        answer: Tensor = self.fc(torch.relu(self.conv2(x)).mean((2, 3)))
        return answer


class Tied(nn.Module):
    """Two layers that share their weights."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
        self.second.weight = self.first.weight

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.second(torch.relu(self.first(x)))).mean((2, 3))


class Normed(nn.Module):
    """Weight norm, as parametrizations have it or as it was before these."""

    def __init__(self, is_old: bool) -> None:
        super().__init__()
        norm: Any = nn.utils.weight_norm if is_old else weight_norm
        self.conv = norm(nn.Conv2d(3, 6, 3))
        self.fc = norm(nn.Linear(6, 4))

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.fc(torch.relu(self.conv(x)).mean((2, 3)))
        return answer


class Convs(nn.Module):
    """What the Keras model of make_keras.py has, in torch's order of axes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8, eps=1e-3)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.pointwise = nn.Conv2d(8, 8, 1, bias=False)
        self.hidden = nn.Linear(8 * 8 * 8, 20)
        self.answer = nn.Linear(20, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.norm(self.stem(x)))
        x = torch.relu(self.pointwise(self.depthwise(x)))
        x = nn.functional.max_pool2d(x, 2)
        answer: Tensor = self.answer(torch.relu(self.hidden(x.flatten(1))))
        return answer


class Mixed(nn.Module):
    """A separable and a transposed convolution, and a normalization of each pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(3, 3, 3, groups=3, bias=False)
        self.pointwise = nn.Conv2d(3, 6, 1)
        self.transposed = nn.ConvTranspose2d(6, 4, 3)
        self.norm = nn.LayerNorm(4, eps=1e-3)
        self.answer = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.transposed(self.pointwise(self.depthwise(x)))
        answer: Tensor = self.answer(self.norm(x.permute(0, 2, 3, 1)).mean((1, 2)))
        return answer


def small() -> nn.Module:
    return Small()


def tied() -> nn.Module:
    return Tied()


def normed_old() -> nn.Module:
    return Normed(is_old=True)


def normed_new() -> nn.Module:
    return Normed(is_old=False)


def convs() -> nn.Module:
    return Convs()


def mixed() -> nn.Module:
    return Mixed()


def timm_resnet() -> nn.Module:
    import timm

    module: nn.Module = timm.create_model("resnet10t", num_classes=4)
    return module


def vit_settings() -> dict[str, Any]:
    """Return the settings of a ViT of transformers' that is quick to save."""
    return {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "image_size": SIDE,
        "patch_size": 4,
        "num_labels": 3,
    }


def transformers_vit() -> nn.Module:
    from transformers import ViTConfig, ViTForImageClassification

    return ViTForImageClassification(ViTConfig(**vit_settings()))


def transformers_resnet() -> nn.Module:
    from transformers import ResNetConfig, ResNetForImageClassification

    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], num_labels=3)
    return ResNetForImageClassification(config)


def yolo_classifier() -> nn.Module:
    from ultralytics.nn.tasks import ClassificationModel

    module: nn.Module = ClassificationModel("yolo11n-cls.yaml", nc=4, verbose=False)
    return module


def yolo_detector() -> nn.Module:
    from ultralytics.nn.tasks import DetectionModel

    module: nn.Module = DetectionModel("yolo11n.yaml", nc=4, verbose=False)
    return module


def trained(module: nn.Module, seed: int = 1) -> nn.Module:
    """Return a module whose weights and statistics are all other than those it began with."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.rand(value.shape, generator=generator) * 0.2 + 0.01)
            elif name.endswith("num_batches_tracked"):
                value.fill_(7)
    return module.eval()

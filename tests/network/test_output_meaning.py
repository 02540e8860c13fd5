"""What a network's answer is taken for, and why."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import dnnvis
from dnnvis.core.messages import OutputMeaning
from dnnvis.network.card import Card
from dnnvis.network.output_meaning import OutputEvidence, decide_meaning, name_last_step

CARD = Card("toy", (32, 32), 3)


class Ending(nn.Module):
    """A small network with an end of the test's own."""

    def __init__(self, end: Callable[[Tensor], Any], width: int = 5) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.conv, self.dense, self.end = nn.Conv2d(3, 6, 3, padding=1), nn.Linear(6, width), end

    def forward(self, x: Tensor) -> Any:
        return self.end(self.dense(self.conv(x).mean((2, 3))))


class Maps(nn.Module):
    """A convolution with an end of the test's own."""

    def __init__(self, channels: int, end: Callable[[Tensor], Any]) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.conv, self.end = nn.Conv2d(3, channels, 3, 2, 1), end

    def forward(self, x: Tensor) -> Any:
        return self.end(self.conv(x))


def unit(x: Tensor) -> Tensor:
    return functional.normalize(x, dim=1)


@pytest.mark.parametrize(
    ("end", "kind", "word"),
    [
        (lambda x: x, "logits", "linear layer"),
        (lambda x: x[:, :, None, None], "logits", "linear layer"),
        (lambda x: x.softmax(1), "probabilities", "softmax"),
        (lambda x: x.exp() / x.exp().sum(1, keepdim=True), "probabilities", "add up to 1"),
        (lambda x: x.log_softmax(1), "logits", "logarithms"),
        (lambda x: x.sigmoid(), "sigmoids", "sigmoid"),
        (lambda x: x.atan() / 3.2 + 0.5, "sigmoids", "from 0 to 1"),
        (unit, "embedding", "length 1"),
        (lambda x: x.relu(), "embedding", "rectifier"),
        (lambda x: {"image_embeds": x}, "embedding", "image_embeds"),
        (lambda x: x[:, :1], "values", "single number"),
    ],
)
def test_an_answer_of_one_place_is_known_by_its_end_and_its_values(
    end: Callable[[Tensor], Any], kind: str, word: str
) -> None:
    meaning = dnnvis.wrap(Ending(end), size=16).info.meaning
    assert meaning.kind == kind
    assert word in meaning.reason


@pytest.mark.parametrize("module", [nn.Softmax(1), nn.Sigmoid(), nn.LogSoftmax(1)])
def test_the_last_module_tells_where_there_are_no_gradients(module: nn.Module) -> None:
    class Plain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = Ending(module)

        def forward(self, x: Tensor) -> Tensor:
            assert not x.requires_grad
            with torch.no_grad():
                return torch.as_tensor(self.net(x))

    kinds = {nn.Softmax: "probabilities", nn.Sigmoid: "sigmoids", nn.LogSoftmax: "logits"}
    assert dnnvis.wrap(Plain(), size=16).meaning.kind == kinds[type(module)]


@pytest.mark.parametrize(
    ("channels", "end", "kind", "word"),
    [
        (7, lambda x: functional.interpolate(x, scale_factor=2), "segmentation", "7 channels"),
        (7, lambda x: x, "segmentation", "7 channels"),
        (3, lambda x: x.softmax(1), "segmentation", "add up to 1"),
        (3, lambda x: x, "map", "channels of a picture"),
        (1, lambda x: x, "map", "1 channel "),
        (300, lambda x: x, "map", "features"),
        (7, lambda x: x.relu(), "map", "features"),
        (7, lambda x: functional.avg_pool2d(x, 8), "map", "7 channels of values"),
    ],
)
def test_maps_of_classes_differ_from_pictures_and_features(
    channels: int, end: Callable[[Tensor], Any], kind: str, word: str
) -> None:
    meaning = dnnvis.wrap(Maps(channels, end), size=32).meaning
    assert meaning.kind == kind
    assert word in meaning.reason


def test_labels_decide_where_the_end_does_not() -> None:
    names = [f"class {k}" for k in range(5)]
    relu = Ending(lambda x: x.relu())
    assert dnnvis.wrap(relu, size=16).meaning.kind == "embedding"
    assert dnnvis.wrap(relu, size=16, labels=names).meaning == OutputMeaning(
        "logits", "there is one for each label"
    )
    maps = Maps(5, lambda x: x.relu())
    assert dnnvis.wrap(maps, size=16).meaning.kind == "map"
    assert dnnvis.wrap(maps, size=16, labels=names).meaning.kind == "segmentation"


def test_what_a_detector_returns_are_boxes_whichever_of_it_is_the_answer() -> None:
    def detect(x: Tensor) -> Any:
        keys = {"boxes": x[:, :4] * 10, "labels": x[:, 0].long(), "scores": x[:, 0].sigmoid()}
        return [keys]

    for output in ("", "0.scores"):
        network = dnnvis.wrap(Ending(detect), size=16, output=output)
        assert network.meaning == OutputMeaning("boxes", "it returns boxes, labels, scores")


def test_wide_answers_of_pooling_are_embeddings_and_thousand_classes_are_not() -> None:
    pooled = OutputEvidence(last_step="pooling")
    kinds = [decide_meaning(pooled, (width, 1, 1), CARD).kind for width in (10, 127, 128, 1000)]
    assert kinds == ["logits", "logits", "embedding", "logits"]
    labeled = replace(CARD, labels=tuple(map(str, range(128))))
    assert decide_meaning(pooled, (128, 1, 1), labeled).kind == "logits"


def test_places_that_are_not_known_make_no_map() -> None:
    meaning = decide_meaning(OutputEvidence(is_map=False), (7, 60, 1), CARD)
    assert meaning == OutputMeaning("values", "its places are not known")


def test_a_value_without_a_number_says_nothing() -> None:
    network = dnnvis.wrap(Ending(lambda x: x * torch.nan), size=16)
    assert network.table.answer.is_bounded is False
    assert network.meaning.kind == "logits"


def test_the_last_step_is_found_behind_what_only_arranges() -> None:
    x = torch.rand(1, 4, 2, 2, requires_grad=True)
    for arranged in (
        x.sigmoid().flatten(1)[:, None].transpose(1, 2),
        functional.interpolate(x.sigmoid(), scale_factor=2, mode="bilinear"),
        x.sigmoid().clone().squeeze().unsqueeze(0),
    ):
        assert name_last_step(arranged.grad_fn) == "sigmoid"
    assert name_last_step((x.sigmoid() * 2).grad_fn) == ""
    assert name_last_step(None) == ""


class Classifier(nn.Module):
    """Weights of the classes, with another end."""

    def __init__(self, end: nn.Module) -> None:
        super().__init__()
        self.conv, self.pool = nn.Conv2d(3, 6, 3), nn.AdaptiveAvgPool2d(1)
        self.flatten, self.drop, self.out = nn.Flatten(), nn.Dropout(), nn.Linear(6, 5)
        self.end = end

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.out(self.drop(self.flatten(self.pool(self.conv(x))))))


class Squash(nn.Module):
    """A softmax that is no module."""

    def forward(self, x: Tensor) -> Tensor:
        return x.softmax(1)


@pytest.mark.parametrize(
    ("end", "logits"),
    [
        (nn.Softmax(1), "out"),
        (nn.Sigmoid(), "out"),
        (Squash(), "out"),
        (nn.Identity(), ""),  # logits already
        (nn.LogSoftmax(1), ""),
    ],
)
def test_the_logits_lie_before_what_squashes_them(end: nn.Module, logits: str) -> None:
    info = dnnvis.wrap(Classifier(end), size=8).info
    assert (info.logits, info.penultimate) == (logits, "pool")


def test_an_output_that_names_no_classes_has_no_logits() -> None:
    info = dnnvis.wrap(Maps(3, lambda x: x), size=8).info
    assert (info.logits, info.penultimate) == ("", "")

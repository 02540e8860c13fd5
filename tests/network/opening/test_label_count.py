"""Another number of labels than of outputs is said, with the likely reason."""

import re

import pytest
from torch import nn

import dnnvis
from dnnvis.core.messages import OutputMeaning
from dnnvis.network.opening.label_count import describe_label_mismatch

LOGITS = OutputMeaning("logits", "")


@pytest.mark.parametrize(
    ("labels", "outputs", "pattern"),
    [
        (("background", "tench", "goldfish"), 2, "begins with a background class .*leave out"),
        (("tench", "goldfish", "shark"), 2, "may begin with a background class"),
        (("tench", "goldfish"), 3, "output 0 may be a background class.*before 'tench'"),
        (("a", "b"), 5, "outputs from 2 on have numbers only"),
        (("a", "b", "c", "d"), 2, "the last 2 labels name nothing"),
    ],
)
def test_the_likely_reason_is_offered(labels: tuple[str, ...], outputs: int, pattern: str) -> None:
    (sentence,) = describe_label_mismatch(labels, outputs, LOGITS)
    assert sentence.startswith(f"There are {len(labels)} labels for {outputs} outputs")
    assert re.search(pattern, sentence)


@pytest.mark.parametrize(
    ("labels", "kind"), [((), "logits"), (("a", "b"), "logits"), (("a",), "embedding")]
)
def test_nothing_is_said_without_a_difference_between_classes(
    labels: tuple[str, ...], kind: str
) -> None:
    assert describe_label_mismatch(labels, 2, OutputMeaning(kind, "")) == ()  # type: ignore[arg-type]


def test_an_opened_network_says_it_among_its_notes() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(48, 3))
    net = dnnvis.wrap(module, size=4, labels=["background", "a", "b", "c"])
    assert any("4 labels for 3 outputs" in note for note in net.notes)
    assert not any("labels" in note for note in dnnvis.wrap(module, size=4, labels="abc").notes)

"""The audit of a picture: its parts are those made one by one; what tells pictures apart."""

import numpy as np
import pytest
from torch import Tensor, nn

import dnnvis
from dnnvis.core.attribution.audit import AttributionAudit, WeightsComparison
from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.lenses.saliency.curves import rank_pixels
from dnnvis.lenses.saliency.randomization import randomize_weights, rank_correlation
from helpers.patch_networks import PatchDetector, picture_with_patch, small_classifier

RNG = np.random.default_rng(10)
IMAGE = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)


@pytest.mark.parametrize("lens", ["guided", "layercam", "integrated", "occlusion"])
def test_it_is_the_curves_and_the_comparison_made_one_by_one(lens: str) -> None:
    network = small_classifier(2)
    audit = dnnvis.look(network, "audit", "output[1]", image=IMAGE, method=lens)
    picture = dnnvis.look(network, lens, "output[1]", image=IMAGE)
    for kind in ("deletion", "insertion"):
        for suffix, order in (("", "picture"), (" control", "random")):
            curve = dnnvis.curve(picture, network, kind, order=order, score="probability")
            np.testing.assert_allclose(audit.curves[kind + suffix], curve.scores, atol=1e-6)
            assert audit.areas[kind + suffix] == pytest.approx(curve.area, abs=1e-6)
    depths = [(each.layers, each.of) for each in audit.comparisons]
    assert depths == [(1, 3), (2, 3), (3, 3)]
    other = randomize_weights(network, ["0", "3", "7"])
    shuffled = dnnvis.look(other, lens, "output[1]", image=IMAGE)
    expected = rank_correlation(rank_pixels(picture), rank_pixels(shuffled))
    assert audit.comparisons[-1].spearman == pytest.approx(expected, abs=1e-6, nan_ok=True)
    np.testing.assert_allclose(audit.randomized, shuffled.values, atol=1e-6)
    assert (audit.unit, audit.lens, audit.progress) == ("output[1]", lens, 1.0)


def test_settings_go_to_the_lens_and_values_are_measured_of_inner_units() -> None:
    network = small_classifier(2)
    settings = '{"size": 8, "stride": 8, "patch": "mean"}'
    steps = list(
        dnnvis.looks(network, "audit", "3[2]", image=IMAGE, method="occlusion", settings=settings)
    )
    progress = [step.progress for step in steps]
    assert progress == sorted(progress)
    assert steps[-1].sentence
    assert not steps[0].sentence
    assert "squares of 8 pixels" in steps[-1].caption
    assert "value of 3[2]" in steps[-1].caption
    value = network.record(IMAGE, ["3"])["3"][0, 2].mean()
    assert steps[-1].curves["deletion"][0] == pytest.approx(value, abs=1e-5)


def test_a_detector_of_a_patch_passes() -> None:
    network = dnnvis.wrap(PatchDetector(), size=32)
    image, _ = picture_with_patch(3)
    audit = dnnvis.look(network, "audit", "output[1]", image=image, method="occlusion")
    assert "better than random in both curves" in audit.sentence


class _NoLearning(nn.Module):
    """Its unit's gradient does not depend on weights but for a factor."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Linear(2, 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        square = x.square().sum((1, 2, 3))
        rest = 0 * self.scale(x[:, 0, 0, :2])
        answer: Tensor = self.scale.weight.abs().sum(1) * square[:, None] + rest
        return answer


def test_a_picture_that_needs_no_weights_is_found_out() -> None:
    network = dnnvis.wrap(_NoLearning(), size=24)
    audit = dnnvis.look(network, "audit", "output[0]", image=IMAGE, method="gradient")
    assert audit.comparisons[-1].spearman == pytest.approx(1)
    assert "shows the frame rather than what was learned" in audit.sentence


@pytest.mark.parametrize(
    ("deletion", "insertion", "spearman", "parts"),
    [
        (0.1, 0.9, 0.0, ("better than random in both", "another picture")),
        (0.9, 0.9, -0.7, ("in one curve only", "much the same picture")),
        (0.9, 0.1, float("nan"), ("no better than random", "no picture to compare")),
    ],
)
def test_the_sentence_says_both(
    deletion: float, insertion: float, spearman: float, parts: tuple[str, str]
) -> None:
    areas = {"deletion": deletion, "deletion control": 0.5}
    areas |= {"insertion": insertion, "insertion control": 0.5}
    compared = (WeightsComparison(1, 1, spearman, 0.0),)
    audit = AttributionAudit("guided", np.zeros(2, np.float32), {}, areas, compared)
    assert all(part in audit.sentence for part in parts)


def test_what_cannot_be_tested_is_refused() -> None:
    network = small_classifier(2)
    with pytest.raises(BadInput, match="needs a picture"):
        dnnvis.look(network, "audit", "output[0]")
    with pytest.raises(BadInput, match="JSON object"):
        dnnvis.look(network, "audit", "output[0]", image=IMAGE, settings="size=3")
    with pytest.raises(BadInput, match="has no setting 'size'"):
        dnnvis.look(network, "audit", "output[0]", image=IMAGE, settings='{"size": 3}')
    with network.edited("output = 0"), pytest.raises(LensMissing, match="exactly zero everywhere"):
        dnnvis.look(network, "audit", "output[0]", image=IMAGE, method="occlusion")

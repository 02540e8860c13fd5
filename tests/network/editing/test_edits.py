"""A network with edits computes what it would with the edit written into it by hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn

import dnnvis
from dnnvis.core.edit import Edit
from dnnvis.network.fusion.fused_pass import FusedPass
from dnnvis.network.hooks import count_hooks
from helpers.recurrent_networks import cell_loop

#: Network -> (input size, layer in its middle).
FAMILIES = {
    "alexnet": (64, "features.6"),
    "vgg11": (64, "features.8"),
    "googlenet": (64, "inception4c.branch2.1"),
    "resnet18": (64, "layer2.0.relu"),
    "densenet121": (64, "features.denseblock2.denselayer3.conv2"),
    "squeezenet1_1": (64, "features.7"),
    "mobilenet_v2": (64, "features.8"),
    "mobilenet_v3_small": (64, "features.5.block.2"),
    "efficientnet_b0": (64, "features.4.0"),
    "convnext_tiny": (64, "features.3.1"),
    "vit_b_32": (64, "encoder.layers.encoder_layer_5"),
    "swin_t": (64, "features.3.0"),
    "shufflenet_v2_x0_5": (64, "stage3.1"),
}


def pictures(size: int, count: int = 2, channels: int = 3) -> np.ndarray:
    shape = (count, size, size, channels)
    return np.random.default_rng(3).integers(0, 256, shape, np.uint8)


@contextmanager
def by_hand(module: nn.Module, change: Callable[[Tensor, int], Tensor]) -> Iterator[None]:
    """Another forward in the place of a submodule's own, which changes what it returned."""
    original, calls = module.forward, []

    def forward(*args: Any, **kwargs: Any) -> Any:
        output = original(*args, **kwargs)
        first = output[0] if isinstance(output, tuple) else output
        changed = change(first.clone(), len(calls))
        calls.append(1)
        return (changed, *output[1:]) if isinstance(output, tuple) else changed

    module.forward = forward  # type: ignore[method-assign]
    try:
        yield
    finally:
        del module.forward


@pytest.mark.parametrize("name", FAMILIES)
def test_equal_to_the_edit_by_hand_and_to_before_once_it_is_gone(name: str) -> None:
    size, layer = FAMILIES[name]
    torch.manual_seed(0)
    options = {"image_size": size} if name.startswith("vit") else {}
    if name == "googlenet":
        options = {"init_weights": False}
    net = dnnvis.wrap(torchvision.models.get_model(name, **options), size=size)
    if hasattr(net.module, "heads"):  # initialized with zeros
        net.module.heads.head.weight.data.normal_()
    images = pictures(size)
    plain = net.record(images, [layer, "output"])
    axis = -1 if name in ("vit_b_32", "swin_t") else 1

    def change(value: Tensor, call: int) -> Tensor:
        value.select(axis, 3).zero_()
        value.select(axis, 1).mul_(1.5)
        return value

    with by_hand(net.module.get_submodule(layer), change):
        expected = net.record(images, [layer, "output"])
    hooks = count_hooks(net.module)
    with net.edited(f"{layer}[3] = 0", f"{layer}[1] *= 1.5"):
        edited = net.record(images, [layer, "output"])
        assert count_hooks(net.module) == hooks
    after = net.record(images, [layer, "output"])
    for row in (layer, "output"):
        np.testing.assert_array_equal(edited[row], expected[row])
        np.testing.assert_array_equal(after[row], plain[row])
    assert not np.array_equal(edited["output"], plain["output"])
    assert not net.edits
    assert count_hooks(net.module) == hooks == 0


def test_a_call_of_a_shared_cell_is_edited_alone() -> None:
    net = dnnvis.wrap(cell_loop(), size=28, channels=1)
    image = pictures(28, 1, 1)[0]
    plain = net.record(image)
    with by_hand(
        net.module.get_submodule("cell"),
        lambda value, call: value.index_fill(1, torch.tensor([3]), 0.7) if call == 2 else value,
    ):
        expected = net.record(image)
    with net.edited("cell[3]#2 = 0.7"):
        edited = net.record(image)
    np.testing.assert_array_equal(edited["cell"], expected["cell"])
    np.testing.assert_array_equal(edited.output, expected.output)
    np.testing.assert_array_equal(edited["cell"][:2], plain["cell"][:2])
    assert edited["cell"][2, 3] == pytest.approx(0.7)
    assert not np.array_equal(edited["cell"][3], plain["cell"][3])  # later steps follow
    with net.edited("cell[3]#-1 = 0"):
        assert net.record(image)["cell"][6, 3] == 0


def test_life_imagines_with_a_channel_off_at_step_two_only() -> None:
    net = dnnvis.open("life-3")
    board = np.random.default_rng(0).integers(0, 2, (20, 20), np.uint8)
    plain = net.record(board)
    with by_hand(
        net.module.get_submodule("cell"),
        lambda value, call: value.index_fill(1, torch.tensor([5]), 0) if call == 1 else value,
    ):
        expected = net.record(board)
    with net.edited("cell[5]#1 off"):
        edited = net.record(board)
    after = net.record(board)
    assert count_hooks(net.module) == 0
    for name in expected:
        np.testing.assert_array_equal(edited[name], expected[name])
        np.testing.assert_array_equal(after[name], plain[name])
    np.testing.assert_array_equal(edited["cell"][0], plain["cell"][0])
    assert not np.array_equal(edited["cell"][2], plain["cell"][2])


def test_nested_edits_add_up_and_end_one_by_one() -> None:
    net = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3)), size=9)
    image = pictures(9)[0]
    plain = net.record(image)
    with net.edited("0[1] = 0"):
        with net.edited("0 *= 2", "0[2]@1:3,0 = -1"):
            both = net.record(image)["0"][0]
        single = net.record(image)["0"][0]
    assert not both[1].any()
    assert not single[1].any()
    np.testing.assert_array_equal(both[0], plain["0"][0][0] * 2)
    assert (both[2, 1:3, 0] == -1).all()
    assert not (both[2, 0] == -1).any()
    np.testing.assert_array_equal(single[2], plain["0"][0][2])
    with pytest.raises(RuntimeError), net.edited("0[1] = 0"):
        raise RuntimeError
    np.testing.assert_array_equal(net.record(image)["2"], plain["2"])


def test_means_are_those_of_the_pictures_named_or_recorded_last() -> None:
    net = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), size=9)
    images, others = pictures(9, 5), pictures(9, 3)[:, ::-1].copy()
    mean = net.record(images, ["1"])["1"][:, 0, 2].mean()
    with net.edited("1[2] = mean", images=others):
        value = net.record(images[0])["1"][0, 2]
    expected = net.record(others, ["1"])["1"][:, 0, 2].mean()
    assert value == pytest.approx(np.full_like(value, expected), abs=1e-6)
    net = dnnvis.wrap(net.module, size=9)
    net.record(images, [])
    with net.edited("1[2] = mean"):
        assert net.record(others[0])["1"][0, 2] == pytest.approx(mean, abs=1e-6)
    net = dnnvis.wrap(net.module, size=9)
    with net.edited("1[2] = mean"):  # nothing was recorded: the first that run
        value = net.record(images)["1"][:, 0, 2]
        assert value == pytest.approx(np.full_like(value, mean), abs=1e-6)
        assert net.record(others[0])["1"][0, 2] == pytest.approx(mean, abs=1e-6)


def test_the_answer_a_token_and_what_a_scan_reads_are_edited() -> None:
    torch.manual_seed(0)
    net = dnnvis.wrap(torchvision.models.vit_b_32(num_classes=5, image_size=64), size=64)
    image = pictures(64, 1)[0]
    block = "encoder.layers.encoder_layer_3"
    token = next(
        row.name for row in net.layers if row.kind == "class token" and row.name.startswith(block)
    )
    with net.edited("output[2] = 40"):
        assert net.record(image).output[2] == 40
    with net.edited(f"{token}[7] = 9"):
        recording = net.record(image, [token, block])
        assert recording[token][0, 7, 0, 0] == 9
        seen: dict[str, Tensor] = {}
        net.stream_layers(
            net.encode(image), [token], lambda out: seen.update({out.layer: out.value.clone()})
        )
        assert float(seen[token][0, 7, 0, 0]) == 9


def test_gradients_and_early_stops_go_through_edits() -> None:
    net = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3)), size=9)
    x = net.encode(pictures(9)[0])
    with net.edited("0[0] = 0", "0[1] = 0", "0[2] = 0", "0[3] = 0"):
        recording = net.run(x, ["2"], gradients=True)
        (gradient,) = torch.autograd.grad(recording.tensor("2").sum(), recording.x)
        assert not gradient.any()
        assert not net.run(x, ["0"], until=("0", 1)).tensor("0").any()
    grown = [dnnvis.look(net, "ascent", "1[0]", steps=3, seed=0).measures[0].value]
    with net.edited("0[0] *= 0.5"):
        grown.append(dnnvis.look(net, "ascent", "1[0]", steps=3, seed=0).measures[0].value)
    assert grown[0] != grown[1]


def test_fused_passes_follow_edits() -> None:
    torch.manual_seed(0)
    net = dnnvis.wrap(torchvision.models.resnet18(num_classes=5), size=64)
    x, fused = net.encode(pictures(64, 1)), FusedPass()
    for edits in ((), ("layer2.0.conv1[3] = 0", "layer1.0.bn1[2] *= 3"), ()):
        with net.edited(*edits):
            exact = net.run(x, ["layer3.0"])
            for _ in range(8):
                recording = fused.run(net, x, ["layer3.0"])
            assert recording.output == pytest.approx(exact.output, rel=1e-4, abs=1e-4)


def test_an_edit_that_changes_nothing_is_reported() -> None:
    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.a(x) if x.mean() > 0.5 else self.b(x)

    net = dnnvis.wrap(Branches(), size=4)
    dark, light = (np.full((4, 4, 3), value, np.uint8) for value in (0, 255))
    rows = {row.name for row in net.layers}
    layer = "a" if "a" in rows else "b"
    with net.edited(f"{layer}[0] = 0"):
        net.record(dark, ["output"])
        missed_dark = net.edits.missed
        net.record(light, ["output"])
        missed_light = net.edits.missed
    assert (missed_dark == ()) != (missed_light == ())
    assert {missed_dark, missed_light} == {(), (Edit(layer, (0,)),)}


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("9[0] = 0", dnnvis.UnknownUnit, "no layer"),
        ("0[4] = 0", dnnvis.UnknownUnit, "channels 0 to 3"),
        ("0[0] <-> 0[4]", dnnvis.UnknownUnit, "channels 0 to 3"),
        ("0[0]@9,9 = 0", dnnvis.UnknownUnit, "maps of 7 x 7"),
        ("0[0]#1 = 0", dnnvis.UnknownUnit, "called 1 times"),
        ("0[0] = nan", dnnvis.BadInput, "finite"),
        ("0[0]", dnnvis.BadInput, "is no edit"),
    ],
)
def test_what_is_not_there_is_refused_and_nothing_stays(
    text: str, error: type[Exception], message: str
) -> None:
    net = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), size=9)
    with pytest.raises(error, match=message), net.edited("0[1] = 0", text):
        pass
    assert not net.edits

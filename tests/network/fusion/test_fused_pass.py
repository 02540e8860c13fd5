"""The fused pass of the live view against the exact one."""

import gc
import weakref

import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.edit import Edit
from dnnvis.network.fusion.channel_edit import EditChannels
from dnnvis.network.fusion.fused_convolution import fold_weights
from dnnvis.network.fusion.fused_pass import (
    FUSED,
    MAX_VARIANTS,
    SETTLED_FRAMES,
    TOLERANCE,
    FusedPass,
    measure_difference,
)
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording


class Block(nn.Module):
    """A residual block whose one rectifier, in place, runs twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(6, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.conv2, self.bn2 = nn.Conv2d(6, 6, 3, padding=1, groups=2), nn.BatchNorm2d(6)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += x
        result: Tensor = self.relu(y)
        return result


class Small(nn.Module):
    """A stem, two blocks, and a head; every batch norm has statistics of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, stride=2), nn.BatchNorm2d(6), nn.ReLU6(True))
        self.blocks = nn.Sequential(Block(), Block())
        self.fully = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.fully(torch.flatten(self.blocks(self.stem(x)).mean((2, 3)), 1))
        return result


class Branching(Small):
    """A network whose way depends on its values."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x if x.mean() > -100 else x * 2)


class Counting(Small):
    """A network that keeps a number of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.passes = 0

    def forward(self, x: Tensor) -> Tensor:
        self.passes += 1
        return super().forward(x)


def open_small(kind: type[nn.Module] = Small) -> Network:
    torch.manual_seed(3)
    module = kind()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            for tensor in (part.weight, part.bias, part.running_mean, part.running_var):
                nn.init.uniform_(tensor, 0.5, 1.5)  # type: ignore[arg-type]
    net = dnnvis.wrap(module, size=24)
    net.layers  # noqa: B018 - the guard learns what passes change
    return net


def run_settled(fused: FusedPass, net: Network, layers: list[str]) -> Recording:
    """Return the first pass that can be a fused one."""
    x = net.probe()
    for _ in range(SETTLED_FRAMES):
        fused.run(net, x, layers)
    return fused.run(net, x, layers)


@pytest.fixture
def net() -> Network:
    return open_small()


def test_fused_values_are_within_the_tolerance_and_not_the_exact_pass(net: Network) -> None:
    fused = FusedPass()
    recording = run_settled(fused, net, [])
    exact = net.run(net.probe())
    assert fused.status == FUSED
    assert measure_difference(exact, recording, []) <= TOLERANCE
    variant = next(iter(fused.variants.values())).network
    assert variant is not None
    kinds = [type(part) for part in variant.module.modules()]
    assert nn.BatchNorm2d not in kinds
    assert nn.Conv2d not in kinds
    assert nn.ReLU6 not in kinds


@pytest.mark.parametrize(
    "layers",
    [
        ["stem.0"],
        ["stem.1"],
        ["stem.2"],
        ["blocks.0.conv1", "blocks.0.bn1", "blocks.0.relu"],
        ["blocks.0", "blocks.0.conv2", "blocks"],
        ["stem", "blocks.1.bn2", "fully", "output"],
    ],
    ids=" ".join,
)
def test_what_is_on_show_is_recorded_at_every_call(net: Network, layers: list[str]) -> None:
    fused = FusedPass()
    recording, exact = run_settled(fused, net, layers), net.run(net.probe(), layers)
    assert fused.status == FUSED
    for name in layers:
        assert recording.count(name) == exact.count(name)
        for call in range(exact.count(name)):
            expected, actual = exact.tensor(name, call), recording.tensor(name, call)
            assert (expected - actual).abs().max() <= TOLERANCE * expected.abs().max()
    assert count_hooks(net.module) == 0


def test_what_is_on_show_is_not_fused_away(net: Network) -> None:
    fused = FusedPass()
    run_settled(fused, net, ["stem.0"])
    variant = next(iter(fused.variants.values())).network
    assert variant is not None
    stem = [variant.module.get_submodule(f"stem.{k}") for k in (0, 1)]
    assert [type(part) for part in stem] == [nn.Conv2d, nn.BatchNorm2d]


def test_the_network_itself_stays_as_it_is(net: Network) -> None:
    names = [name for name, _ in net.module.named_modules()]
    weights = {name: tensor.clone() for name, tensor in net.module.state_dict().items()}
    answer = net.run(net.probe()).output
    run_settled(FusedPass(), net, ["blocks.0"])
    assert [name for name, _ in net.module.named_modules()] == names
    assert all(torch.equal(weights[name], t) for name, t in net.module.state_dict().items())
    assert (net.run(net.probe()).output == answer).all()


def test_changed_weights_are_folded_again(net: Network) -> None:
    fused = FusedPass()
    first = run_settled(fused, net, ["blocks.0"])
    with torch.no_grad():
        net.module.get_submodule("blocks.0.bn1").weight.mul_(-2)  # type: ignore[operator, union-attr]
    changed = fused.run(net, net.probe(), ["blocks.0"])
    assert torch.equal(
        changed.tensor("blocks.0"), net.run(net.probe(), ["blocks.0"]).tensor("blocks.0")
    )
    assert fused.status == ""
    settled = run_settled(fused, net, ["blocks.0"])
    assert fused.status == FUSED
    assert measure_difference(changed, settled, ["blocks.0"]) <= TOLERANCE
    assert measure_difference(first, settled, ["blocks.0"]) > 0.01
    net.module.get_submodule("fully").weight = nn.Parameter(torch.zeros(5, 6), requires_grad=False)
    assert (fused.run(net, net.probe(), []).output == net.run(net.probe()).output).all()


def test_another_network_is_not_run_in_the_place_of_this_one(net: Network) -> None:
    fused = FusedPass()
    run_settled(fused, net, [])
    other = open_small(nn.Sequential)
    assert fused.run(other, other.probe(), []).output.shape == (3, 24, 24)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(Branching, "torch.fx cannot follow it"), (Counting, "keeps a state")],
)
def test_where_it_cannot_be_fused_passes_are_exact_and_say_why(
    kind: type[nn.Module], reason: str
) -> None:
    net, fused = open_small(kind), FusedPass()
    recording = run_settled(fused, net, ["stem.0"])
    assert fused.status.startswith("exact: ")
    assert reason in fused.status
    assert (recording.output == net.run(net.probe()).output).all()


def test_a_fused_network_that_differs_is_not_used(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fold_badly(layer: nn.Conv2d, norm: nn.BatchNorm2d | None) -> tuple[Tensor, Tensor | None]:
        weight, bias = fold_weights(layer, norm)
        return weight * (1 + 1e-3), bias

    monkeypatch.setattr("dnnvis.network.fusion.fused_convolution.fold_weights", fold_badly)
    fused = FusedPass()
    recording = run_settled(fused, net, ["stem.2"])
    assert fused.status.startswith("exact: fused it would be")
    assert (recording.output == net.run(net.probe()).output).all()


def test_layers_that_change_all_the_time_are_not_worth_a_fused_network(net: Network) -> None:
    fused = FusedPass()
    for _ in range(SETTLED_FRAMES):
        for layer in ("stem.0", "stem.1"):
            fused.run(net, net.probe(), [layer])
    assert fused.status == ""
    assert not fused.variants


def test_few_fused_networks_are_there_at_once_and_share_their_weights(net: Network) -> None:
    fused = FusedPass()
    run_settled(fused, net, [])
    convolutions = set(fused.convolutions.values())
    first = weakref.ref(next(iter(fused.variants.values())).network)  # type: ignore[arg-type]
    for layer in ("stem", "blocks", "blocks.0", "blocks.1"):
        run_settled(fused, net, [layer])
    assert len(fused.variants) == MAX_VARIANTS
    assert set(fused.convolutions.values()) == convolutions
    gc.collect()
    assert first() is None


def check_family(name: str, size: int | None) -> None:
    net, fused = dnnvis.open(name, weights="random", size=size), FusedPass()
    layers = [row.name for row in net.layers[3:40:9]]
    recording = run_settled(fused, net, layers)
    assert fused.status == FUSED
    assert measure_difference(net.run(net.probe(), layers), recording, layers) <= TOLERANCE


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5"])
def test_families_of_torchvision_keep_their_values(name: str) -> None:
    check_family(name, 64)


FAMILIES = ("alexnet", "vgg11_bn", "densenet121", "efficientnet_b0", "regnet_y_400mf", "mnasnet0_5")


@pytest.mark.parametrize("name", [*FAMILIES, "convnext_tiny"])
@pytest.mark.slow
def test_further_families_of_torchvision_keep_their_values(name: str) -> None:
    check_family(name, None)


EDITED_CHAINS = [
    ("stem.0[1] = 0", "stem.0[2] *= -2", "stem.0[1] = 0.5"),
    ("stem.1[3] = 0.25", "stem.1[0] *= 3"),
    ("stem.2[1] = 0", "stem.2[4] = 0"),  # behind a rectifier
    ("stem.2[1] = 2", "stem.2[2] *= 0.5"),  # which no weights can do
    ("blocks.0.conv1[2] = -1", "blocks.0.bn1 *= 0.5", "blocks.1.conv2[0] = 0"),
    ("blocks.0.relu[1] = 0",),  # at both of its calls
    ("fully[2] = 4", "stem.0[0] = 0"),
    ("stem.0[1] = 0", "stem.0[1]@2,3 = 1", "stem.1[1] = 0"),  # the first two need a hook
    ("blocks.0[1] = 0", "blocks.1.conv1[5] *= 2"),  # not one call in the graph
    ("stem.2[1] = mean", "stem.0[1] = 0"),
    ("output[1] = 3", "stem.0[1] = 0"),
]


@pytest.mark.parametrize("edits", EDITED_CHAINS, ids=" ".join)
@pytest.mark.parametrize("layers", [[], ["stem.1", "blocks.0.conv1", "output"]], ids=str)
def test_built_in_edits_give_the_values_of_the_exact_edited_pass(
    net: Network, edits: tuple[str, ...], layers: list[str]
) -> None:
    fused, plain = FusedPass(), net.run(net.probe(), layers)
    with net.edited(*edits):
        recording = run_settled(fused, net, layers)
        assert net.edits.missed == ()
        exact = net.run(net.probe(), layers)
    assert fused.status == FUSED
    assert measure_difference(exact, recording, layers) <= TOLERANCE
    assert measure_difference(plain, recording, []) > 1e-4
    (key,) = fused.variants
    assert set(key.built_in) | set(key.remaining) == set(map(Edit.parse, edits))
    assert count_hooks(net.module) == 0
    assert not net.edits


def test_edits_of_whole_channels_are_built_in_and_need_no_hook(net: Network) -> None:
    fused = FusedPass()
    with net.edited("stem.0[1] = 0", "stem.2[2] = 0", "fully[1] *= 2"):
        run_settled(fused, net, [])
        (key,) = fused.variants
        assert key.remaining == ()
        assert key.tapped == frozenset()
        variant = fused.variants[key].network
        assert variant is not None
        kinds = [type(part) for part in variant.module.modules()]
        assert nn.Conv2d not in kinds
        assert nn.ReLU6 not in kinds
        assert kinds.count(EditChannels) == 1  # behind the dense layer
    shared = FusedPass()
    run_settled(shared, net, [])
    assert len(fused.convolutions) == len(shared.convolutions) - 1  # the edited one is not shared


def test_an_edit_of_a_layer_on_show_is_seen_on_it(net: Network) -> None:
    fused = FusedPass()
    with net.edited("stem.0[1] = 0.5"):
        recording = run_settled(fused, net, ["stem.0"])
        assert (recording.tensor("stem.0")[:, 1] == 0.5).all()
        (key,) = fused.variants
        assert key.built_in == ()


def test_frames_with_edits_and_without_settle_beside_each_other(net: Network) -> None:
    fused, x = FusedPass(), net.probe()
    for _ in range(SETTLED_FRAMES + 1):
        with net.edited("stem.0[1] = 0"):
            edited = fused.run(net, x, ["blocks"])
        plain = fused.run(net, x, ["blocks"])
    assert fused.status == FUSED
    assert len(fused.variants) == 2
    assert measure_difference(net.run(x, ["blocks"]), plain, ["blocks"]) <= TOLERANCE
    with net.edited("stem.0[1] = 0"):
        exact = net.run(x, ["blocks"])
    assert measure_difference(exact, edited, ["blocks"]) <= TOLERANCE

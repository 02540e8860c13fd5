"""Recording the torchvision families: nothing missed, nothing falsified, nothing left behind."""

import copy
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn

import dnnvis

SMALL = {
    "alexnet": 64,
    "vgg11": 64,
    "googlenet": 64,
    "inception_v3": 96,
    "resnet18": 64,
    "densenet121": 64,
    "squeezenet1_1": 64,
    "mobilenet_v2": 64,
    "mobilenet_v3_small": 64,
    "efficientnet_b0": 64,
    "convnext_tiny": 64,
    "vit_b_32": 64,
    "swin_t": 64,
    "maxvit_t": 224,  # its windows fit no smaller picture
    "shufflenet_v2_x0_5": 64,
    "mnasnet0_5": 64,
    "regnet_y_400mf": 64,
}
TOO_LARGE = {"vit_h_14", "regnet_y_128gf"}  # 2.5 GB of weights each, and again for the copy
REST = sorted(set(torchvision.models.list_models(module=torchvision.models)) - set(SMALL))


def all_calls(net: dnnvis.Network, x: Tensor) -> tuple[dict[str, list[Tensor]], Tensor]:
    """What a plain hook on every module sees, cloned on the spot; and the output."""
    seen: dict[str, list[Tensor]] = defaultdict(list)

    def hook(name: str) -> Callable[..., None]:
        def keep(module: nn.Module, inputs: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) else output
            if isinstance(first, Tensor):
                seen[name].append(first.clone())

        return keep

    modules = [(name, module) for name, module in net.module.named_modules() if name]
    handles = [module.register_forward_hook(hook(name)) for name, module in modules]
    try:
        with torch.inference_mode():
            output = net.forward(x)
    finally:
        for handle in handles:
            handle.remove()
    return seen, output


def hooks_left(module: nn.Module) -> int:
    return sum(
        len(part._forward_hooks) + len(part._forward_pre_hooks) + len(part._backward_hooks)
        for part in module.modules()
    )


def same_bits(recorded: np.ndarray, made: Tensor) -> bool:
    """Whether (C, H, W) holds exactly the numbers of one returned value (1, ...)."""
    plain = made.numpy()
    if plain.ndim == 4 and plain.shape[0] == 1:
        last = plain[0].transpose(2, 0, 1)
        if np.array_equal(recorded, plain[0]) or np.array_equal(recorded, last):
            return True
    if plain.ndim == 3 and plain.shape[0] == 1:  # (1, N, C)
        rows = recorded.reshape(recorded.shape[0], -1).T
        return np.array_equal(rows, plain[0][-len(rows) :])
    return np.array_equal(recorded.ravel(), plain.ravel()) or is_rearranged(recorded, plain)


def is_rearranged(recorded: np.ndarray, plain: np.ndarray) -> bool:
    """Whether each channel holds its own numbers: windows were put back in place."""
    if recorded.size != plain.size or len(recorded) == 1:
        return False
    channels = np.sort(recorded.reshape(len(recorded), -1))
    return any(
        np.array_equal(channels, np.sort(np.moveaxis(plain, k, 0).reshape(len(recorded), -1)))
        for k in range(plain.ndim)
        if plain.shape[k] == len(recorded)
    )


def check_family(
    name: str, module: nn.Module, size: int, pixels: np.ndarray, prove: bool = True
) -> None:
    net = dnnvis.wrap(module, size=size, mean=(0.48, 0.45, 0.4), std=(0.2, 0.22, 0.23))
    net.prove_later = not prove  # what rules and the graph say must be right before all probes
    recording = net.record(pixels)
    assert hooks_left(net.module) == 0
    x = net.encode(pixels)
    seen, output = all_calls(net, x)
    assert np.array_equal(recording.output, output[0].numpy())
    with torch.inference_mode():
        assert np.array_equal(recording.output, net.forward(x)[0].numpy())
    infos = {info.name: info for info in net.layers}
    for layer, made in seen.items():
        assert infos[layer].calls == len(made)
        calls = recording.calls(layer)
        assert len(calls) == len(made)
        for call, value in zip(calls, made, strict=True):
            assert same_bits(call, value), layer
        assert calls[0].shape == infos[layer].shape
    beside = {n for n, info in infos.items() if n.endswith(".cls") or info.part_of}
    assert set(infos) - set(seen) == {"output"} | beside
    gradients = net.run(x, ["output"], gradients=True)
    np.testing.assert_allclose(gradients.output, recording.output, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", [name for name in SMALL if name != "maxvit_t"])  # it is slow
def test_every_module_is_recorded_bit_for_bit(
    name: str, family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    size = SMALL[name]
    options = {"image_size": size} if name.startswith("vit") else {}
    prove = name in ("resnet18", "swin_t")  # the slow test proves all
    check_family(name, family(name, **options), size, noise(size, size, 3), prove)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SMALL, *REST])
def test_every_torchvision_network_is_proved_and_recorded_bit_for_bit(
    name: str, family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    if name in TOO_LARGE:
        pytest.skip("2.5 GB of weights, and as much again for the copy")
    size = SMALL.get(name, 64)
    options = {"image_size": size} if name.startswith("vit") else {}
    make = family.__wrapped__  # these are too many to keep
    check_family(name, make(name, **options), size, noise(size, size, 3))


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "mobilenet_v2"])
def test_the_callers_module_is_left_as_it_was(
    name: str, family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    module = copy.deepcopy(family(name)).train()
    words = repr(module)
    state = {key: value.clone() for key, value in module.state_dict().items()}
    net = dnnvis.wrap(module, size=64)
    net.record(noise(64, 64, 3))
    dnnvis.look(net, "guided", "output[1]", image=noise(64, 64, 3))
    assert repr(module) == words
    assert all(part.training for part in module.modules())
    assert all(weight.requires_grad for weight in module.parameters())
    assert all(weight.grad is None for weight in module.parameters())
    assert hooks_left(module) == hooks_left(net.module) == 0
    assert all(torch.equal(value, state[key]) for key, value in module.state_dict().items())
    assert not any(part.training for part in net.module.modules())


def test_a_network_in_channels_last_is_recorded_bit_for_bit_too(
    family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    net = dnnvis.wrap(family("resnet18"), size=64)
    net.set_memory_format(torch.channels_last)
    pixels = noise(64, 64, 3)
    recording = net.record(pixels)
    seen, _ = all_calls(net, net.encode(pixels))
    for layer, made in seen.items():
        for call, value in zip(recording.calls(layer), made, strict=True):
            assert np.array_equal(call.ravel(), value.numpy()[0].ravel()), layer


@pytest.mark.parametrize("name", ["resnet18", "vit_b_32", "swin_t", "convnext_tiny"])
def test_a_batch_is_recorded_as_its_pictures_are(
    name: str, family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    options = {"image_size": 64} if name.startswith("vit") else {}
    net = dnnvis.wrap(family(name, **options), size=64)
    batch = noise(3, 64, 64, 3)
    together = net.record(batch)
    for k, pixels in enumerate(batch):
        alone = net.record(pixels)
        np.testing.assert_allclose(together.output[k], alone.output, rtol=1e-3, atol=1e-3)
        for layer in alone:
            assert together[layer].shape == (3, *alone[layer].shape), layer
            scale = np.abs(alone[layer]).max() + 1e-6
            np.testing.assert_allclose(
                together[layer][k] / scale, alone[layer] / scale, atol=1e-4, err_msg=layer
            )


def test_tokens_of_a_vision_transformer_are_a_grid_and_a_class_token(
    family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    net = dnnvis.wrap(family("vit_b_32"), size=224)
    pixels = noise(224, 224, 3)
    recording = net.record(pixels)
    seen, _ = all_calls(net, net.encode(pixels))
    layer = "encoder.layers.encoder_layer_3"
    tokens = seen[layer][0][0].numpy()  # (50, 768), the class token first
    assert recording[layer].shape == (1, 768, 7, 7)
    assert recording[layer + ".cls"].shape == (1, 768, 1, 1)
    assert np.array_equal(recording[layer + ".cls"][0, :, 0, 0], tokens[0])
    for y, x in ((0, 0), (2, 5), (6, 6)):
        assert np.array_equal(recording[layer][0, :, y, x], tokens[1 + 7 * y + x])
    patches = seen["conv_proj"][0][0].numpy()
    assert np.array_equal(recording["conv_proj"][0], patches)
    infos = {info.name: info for info in net.layers}
    assert infos[layer].shape == (768, 7, 7)
    assert infos[layer + ".cls"].shape == (768, 1, 1)
    only = net.record(pixels, [layer + ".cls"])
    assert np.array_equal(only[layer + ".cls"], recording[layer + ".cls"])


def test_channels_last_layers_are_transposed(
    family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    pixels = noise(64, 64, 3)
    for name, last, first in (
        ("swin_t", ("features.0", "features.1.0", "features.1.1.mlp.0", "norm"), ("permute",)),
        (
            "convnext_tiny",
            ("features.1.0.block.2", "features.1.0.block.3", "features.1.0.block.5"),
            ("features.0", "features.1.0.block.0", "features.1.0.block.6", "features.1.0"),
        ),
    ):
        net = dnnvis.wrap(family(name), size=64)
        recording = net.record(pixels)
        seen, _ = all_calls(net, net.encode(pixels))
        for layer in last:
            expected = seen[layer][0][0].permute(2, 0, 1).numpy()
            assert np.array_equal(recording[layer][0], expected), (name, layer)
        for layer in first:
            assert np.array_equal(recording[layer][0], seen[layer][0][0].numpy()), (name, layer)

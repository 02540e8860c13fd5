"""The patch under a kernel, against the convolution itself and indices counted by hand."""

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.core.errors import LensMissing
from dnnvis.network.convolution.patch import capture_call, cut_patch

CONVOLUTIONS = {
    "plain": dict(kernel_size=3),
    "one by one": dict(kernel_size=1),
    "strided": dict(kernel_size=3, stride=2, padding=1),
    "dilated": dict(kernel_size=3, dilation=2, padding=2),
    "oblong": dict(kernel_size=(1, 5), stride=(2, 1), padding=(0, 2)),
    "same": dict(kernel_size=4, padding="same", dilation=(1, 2)),
    "valid": dict(kernel_size=3, padding="valid"),
    "grouped": dict(kernel_size=3, groups=3, padding=1),
    "depthwise": dict(kernel_size=5, groups=6, padding=2),
    "reflect": dict(kernel_size=3, padding=2, padding_mode="reflect"),
    "replicate": dict(kernel_size=3, padding=(1, 2), padding_mode="replicate"),
    "circular": dict(kernel_size=3, padding=1, padding_mode="circular", groups=2),
    "without bias": dict(kernel_size=3, bias=False),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_patch_times_kernel_and_bias_is_the_value_of_the_convolution(name: str) -> None:
    torch.manual_seed(1)
    convolution = nn.Conv2d(6, 12, **CONVOLUTIONS[name]).requires_grad_(False)  # type: ignore[arg-type]
    x = torch.randn(1, 6, 9, 11)
    values = convolution(x)[0]
    height, width = values.shape[1:]
    for channel in (0, 5, 11):
        for position in ((0, 0), (height - 1, width - 1), (height // 2, 1), (0, width - 1)):
            patch = cut_patch(convolution, x, channel, position)
            kernel = convolution.weight[channel].numpy()
            bias = 0.0 if convolution.bias is None else float(convolution.bias[channel])
            total = float((patch.values.astype(np.float64) * kernel).sum()) + bias
            assert total == pytest.approx(float(values[channel, *position]), abs=1e-5)
            assert patch.first_input == channel * convolution.groups // 12 * (
                6 // convolution.groups
            )


def test_what_lies_outside_is_counted_by_hand() -> None:
    convolution = nn.Conv2d(1, 1, 3, stride=2, padding=2, dilation=2)
    x = torch.arange(1.0, 36.0).reshape(1, 1, 5, 7)
    for position in ((0, 0), (2, 3), (1, 1)):
        patch = cut_patch(convolution, x, 0, position)
        for y in range(3):
            for left in range(3):
                row, column = 2 * position[0] - 2 + 2 * y, 2 * position[1] - 2 + 2 * left
                is_outside = not (0 <= row < 5 and 0 <= column < 7)
                assert bool(patch.outside[y, left]) == is_outside
                expected = 0.0 if is_outside else float(x[0, 0, row, column])
                assert patch.values[0, y, left] == expected


def test_the_call_is_captured_while_later_in_place_changes_do_not_show() -> None:
    torch.manual_seed(2)
    convolution = nn.Conv2d(3, 3, 3, padding=1)
    net = dnnvis.wrap(nn.Sequential(convolution, nn.ReLU(inplace=True)), size=8, mean=0, std=1)
    x = net.probe()
    given, returned = capture_call(net, x, "0", 0)
    torch.testing.assert_close(given, x)
    torch.testing.assert_close(returned, net.module[0](x))  # type: ignore[index]
    assert float(returned.min()) < 0  # as it was before the rectifier
    with pytest.raises(LensMissing, match="was not called on this picture"):
        capture_call(net, x, "0", 1)

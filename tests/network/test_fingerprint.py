"""A fingerprint covers every kind of weight, and is what it was for plain ones."""

import hashlib
import warnings
from typing import Any

import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.network.fingerprint import hash_weights
from helpers.packed_tensors import Packed


def of(module: nn.Module) -> str:
    return hash_weights(module, "arch")


def seeded(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 5))


def test_plain_weights_have_the_sha256_of_name_type_shape_and_bytes() -> None:
    module = seeded().half()
    module.register_buffer("flag", torch.tensor(True))
    module.register_buffer("z", torch.complex(torch.ones(2), torch.zeros(2)).conj())
    digest = hashlib.sha256(b"arch")
    for name, value in module.state_dict().items():
        values = value.resolve_conj()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(values.numpy().tobytes())
    assert of(module) == digest.hexdigest()


def dynamic(seed: int) -> nn.Module:
    from torch.ao.quantization import quantize_dynamic

    return quantize_dynamic(seeded(seed), {nn.Linear})


def recurrent(seed: int) -> nn.Module:
    from torch.ao.quantization import quantize_dynamic

    torch.manual_seed(seed)
    return quantize_dynamic(nn.Sequential(nn.LSTM(4, 5)), {nn.LSTM})


def static(seed: int) -> nn.Module:
    module = nn.Module()
    torch.manual_seed(seed)
    for axis in (None, 0):
        x = torch.randn(3, 4)
        value = (
            torch.quantize_per_tensor(x, 0.1, 0, torch.qint8)
            if axis is None
            else torch.quantize_per_channel(x, 0.1 + torch.rand(3), torch.zeros(3), 0, torch.qint8)
        )
        module.register_buffer(f"w{axis}", value)
    return module


def packed(seed: int) -> nn.Module:
    module = nn.Module()
    steps = torch.randint(-9, 9, (3, 4), generator=torch.Generator().manual_seed(seed))
    module.weight = nn.Parameter(Packed(steps.to(torch.int8), 0.5), requires_grad=False)
    return module


def sparse(seed: int) -> nn.Module:
    module = nn.Module()
    module.register_buffer("w", torch.eye(3).mul(seed + 1).to_sparse())
    return module


class Extra(nn.Module):
    def __init__(self, state: Any) -> None:
        super().__init__()
        self.fc, self.state = nn.Linear(1, 1, bias=False), state
        nn.init.zeros_(self.fc.weight)

    def get_extra_state(self) -> Any:
        return self.state

    def set_extra_state(self, state: Any) -> None:
        self.state = state


def extra(seed: int) -> nn.Module:
    return Extra({"scale": torch.tensor([1.0, seed]), "axes": [0, (1, "a")], "kind": torch.float16})


@pytest.mark.parametrize("make", [dynamic, recurrent, static, packed, sparse, extra])
@pytest.mark.filterwarnings("ignore")
def test_weights_of_any_kind_are_told_apart_and_found_again(make: Any) -> None:
    assert of(make(0)) == of(make(0))
    assert of(make(0)) != of(make(1))


def test_an_object_without_a_value_of_its_own_does_not_move_the_fingerprint() -> None:
    assert of(Extra(object())) == of(Extra(object()))
    assert of(Extra(b"one")) != of(Extra(b"two"))


def test_lenses_look_into_a_network_with_packed_weights() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = dnnvis.wrap(nn.Sequential(dynamic(0)), size=4)
        image = torch.zeros(4, 4, 3, dtype=torch.uint8).numpy()
        picture = dnnvis.look(net, "gradient", "0.1[2]", image=image)
    assert picture.recipe["weights_sha256"] == net.fingerprint

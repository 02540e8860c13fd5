"""Checkpoints in older names, which the module's own loading translates."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from dnnvis.core.errors import Mismatch
from dnnvis.network.checkpoint import load_weights
from dnnvis.network.opening.translate_weights import is_transformers_model, translate_state


def new_norm() -> nn.Sequential:
    return nn.Sequential(parametrizations.weight_norm(nn.Conv2d(3, 4, 3)), nn.ReLU())


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
def old_norm() -> nn.Sequential:
    return nn.Sequential(nn.utils.weight_norm(nn.Conv2d(3, 4, 3)), nn.ReLU())


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
def test_weights_of_the_older_weight_norm_are_loaded_as_torch_itself_does() -> None:
    old, module = old_norm(), new_norm()
    assert set(old.state_dict()) == {"0.bias", "0.weight_g", "0.weight_v"}
    assert load_weights(module, old.state_dict()) == ()
    x = torch.rand(2, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(module(x), old(x), atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
@pytest.mark.parametrize("key", ["0.weight_g", "0.bias"])
def test_an_older_file_that_lacks_a_weight_is_refused_and_nothing_is_changed(key: str) -> None:
    state, module = dict(old_norm().state_dict()), new_norm()
    del state[key]
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with pytest.raises(Mismatch, match="missing"):
        load_weights(module, state)
    after = module.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


class Renamed(nn.Module):
    """Translates the names of its first version."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(2, 2)

    def _load_from_state_dict(self, state: Any, prefix: str, *rest: Any) -> None:
        for key in [key for key in state if key.startswith(f"{prefix}old_")]:
            state[f"{prefix}head.{key.removeprefix(prefix + 'old_')}"] = state.pop(key)
        super()._load_from_state_dict(state, prefix, *rest)


def test_a_module_that_renames_weights_itself_is_asked() -> None:
    weight, bias = torch.arange(4.0).reshape(2, 2), torch.tensor([5.0, 6.0])
    module = Renamed()
    load_weights(module, {"old_weight": weight, "old_bias": bias})
    assert torch.equal(module.head.weight, weight)
    assert torch.equal(module.head.bias, bias)


def test_what_fits_in_no_names_is_none() -> None:
    assert translate_state(nn.Linear(2, 2), {"other": torch.zeros(2)}) is None
    wrong = {"weight": torch.zeros(3, 2), "bias": torch.zeros(2)}
    assert translate_state(nn.Linear(2, 2), wrong) is None


def test_weights_saved_from_a_network_with_a_compiled_part_fit_the_plain_one() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    state = {"0._orig_mod.weight": torch.ones(2, 2), "0._orig_mod.bias": torch.zeros(2)}
    state |= {"1.weight": torch.ones(1, 2), "1.bias": torch.zeros(1)}
    load_weights(module, state)
    assert float(module(torch.ones(1, 2)).detach()) == 4


class PreTrainedModel(nn.Module):
    """Stands for the class of transformers, which need not be there."""

    __module__ = "transformers.modeling_utils"
    config = {"width": 2}

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.query(x)
        return y

    @classmethod
    def from_pretrained(
        cls, name: None, *, config: Any, state_dict: dict[str, Tensor], output_loading_info: bool
    ) -> Any:
        assert name is None
        assert config is cls.config
        assert output_loading_info
        model, loaded = cls(), {}
        for key, value in state_dict.items():
            loaded[key.replace("attention.attention.", "")] = value
        result = model.load_state_dict(loaded, strict=False)
        report = {"missing_keys": result.missing_keys, "unexpected_keys": result.unexpected_keys}
        return model, {**report, "mismatched_keys": []}


class ViT(PreTrainedModel):
    pass


def test_a_file_of_transformers_is_converted_by_its_own_from_pretrained() -> None:
    module, weight = ViT(), torch.arange(4.0).reshape(2, 2)
    assert is_transformers_model(module)
    assert not is_transformers_model(nn.Linear(2, 2))
    prefix = "attention.attention.query"
    load_weights(module, {f"{prefix}.weight": weight, f"{prefix}.bias": torch.ones(2)})
    assert torch.equal(module.query.weight, weight)
    with pytest.raises(Mismatch, match=r"load it with ViT\.from_pretrained"):
        load_weights(module, {f"{prefix}.weight": weight})

"""What wrappers put into names goes, and what trainings store beside the network is left out."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from dnnvis.core.errors import Mismatch
from dnnvis.network.checkpoint import load_checkpoint, read_checkpoint
from dnnvis.network.weights.wrapper_names import without_prefix


def net(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.Linear(4, 2)))


def same(module: nn.Module, state: dict[str, Tensor]) -> bool:
    own = module.state_dict()
    return own.keys() == state.keys() and all(torch.equal(own[k], state[k]) for k in own)


def load(data: object, path: Path, part: str = "") -> tuple[nn.Module, str]:
    torch.save(data, path)
    other = net(9)
    return other, " ".join(load_checkpoint(other, read_checkpoint(path, part or None)))


@pytest.mark.parametrize(
    "form",
    [
        "_fsdp_wrapped_module.{}",
        "_fsdp_wrapped_module.module.{}",
        "module._orig_mod.{}",
        "_forward_module.model.{}",
        "model._checkpoint_wrapped_module.{}",
    ],
)
def test_what_every_name_has_goes(form: str, tmp_path: Path) -> None:
    state = net().state_dict()
    other, _ = load({form.format(key): v for key, v in state.items()}, tmp_path / "w.pt")
    assert same(other, state)


def test_what_stands_inside_of_names_goes(tmp_path: Path) -> None:
    state = net().state_dict()
    wrapped = {
        "0._orig_mod.weight": state["0.weight"],
        "0._orig_mod.bias": state["0.bias"],
        "1._fsdp_wrapped_module.0._checkpoint_wrapped_module.weight": state["1.0.weight"],
        "1._fsdp_wrapped_module.0._checkpoint_wrapped_module.bias": state["1.0.bias"],
    }
    other, _ = load(wrapped, tmp_path / "w.pt")
    assert same(other, state)


def test_an_averaged_model_is_read_without_its_counter(tmp_path: Path) -> None:
    averaged = AveragedModel(net())
    assert "n_averaged" in averaged.state_dict()
    other, _ = load(averaged.state_dict(), tmp_path / "w.pt")
    assert same(other, net().state_dict())


def test_a_network_that_counts_itself_is_left_alone() -> None:
    state = {"n_averaged": torch.tensor(1), "fc.weight": torch.ones(1)}
    assert without_prefix(state).keys() == state.keys()


def test_names_that_would_fall_together_stay() -> None:
    state = {"_orig_mod.weight": torch.ones(1), "weight": torch.zeros(1)}
    assert without_prefix(state).keys() == state.keys()


def test_losses_beside_the_network_are_left_out_and_named(tmp_path: Path) -> None:
    state = net().state_dict()
    stored = {f"model.{k}": v for k, v in state.items()} | {"criterion.weight": torch.ones(2)}
    other, notes = load({"state_dict": stored}, tmp_path / "w.ckpt")
    assert same(other, state)
    assert "below 'model' fit" in notes
    assert "criterion" in notes
    plain = {**state, "train_metric.total": torch.ones(1)}
    other, notes = load(plain, tmp_path / "w.ckpt")
    assert same(other, state)
    assert "Left out of w.ckpt: train_metric.total" in notes


def test_of_two_networks_below_names_the_first_is_taken_and_the_other_named(tmp_path: Path) -> None:
    one, two = net(1).state_dict(), net(2).state_dict()
    stored = {f"student.{k}": v for k, v in one.items()} | {f"ema.{k}": v for k, v in two.items()}
    other, notes = load(stored, tmp_path / "w.pt")
    assert same(other, one)
    assert "w.pt#ema" in notes
    chosen, _ = load(stored, tmp_path / "w.pt", "ema")
    assert same(chosen, two)


def test_parts_made_parallel_inside_of_a_network_fit(tmp_path: Path) -> None:
    state = net().state_dict()
    inner = {k.replace("1.0.", "1.module.0."): v for k, v in state.items()}
    assert inner.keys() != state.keys()
    other, _ = load(inner, tmp_path / "w.pt")
    assert same(other, state)


def test_weights_that_are_neither_are_still_refused(tmp_path: Path) -> None:
    stored = {**net().state_dict(), "head.weight": torch.ones(2)}
    with pytest.raises(Mismatch, match=r"head\.weight"):
        load(stored, tmp_path / "w.pt")


def test_names_without_numbers_are_refused_with_the_way_to_them(tmp_path: Path) -> None:
    from dnnvis.core.errors import BadInput

    torch.save({"module": {k: torch.empty(0) for k in net().state_dict()}}, tmp_path / "w.pt")
    with pytest.raises(BadInput, match="zero_to_fp32"):
        read_checkpoint(tmp_path / "w.pt")

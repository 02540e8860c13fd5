"""What a network changes in torch reaches nobody else."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest
import torch

from dnnvis.network.state.torch_state import (
    SETTING_NAMES,
    _read_settings,
    describe_changed_settings,
    keep_torch_state,
)

CHANGES: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
    "dtype": (lambda: torch.set_default_dtype(torch.float64), torch.get_default_dtype),
    "device": (lambda: torch.set_default_device("meta"), torch.get_default_device),
    "threads": (lambda: torch.set_num_threads(3), torch.get_num_threads),
    "grad": (lambda: torch.set_grad_enabled(False), torch.is_grad_enabled),
    "deterministic": (
        lambda: torch.use_deterministic_algorithms(True, warn_only=True),
        torch.are_deterministic_algorithms_enabled,
    ),
    "anomaly": (lambda: torch.autograd.set_detect_anomaly(True), torch.is_anomaly_enabled),
    "autocast": (
        lambda: torch.set_autocast_enabled("cpu", True),
        lambda: torch.is_autocast_enabled("cpu"),
    ),
    "precision": (
        lambda: torch.set_float32_matmul_precision("medium"),
        torch.get_float32_matmul_precision,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_setting_is_as_before_after_the_pass(name: str) -> None:
    change, read = CHANGES[name]
    previous = read()
    with pytest.raises(ValueError, match="network"), keep_torch_state():
        change()
        assert read() != previous
        raise ValueError("the network failed")
    assert read() == previous


def test_attention_takes_no_path_that_calls_no_module() -> None:
    assert torch.backends.mha.get_fastpath_enabled()
    with keep_torch_state():
        assert not torch.backends.mha.get_fastpath_enabled()
    assert torch.backends.mha.get_fastpath_enabled()


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_passes_that_overlap_leave_everything_as_before_the_first(first_to_end: int) -> None:
    passes = [ExitStack(), ExitStack()]
    passes[0].enter_context(keep_torch_state())
    torch.set_default_dtype(torch.float64)
    passes[1].enter_context(keep_torch_state())
    torch.set_default_dtype(torch.float64)
    passes.pop(first_to_end).close()
    assert not torch.backends.mha.get_fastpath_enabled()
    torch.set_default_dtype(torch.float64)
    passes.pop().close()
    assert torch.backends.mha.get_fastpath_enabled()
    assert torch.get_default_dtype() is torch.float32


def test_what_was_put_back_is_named() -> None:
    with keep_torch_state() as changed:
        torch.set_default_dtype(torch.float64)
        torch.backends.mkldnn.enabled = not torch.backends.mkldnn.enabled
    assert changed == {"dtype", "mkldnn"}
    (note,) = describe_changed_settings(changed, "Its forward pass")
    assert note.startswith("Its forward pass changes the default dtype, oneDNN's flag in torch")
    with keep_torch_state() as unchanged:
        torch.zeros(1)
    assert describe_changed_settings(unchanged, "It") == ()


def test_every_setting_has_a_name() -> None:
    assert set(_read_settings()) == set(SETTING_NAMES)

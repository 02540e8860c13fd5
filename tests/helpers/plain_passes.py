"""Run a module in plain torch, with hooks of one line, and keep torch's settings meanwhile."""

import random
import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


class PlainFailure(Exception):
    """The module fails in plain torch."""


@dataclass
class PlainPass:
    """What one pass gave."""

    output: Tensor
    #: Submodule -> the first tensor of what each call returned, cloned on the spot.
    calls: dict[str, list[Tensor]] = field(default_factory=dict)
    #: Submodule -> the same, part of the graph.
    graph: dict[str, list[Tensor]] = field(default_factory=dict)
    x: Tensor | None = None


def settings() -> dict[str, Any]:
    """All that a network may change in torch for everybody."""
    python, legacy = random.getstate(), np.random.get_state()
    return {
        "dtype": torch.get_default_dtype(),
        "threads": torch.get_num_threads(),
        "grad": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "anomaly": torch.is_anomaly_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "precision": torch.get_float32_matmul_precision(),
        "attention": torch.backends.mha.get_fastpath_enabled(),
        "random": (torch.get_rng_state().sum().item(), hash(python), legacy[2], legacy[1].sum()),
    }


@contextmanager
def torch_settings_kept(draw: int) -> Iterator[None]:
    """Seed every generator within; at the end all is as before."""
    before, python, legacy = settings(), random.getstate(), np.random.get_state()
    numbers = torch.get_rng_state()
    torch.manual_seed(draw)
    random.seed(draw)
    np.random.seed(draw)
    try:
        yield
    finally:
        torch.set_rng_state(numbers)
        random.setstate(python)
        np.random.set_state(legacy)
        torch.set_default_dtype(before["dtype"])
        torch.set_num_threads(before["threads"])
        torch.set_grad_enabled(before["grad"])
        torch.use_deterministic_algorithms(before["deterministic"])
        torch.autograd.set_detect_anomaly(before["anomaly"])
        torch.set_autocast_enabled("cpu", before["autocast"])
        torch.set_float32_matmul_precision(before["precision"])


def run_plainly(
    module: nn.Module, x: Tensor, *, draw: int = 0, gradients: bool = False
) -> PlainPass:
    """Run ``module`` on pixels (B, C, H, W) in [0, 1]; raise PlainFailure with torch's words."""
    copies: dict[str, list[Tensor]] = defaultdict(list)
    graph: dict[str, list[Tensor]] = defaultdict(list)
    handles = [
        part.register_forward_hook(_hook(copies[name], graph[name], gradients))
        for name, part in module.named_modules()
        if name
    ]
    x = x.clone().requires_grad_(gradients)
    try:
        with torch_settings_kept(draw), torch.set_grad_enabled(gradients), warnings_ignored():
            given = getattr(module, "given", lambda picture: (picture,))
            result = module(*given(x * 1))
    except (Exception, SystemExit) as error:
        raise PlainFailure(f"{type(error).__name__}: {error}") from error
    finally:
        for handle in handles:
            handle.remove()
    return PlainPass(answer_of(result), dict(copies), dict(graph), x)


@contextmanager
def warnings_ignored() -> Iterator[None]:
    """Torch warns once of some things: as an error, a network would fail the first time only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def answer_of(result: Any) -> Tensor:
    """The tensor under ``logits``; of a list with an entry a picture, the first one's."""
    while isinstance(result, list):
        result = result[0]
    if isinstance(result, dict):
        result = result.get("logits", result.get("boxes"))
    return result if isinstance(result, Tensor) else result.logits  # type: ignore[no-any-return]


def _hook(copies: list[Tensor], graph: list[Tensor], gradients: bool) -> Any:
    def keep(module: nn.Module, given: Any, output: Any) -> None:
        value = output
        while isinstance(value, tuple | list):
            value = value[0]
        if isinstance(value, Tensor):
            copies.append(value.detach().clone())
            if gradients:
                graph.append(value if value.is_inference() else value.clone())

    return keep

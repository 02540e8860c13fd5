"""Keep what a network changes in torch for everybody from reaching anybody else."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import torch

from dnnvis.network.state.generators import uses_cuda

SETTING_NAMES = {
    "dtype": "the default dtype",
    "device": "the default device",
    "threads": "the number of threads",
    "grad": "gradient mode",
    "autocast": "autocast",
    "deterministic": "deterministic algorithms",
    "anomaly": "anomaly detection",
    "precision": "the precision of matrix products",
    "cudnn": "cuDNN's flags",
    "mkldnn": "oneDNN's flag",
    "tf32": "TF32",
    "attention": "the kernels of attention",
}


@contextmanager
def keep_torch_state() -> Iterator[set[str]]:
    """Put torch's global settings back at the end, whatever the code within did to them.

    Default type and device, threads, gradient and inference mode, autocast, determinism, anomaly
    detection, cuDNN, and the C++ fast path of attention, which is off within: it calls no module.
    Passes of several threads may overlap in any order: what holds for the whole process is put
    back to what it was before the first of them.

    Yields:
        A set that holds at the end which settings were put back, keys of SETTING_NAMES.
    """
    changed: set[str] = set()
    previous = _read_settings()
    process_settings = _SHARED.enter()
    try:
        yield changed
    finally:
        current_settings = _read_settings()
        wanted = {**previous, **process_settings}
        if current_settings != wanted:
            _write_settings(wanted, current_settings)
            changed |= {name for name, value in wanted.items() if value != current_settings[name]}
        _SHARED.leave()


def describe_changed_settings(changed: set[str], context: str) -> tuple[str, ...]:
    """Return a sentence on the settings of torch that were put back, () where there are none."""
    if not changed:
        return ()
    names = ", ".join(title for name, title in SETTING_NAMES.items() if name in changed)
    return (f"{context} changes {names} in torch for everybody; that is put back each time.",)


class _SharedSettings:
    """What the whole process has one of, as it was before the first of the passes that overlap."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._passes = 0
        self._settings: dict[str, Any] = {}
        self._fast_path = True

    def enter(self) -> dict[str, Any]:
        """Count a pass that starts; return the process' settings before the first of them."""
        with self._lock:
            if not self._passes:
                self._settings = _read_process_settings()
                self._fast_path = torch.backends.mha.get_fastpath_enabled()
                torch.backends.mha.set_fastpath_enabled(False)
            self._passes += 1
            return self._settings

    def leave(self) -> None:
        """Count a pass that ended; after the last of them the fast path is as it was."""
        with self._lock:
            self._passes -= 1
            if not self._passes:
                torch.backends.mha.set_fastpath_enabled(self._fast_path)


_SHARED = _SharedSettings()


def _read_settings() -> dict[str, Any]:
    return _read_thread_settings() | _read_process_settings()


def _read_thread_settings() -> dict[str, Any]:
    return {
        "device": torch.get_default_device(),
        "threads": torch.get_num_threads(),
        "grad": torch.is_grad_enabled(),
        "autocast": {
            kind: (torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind))
            for kind in (("cpu", "cuda") if uses_cuda() else ("cpu",))
        },
    }


def _read_process_settings() -> dict[str, Any]:
    return {
        "dtype": torch.get_default_dtype(),
        "deterministic": (
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
        ),
        "anomaly": torch.is_anomaly_enabled(),
        "precision": torch.get_float32_matmul_precision(),
        "cudnn": (
            torch.backends.cudnn.enabled,
            torch.backends.cudnn.benchmark,
            torch.backends.cudnn.deterministic,
        ),
        "mkldnn": torch.backends.mkldnn.enabled,
        "tf32": torch.backends.cudnn.allow_tf32,
        "attention": (
            torch.backends.cuda.flash_sdp_enabled(),  # type: ignore[no-untyped-call]
            torch.backends.cuda.mem_efficient_sdp_enabled(),  # type: ignore[no-untyped-call]
            torch.backends.cuda.math_sdp_enabled(),  # type: ignore[no-untyped-call]
        ),
    }


def _write_settings(previous: dict[str, Any], current_settings: dict[str, Any]) -> None:
    """Write the settings of ``before`` that are others in ``after``."""
    write: dict[str, Callable[[Any], object]] = {
        "dtype": torch.set_default_dtype,
        "device": lambda device: torch.set_default_device(None if device.type == "cpu" else device),
        "threads": torch.set_num_threads,
        "grad": torch.set_grad_enabled,
        "autocast": _write_autocast,
        "deterministic": lambda given: torch.use_deterministic_algorithms(
            given[0], warn_only=given[1]
        ),
        "anomaly": torch.autograd.set_detect_anomaly,
        "precision": torch.set_float32_matmul_precision,
        "cudnn": _write_cudnn,
        "mkldnn": _write_mkldnn,
        "tf32": _write_tf32,
        "attention": _write_attention,
    }
    for name, value in previous.items():
        if value != current_settings[name]:
            write[name](value)


def _write_autocast(given: dict[str, tuple[bool, torch.dtype]]) -> None:
    for kind, (enabled, dtype) in given.items():
        torch.set_autocast_enabled(kind, enabled)
        torch.set_autocast_dtype(kind, dtype)


def _write_cudnn(given: tuple[bool, bool, bool]) -> None:
    cudnn = torch.backends.cudnn
    with suppress(RuntimeError):  # a build without these flags
        cudnn.enabled, cudnn.benchmark, cudnn.deterministic = given


def _write_mkldnn(enabled: bool) -> None:
    with suppress(RuntimeError):  # a build without it
        torch.backends.mkldnn.enabled = enabled  # type: ignore[assignment]


def _write_tf32(allowed: bool) -> None:
    with suppress(RuntimeError):
        torch.backends.cudnn.allow_tf32 = allowed


def _write_attention(given: tuple[bool, bool, bool]) -> None:
    flash, efficient, plain = given
    torch.backends.cuda.enable_flash_sdp(flash)
    torch.backends.cuda.enable_mem_efficient_sdp(efficient)
    torch.backends.cuda.enable_math_sdp(plain)

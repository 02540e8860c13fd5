"""Read, seed and put back the generators of random numbers that the whole process has.

A thread that reads the state of torch's default generator and one that seeds it were seen to wait
for each other for ever (torch 2.15, Python 3.11): torch takes the generator's lock with the GIL in
its hand. So one thread at a time does either here, and nothing is collected meanwhile.
"""

import gc
import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import numpy as np
import torch

_lock = threading.RLock()


@contextmanager
def _alone() -> Iterator[None]:
    """Let no other thread in, and nothing be collected, within; it lasts microseconds."""
    with _lock:
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if was_enabled:
                gc.enable()


@contextmanager
def fork_generators(seed: int | None = None) -> Iterator[None]:
    """Let torch's generators go on after the context as if nothing had been drawn within.

    Those of the processor, and of each CUDA device that is in use.

    Args:
        seed: What they start from within; None: from where they are.
    """
    devices = list(range(torch.cuda.device_count())) if uses_cuda() else []
    with ExitStack() as stack:
        with _alone():
            stack.enter_context(torch.random.fork_rng(devices=devices))
            if seed is not None:
                _seed_torch(seed)
        try:
            yield
        finally:
            with _alone():
                stack.close()


@contextmanager
def fixed_draw(seed: int) -> Iterator[None]:
    """Start every generator of random numbers from ``seed`` within, and go on as before after.

    Torch's (the processor's and each CUDA device's that is in use), NumPy's and Python's.
    """
    with _alone():
        python, legacy = random.getstate(), np.random.get_state()
    with fork_generators(seed):
        try:
            with _alone():
                random.seed(seed)
                np.random.seed(seed)
            yield
        finally:
            with _alone():
                random.setstate(python)
                np.random.set_state(legacy)


def read_random_states() -> tuple[Any, ...]:
    """Return the state of every generator that a network on the processor may draw from."""
    with _alone():
        legacy = np.random.get_state()
        return (
            torch.get_rng_state().numpy().tobytes(),
            random.getstate(),
            (legacy[1].tobytes(), legacy[2]) if isinstance(legacy, tuple) else (),
        )


def _seed_torch(seed: int) -> None:
    """Do what ``torch.manual_seed`` does, which without a device costs a third of a millisecond.

    It notes for CUDA, should that begin one day, with a traceback of where it was called.
    """
    if _has_accelerator():
        torch.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)


@cache
def _has_accelerator() -> bool:
    return bool(torch.accelerator.is_available())


def uses_cuda() -> bool:
    """Return whether CUDA has been used in this process."""
    return bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]

"""Remove from the names of weights what wrappers of a network put there."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from torch import Tensor

COMPILED_PART = "_orig_mod."  # what torch.compile puts into the names below a part
#: What compilation, FSDP, recomputation and Lightning's Fabric put anywhere into a name.
INNER_PARTS = (
    COMPILED_PART,
    "_fsdp_wrapped_module.",
    "_checkpoint_wrapped_module.",
    "_forward_module.",
    "_original_module.",
)
WRAPPER_PREFIXES = ("module.", "model.", "backbone.", "net.", "network.")
AVERAGE_COUNT = "n_averaged"  # of torch's AveragedModel
MAX_PREFIXES = 64  # that are tried


def without_prefix(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return ``state`` without the wrappers' names (``module.`` ...) that all its keys share.

    What compilation and FSDP put inside of names is removed from each of them, and the counter of
    an averaged model.
    """
    plain = {without_inner_parts(key): value for key, value in state.items()}
    if len(plain) < len(state):  # the network has such names itself
        plain = dict(state)
    if AVERAGE_COUNT in plain and all(k == AVERAGE_COUNT or k.startswith("module.") for k in plain):
        del plain[AVERAGE_COUNT]
    start = len(common_prefix(plain))
    return {key[start:]: value for key, value in plain.items()}


def without_inner_parts(key: str) -> str:
    """Return a name without what wrappers put anywhere into it."""
    for part in INNER_PARTS:
        if part in key:
            key = key.replace(part, "")
    return key


def add_own_prefix(own: Mapping[str, Any], state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Return ``state`` with the prefix of the network's own keys, where only that is different."""
    prefix = common_prefix(own)
    if not prefix or all(key.startswith(prefix) for key in state):
        return state
    return {prefix + key: value for key, value in state.items()}


def common_prefix(keys: Mapping[str, Any]) -> str:
    """Return all wrappers' names, one after the other, that every key begins with."""
    prefix, is_longer = "", True
    while is_longer and keys:
        is_longer = False
        for candidate in (*WRAPPER_PREFIXES, *INNER_PARTS):
            if all(key.startswith(prefix + candidate) for key in keys):
                prefix, is_longer = prefix + candidate, True
    return prefix


def iter_inner(
    own: Mapping[str, Any],
    state: Mapping[str, Tensor],
    is_fitting: Callable[[Mapping[str, Tensor]], bool],
) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Yield the weights inside of others that fit a network: those below a name.

    Trainings store a loss, a metric or a second network beside the network, under names of theirs.

    Args:
        own: The network's own names.
        state: All the weights.
        is_fitting: Whether weights fit the network.

    Yields:
        The name, such as ``model``, and the weights below it, in the order of ``state``.
    """
    if not own:
        return
    first = next(iter(own))
    endings = [k[: -len(first)] for k in state if k.endswith(f".{first}")][:MAX_PREFIXES]
    for prefix in endings:
        inner = {k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}
        if is_fitting(inner):
            yield prefix[:-1], inner
    unwrapped = {f".{key}".replace(".module.", ".")[1:]: v for key, v in state.items()}
    if len(unwrapped) == len(state) and unwrapped.keys() != state.keys() and is_fitting(unwrapped):
        yield "", unwrapped

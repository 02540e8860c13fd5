"""Load weights whose names another version of a library wrote, as that library translates them."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from dnnvis.network.opening.module_copy import copy_module
from dnnvis.network.state.generators import fork_generators

TRANSFORMERS_ADVICE = (
    " Files of transformers have other names than its modules: let the factory load it with "
    "{kind}.from_pretrained."
)


#: What is new -> what it was called before there were parametrizations.
WEIGHT_NORM_NAMES = {
    "parametrizations.weight.original0": "weight_g",
    "parametrizations.weight.original1": "weight_v",
}


def is_transformers_model(module: nn.Module) -> bool:
    """Return whether ``module`` is a model of transformers, which need not be imported for that."""
    return any(
        owner.__name__ == "PreTrainedModel" and owner.__module__.startswith("transformers.")
        for owner in type(module).__mro__
    )


def translate_state(module: nn.Module, state: Mapping[str, Tensor]) -> dict[str, Any] | None:
    """Return the weights of ``state`` under the names of ``module``, as its own code loads them.

    Modules translate older names while they load (``weight_g`` and ``weight_v`` of weight norm),
    models of transformers by their ``from_pretrained``. Both are tried on a copy.

    Args:
        module: The module; it stays as it is.
        state: Names -> weights.

    Returns:
        A full state dict for ``module``, or None where a weight stays missing, is left over or has
        another shape.
    """
    if is_transformers_model(module):
        translated = _translate_transformers(module, state)
        if translated is not None:
            return translated
    state = _with_older_names(module, state)
    trial, notes = copy_module(module)
    if notes:  # that is the module itself
        return None
    try:
        result = trial.load_state_dict(dict(state), strict=False)
    except Exception:  # other shapes, or whatever a module's own hooks raise
        return None
    needed = [key for key in result.missing_keys if not is_counter(key)]
    left = [key for key in result.unexpected_keys if not is_counter(key)]
    return None if needed or left else dict(trial.state_dict())


def _with_older_names(module: nn.Module, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Return weights with the names that weight norm had until torch 2.0, where a module has them.

    The way back is torch's own.
    """
    own = module.state_dict(keep_vars=True)
    renamed = {}
    for key, value in state.items():
        older = key
        for new_name, old_name in WEIGHT_NORM_NAMES.items():
            if key.endswith(new_name):
                older = key.removesuffix(new_name) + old_name
        renamed[older if older in own else key] = value
    return renamed


def _translate_transformers(
    module: nn.Module, state: Mapping[str, Tensor]
) -> dict[str, Any] | None:
    """Return what transformers itself makes of a file's weights; None where any is missing."""
    kind: Any = type(module)
    try:
        with fork_generators():
            model, report = kind.from_pretrained(
                None, config=module.config, state_dict=dict(state), output_loading_info=True
            )
    except Exception:  # versions differ in what they take
        return None
    if report.get("missing_keys") or report.get("mismatched_keys"):
        return None
    if report.get("unexpected_keys"):
        return None
    translated: dict[str, Any] = dict(model.state_dict())
    return translated


def is_counter(key: str) -> bool:
    """Return whether ``key`` only counts batches, which nothing depends on outside training."""
    return key.endswith("num_batches_tracked")

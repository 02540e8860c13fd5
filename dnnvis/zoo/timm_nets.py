"""Build timm's networks by name, where timm is installed: the only file that imports it."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from torch import nn

from dnnvis.core.errors import BadInput, UnknownNetwork
from dnnvis.network.opening.user_code import describe_error
from dnnvis.network.state.generators import fork_generators

PREFIX = "timm/"  # before the name of a network of timm's


def installed_version() -> str:
    """Return the version of timm here; "" where it is not installed."""
    try:
        return version("timm")
    except PackageNotFoundError:
        return ""


def names() -> list[str]:
    """Return the architectures of the timm that is installed, none without it."""
    return list(_timm().list_models()) if installed_version() else []


def published_names() -> set[str]:
    """Return the architectures of which timm publishes weights."""
    return {name.split(".")[0] for name in _timm().list_models(pretrained=True)}


def build(
    name: str,
    *,
    classes: int | None = None,
    arguments: Mapping[str, Any] | None = None,
    pretrained: bool = False,
) -> nn.Module:
    """Build a network with random weights from seed 0, or with those that timm publishes.

    Args:
        name: Name of the architecture, without ``timm/``.
        classes: Number of classes; None: as the published weights have.
        arguments: Further ones of timm's builder, such as ``depth``.
        pretrained: Whether published weights are fetched.

    Returns:
        The module.

    Raises:
        UnknownNetwork: There is no such name, or no timm.
        BadInput: timm cannot build it with these arguments, or fetch its weights.
    """
    if not installed_version():
        raise UnknownNetwork(f"{name} is a network of timm, which is not installed; install timm.")
    if name not in names():
        here = installed_version()
        raise UnknownNetwork(f"timm {here} has no network '{name}'; timm.list_models() lists them.")
    settings = dict(arguments or {})
    if classes is not None:
        settings["num_classes"] = classes
    try:
        with fork_generators(0):
            module: nn.Module = _timm().create_model(name, pretrained=pretrained, **settings)
    except Exception as error:  # whatever a builder says of arguments that it does not know
        raise BadInput(f"timm cannot build {name}: {describe_error(error)}.") from None
    return module


def _timm() -> Any:
    timm = import_module("timm")  # lazy: seconds of start-up, and many have none
    return timm

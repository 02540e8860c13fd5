"""Build the network that a folder of transformers or timm describes, by the library installed."""

from importlib import import_module
from pathlib import Path
from typing import Any

from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.network.opening.user_code import describe_error
from dnnvis.network.state.generators import fork_generators
from dnnvis.network.weights.files import FOLDER_FILES
from dnnvis.zoo.described_file import read_json

CONFIG = "config.json"
#: Arguments of timm's that say how a network is loaded, not what it is; no file decides that.
TIMM_LOADING = (
    *("pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path", "cache_dir"),
    *("scriptable", "exportable", "no_jit", "model_name"),
)


def is_weights_folder(path: Path) -> bool:
    """Return whether a folder holds weights as transformers, timm or accelerate save them."""
    names = (CONFIG, ".metadata", *FOLDER_FILES)
    return path.is_dir() and any((path / name).is_file() for name in names)


def build_described(folder: Path) -> tuple[nn.Module, str] | None:
    """Build the network that a folder's ``config.json`` names, with random weights.

    Only classes of the installed library are built: code that lies in the folder is never run.

    Args:
        folder: The folder, or any other.

    Returns:
        The module and what it is called; None where the folder describes none.

    Raises:
        BadInput: It describes one, and the library is not installed or cannot build it.
    """
    config = read_json(folder / CONFIG)
    if config is None:
        return None
    architectures = config.get("architectures")
    with fork_generators(0):
        if isinstance(architectures, list) and architectures and config.get("model_type"):
            return _build_transformers(folder, config, str(architectures[0]))
        if isinstance(config.get("architecture"), str) and "num_classes" in config:
            return _build_timm(folder, config, config["architecture"])
    return None


def _library(name: str, folder: Path, what: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise BadInput(
            f"{folder} holds a {what} of {name}, which is not installed; install {name} to open it."
        ) from None


def _build_transformers(folder: Path, config: dict[str, Any], name: str) -> tuple[nn.Module, str]:
    transformers = _library("transformers", folder, name)
    kind = getattr(transformers, name, None)
    base = transformers.PreTrainedModel
    if not (isinstance(kind, type) and issubclass(kind, base)):
        own = " of its own code, which dnnvis does not run" if config.get("auto_map") else ""
        raise BadInput(f"{folder} names {name}{own}; the transformers here has no such network.")
    try:
        settings = {key: value for key, value in config.items() if key != "auto_map"}
        known: Any = kind
        module: nn.Module = known(known.config_class.from_dict(settings))
    except Exception as error:  # whatever a library says of settings that it does not know
        raise BadInput(f"transformers cannot build {name}: {describe_error(error)}.") from None
    return module, name


def _build_timm(folder: Path, config: dict[str, Any], name: str) -> tuple[nn.Module, str]:
    timm = _library("timm", folder, name)
    stated = config.get("model_args")
    arguments = {**stated} if isinstance(stated, dict) else {}
    arguments = {key: value for key, value in arguments.items() if key not in TIMM_LOADING}
    try:
        arguments["num_classes"] = int(config["num_classes"])
        module: nn.Module = timm.create_model(name.split(".")[0], pretrained=False, **arguments)
    except Exception as error:  # whatever a library says of settings that it does not know
        raise BadInput(f"timm cannot build {name}: {describe_error(error)}.") from None
    return module, name

"""Open networks that lie in a file as programs: ONNX by a converter, torch.export where trusted."""

import io
import re
import warnings
import zipfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import nn

from dnnvis.core.errors import BadInput, DnnvisError, NeedsTrust
from dnnvis.core.stable_file import read_stable
from dnnvis.network.card import Card
from dnnvis.network.opening.programs import as_module, unwrap_parts
from dnnvis.network.opening.user_code import describe_error
from dnnvis.network.weights.exported_file import is_exported
from dnnvis.network.weights.files import is_onnx
from dnnvis.zoo.input_options import GuessedCard, InputOptions, guess_card, list_values

ILLEGAL = re.compile(r"[^0-9A-Za-z_]+")
NAMED_FIELDS = ("input", "output", "initializer", "value_info")
SUBGRAPH_KINDS = (5, 10)  # of attributes: GRAPH, GRAPHS
INSTALL = "pip install 'dnnvis[onnx]'"


@dataclass(frozen=True)
class Program:
    """A network out of a file, and what the file says of its input."""

    module: nn.Module
    #: (H, W); None where the file leaves it open.
    size: tuple[int, int] | None
    channels: int | None
    notes: tuple[str, ...] = ()


def guess_program_card(
    program: Program, path: Path, options: InputOptions, card: Card | None
) -> GuessedCard:
    """Guess a program's card: the user's word, then the card beside it, then what it says itself.

    Args:
        program: The network.
        path: Its file.
        options: What the user said.
        card: The card beside the file; None without any.

    Returns:
        The card, and what was taken from where.
    """
    if card is not None:
        fields = {"size": card.size, "channels": card.channels, "mean": card.mean, "std": card.std}
        options = options.fill(fields | ({"labels": card.labels} if card.labels else {}), "file")
    in_file = {"size": program.size, "channels": program.channels}
    taken = {k: v for k, v in in_file.items() if v and k not in options.values}
    guessed = guess_card(program.module, path.stem, options.fill(taken, "file"))
    if not taken:
        return guessed
    note = f"{list_values(taken)} of {path.name} are from the file."
    return guessed._replace(notes=(note, *guessed.notes))


def is_onnx_file(path: Path) -> bool:
    """Return whether a file is a network in ONNX, by its content."""
    try:
        with path.open("rb") as file:
            return is_onnx(file.read(4))
    except OSError:
        return False


def is_exported_file(path: Path) -> bool:
    """Return whether a file is a program of torch.export, by its content."""
    try:
        with zipfile.ZipFile(path) as archive:
            return is_exported(archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False


def open_program(path: Path, *, trust_code: bool) -> Program | None:
    """Open a network in ONNX, or torch.export's where it is trusted; None of all other files.

    Raises BadInput as ``open_onnx`` and ``open_exported``.
    """
    if is_onnx_file(path):
        return open_onnx(path)
    if trust_code and is_exported_file(path):
        return open_exported(path, trust_code=True)
    return None


def refuse_untrusted(path: Path) -> None:
    """Raise NeedsTrust where a file is a program of torch.export; it says what opens it."""
    if is_exported_file(path):
        open_exported(path, trust_code=False)


def open_onnx(path: Path) -> Program:
    """Convert a network in ONNX to a torch module.

    None of the file's names goes into the code that torch makes of a graph, and no file is read
    but one beside it that holds its weights.

    Args:
        path: The file.

    Returns:
        The module, whose layers are the operations of the graph.

    Raises:
        BadInput: The converter is missing or knows an operation not; or the file is broken.
    """
    try:
        onnx, converter = import_module("onnx"), import_module("onnx2fx")
    except ImportError:
        raise BadInput(
            f"{path} is a network in ONNX; install the converter to open it: {INSTALL}."
        ) from None
    try:
        model = onnx.load_model_from_string(read_stable(path))
        _load_weights_beside(onnx, model, path)
        size, channels = _input_shape(model)
        _rename(model, path)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None
    except DnnvisError:
        raise
    except Exception:  # whatever the library says of bytes that are no message of its own
        raise BadInput(f"{path} is a broken ONNX file.") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module: nn.Module = converter.convert(model)
            unwrap_parts(module)
    except Exception as error:  # whatever a converter says of operations that it does not know
        raise BadInput(
            f"{path} cannot be converted to torch: {describe_error(error)}. Open the module that "
            "it was made of."
        ) from None
    note = f"{path.name} was converted from ONNX; its layers are the operations of its graph."
    return Program(module.eval(), size, channels, (note,))


def _load_weights_beside(onnx: Any, model: Any, path: Path) -> None:
    """Read weights out of the file beside a network's that it names."""
    outside = [t for t in model.graph.initializer if t.data_location == t.EXTERNAL]
    names = {e.value for tensor in outside for e in tensor.external_data if e.key == "location"}
    for name in names:
        file = path.parent / name
        if Path(name).name != name or not file.is_file() or file.is_symlink():
            raise BadInput(
                f"{path} has its weights in {name}, which does not lie beside it; put it there."
            )
    try:
        for tensor in outside:
            onnx.external_data_helper.load_external_data_for_tensor(tensor, str(path.parent))
            tensor.data_location = tensor.DEFAULT
            del tensor.external_data[:]
    except Exception:  # of the library: cut short, offsets outside of the file
        raise BadInput(f"The weights of {path} in {', '.join(names)} are broken.") from None


def _input_shape(model: Any) -> tuple[tuple[int, int] | None, int | None]:
    """Return size (H, W) and channels of the first input that is no weight, as far as stated."""
    weights = {tensor.name for tensor in model.graph.initializer}
    for value in model.graph.input:
        sides = [side.dim_value for side in value.type.tensor_type.shape.dim]
        if value.name in weights or len(sides) != 4:
            continue
        size = (sides[2], sides[3]) if sides[2] > 0 and sides[3] > 0 else None
        return size, sides[1] if sides[1] > 0 else None
    return None, None


def _rename(model: Any, path: Path) -> None:
    """Give all values and nodes names of letters and digits, each its own, in place."""
    graph = model.graph
    names: dict[str, str] = {"": ""}
    taken = set[str]()

    def rename(name: str) -> str:
        if name not in names:
            plain = ILLEGAL.sub("_", name).strip("_")
            plain = plain if plain and plain[0].isalpha() else f"n_{plain}"
            while plain in taken:
                plain += "_"
            taken.add(plain)
            names[name] = plain
        return names[name]

    for field in NAMED_FIELDS:
        for value in getattr(graph, field):
            value.name = rename(value.name)
    for number, node in enumerate(graph.node):
        if any(attribute.type in SUBGRAPH_KINDS for attribute in node.attribute):
            raise BadInput(
                f"{path} has branches or loops ({node.op_type}), which are not converted; open "
                "the module that it was made of."
            )
        node.name = rename(f"node {number}")
        node.input[:] = [rename(name) for name in node.input]
        node.output[:] = [rename(name) for name in node.output]


def open_exported(path: Path, *, trust_code: bool) -> Program:
    """Load a program of torch.export.

    Args:
        path: The file.
        trust_code: Whether torch's own reader may run, which evaluates texts in the file.

    Raises:
        NeedsTrust: ``trust_code`` is False; before anything of the file is evaluated.
        BadInput: torch cannot read it.
    """
    if not trust_code:
        raise NeedsTrust(
            f"{path} is a program of torch.export, and torch evaluates texts in the file to load "
            "it. If you trust it, say so: trust_code=True, or --trust-code on the command line. "
            f"Its weights are read without that into a network of yours: --checkpoint {path}."
        )
    content = read_stable(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.load(io.BytesIO(content))
    except Exception as error:  # whatever torch says of a program that it cannot read
        raise BadInput(f"torch cannot load {path}: {describe_error(error)}.") from None
    module = as_module(program)
    unwrap_parts(module)
    note = f"{path.name} was loaded by torch.export, with the functions that it calls as layers."
    return Program(module, *_example_shape(program), (note,))


def _example_shape(program: Any) -> tuple[tuple[int, int] | None, int | None]:
    """Return size and channels of the picture that a program was traced with."""
    for node in program.graph.nodes:
        value = node.meta.get("val")
        if node.op == "placeholder" and node.name in program.graph_signature.user_inputs:
            shape = list(value.shape) if isinstance(value, torch.Tensor) else []
            if len(shape) == 4 and all(isinstance(side, int) for side in shape[1:]):
                return (shape[2], shape[3]), shape[1]
    return None, None

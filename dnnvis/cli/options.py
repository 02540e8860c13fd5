"""What every command that takes NET also takes, and how errors leave the program."""

import inspect
import json
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.engine.plan import NetworkChoice

if TYPE_CHECKING:
    from dnnvis.network.network import Network

Net = Annotated[str, typer.Argument(help="A name, file.py:factory, package:factory, checkpoint.")]
CheckpointOption = Annotated[Path | None, typer.Option(help="Weights to put into NET.")]
Weights = Annotated[str | None, typer.Option(help="random or pretrained.")]
Size = Annotated[str | None, typer.Option(help="Input size: 224 or 480x640 (H x W).")]
Mean = Annotated[str | None, typer.Option(help="Mean per channel for pixels in [0, 1].")]
Std = Annotated[str | None, typer.Option(help="Standard deviation per channel.")]
Labels = Annotated[Path | None, typer.Option(help="A text file with one class a line.")]
Channels = Annotated[str | None, typer.Option(help="Input channels: 1, 3, 4 ...")]
ChannelOrder = Annotated[str | None, typer.Option(help="Order of colors: RGB or BGR.")]
Output = Annotated[
    str | None,
    typer.Option("--output", help="Which of NET's results is its answer: aux, 0.boxes ..."),
]
Inputs = Annotated[
    str | None,
    typer.Option(help="What NET's further inputs are held at: t=0.5, mask=none ..."),
]
Edit = Annotated[
    list[str] | None,
    typer.Option(help="Change what a layer returns: 'conv4[5] = 0', 'conv5 *= 1.5' ..."),
]
Device = Annotated[str, typer.Option(help="cpu, cuda, mps ...")]
Threads = Annotated[int, typer.Option(min=0, help="Processor threads, 0 = all but one.")]
Trust = Annotated[bool, typer.Option("--trust-code", help="Run NET's own Python file.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
MAX_THREADS = 1024
MAX_SEED = 2**63 - 1
LAST_OPTIONS = ("json_", "debug")  # of every command, by their parameters' names


def print_json_line(record: dict[str, Any]) -> None:
    """Print one JSON object on a line of its own, in one write.

    The processes of torchrun share an output.
    """
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


@contextmanager
def report_errors(debug: bool = False) -> Iterator[None]:
    """An error within becomes one sentence on standard error and exit status 2."""
    try:
        yield
    except (typer.Exit, BrokenPipeError):
        raise
    except Exception as error:
        if debug:
            traceback.print_exc()
        message = str(error)
        if not isinstance(error, DnnvisError):
            message = f"{type(error).__name__}: {message} (--debug shows where.)"
        print("dnnvis:", " ".join(message.split()), file=sys.stderr)
        raise typer.Exit(2) from None


@dataclass(frozen=True)
class NetworkOptions:
    """How NET is opened: the options that every command with a network takes."""

    checkpoint: CheckpointOption = None
    weights: Weights = None
    size: Size = None
    mean: Mean = None
    std: Std = None
    labels: Labels = None
    channels: Channels = None
    channel_order: ChannelOrder = None
    output_path: Output = None
    inputs: Inputs = None
    edit: Edit = None
    device: Device = "cpu"
    threads: Threads = 0
    trust_code: Trust = False

    def open_arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of ``open_edited``, which recipes and pages keep too."""
        return {
            "checkpoint": None if self.checkpoint is None else str(self.checkpoint),
            "weights": self.weights,
            "size": self.size,
            "mean": self.mean,
            "std": self.std,
            "labels": None if self.labels is None else str(self.labels),
            "channels": self.channels,
            "channel_order": self.channel_order,
            "output": self.output_path,
            "inputs": self.inputs,
            **({"edits": tuple(self.edit)} if self.edit else {}),
            "device": self.device,
            "trust_code": self.trust_code,
        }

    def open(self, net: str) -> "Network":
        """Return the network that ``net`` names."""
        return open_edited(net=net, **self.open_arguments())


def open_edited(edits: Sequence[str] = (), **arguments: Any) -> "Network":
    """Return ``dnnvis.open(**arguments)`` with edits that last."""
    import dnnvis  # lazy: the help text must not cost seconds
    from dnnvis.network.editing.edits import make_lasting

    network: Network = dnnvis.open(**arguments)
    make_lasting(network, edits)
    return network


def network_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a network for its parameter of type NetworkOptions.

    In its help they stand before --json and --debug, in the order of the fields.
    """
    parameters = list(inspect.signature(command).parameters.values())
    (target,) = (each for each in parameters if each.annotation is NetworkOptions)
    parameters.remove(target)
    names = [each.name for each in parameters]
    index = next((names.index(name) for name in LAST_OPTIONS if name in names), len(names))
    added = inspect.signature(NetworkOptions).parameters
    signature = inspect.Signature([*parameters[:index], *added.values(), *parameters[index:]])

    @wraps(command)
    def run(*args: Any, **named: Any) -> None:
        values = signature.bind(*args, **named).arguments
        chosen = {name: values.pop(name) for name in added if name in values}
        command(**values, **{target.name: NetworkOptions(**chosen)})

    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in signature.parameters.values()}
    return run


def set_threads(threads: int) -> None:
    """Set torch's threads for this process; 0: all cores but one.

    Raises BadInput where there are more than MAX_THREADS: torch would crash.
    """
    import os

    import torch  # lazy: the help text must not cost two seconds

    if threads > MAX_THREADS:
        raise BadInput(f"Up to {MAX_THREADS} processor threads can be started, not {threads}.")
    torch.set_num_threads(threads or max(1, (os.cpu_count() or 2) - 1))


def check_seed(seed: int) -> int:
    """Return a seed; raise BadInput where no generator takes it."""
    if seed > MAX_SEED:
        raise BadInput(f"A seed is a whole number up to {MAX_SEED}, not {seed}.")
    return seed


def build_network_choice(net: str | None, open_options: dict[str, Any]) -> NetworkChoice | None:
    """What the window is to open; None where nothing was said. Raises BadInput."""
    stated = {
        name: value for name, value in open_options.items() if value not in (None, False, "cpu")
    }
    if net is None and not stated:
        return None
    if net is None and "checkpoint" not in stated:
        raise BadInput("Say which network with --net.")
    if net is None:
        return NetworkChoice(net=str(stated.pop("checkpoint")), **stated)
    return NetworkChoice(net=net, **stated)

"""Run a network and look into it."""

import copy
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, Cancelled, UnknownUnit
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.network.attention import record_heads
from dnnvis.network.card import Card
from dnnvis.network.hooks import (
    ActivationHook,
    StopForward,
    autograd_mode,
    first_tensor,
    record_activations,
    without_cudnn,
)
from dnnvis.network.layer_table import OUTPUT, LayerTable, dry_run, run_user_code
from dnnvis.network.preprocess import as_batch, fit_to_card
from dnnvis.network.recording import Recording
from dnnvis.network.streaming import LayerOutput, stream_outputs

Image = NDArray[np.uint8] | str | Path
FORMATS = (torch.contiguous_format, torch.channels_last)
TOLERANCE = 1e-3  # of the largest value: what convolutions of another order of sums may differ


def _no_reader(path: Path) -> NDArray[np.uint8]:
    raise BadInput(f"This network was not given a way to read {path}; pass the pixels.")


@dataclass(frozen=True, eq=False)
class Snapshots:
    """A network's weights at steps of its training; ``restore_snapshot`` builds networks of it."""

    #: Batches that had been learned at each snapshot, rising.
    steps: tuple[int, ...]
    #: The weights by name, each stacked (snapshots, ...).
    weights: dict[str, Tensor]
    #: What the training measured there, float32 (snapshots, columns); NaN: nothing.
    accuracy: Tensor


class Network:
    """A module in eval mode, frozen, on one device, with its card.

    Not safe for several threads at once: one thread (the engine's) uses it at a time.
    Takes the module over as it is; ``wrap`` copies first. ``read`` turns a path into pixels.
    """

    def __init__(
        self, module: nn.Module, card: Card, *, device: str = "cpu", notes: tuple[str, ...] = ()
    ) -> None:
        module = getattr(module, "_orig_mod", module)  # a compiled module hides its parts
        try:
            self.device = torch.device(device)
            # in place, one by one: a module's own ``train`` or ``to`` may forget to return itself
            module.to(self.device)
            module.eval()
            module.requires_grad_(False)
        except (RuntimeError, AssertionError) as error:
            raise BadInput(f"The network cannot go to the device '{device}': {error}") from None
        self.module = module
        floats = (p.dtype for p in self.module.parameters() if p.is_floating_point())
        self.dtype = next(floats, torch.float32)
        self.card = card
        self.origin: dict[str, Any] = {}  # the arguments of ``open``, where it came from there
        self.read: Callable[[Path], NDArray[np.uint8]] = _no_reader
        self.memory_format = torch.contiguous_format
        self.caches: dict[object, object] = {}  # of each cache.NetworkCache, its values
        self.snapshots: Snapshots | None = None  # of its training, where they are known
        self.finished: Network | None = None  # after the training, where this is a snapshot of it
        self._notes = notes
        self._table: LayerTable | None = None
        self._lock = threading.Lock()
        shape = (1, -1, 1, 1)
        is_identity = not any(card.mean) and set(card.std) == {1.0}
        with torch.inference_mode(False):  # such tensors could not be used with gradients
            mean = torch.tensor(card.mean, device=self.device).reshape(shape)
            self._mean = None if is_identity else mean
            self._std = torch.tensor(card.std, device=self.device).reshape(shape)

    @property
    def table(self) -> LayerTable:
        """Return the layer table; the first call makes one dry run."""
        with self._lock:
            if self._table is None:
                with torch.inference_mode(False):
                    gray = (1, self.card.channels, *self.card.size)
                    x = torch.full(gray, 0.5, dtype=torch.float32, device=self.device)
                    self._table = dry_run(self.module, self.forward, x)
        return self._table

    @property
    def layers(self) -> list[LayerInfo]:
        """Return every module that returns a tensor, in the order in which the network runs.

        What is inside of recurrent ones is among them, and ``output`` comes last.
        """
        return list(self.table.layers)

    @property
    def name(self) -> str:
        """Return the card's name."""
        return self.card.name

    @property
    def notes(self) -> tuple[str, ...]:
        """Return sentences that a user should know: where the weights come from, odd outputs."""
        unknown = [name for name in self.card.states if self.table.find(name) is None]
        note = f"The card of {self.name} names states that are no layers: {', '.join(unknown)}."
        return (*self._notes, *self.table.notes, *((note,) if unknown else ()))

    @property
    def info(self) -> NetworkInfo:
        """Return what the window must know, in values that may cross threads."""
        card = self.card
        return NetworkInfo(
            card.name,
            self.table.layers,
            card.labels,
            card.size,
            card.channels,
            card.preprocessing(),
            self.notes,
            binary=card.binary,
            states=self.states,
            decoder=card.decoder,
            border=str(card.about.get("border", "dead")),
            game_steps=int(card.about.get("game_steps", 0)),
            snapshots=self.snapshots.steps if self.snapshots is not None else (),
        )

    @property
    def states(self) -> tuple[tuple[str, int], ...]:
        """Return (layer, call) of each hidden state that the card names, in order."""
        rows = (self.table.find(name) for name in self.card.states)
        return tuple((row.name, call) for row in rows if row for call in range(row.calls))

    @cached_property
    def fingerprint(self) -> str:
        """Return the sha256 over the names, types and values of all weights, in hex."""
        digest = hashlib.sha256(self.card.architecture.encode())
        for name, value in self.module.state_dict().items():
            if not isinstance(value, Tensor):
                continue  # a module's extra state
            digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
            values = value.detach().cpu().contiguous().reshape(-1)
            digest.update(values.view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()

    def check(self, unit: Unit) -> LayerInfo:
        """Return the unit's layer; raise UnknownUnit with what there is instead."""
        layer = self.layer(unit.layer)
        channels, height, width = layer.shape
        if not 0 <= unit.channel < channels:
            raise UnknownUnit(f"{layer.name} has channels 0 to {channels - 1}, not {unit.channel}.")
        if not -layer.calls <= unit.call < layer.calls:
            raise UnknownUnit(f"{layer.name} is called {layer.calls} times, no call {unit.call}.")
        if unit.position is not None:
            y, x = unit.position
            if not (0 <= y < height and 0 <= x < width):
                raise UnknownUnit(
                    f"{layer.name} has maps of {height} x {width}; {y},{x} lies outside."
                )
        return layer

    def layer(self, name: str) -> LayerInfo:
        """Return the row of the layer table; raise UnknownUnit, naming the nearest names."""
        row = self.table.find(name)
        if row is not None:
            return row
        names = [layer.name for layer in self.layers]
        if name in dict(self.module.named_modules()) and name:
            raise UnknownUnit(f"The module {name} returned no tensor when {self.name} was run.")
        matches = get_close_matches(str(name), names, 3) or names[:3]
        raise UnknownUnit(f"{self.name} has no layer '{name}'; there are {', '.join(matches)} ...")

    def forward(self, x: Tensor) -> Any:
        """Return what the module returns for pixels (B, C, H, W) in [0, 1]."""
        x = x.contiguous(memory_format=self.memory_format)
        # the clone: a network may begin with an in-place layer
        x = x.clone() if self._mean is None else (x - self._mean) / self._std
        return self.module(x.to(self.dtype))

    def encode(self, image: Any) -> Tensor:
        """Return pixels (B, C, H, W) float32 in [0, 1] at the card's size and channels.

        ``image`` uint8 (H, W), (H, W, C), (B, H, W, C), or a path. Other shapes are cropped
        or stretched as the card says. Raises BadInput for anything else.
        """
        return self.encode_batch(image)[0]

    def encode_batch(self, image: Any) -> tuple[Tensor, bool]:
        """Return ``encode``, and whether a batch was given."""
        if isinstance(image, str | Path):
            image = self.read(Path(image))
        batch, batched = as_batch(image)
        pixels = fit_to_card(batch, self.card)
        self._set_input_size(int(pixels.shape[2]), int(pixels.shape[3]))
        x = pixels.to(self.device).float().div(255)
        return x.contiguous(memory_format=self.memory_format), batched

    def _set_input_size(self, height: int, width: int) -> None:
        """Set the input size of a network that takes any; its layer table is of the latest one."""
        if self.card.size != (height, width):
            self.card = replace(self.card, size=(height, width))
            with self._lock:
                self._table = None

    def show(self, x: Tensor) -> NDArray[np.uint8]:
        """Return the first picture of (B, C, H, W) in [0, 1] as uint8 (H, W, C)."""
        pixels = x.detach()[0].mul(255).round().clamp(0, 255).to("cpu", torch.uint8)
        return np.ascontiguousarray(pixels.permute(1, 2, 0).numpy())

    def record(self, image: Any, layers: Sequence[str] | None = None) -> Recording:
        """Run the network on a picture or a batch and record what ``layers`` (None = all) return.

        ``image`` as for ``encode``. Raises UnknownUnit for an unknown layer, BadInput for a
        picture that cannot be used or a network that fails on it.
        """
        x, batched = self.encode_batch(image)
        if layers is None:
            layers = [layer.name for layer in self.layers]
        names = [layers] if isinstance(layers, str) else list(layers)
        return self.run(x, names, batched=batched)

    def run(
        self,
        x: Tensor,
        layers: Sequence[str] = (),
        *,
        gradients: bool = False,
        until: tuple[str, int] | None = None,
        batched: bool = False,
    ) -> Recording:
        """Make one pass and record what layers return.

        Args:
            x: Pixels (B, C, H, W) in [0, 1].
            layers: Names of the layers to record.
            gradients: Whether the recording's tensors hang in one graph that ends at
                ``recording.x``.
            until: (layer, calls): stop right after that many calls of it (of a recurrent module:
                after the call that makes the last of so many time steps).
            batched: Whether the recording's arrays have the axis B.

        Returns:
            The recording.

        Raises:
            UnknownUnit: An unknown layer.
            BadInput: The network fails.
        """
        for name in layers:
            self.layer(name)
        table = self.table
        modules = table.hooked_modules(layers)
        until = until and table.stop_after(*until)
        if until is not None:
            modules.add(until[0])
        parts = table.parts_by_module(layers)
        recurrent = table.recurrent if gradients else ()
        result = ActivationHook()
        with (
            autograd_mode(gradients),
            without_cudnn(self.module, recurrent),
            record_activations(self.module, modules, until=until, parts=parts) as hooks,
            record_heads(self.module, table.heads, layers) as head_hooks,
        ):
            if gradients:
                x = x.detach().clone().requires_grad_()
            with suppress(StopForward):
                result(self.module, (x,), run_user_code(self.forward, x))
        output = result.values[0] if result.values else None
        if output is not None:
            hooks[OUTPUT] = result
        hooks |= head_hooks
        return Recording(x, hooks, table.layouts, output, batched, tuple(layers), table.heads)

    def stream_layers(
        self, x: Tensor, layers: Sequence[str], on_output: Callable[[LayerOutput], None]
    ) -> None:
        """Make one pass that stores no map and report each layer when it returns.

        Args:
            x: Pixels (B, C, H, W) in [0, 1].
            layers: Names of the layers to report.
            on_output: Receives each of ``layers`` at the moment its last call returns, ``output``
                at the end.

        Raises:
            UnknownUnit: An unknown layer.
            BadInput: The network fails or calls a layer less often than the layer table says.
        """
        for name in layers:
            self.layer(name)
        stream_outputs(self.module, self.forward, self.table, x, layers, on_output)

    def probe(self, pictures: int = 1) -> Tensor:
        """Return so many pictures (B, C, H, W) of noise in [0, 1], the same ones every time."""
        generator = torch.Generator().manual_seed(0)
        shape = (pictures, self.card.channels, *self.card.size)
        return torch.rand(shape, generator=generator).to(self.device)

    def choose_memory_format(self) -> None:
        """Take the faster of the two memory formats for convolutions, by trying both.

        One in which the network fails or answers differently is never taken.
        """
        previous = self.memory_format
        other = next(format_ for format_ in FORMATS if format_ != previous)
        if not self.try_format(other):
            return
        faster = False
        try:
            x = self.probe()
            seconds = self._measure(x)
            self.set_memory_format(previous)
            faster = seconds < self._measure(x)
        finally:
            self.set_memory_format(other if faster else previous)

    def try_format(self, memory_format: torch.memory_format, pictures: int = 1) -> bool:
        """Change to ``memory_format`` if the network gives the same answer in it; return whether.

        Weights and inputs have it from then on; the same means to rounding. Tried on ``pictures``
        pictures of noise. Where the network fails in it (``view`` after a convolution, weights of
        five axes), where it answers differently, and whatever is raised meanwhile, the previous
        format is restored. Raises Cancelled for a pass that was stopped.
        """
        previous = self.memory_format
        if memory_format == previous:
            return True
        same = False
        try:
            x = self.probe(pictures)
            expected = self._answer(x)
            self.set_memory_format(memory_format)
            same = _is_close(expected, self._answer(x))
        except Cancelled:
            raise
        except Exception as error:  # a network's own code may raise anything
            logging.getLogger(__name__).info(
                "%s cannot run in %s: %s", self.name, memory_format, error
            )
        finally:
            if not same:
                self.set_memory_format(previous)
        return same

    def set_memory_format(self, memory_format: torch.memory_format) -> None:
        """Change weights and inputs to ``memory_format`` untested; see ``try_format``."""
        self.module.to(memory_format=memory_format)
        self.memory_format = memory_format

    def _answer(self, x: Tensor) -> Tensor | None:
        """Return what the network gives for pixels ``x``; None where there is no tensor in it."""
        with autograd_mode(
            False
        ):  # weights are never converted within: they could not have gradients
            return first_tensor(run_user_code(self.forward, x))

    def _measure(self, x: Tensor) -> float:
        """Return the seconds of the fastest of four passes over ``x``."""
        return min(self._time(x) for _ in range(4))

    def _time(self, x: Tensor) -> float:
        start = time.perf_counter()
        self._answer(x)
        return time.perf_counter() - start


def _is_close(expected: Tensor | None, actual: Tensor | None) -> bool:
    """Return whether two answers are the same but for rounding."""
    if expected is None or actual is None or expected.shape != actual.shape:
        return False
    kind = expected.dtype
    rounding = torch.finfo(kind).eps if kind.is_floating_point or kind.is_complex else 0.0
    tolerance = max(TOLERANCE, 50 * rounding)
    width = torch.complex128 if kind.is_complex else torch.float64
    a, b = (value.detach().cpu().to(width) for value in (expected, actual))
    scale = float(a.abs().nan_to_num(0.0, 0.0, 0.0).amax()) if a.numel() else 0.0
    return torch.allclose(b, a, rtol=tolerance, atol=tolerance * scale, equal_nan=True)


def wrap(
    module: nn.Module,
    *,
    size: int | tuple[int, int],
    mean: Sequence[float] | float = (0.0,),
    std: Sequence[float] | float = (1.0,),
    labels: Sequence[str] | None = None,
    channels: int = 3,
    name: str = "",
) -> Network:
    """Return a Network around a deep copy of ``module``; the original stays as it is.

    Args:
        module: The module.
        size: Input size in pixels, (H, W) or one number for both.
        mean: Mean per channel, for pixels in [0, 1]; one number serves all channels.
        std: Standard deviation per channel, for pixels in [0, 1]; one number serves all.
        labels: Names of the classes, in the order of the output.
        channels: Number of input channels.
        name: Name of the network; "": the module's class.

    Returns:
        The network, on the device of the module's parameters.

    Raises:
        BadInput: ``module`` is no module or cannot be copied, or settings make no sense.
    """
    if not isinstance(module, nn.Module):
        raise BadInput(f"wrap takes a torch.nn.Module, not {type(module).__name__}.")
    try:
        card = Card(
            name=name or type(getattr(module, "_orig_mod", module)).__name__,
            size=_size_pair(size),
            channels=int(channels),
            mean=_numbers(mean),
            std=_numbers(std),
            labels=tuple(str(label) for label in labels or ()),
        )
    except (TypeError, ValueError) as error:
        raise BadInput(f"size, mean, std, labels or channels make no sense: {error}") from None
    try:
        with torch.inference_mode(False):
            module_copy = copy.deepcopy(module)
    except RuntimeError as error:
        raise BadInput(f"The module cannot be copied: {error}") from None
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    return Network(module_copy, card, device=str(device))


def _size_pair(size: Any) -> tuple[int, int]:
    height, width = (size, size) if np.ndim(size) == 0 else size
    return int(height), int(width)


def _numbers(values: Sequence[float] | float) -> tuple[float, ...]:
    """Return a tuple of numbers; one number is one for all channels."""
    given = values if isinstance(values, Iterable) else (values,)
    return tuple(float(value) for value in given)

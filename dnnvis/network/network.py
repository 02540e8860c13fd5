"""Run a network and look into it."""

import copy
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.messages import LayerInfo, NetworkInfo, OutputMeaning
from dnnvis.core.unit import Unit
from dnnvis.network import card as cards
from dnnvis.network.attention.heads import find_heads_row, record_heads
from dnnvis.network.card import Card, Preprocessing
from dnnvis.network.directions.directions import DirectionSets, add_directions, list_lasting_texts
from dnnvis.network.editing.edits import Edits, apply_edits
from dnnvis.network.fingerprint import add_texts, hash_weights
from dnnvis.network.hooks import (
    ActivationHook,
    StopForward,
    autograd_mode,
    record_activations,
    without_cudnn,
)
from dnnvis.network.layer_table import (
    OUTPUT,
    RESULT,
    LayerTable,
    build_layer_table,
    explain_missing,
    run_user_code,
)
from dnnvis.network.memory_format import choose_memory_format, try_format
from dnnvis.network.opening.description import CachedInfo
from dnnvis.network.opening.given_inputs import Inputs, read_inputs, to_text
from dnnvis.network.opening.input_call import InputCall
from dnnvis.network.opening.input_search import InputGuess, needs_search, settle_inputs
from dnnvis.network.opening.label_count import describe_label_mismatch
from dnnvis.network.opening.programs import (
    as_module,
    fill_lazy_parts,
    has_lazy_parts,
    unwrap_parts,
)
from dnnvis.network.opening.user_code import translate_errors
from dnnvis.network.output_meaning import decide_meaning
from dnnvis.network.outputs import tensor_at
from dnnvis.network.preprocess import as_batch, fit_to_card, refuse_path, to_pixels
from dnnvis.network.recording import Recording, record_one_by_one
from dnnvis.network.snapshot_weights import Snapshots
from dnnvis.network.state.module_state import (
    StateCopy,
    StateKeeper,
    copy_state,
    find_changed_slots,
)
from dnnvis.network.state.pass_guard import PassGuard
from dnnvis.network.streaming import LayerOutput, stream_one_by_one, stream_outputs
from dnnvis.network.trial.passes import trial_pictures

Image = NDArray[np.uint8] | str | Path


class Network:
    """A module in eval mode, frozen, on one device, with its card.

    Not safe for several threads at once: one thread (the engine's) uses it at a time.
    Takes the module over as it is; ``wrap`` copies first. ``read`` turns a path into pixels.
    """

    def __init__(
        self,
        module: nn.Module,
        card: Card,
        *,
        device: str = "cpu",
        notes: tuple[str, ...] = (),
        output: str = "",
        guess: InputGuess | None = None,
        inputs: Inputs | None = None,
    ) -> None:
        module = as_module(module)
        # in place, one by one: a module's own ``train`` or ``to`` may forget to return itself
        with translate_errors(f"The network cannot go to the device '{device}'"):
            self.device = torch.device(device)
            module.to(self.device)
        notes += unwrap_parts(module)
        with translate_errors("The network cannot be set to eval mode"):
            module.eval()
            if not has_lazy_parts(module):  # a first pass will tell what their weights are
                module.requires_grad_(False)
        self.module = module
        self.input_call = InputCall()
        self.inputs = read_inputs(inputs)  # what somebody wants other inputs to be held at
        floats = (p.dtype for p in self.module.parameters() if p.is_floating_point())
        self.dtype = next(floats, torch.float32)
        self.origin: dict[str, Any] = {}  # the arguments of ``open``, where it came from there
        self.read: Callable[[Path], NDArray[np.uint8]] = refuse_path
        self.memory_format = torch.contiguous_format
        self.caches: dict[object, object] = {}  # of each cache.NetworkCache, its values
        self.snapshots: Snapshots | None = None  # of its training, where they are known
        self.finished: Network | None = None  # after the training, where this is a snapshot of it
        self.guard = PassGuard()  # around every pass
        self.edits = Edits()  # of what layers return, in every pass
        self.directions = DirectionSets()  # layers of directions over other layers' channels
        self.output_path = output
        self._notes = notes
        self.prove_later, self.proof_after = False, 1  # whether frames may come first; how many
        self._is_proved = False
        self._unproved_state: StateCopy | None = None  # before the passes of an unproved table
        self._table: LayerTable | None = None
        self._other_size: LayerTable | None = None  # the table at the input size before this one
        self._info = CachedInfo()
        self._lock = threading.Lock()
        self._guess: InputGuess | None = None
        self._set_card(card)
        self._open_inputs(guess)

    def _set_card(self, card: Card) -> None:
        self.card = card
        shape = (1, -1, 1, 1)
        is_identity = not any(card.mean) and set(card.std) == {1.0}
        with torch.inference_mode(False):  # such tensors could not be used with gradients
            mean = torch.tensor(card.mean, device=self.device).reshape(shape)
            self._mean = None if is_identity else mean
            self._std = torch.tensor(card.std, device=self.device).reshape(shape)

    def _open_inputs(self, guess: InputGuess | None) -> None:
        """Find how the module is called, if not with a picture alone, and fill its lazy parts."""
        if has_lazy_parts(self.module):
            gray = torch.full((1, self.card.channels, *self.card.size), 0.5, device=self.device)
            run = partial(run_user_code, self._forward)
            self._notes += fill_lazy_parts(self.module, run, gray)
        elif self.inputs or needs_search(self.module):
            self._settle_inputs(guess)
        elif guess or self.output_path:  # the network may return no such output
            self._guess, self._unproved_state = guess, copy_state(self.module)
            self._table = self._build_table(prove=False)  # now: the card may be another afterwards
            self._put_unproved_state_back()

    def _settle_inputs(self, guess: InputGuess | None) -> bool:
        """Find inputs with which the network runs; the trials leave no trace in its state."""
        original = copy_state(self.module)
        try:
            return settle_inputs(self, guess)
        finally:
            StateKeeper(original, find_changed_slots(original, self.module)).restore()

    def set_inputs(
        self, call: InputCall, channels: int, size: tuple[int, int], notes: tuple[str, ...] = ()
    ) -> None:
        """Set how the module is called and with which pictures.

        Args:
            call: How the module is called.
            channels: Channels of a picture.
            size: Its size (H, W) in pixels.
            notes: Sentences on what is assumed.
        """
        previous, new = ("x".join(map(str, each)) for each in (self.card.size, size))
        known = tuple(note.replace(f"size {previous}", f"size {new}") for note in self._notes)
        counts = {len(self.card.mean), len(self.card.std)} - {1, channels}
        changed: dict[str, Any] = {"mean": (0.0,), "std": (1.0,)} if counts else {}
        changed |= {} if channels == self.card.channels else {"channels": channels}
        changed |= {} if size == self.card.size else {"size": size}
        self._set_card(self.card.with_values(changed, "assumed"))
        self.input_call, self._notes, self._table = call, known + notes, None
        self._is_proved = False

    @property
    def table(self) -> LayerTable:
        """Return the layer table; the first call runs trial pictures.

        With ``prove_later`` it is what one pass, rules and the graph say.
        """
        with self._lock:
            if self._table is None or not (self._is_proved or self.prove_later):
                self._put_unproved_state_back()
                self._unproved_state = copy_state(self.module) if self.prove_later else None
                self._renew_table()
                self._put_unproved_state_back()
        assert self._table is not None
        return self.directions.extend(self._table)

    def _renew_table(self) -> None:
        """Build the table; one that is there stays where trial pictures fail."""
        try:
            self._table = self._build_table(prove=not self.prove_later)
        except BadInput:
            if self._table is None:
                raise
        self._is_proved = not self.prove_later

    def reuse_table(self, other: "Network") -> None:
        """Take the table of a network of the same architecture, instead of trial passes."""
        assert other.table.layers
        self._table, self._is_proved = other._table, True
        self.guard = other.guard.for_copy(other.module, self.module)

    def _put_unproved_state_back(self) -> None:
        """Undo what passes changed before it was known what to put back after each."""
        original = self._unproved_state
        if original is not None:
            StateKeeper(original, find_changed_slots(original, self.module)).restore()

    def _build_table(self, prove: bool) -> LayerTable:
        """Make a dry run; where it fails other inputs are tried first."""
        try:
            return self._dry_run(prove)
        except BadInput:
            if self.input_call != InputCall() or not self._settle_inputs(self._guess):
                raise
        finally:
            self._guess = None
        return self._dry_run(prove)

    def _dry_run(self, prove: bool) -> LayerTable:
        card = self.card
        with torch.inference_mode(False):
            return build_layer_table(
                self.module,
                self._forward,
                self.guard,
                trial_pictures(card.channels, card.size, card.binary, self.device),
                output=self.output_path,
                previous=self._other_size,
                prove=prove,
            ).with_titles(card.aliases)

    @property
    def layers(self) -> list[LayerInfo]:
        """Return every module that returns a tensor, in the order in which the network runs.

        What is inside of recurrent ones is among them, and ``output`` comes last. Sets of
        directions (``conv4~``) are not: ``table.layers`` has them too.
        """
        table = self.table
        return [row for row in table.layers if row.name not in table.derived]

    @property
    def name(self) -> str:
        """Return the card's name."""
        return self.card.name

    @property
    def notes(self) -> tuple[str, ...]:
        """Return sentences that a user should know: where the weights come from, odd outputs."""
        layers = {row.name for row in self.table.layers}
        parts = cards.describe_unknown_parts(self.card, layers, dict(self.module.named_modules()))
        count = self.layer(OUTPUT).shape[0]
        parts += describe_label_mismatch(self.card.labels, count, self.meaning)
        changed = self.guard.describe_changed_settings()
        return self._notes + self.table.notes + parts + changed + self.edits.describe()

    def add_note(self, sentence: str) -> None:
        """Add a sentence to ``notes``."""
        self._notes += (sentence,)

    @property
    def info(self) -> NetworkInfo:
        """Return what the window must know, in values that may cross threads."""
        return self._info.get(self, self._notes)

    @property
    def preprocessing(self) -> Preprocessing:
        """Return how a picture is prepared for this network, and who says so."""
        return cards.read_preprocessing(self.card)

    @property
    def meaning(self) -> OutputMeaning:
        """Return what the network's answer means, decided from the trial pictures."""
        return decide_meaning(self.table.answer, self.layer(OUTPUT).shape, self.card)

    @property
    def outputs(self) -> list[tuple[str, tuple[int, ...]]]:
        """Return (path, shape) of every tensor in what the network returns for one picture.

        The path is what ``output`` of ``open`` and ``wrap`` takes, "" for a result that is a
        tensor itself; the shape is without the axis of the pictures.
        """
        return list(self.table.outputs)

    @property
    def states(self) -> tuple[tuple[str, int], ...]:
        """Return (layer, call) of each hidden state that the card names, in order."""
        rows = (self.table.find(name) for name in self.card.states)
        return tuple((row.name, call) for row in rows if row for call in range(row.calls))

    @property
    def fingerprint(self) -> str:
        """Return the sha256 over weights, the path of a chosen answer, lasting edits, in hex."""
        return add_texts(self.weights_fingerprint, list_lasting_texts(self))

    @cached_property
    def weights_fingerprint(self) -> str:
        """Return the same without lasting edits."""
        parts = (self.card.architecture, self.output_path, to_text(self.inputs))
        name = " ".join(parts).rstrip()
        with translate_errors("The network's weights cannot be read"):
            return hash_weights(self.module, name)

    def copy_with(self, module: nn.Module) -> "Network":
        """Return this network with a copy of its module in the place of it, and all else shared."""
        result = copy.copy(self)
        result.module, result._info = module, CachedInfo()
        result.guard = self.guard.for_copy(self.module, module)
        return result

    def check(self, unit: Unit) -> LayerInfo:
        """Return the unit's layer; raise UnknownUnit with what there is instead."""
        layer = self.layer(unit.layer)
        channels, height, width = layer.shape
        if not channels:
            raise UnknownUnit(
                f"{layer.name} returned no values when it was listed: it has no units."
            )
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
        row = self.table.find(name) or self.directions.find_row(self, str(name))
        if row is not None:
            return row
        raise UnknownUnit(explain_missing(self, str(name)))

    def forward(self, x: Tensor) -> Any:
        """Return what the module returns for pixels (B, C, H, W) in [0, 1], edits applied."""
        return self.edits.run(self, x, self._forward) if self.edits else self._forward(x)

    def _forward(self, x: Tensor) -> Any:
        """Return what the module itself returns."""
        x = x.contiguous(memory_format=self.memory_format)
        # the clone: a network may begin with an in-place layer
        x = x.clone() if self._mean is None else (x - self._mean) / self._std
        if self.card.channel_order == "BGR":
            x = x.flip(1)
        with self.guard.around_pass():
            return self.input_call(self.module, x.to(self.dtype))

    def encode(self, image: Any) -> Tensor:
        """Return pixels (B, C, H, W) float32 in [0, 1] at the card's size and channels.

        ``image`` uint8 (H, W), (H, W, C), (B, H, W, C), or a path. Other shapes are cropped
        or stretched as the card says. Raises BadInput for anything else.
        """
        return self.encode_batch(image)[0]

    def encode_frame(self, image: Any) -> tuple[Tensor, NDArray[np.uint8]]:
        """Return ``encode`` of one picture, and what ``show`` makes of it: uint8 (H, W, C)."""
        batch, _ = as_batch(image)
        pixels = fit_to_card(batch, self.card)
        shown = pixels[0].permute(1, 2, 0).contiguous().numpy()
        return self._encode_pixels(pixels), shown

    def encode_batch(self, image: Any) -> tuple[Tensor, bool]:
        """Return ``encode``, and whether a batch was given."""
        if isinstance(image, str | Path):
            image = self.read(Path(image))
        batch, batched = as_batch(image)
        return self._encode_pixels(fit_to_card(batch, self.card)), batched

    def _encode_pixels(self, pixels: Tensor) -> Tensor:
        """Return pixels uint8 (B, C, H, W), fitted to the card, as the network takes them."""
        self.set_input_size(int(pixels.shape[2]), int(pixels.shape[3]))
        x = pixels.to(self.device).float().div(255)
        return x.contiguous(memory_format=self.memory_format)

    def set_input_size(self, height: int, width: int, *, renew: bool = False) -> None:
        """Set the input size; the layer table is built for it, with ``renew`` in any case."""
        if renew or self.card.size != (height, width):
            self.card = replace(self.card, size=(height, width))
            with self._lock:
                if self._table is not None and not self._table.has_grids:
                    self._other_size = None if renew else self._table
                self._table, self._is_proved = None, False
                if renew:  # what changed since the last table was built is meant
                    self._unproved_state = None

    def show(self, x: Tensor) -> NDArray[np.uint8]:
        """Return the first picture of (B, C, H, W) in [0, 1], or a state's, as uint8 (H, W, C)."""
        return to_pixels(x, self.card.channels)

    def record(self, image: Any, layers: Sequence[str] | None = None) -> Recording:
        """Run the network on a picture or a batch and record what ``layers`` (None = all) return.

        ``image`` as for ``encode``. Raises UnknownUnit for an unknown layer, BadInput for a
        picture that cannot be used or a network that fails on it.
        """
        x, batched = self.encode_batch(image)
        self.edits.remember(x)
        layers = [layer.name for layer in self.layers] if layers is None else layers
        return self.run(x, [layers] if isinstance(layers, str) else layers, batched=batched)

    def edited(self, *edits: str | Edit, images: Any = None) -> AbstractContextManager["Network"]:
        """Change what layers return, in every pass within the context; nested edits add up.

        Args:
            *edits: As ``"conv4[5] = 0"``, ``"conv5[2] *= 1.5"``, ``"cell[3]#1 = mean"`` (see
                ``core/edit.py``), applied one after the other.
            images: What ``mean`` is taken over, as for ``encode``; None: the pictures recorded
                last without edits (at most 64), or else the first that run in the context.

        Returns:
            The context, which yields the network; on entering it raises BadInput for a text that
            is no edit and UnknownUnit for a layer, unit, position or call that is not there.
        """
        return apply_edits(self, edits, images)

    def add_directions(self, layer: str, vectors: Any, name: str = "", **options: Any) -> str:
        """Make units of directions (k, C) over a layer's channels; see ``directions``."""
        return add_directions(self, layer, vectors, name, **options)

    def attention(self, image: Any, layer: str) -> NDArray[np.float32]:
        """Return the attention weights of a layer on a picture, each query's sum to 1.

        Args:
            image: As for ``encode``.
            layer: Row of the heads, ``blocks.3.attn.heads``, or the module they are in.

        Returns:
            (heads, queries, keys) of its last call, (windows, heads, queries, keys) where the
            attention has windows; a batch adds an axis in front.

        Raises:
            UnknownUnit: There is no such layer, or it has no attention heads.
            BadInput: The picture cannot be used, or the network fails on it.
        """
        row = find_heads_row(self, layer)
        return self.record(image, [row]).attention(row)

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
        self.edits.prepare(self, x)  # passes of its own, which nobody is to record
        layers = [self.layer(name).name for name in layers]
        if len(x) > 1 and self.table.one_by_one:
            run = partial(self._run, layers=layers, gradients=gradients, until=until, batched=False)
            return record_one_by_one(run, x, layers, gradients)
        if gradients:
            x = x.detach().clone().requires_grad_()
        return self._run(x, layers, gradients, until, batched)

    def _run(
        self,
        x: Tensor,
        layers: Sequence[str],
        gradients: bool,
        until: tuple[str, int] | None,
        batched: bool,
    ) -> Recording:
        table = self.table
        rows = {
            table.owner(name): table.hooked_module(name)
            for name in layers
            if name not in table.heads
        }
        modules = {name for row, name in rows.items() if row not in table.paths} - {RESULT}
        others = {row: (rows[row], table.paths[row]) for row in rows if row in table.paths}
        until = until and table.stop_after(*until)
        if until is not None:
            modules.add(until[0])
        parts = table.parts_by_module(layers)
        recurrent = table.recurrent if gradients else ()
        steps = {
            table.modules[row]: layout
            for row, layout in table.steps.items()
            if row not in table.paths
        }
        returned: Any = None
        with (
            autograd_mode(gradients),
            without_cudnn(self.module, recurrent),
            record_activations(
                self.module,
                modules,
                until=until,
                parts=parts,
                steps=steps,
                batch=len(x),
                others=others,
            ) as hooks,
            record_heads(self.module, table.heads, layers) as head_hooks,
            suppress(StopForward),
        ):
            returned = run_user_code(self.forward, x)
        rows_to_hooks = {
            row: hooks[row if row in others else name]
            for row, name in rows.items()
            if row in others or name in hooks
        }
        rows_to_hooks |= {name: hooks[name] for name in layers if name in table.parts}
        rows_to_hooks |= head_hooks
        for row, path in table.results.items():
            value = tensor_at(returned, path)
            if value is not None:
                rows_to_hooks[row] = result = ActivationHook()
                with autograd_mode(gradients):
                    result(self.module, (x,), value)
        output = rows_to_hooks[OUTPUT].values[0] if OUTPUT in rows_to_hooks else None
        return Recording(
            x,
            rows_to_hooks,
            table.layouts,
            output,
            batched,
            tuple(layers),
            tokens=table.tokens,
            heads=table.heads,
            aliases=table.names,
            directions=table.derived,
        )

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
        self.edits.prepare(self, x)
        names = [self.layer(name).name for name in layers]
        layers, on_output = self.directions.stream(names, on_output)
        if len(x) > 1 and self.table.one_by_one:
            stream_one_by_one(self, x, layers, on_output)
            return
        stream_outputs(self.module, self.forward, self.table, x, layers, on_output)

    def probe(self, pictures: int = 1) -> Tensor:
        """Return so many pictures (B, C, H, W) of noise in [0, 1], the same ones every time."""
        generator = torch.Generator().manual_seed(0)
        shape = (pictures, self.card.channels, *self.card.size)
        return torch.rand(shape, generator=generator).to(self.device)

    def choose_memory_format(self) -> None:
        """Take the faster of the two memory formats for convolutions, see ``memory_format``."""
        choose_memory_format(self)

    def try_format(self, memory_format: torch.memory_format, pictures: int = 1) -> bool:
        """Change to a memory format that gives the same answer; return whether it does."""
        return try_format(self, memory_format, pictures)

    def set_memory_format(self, memory_format: torch.memory_format) -> None:
        """Change weights and inputs to ``memory_format`` untested; see ``try_format``."""
        self.module.to(memory_format=memory_format)
        self.memory_format = memory_format

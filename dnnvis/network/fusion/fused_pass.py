"""Run frames through a fused copy of the network, as long as it gives the same values.

For the live view alone: what scripts, recordings and scans compute, and what is stored, comes from
the network itself.
"""

import operator
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.core.edit import Edit
from dnnvis.core.errors import Cancelled
from dnnvis.network.fusion.channel_edit import ChannelEdit, find_channel_edit
from dnnvis.network.fusion.fuse import Convolutions, fuse_module, is_traced_as_one
from dnnvis.network.fusion.fused_convolution import is_supported
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import RESULT, LayerTable
from dnnvis.network.network import Network
from dnnvis.network.opening.input_call import InputCall
from dnnvis.network.recording import Recording

TOLERANCE = 1e-5  # of a layer's largest value: how far the fused pass may be from the exact one
SETTLED_FRAMES = 5  # with the same layers on show, until they are worth a fused network
MAX_VARIANTS = 2  # fused networks at once, each for other layers on show
FUSED = "fused: within 1e-5 of the exact pass"


@dataclass(frozen=True)
class Variant:
    """A fused network for some layers on show, or why there is none."""

    network: Network | None
    reason: str = ""
    #: Edits that its weights or its graph do not make themselves.
    remaining: tuple[Edit, ...] = ()

    def run(self, x: Tensor, layers: Sequence[str]) -> Recording:
        """Make a pass of the fused network."""
        assert self.network is not None
        with self.network.edits.leave_out(self.remaining):
            return self.network.run(x, layers)


class FusedPass:
    """The fused networks of the live view's network, by which layers are on show.

    Used by one thread only. Each is compared with the exact pass on a frame, once.

    Attributes:
        variants: by the modules on show, and the edits.
        convolutions: the fused ones, which all of them share.
        status: FUSED, or why passes are exact; "" while neither is known.
    """

    def __init__(self) -> None:
        self._network: Network | None = None
        self._size: tuple[int, int] = (0, 0)
        self._weights = _Weights(nn.Module())
        self.variants: OrderedDict[VariantKey, Variant] = OrderedDict()
        self.convolutions: Convolutions = {}
        #: With edits or without -> the latest key, and with how many frames.
        self._settling: dict[bool, tuple[VariantKey | None, int]] = {}
        self._asked: tuple[LayerTable | None, tuple[str, ...], tuple[Edit, ...]] = (None, (), ())
        self._key = VariantKey()
        self.status = ""

    def run(self, network: Network, x: Tensor, layers: Sequence[str]) -> Recording:
        """Make a pass without gradients; the exact one where there is no fused network.

        Args:
            network: The network, whose guard has seen what its passes change.
            x: Pixels (B, C, H, W) in [0, 1].
            layers: Names of the layers to record.

        Returns:
            The recording; each of its values within TOLERANCE of the exact one.
        """
        self._renew(network)
        if network.prove_later:  # what its passes change is not known yet
            return network.run(x, layers)
        reason = explain_exact(network, layers)
        if reason:
            self.status = reason
            return network.run(x, layers)
        key = self._choose(network, layers)
        is_edited = bool(network.edits.active)
        latest, frames = self._settling.get(is_edited, (None, 0))
        self._settling[is_edited] = (key, frames + 1 if key == latest else 1)
        variant = self.variants.get(key)
        if variant is None:
            return self._start(network, x, layers, key)
        self.variants.move_to_end(key)
        self.status = variant.reason or FUSED
        return network.run(x, layers) if variant.network is None else variant.run(x, layers)

    def _choose(self, network: Network, layers: Sequence[str]) -> "VariantKey":
        """Return for what a fused network is needed: its key among the variants."""
        edits = network.edits.active
        asked = (network.table, tuple(layers), edits)
        table, *others = self._asked
        if table is not network.table or others != list(asked[1:]):
            self._asked, self._key = asked, find_variant_key(network, layers)
        return self._key

    def _renew(self, network: Network) -> None:
        """Forget what belongs to another network, input size, or weights."""
        size = network.card.size
        if network is self._network and size == self._size and self._weights.are_unchanged():
            return
        self._network, self._size = network, size
        self._weights = _Weights(network.module)
        self.variants.clear()
        self.convolutions = {}
        self._settling.clear()
        self.status = ""

    def _start(
        self, network: Network, x: Tensor, layers: Sequence[str], key: "VariantKey"
    ) -> Recording:
        """Make the exact pass, and, once the layers on show have settled, a fused network."""
        exact = network.run(x, layers)
        if self._settling[bool(network.edits.active)][1] < SETTLED_FRAMES:
            return exact
        self.variants[key] = variant = self._build(network, x, layers, key, exact)
        self.status = variant.reason or FUSED
        while len(self.variants) > MAX_VARIANTS:
            self.variants.popitem(last=False)
        return exact

    def _build(
        self,
        network: Network,
        x: Tensor,
        layers: Sequence[str],
        key: "VariantKey",
        exact: Recording,
    ) -> Variant:
        changes = key.changes(network)
        try:
            with autograd_mode(False), network.guard.around_pass():
                module = fuse_module(network.module, key.tapped, self.convolutions, changes)
        except Cancelled:
            raise
        except Exception as error:  # the network's own code, run on what is no tensor
            return Variant(None, f"exact: torch.fx cannot follow it ({type(error).__name__})")
        fused = network.copy_with(module)
        fused.memory_format = torch.channels_last  # in which oneDNN's kernels are fastest
        try:
            variant = Variant(fused, remaining=key.remaining)
            difference = measure_difference(exact, variant.run(x, layers), layers)
        except Cancelled:
            raise
        except Exception as error:  # as above
            return Variant(None, f"exact: it fails when it is fused ({type(error).__name__})")
        if not difference <= TOLERANCE:
            return Variant(None, f"exact: fused it would be {difference:.0e} away")
        return variant


def explain_exact(network: Network, layers: Sequence[str]) -> str:
    """Return why a network must make the exact pass; "" where it may make a fused one.

    Args:
        network: The network.
        layers: Layers on show.
    """
    table, guard = network.table, network.guard
    if network.device.type != "cpu" or network.dtype != torch.float32 or not is_supported():
        return "exact: convolutions are fused on the processor, in float32"
    if guard.draws or guard.keeper is not None:
        return "exact: the network keeps a state or draws random numbers"
    if network.input_call != InputCall() or table.recurrent:
        return "exact: the network takes more than a picture, or has steps"
    edited = (edit.layer for edit in network.edits.active)
    if any(name in table.heads or name in table.parts for name in (*layers, *edited)):
        return "exact: the weights of attention are on show or edited"
    return ""


def measure_difference(exact: Recording, fused: Recording, layers: Sequence[str]) -> float:
    """Return the largest relative difference of two recordings of the same picture.

    Args:
        exact: What the network itself did.
        fused: What its copy did.
        layers: Names of the layers that both hold.

    Returns:
        The largest difference, each relative to the largest absolute value of the layer's call or
        of the answer; infinite where they differ in shape or in what is not finite.
    """
    pairs = [(exact.result, fused.result)]
    for name in layers:
        count = _count(exact, name)
        if _count(fused, name) != count:
            return float("inf")
        pairs += [(exact.tensor(name, call), fused.tensor(name, call)) for call in range(count)]
    return max(_difference(*pair) for pair in pairs)


def _difference(expected: Tensor | None, actual: Tensor | None) -> float:
    if expected is None or actual is None:
        return 0.0 if expected is actual else float("inf")
    if expected.shape != actual.shape:
        return float("inf")
    if not expected.numel() or torch.equal(expected, actual):
        return 0.0
    scale = float(expected.abs().max())
    difference = float((expected - actual).abs().max())
    return difference / scale if scale > 0 and scale < float("inf") else float("inf")


def _count(recording: Recording, name: str) -> int:
    hook = recording.hooks.get(name)
    return recording.count(name) if hook is None or hook.values else 0


@dataclass(frozen=True)
class VariantKey:
    """For what a fused network is made."""

    #: Modules that must run as they are: of layers to be recorded, and of edits that need a hook.
    tapped: frozenset[str] = frozenset()
    #: Edits that the fused network makes itself.
    built_in: tuple[Edit, ...] = ()
    #: Edits that hooks make.
    remaining: tuple[Edit, ...] = ()

    def changes(self, network: Network) -> dict[str, list[ChannelEdit]]:
        """Return module -> how what it returns is changed, of those that are built in."""
        changes: dict[str, list[ChannelEdit]] = defaultdict(list)
        for edit in self.built_in:
            change = find_channel_edit(network.table, edit)
            assert change is not None  # else it would be among the remaining
            changes[network.table.hooked_module(edit.layer)].append(change)
        return changes


def find_variant_key(network: Network, layers: Sequence[str]) -> VariantKey:
    """Return for what a network must be fused, with its edits and some layers on show.

    An edit of whole channels is built in, where nobody looks at what its module returns and all
    edits of that module are of this kind.
    """
    table, edits = network.table, network.edits.active
    modules = {edit: table.hooked_module(edit.layer) for edit in edits}
    tapped = {table.hooked_module(name) for name in layers}
    for edit, name in modules.items():
        needs_hook = name == RESULT or find_channel_edit(table, edit) is None
        if needs_hook or not is_traced_as_one(network.module.get_submodule(name), name):
            tapped.add(name)
    return VariantKey(
        frozenset(tapped - {RESULT}),
        tuple(edit for edit in edits if modules[edit] not in tapped),
        tuple(edit for edit in edits if modules[edit] in tapped),
    )


class _Weights:
    """Parameters and buffers as they were: whether any was changed or replaced since."""

    def __init__(self, module: nn.Module) -> None:
        self._stores: list[dict[str, Any]] = [
            store for part in module.modules() for store in (part._parameters, part._buffers)
        ]
        self._slots = list(self._read_slots())
        tensors = (slot for slot in self._slots if slot is not None)
        self._tensors = [tensor for tensor in tensors if not tensor.is_inference()]
        self._version = self._read_version()

    def are_unchanged(self) -> bool:
        """Return whether all are the same tensors with the same values; asked at each frame."""
        return (
            sum(map(len, self._stores)) == len(self._slots)
            and all(map(operator.is_, self._read_slots(), self._slots))
            and self._read_version() == self._version
        )

    def _read_slots(self) -> Iterator[Tensor | None]:
        return chain.from_iterable(store.values() for store in self._stores)

    def _read_version(self) -> int:
        """Return how often any was changed in place: torch counts for each, only upwards."""
        return sum(map(operator.attrgetter("_version"), self._tensors))

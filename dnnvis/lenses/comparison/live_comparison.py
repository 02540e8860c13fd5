"""Run a second network on the frames of the live view, after the first."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.activation_map import FramePosition
from dnnvis.core.address import mask_address
from dnnvis.core.errors import Cancelled, DnnvisError, UnknownUnit
from dnnvis.core.frame import Frame
from dnnvis.core.messages import SecondLive
from dnnvis.core.translation.catalog import tr
from dnnvis.introspect.comparison.answers import AnswerRule, choose_rule
from dnnvis.introspect.comparison.compared_layers import choose_layers, inputs_differ
from dnnvis.lenses.activation_map.frame_position import MAP
from dnnvis.lenses.activation_map.second_position import (
    SecondColumns,
    find_second_columns,
    locate_second,
)
from dnnvis.lenses.comparison.network_loader import NetworkLoader
from dnnvis.lenses.comparison.recent_activity import Pairs, RecentLayers, RecentUnits
from dnnvis.network.editing.edits import make_lasting
from dnnvis.network.fusion.fused_pass import FusedPass
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording
from dnnvis.network.snapshots import restore_snapshot
from dnnvis.network.state.running_state import encode_live, follow_states, takes_state
from dnnvis.network.values import to_float32

if TYPE_CHECKING:
    from dnnvis.engine.plan import NetworkChoice, Plan, Request, SecondNetwork

MAX_LIVE_LAYERS = 24  # rows and columns of the matrix of the live view
SAMPLED_EVERY = 10  # frames of which one is taken into the matrix ...
SAMPLED_EVERY_IDLE = 3  # ... and where there is time between them
IDLE_FRACTION = 0.5  # of the second network's pass: with such a gap between frames there is time
UNITS_EVERY = 3  # frames of which one is taken into the matching of units
MEASURE_SECONDS = 1.0  # between two matrices at least ...
MEASURE_FRACTION = 0.03  # ... and of the time at most that they take
OPENING = "Opening {name} ..."
SAME = "Both are the same network: choose another to compare with."
TUNE_AFTER = 6  # passes, then the memory format is chosen
MAX_TUNING_PASS_SECONDS = 0.25


class LiveComparison:
    """The second network of the live view. Used by the engine's thread only.

    With ``wake`` it is opened beside the live view, and that is called once it is there: the frame
    is to be run again then. Without, ``prepare`` waits for it.
    """

    def __init__(
        self,
        open_network: "Callable[[NetworkChoice], Network]",
        wake: Callable[[], object] | None = None,
    ) -> None:
        self._open_network = open_network
        self._loader = None if wake is None else NetworkLoader(open_network, wake)
        self._is_loading = False
        self._requested: SecondNetwork | None = None
        self._final: tuple[NetworkChoice, Network] | None = None  # as it was opened
        self._first: Network | None = None
        self.network: Network | None = None
        self._problem = ""
        self._notes: tuple[str, ...] = ()
        self._rule = AnswerRule("none")
        self._fused = FusedPass()
        self._layers = RecentLayers((), ())
        self._units = RecentUnits()
        self._partner = ("", "", "")  # of the layer on show: itself, the other, the reason
        self._call = -1  # that the units were matched at
        self._is_guess = self._is_same = False  # the partner; both networks
        self._pairs: Pairs | None = None
        self._pair_frames = 0  # that they were matched over
        self._cka: NDArray[np.float64] | None = None
        self._count = 0  # distinct frames
        self._since_sample = SAMPLED_EVERY
        self._last_end = self._seconds = 0.0  # of the latest pass
        self._passes = 0
        self._last_frame: object = None
        self._is_sampled = self._is_new = False
        self._measure_due = 0.0
        self._is_units_turn = False  # else that of the matrix
        self._columns: tuple[int, SecondColumns] | None = None  # of a version of the map

    def prepare(
        self, second: "SecondNetwork | None", first: Network, frame: Frame
    ) -> tuple[str, ...]:
        """Open what is to be compared where that has changed.

        Args:
            second: What the plan compares with; None: nothing, and what was open is let go.
            first: The network of the live view.
            frame: The frame that comes next.

        Returns:
            Layers of the first network to record besides on this frame; () on most.
        """
        if second != self._requested:
            self._requested = second
            self._open(second)
            self._first = None
        elif second is not None and self._is_loading:
            self._take_loaded(second)
        if second is None or self.network is None:
            return ()
        is_other = follow_states(self.network, takes_state(self.network, frame))
        if is_other or first is not self._first:
            self._restart(first)
        self._is_new = frame.pixels is not self._last_frame
        self._last_frame = frame.pixels
        self._count += self._is_new
        self._since_sample += self._is_new
        is_idle = time.perf_counter() - self._last_end > IDLE_FRACTION * self._seconds
        every = SAMPLED_EVERY_IDLE if is_idle else SAMPLED_EVERY
        self._is_sampled = self._is_new and self._since_sample >= every
        if not self._is_sampled:
            return ()
        self._since_sample = 0
        return tuple(dict.fromkeys(row.layer for row in self._layers.layers[0]))

    def run(self, frame: Frame, recording: Recording, layer: str, plan: "Plan") -> SecondLive:
        """Run the second network on a frame.

        Args:
            frame: The frame.
            recording: What the first network did with it.
            layer: The layer on show.
            plan: What else is wanted: the call on show, whether passes may be fused, and the edits
                of the first network.

        Returns:
            What it did; a problem in a sentence where it cannot be run.
        """
        network, first = self.network, self._first
        if network is None or first is None:
            return SecondLive(frame.number, "", self._problem, self._is_loading)
        try:
            return self._run(network, first, frame, recording, layer, plan)
        except Cancelled:
            raise
        except DnnvisError as error:
            return SecondLive(frame.number, network.name, str(error))

    def _run(
        self,
        network: Network,
        first: Network,
        frame: Frame,
        recording: Recording,
        layer: str,
        plan: "Plan",
    ) -> SecondLive:
        call = plan.call
        self._choose_partner(first, network, layer, call)
        partner, reason = self._partner[1:]
        start = time.perf_counter()
        x, _ = encode_live(network, frame)
        names = [partner] if partner else []
        if self._is_sampled:
            names += [row.layer for row in self._layers.layers[1]]
        on_map = plan.requests.get(MAP.name)
        columns = self._find_columns(first, network, dict(on_map.params)) if on_map else None
        names += columns.layers if columns is not None else ()
        names = list(dict.fromkeys((*names, OUTPUT)))
        if plan.fused and not self._is_sampled:
            other = self._fused.run(network, x, tuple(names))
        else:
            other = network.run(x, tuple(names))
        seconds = self._seconds = time.perf_counter() - start
        self._tune(network, seconds)
        self._remember(recording, other, layer, partner, call)
        self._last_end = time.perf_counter()
        maps = _read_maps(other, partner, call)
        output = other.output
        answers = recording.output, output
        kind = self._rule.kind
        return SecondLive(
            frame.number,
            network.name,
            output=output.reshape(-1),
            labels=tuple(network.card.labels),
            meaning=network.meaning,
            differs=None if kind == "none" else self._rule.differ(*answers),
            answers=("", "") if kind == "none" else self._name_answers(*answers),
            layers=(layer, partner),
            reason=reason,
            maps=maps,
            pairs=self._pairs,
            pair_frames=self._pair_frames,
            pair_chance=self._units.chance,
            cka=self._cka,
            rows=self._layers.names,
            frames=len(self._layers),
            notes=(*self._notes, *((tr(SAME),) if self._is_same and not plan.edits else ())),
            position=self._locate(first, network, other, columns, on_map),
            seconds=seconds,
        )

    def _find_columns(
        self, first: Network, network: Network, params: dict[str, Any]
    ) -> SecondColumns:
        """Return how the second network is put on the map of the first."""
        version = int(params.get("version", 0))
        if self._columns is None or self._columns[0] != version:
            self._columns = version, find_second_columns(first, network, version)
        return self._columns[1]

    def _locate(
        self,
        first: Network,
        network: Network,
        recording: Recording,
        columns: SecondColumns | None,
        request: "Request | None",
    ) -> FramePosition | None:
        """Return where the second network is on the map of the first, where that is on show."""
        if columns is None or request is None:
            return None
        return locate_second(first, network, recording, columns, **dict(request.params))

    def _name_answers(self, a: object, b: object) -> tuple[str, str]:
        return self._rule.name(0, np.asarray(a)), self._rule.name(1, np.asarray(b))

    def _open(self, second: "SecondNetwork | None") -> None:
        """Open what is compared, or begin to; where that fails there is a sentence instead."""
        self.network, self._problem, self._passes = None, "", 0
        self._is_loading = False
        if self._loader is not None:
            self._loader.forget()
        if second is None:
            self._final = None
            return
        try:
            if self._final is None or self._final[0] != second.network:
                self._final = None  # two of them at once need not fit into memory
                if self._loader is not None:
                    self._loader.request(second.network)
                    self._is_loading = True
                    name = mask_address(second.network.net).replace("\\", "/").rpartition("/")[2]
                    self._problem = tr(OPENING, name=name)
                    return
                self._final = second.network, self._open_network(second.network)
            self._use(self._final[1], second)
        except Cancelled:
            self._requested = None  # the next frame tries again
            raise
        except Exception as error:  # a network's own code may raise anything
            self._refuse(error)

    def _take_loaded(self, second: "SecondNetwork") -> None:
        """Go on with the network that was requested, once it is open."""
        assert self._loader is not None
        try:
            network = self._loader.take()
            if network is None:
                return
            self._is_loading, self._problem = False, ""
            self._final = second.network, network
            self._use(network, second)
        except Cancelled:
            self._requested = None  # the next frame tries again, with what is open
            raise
        except Exception as error:  # a network's own code may raise anything
            self._is_loading = False
            self._refuse(error)

    def _use(self, network: Network, second: "SecondNetwork") -> None:
        """Compare with an open network, at a moment of its training and with its edits."""
        if second.moment >= 0 or second.edits:
            network = self._change(network, second)
        self.network = network

    def _refuse(self, error: Exception) -> None:
        reason = str(error) or type(error).__name__
        self._problem = tr("The second network cannot be run: {reason}", reason=reason)

    def _change(self, network: Network, second: "SecondNetwork") -> Network:
        """Return the network at a moment of its training, with its edits."""
        if second.moment >= 0:
            network = restore_snapshot(network, second.moment)
        if second.edits:
            network = network.copy_with(network.module)
            network.edits = type(network.edits)()
            make_lasting(network, second.edits)
        return network

    def _restart(self, first: Network) -> None:
        """Begin anew with two networks."""
        network = self.network
        assert network is not None
        self._first, self._columns = first, None
        choices = [choose_layers(each, limit=MAX_LIVE_LAYERS) for each in (first, network)]
        self._layers = RecentLayers(choices[0][0], choices[1][0])
        self._partner, self._cka, self._count = ("", "", ""), None, 0
        self._since_sample = SAMPLED_EVERY
        self._rule = choose_rule(first.info, network.info)
        notes = [self._rule.note] if self._rule.note else []
        self._is_same = first.fingerprint == network.fingerprint
        if inputs_differ(first, network):
            notes.append(tr("Their inputs differ: each network gets the picture its own way."))
        self._notes = tuple(notes)

    def _choose_partner(self, first: Network, network: Network, layer: str, call: int) -> None:
        """Choose the layer that is shown beside the one on show."""
        is_known = layer == self._partner[0] and call == self._call
        if is_known and not (self._is_guess and self._cka is not None):
            return
        self._call, self._is_guess = call, False
        partner, reason = "", ""
        row = first.table.find(layer)
        own = network.table.find(layer)
        if row is not None and own is not None and own.shape[0] == row.shape[0]:
            partner, reason = own.name, tr("the layer of the same name")
        elif row is not None:
            partner, reason = self._find_similar(layer)
            if not partner:
                names = [each.name for each in first.layers]
                others = [each.name for each in network.layers if each.shape[0]]
                depth = names.index(row.name) / max(len(names) - 1, 1)
                partner = others[round(depth * (len(others) - 1))]
                reason, self._is_guess = tr("at the same depth"), self._cka is None
        self._partner = layer, partner, reason
        self._units, self._pairs = RecentUnits(), None

    def _find_similar(self, layer: str) -> tuple[str, str]:
        rows = [k for k, each in enumerate(self._layers.layers[0]) if each.layer == layer]
        if self._cka is None or not rows or not np.isfinite(self._cka[rows[-1]]).any():
            return "", ""
        best = int(np.nanargmax(self._cka[rows[-1]]))
        value = float(self._cka[rows[-1], best])
        return self._layers.layers[1][best].layer, tr("the most similar, CKA {value}").format(
            value=f"{value:.2f}"
        )

    def _remember(
        self, recording: Recording, other: Recording, layer: str, partner: str, call: int
    ) -> None:
        """Take the frame in, and measure again where it is time."""
        if self._is_sampled:
            with suppress(UnknownUnit):  # a layer that did not run on this picture
                self._layers.add(recording, other)
        if self._is_new and partner and self._count % UNITS_EVERY == 0:
            with suppress(UnknownUnit):
                maps = (_tensor_at(recording, layer, call), _tensor_at(other, partner, call))
                self._units.add(*maps)
        start = time.perf_counter()
        if not self._is_new or start < self._measure_due:
            return
        self._is_units_turn = not self._is_units_turn
        if self._is_units_turn:
            self._pairs, self._pair_frames = self._units.match(), len(self._units)
        else:
            self._cka = self._layers.measure()
        end = time.perf_counter()
        wait = MEASURE_SECONDS / 2 if self._cka is not None and self._pairs is not None else 0.0
        self._measure_due = end + max(wait, (end - start) / MEASURE_FRACTION)

    def _tune(self, network: Network, seconds: float) -> None:
        """Find the faster memory format after a few passes, as for the first network."""
        self._passes += 1
        if self._passes == TUNE_AFTER and seconds < MAX_TUNING_PASS_SECONDS:
            network.choose_memory_format()


def _tensor_at(recording: Recording, layer: str, call: int) -> Tensor:
    count = recording.count(layer)
    return recording.tensor(layer, call if -count <= call < count else -1)


def _read_maps(recording: Recording, layer: str, call: int) -> NDArray[np.float32] | None:
    if not layer:
        return None
    with suppress(UnknownUnit):
        return np.ascontiguousarray(to_float32(_tensor_at(recording, layer, call)[0]))
    return None

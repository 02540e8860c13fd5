"""The live view: one pass a frame, shared by every panel and every lens."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dnnvis.core.errors import BadInput, Cancelled, DnnvisError, LensMissing, UnknownUnit
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import LensResult, SynthesisResult
from dnnvis.core.messages import Failure, Live, NetworkInfo, describe_failure
from dnnvis.core.notes import Marks, SavedNotes
from dnnvis.lenses.catalog import get_lens
from dnnvis.lenses.lens import Lens, Scene, params_for, required_layers, resolve_target
from dnnvis.lenses.look import add_provenance, provenance
from dnnvis.lenses.save_synthesis import is_finished, save_synthesis, without_frame
from dnnvis.library.recent_frames import FrameMemory
from dnnvis.library.store.notes import write_marks
from dnnvis.network.hooks import cancellable
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording, to_float32
from dnnvis.network.snapshots import restore_snapshot

if TYPE_CHECKING:
    from dnnvis.engine.plan import NetworkChoice, Plan, Request


MAX_TUNING_PASS_SECONDS = 0.25  # seconds of a pass above which no format is tried out


class LiveWork:
    """See ``engine.work.Work``. ``open_network`` makes the network a choice names; ``cancel``
    stops a pass at the next module once it is set; ``notify`` is told when another moment
    of its training runs, or the layers' shapes change."""

    def __init__(
        self,
        open_network: "Callable[[NetworkChoice], Network]",
        cancel: threading.Event,
        tune_after: int = 3,
        notify: Callable[[NetworkInfo], None] = lambda info: None,
    ) -> None:
        self.network: Network | None = None
        self._final_network: Network | None = None  # as it was opened: the end of its training
        self._notify = notify
        self.choice: NetworkChoice | None = None
        self.memory: FrameMemory | None = None  # of the running source, where the plan wants one
        self._open_network = open_network
        self._cancel = cancel
        self._tune_after = tune_after
        self._passes = 0
        self._seconds = 0.0  # of the latest pass

    def open(self, choice: "NetworkChoice") -> NetworkInfo:
        """Open the network; the one before stays where that fails."""
        with cancellable(self._cancel):
            network = self._open_network(choice)
            info = replace(network.info, choice=choice)
        self.network, self.choice, self._passes = network, choice, 0
        self._final_network = network
        return info

    def live(
        self, plan: "Plan", frame: Frame
    ) -> "tuple[Live, dict[str, Scene], dict[str, Failure]]":
        """One pass over ``frame``: what it did, a scene per lens that can look at it, and a
        failure per lens that cannot."""
        network = self._select_snapshot(plan.moment)
        self._adapt_to_size(frame)
        self._tune()
        memory = self._update_memory(plan, network)
        to_remember = memory is not None and memory.should_store(frame)
        scenes, failures = self._scenes(plan, frame)
        layers = dict.fromkeys(name for name in plan.layers if network.table.find(name))
        backward = False
        for scene, lens in scenes.values():
            layers.update(dict.fromkeys(required_layers(lens, network, scene.unit, scene.params)))
            backward = backward or lens.backward
        start_time = time.perf_counter()
        x = network.encode(frame.pixels)
        watching = memory.summarize_pass() if memory is not None and to_remember else nullcontext()
        with cancellable(self._cancel), watching as summary:
            recording = network.run(x, tuple(layers), gradients=backward)
        seconds = self._seconds = time.perf_counter() - start_time
        self._passes += 1
        visible = [name for name in plan.layers if name in layers and _was_called(recording, name)]
        maps = {name: _read_map(recording, name, plan.call) for name in visible}
        live = Live(
            frame,
            network.name,
            network.show(x),
            maps,
            recording.output.reshape(-1),
            seconds,
            plan.call,
        )
        if memory is not None and summary is not None:
            memory.add(frame, live.pixels, summary, recording)
        return (
            live,
            {k: _with_recording(scene, recording) for k, (scene, _) in scenes.items()},
            failures,
        )

    def _select_snapshot(self, snapshot: int) -> Network:
        """The network as it was at a moment of its training, where it knows any (-1: as it is);
        another one than before is told."""
        final_network = self._final_network
        assert final_network is not None
        network, snapshots = final_network, final_network.snapshots
        if snapshots is not None and 0 <= snapshot < len(snapshots.steps):
            network = restore_snapshot(final_network, snapshot)
        if network is not self.network:
            self.network = network
            self._notify(replace(network.info, choice=self.choice))
        return network

    def _adapt_to_size(self, frame: Frame) -> None:
        """Where the network takes any size and the frame has another one, its layers have other
        shapes from now on; that is told."""
        network = self.network
        assert network is not None
        size = network.card.size
        if network.card.fit == "free":
            network.encode(frame.pixels)
        if network.card.size != size:
            self._notify(replace(network.info, choice=self.choice))

    def look(self, request: "Request", scene: Scene) -> Iterator[LensResult]:
        """The lens's own pictures; its passes can be cancelled too. A synthesis that ran to its
        end goes into the library, and comes once more with what became of it there."""
        origin = provenance(scene.network, None) | {"image": _frame_address(scene.frame)}
        steps = get_lens(request.lens).look(scene)
        last = None
        try:
            while result := self._next_result(steps):
                last = add_provenance(result, origin)
                if request.lens == "ascent" and isinstance(last, SynthesisResult):
                    last = without_frame(last)
                yield last
        finally:
            steps.close()  # type: ignore[attr-defined]
        if request.lens == "ascent" and isinstance(last, SynthesisResult) and is_finished(last):
            yield replace(last, saved=_save_finished(scene.network, last))

    def keep(self, key: str, value: Any, which: int = -1) -> str:
        """Put a synthesis into the network's library, of several pictures number ``which``
        (-1: the best); a sentence of what became of it. Raises BadInput where it cannot."""
        if not isinstance(value, SynthesisResult) or self.network is None:
            raise BadInput(f"There is no growing picture to keep in '{key}'.")
        return save_synthesis(self.network, value, which)

    def _next_result(self, steps: Iterator[LensResult]) -> LensResult | None:
        with cancellable(self._cancel):
            return next(steps, None)

    def mark(self, marks: Marks) -> SavedNotes:
        """See ``engine.work.Work``. Raises BadInput where the library cannot be used."""
        assert self.network is not None and self.choice is not None
        return write_marks(self.network, self.choice.without_trust, marks)

    def _update_memory(self, plan: "Plan", network: Network) -> FrameMemory | None:
        """The memory as the plan wants it; a network begins a new one."""
        if plan.memory <= 0:
            self.memory = None
        elif self.memory is None or self.memory.network is not network:
            self.memory = FrameMemory(network, plan.memory)
        else:
            self.memory.minutes = plan.memory
        return self.memory

    def _scenes(
        self, plan: "Plan", frame: Frame
    ) -> tuple[dict[str, tuple[Scene, Lens]], dict[str, Failure]]:
        scenes: dict[str, tuple[Scene, Lens]] = {}
        failures = {}
        for key, request in plan.requests.items():
            try:
                scenes[key] = self._scene(request, frame)
            except DnnvisError as error:
                failures[key] = describe_failure(error, key)
        return scenes, failures

    def _scene(self, request: "Request", frame: Frame) -> tuple[Scene, Lens]:
        assert self.network is not None
        lens = get_lens(request.lens)
        params = params_for(lens, dict(request.params))
        unit, objective = resolve_target(lens, self.network, request.unit)
        for name in lens.layers_of(params):
            self.network.layer(name)
        reason = lens.unavailable_reason(self.network.info, unit)
        if reason is not None:
            raise LensMissing(reason)
        return Scene(
            self.network,
            unit,
            params,
            frame,
            objective=objective,
            memory=self.memory,
            frames_waiting=True,
            open_network=self._open_by_name,
        ), lens

    def _open_by_name(self, name: str) -> Network:
        """Another network, on the device of the one that runs; raises DnnvisError."""
        choice = self.choice
        assert choice is not None
        return self._open_network(type(choice)(net=name, device=choice.device))

    def _tune(self) -> None:
        """After the first frames are on screen, find the faster memory format; where a pass
        is slow the live view would stand still meanwhile, so nothing is tried."""
        if self._passes != self._tune_after or self.network is None:
            return
        self._passes += 1
        if self._seconds < MAX_TUNING_PASS_SECONDS:
            with cancellable(self._cancel), suppress(Cancelled):
                self.network.choose_memory_format()


def _frame_address(frame: Frame | None) -> dict[str, Any] | None:
    """The frame by source and number; what saves the picture adds path or sha256."""
    return None if frame is None else {"source": frame.source, "frame": frame.number}


def _save_finished(network: Network, synthesis: SynthesisResult) -> str:
    """What is said of a finished picture that is put into the library by itself."""
    try:
        return save_synthesis(network, synthesis)
    except BadInput as error:
        return f"Not kept: {error}"


def _with_recording(scene: Scene, recording: Recording) -> Scene:
    return replace(scene, recording=recording)


def _was_called(recording: Recording, name: str) -> bool:
    """Whether the layer ran on this picture: a network may leave parts of itself out."""
    try:
        return recording.count(name) > 0
    except UnknownUnit:
        return False


def _read_map(recording: Recording, name: str, call: int) -> Any:
    count = recording.count(name)
    call = call if -count <= call < count else -1
    values = to_float32(recording.tensor(name, call).detach()[0])  # (C, H, W)
    return np.ascontiguousarray(values)

"""The live view: one pass per frame, shared by every panel and every lens."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from torch import Tensor

from dnnvis.core.concepts.blocks import BuildingBlocks
from dnnvis.core.concepts.concepts import ConceptSet
from dnnvis.core.errors import BadInput, Cancelled, DnnvisError, LensMissing, UnknownUnit
from dnnvis.core.frame import Frame
from dnnvis.core.learning.live_weights import LatestWeights
from dnnvis.core.lens_results import SKIPPED, LensResult, SkippedStep, SynthesisResult
from dnnvis.core.messages import (
    Failure,
    LayerInfo,
    Live,
    NetworkInfo,
    SecondLive,
    Unedited,
    describe_failure,
)
from dnnvis.core.notes import Marks, SavedNotes
from dnnvis.lenses.catalog import get_lens
from dnnvis.lenses.comparison.live_comparison import LiveComparison
from dnnvis.lenses.learning.live_network import LearningNetwork
from dnnvis.lenses.lens import (
    Lens,
    Scene,
    needs_recording,
    params_for,
    required_layers,
    resolve_target,
)
from dnnvis.lenses.live_activity import (
    FUSED_INTERVAL_PASSES,
    FUSED_INTERVAL_SECONDS,
    INTERVAL_PASSES,
    INTERVAL_SECONDS,
    ActivityMeter,
    LayerActivity,
)
from dnnvis.lenses.live_answers import read_classes, read_detections
from dnnvis.lenses.live_edits import LiveEdits
from dnnvis.lenses.look import add_provenance, provenance
from dnnvis.lenses.network_check import CHECK, NetworkCheckup, is_doubtful
from dnnvis.lenses.save_synthesis import is_finished, save_synthesis, without_frame
from dnnvis.library.recent_frames import FrameMemory
from dnnvis.library.store.dissections import ConceptReader
from dnnvis.library.store.notes import write_marks
from dnnvis.network.attention.heads import AttentionHeads, list_rollout_rows
from dnnvis.network.fusion.fused_pass import FUSED, FusedPass
from dnnvis.network.hooks import cancellable
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording
from dnnvis.network.snapshots import restore_snapshot
from dnnvis.network.state.free_memory import release_free_memory
from dnnvis.network.state.running_state import encode_live, follow_states, takes_state
from dnnvis.network.values import to_float32
from dnnvis.sources.perturbation import perturb_frame

if TYPE_CHECKING:
    from dnnvis.engine.plan import NetworkChoice, Plan, Request


SETTLED_PASSES = 100  # then all cards are filled, and what filling them took is free
MAX_TUNING_PASS_SECONDS = 0.25  # above it no memory format is tried out
PICTURE_SECONDS = 1 / 30  # between two pictures of a lens that works in steps


class LiveWork:
    """The engine's work on the live view, see ``engine.work.Work``.

    ``open_network`` creates the network of a choice; ``cancel`` stops a pass at the next module
    once it is set; the memory format is chosen after ``tune_after`` passes, when the lenses have
    shown something; ``notify`` is called when another snapshot of the training runs, or the layers'
    shapes change; ``latest_weights`` are those of a training that is watched; ``show_network`` is
    called with each network, and each snapshot, that runs from now on; ``wake`` is called, on
    another thread, where the last frame is to be run again: without it a second network is waited
    for.
    """

    def __init__(
        self,
        open_network: "Callable[[NetworkChoice], Network]",
        cancel: threading.Event,
        tune_after: int = 6,
        notify: Callable[[NetworkInfo], None] = lambda info: None,
        latest_weights: LatestWeights | None = None,
        show_network: Callable[[Network], None] = lambda network: None,
        wake: Callable[[], object] | None = None,
    ) -> None:
        self.network: Network | None = None
        self._learning = LearningNetwork(latest_weights or LatestWeights())
        self._final_network: Network | None = None  # as it was opened: fully trained
        self._notify, self._show_network = notify, show_network
        self.choice: NetworkChoice | None = None
        self.memory: FrameMemory | None = None  # of the running source, where the plan has one
        self._activity = ActivityMeter()
        self._checkup = NetworkCheckup()
        self._fused = FusedPass()
        self._edits = LiveEdits()
        self._comparison = LiveComparison(open_network, wake)
        self._open_network = open_network
        self._cancel = cancel
        self._tune_after = tune_after
        self._passes = 0
        self._seconds = 0.0  # of the latest pass
        self._reported: Network | None = None  # whose layers of directions the window knows
        self._reported_layers: tuple[LayerInfo, ...] = ()
        self._concepts = ConceptReader()
        self._restarts_shown: set[Request] = set()  # that restart, whose picture is on show

    def open(self, choice: "NetworkChoice") -> NetworkInfo:
        """Open a network; the current one stays where that fails."""
        with cancellable(self._cancel):
            network = self._open_network(choice)
            network.prove_later = True  # the first frame does not wait for it
            info = _describe(network, choice)
        release_free_memory()
        self.network, self.choice, self._passes = network, choice, 0
        self._restarts_shown.clear()
        self._final_network = network
        self._show_network(network)
        return info

    def live(
        self, plan: "Plan", frame: Frame
    ) -> "tuple[Live, dict[str, Scene], dict[str, Failure]]":
        """Run one pass over ``frame``, shared by all lenses.

        Returns:
            What the network did, a scene for each lens that can look at it, and a failure for each
            lens that cannot, both by key of the request. A scene has the recording where its lens
            reads it: others, which may work on for long, would keep all of its activations alive.
        """
        frame = perturb_frame(frame, plan.perturbation)
        network = self._select_snapshot(plan.moment)
        self._adapt_to_frame(frame)
        self._prove()
        self._tune()
        memory = self._update_memory(plan, network)
        to_remember = memory is not None and not plan.edits and memory.should_store(frame)
        scenes, failures = self._scenes(plan, frame)
        layers = dict.fromkeys(name for name in plan.layers if network.table.find(name))
        backward = False
        for scene, lens in scenes.values():
            layers.update(dict.fromkeys(required_layers(lens, network, scene.unit, scene.params)))
            backward = backward or lens.backward
        with cancellable(self._cancel):
            sampled = self._comparison.prepare(plan.second, network, frame)
        layers.update(dict.fromkeys(sampled))
        queried = [name for name in network.table.heads if plan.query and name in layers]
        if plan.query == "rollout":
            layers.update(dict.fromkeys(find_rollout_layers(network.table.heads, queried)))
        start_time = time.perf_counter()
        x, pixels = encode_live(network, frame)
        watching = memory.summarize_pass() if memory is not None and to_remember else nullcontext()
        may_fuse = plan.fused and not backward
        measuring = self._measure_activity(plan, network, may_fuse)
        with cancellable(self._cancel):
            self._edits.learn(network, plan.edits, x)
        with (
            cancellable(self._cancel),
            self._edits.apply(network, plan.edits),
            watching as summary,
            measuring as activity,
        ):
            if may_fuse and summary is None and activity is None and not sampled:
                recording = self._fused.run(network, x, tuple(layers))
            else:
                recording = network.run(x, tuple(layers), gradients=backward)
            missed = tuple(map(str, network.edits.missed)) if plan.edits else ()
        seconds = self._seconds = time.perf_counter() - start_time
        self._passes += 1
        choose_queries(recording, queried, plan.query)
        visible = [name for name in plan.layers if name in layers and _was_called(recording, name)]
        maps = {name: _read_map(recording, name, plan.call) for name in visible}
        meaning = plan.meaning or network.info.meaning.kind
        live = Live(
            frame,
            network.name,
            pixels,
            maps,
            recording.output.reshape(-1),
            seconds,
            plan.call,
            captions={name: recording.describe(name, plan.call) for name in visible},
            classes=read_classes(network, recording) if meaning == "segmentation" else None,
            detections=read_detections(network, recording) if meaning == "boxes" else None,
            activity={} if activity is None else activity.read(),
            fused=self._fused.status if may_fuse else "",
            edits=plan.edits,
            missed=missed,
            unedited=self._compare(plan, network, x, visible, frame, may_fuse),
            fingerprint=network.fingerprint if plan.recording else "",
            second=self._run_second(plan, frame, recording),
        )
        self._edits.note_frame(start_time, time.perf_counter(), frame.born)
        if memory is not None and summary is not None:
            memory.add(frame, live.pixels, summary, recording)
        return (
            live,
            {
                key: replace(scene, recording=recording) if needs_recording(lens) else scene
                for key, (scene, lens) in scenes.items()
            },
            failures,
        )

    def _compare(
        self,
        plan: "Plan",
        network: Network,
        x: Tensor,
        layers: Sequence[str],
        frame: Frame,
        may_fuse: bool,
    ) -> Unedited | None:
        """Return what the network does without the plan's edits, where there is time for it."""
        if not plan.edits:
            return None
        with cancellable(self._cancel):
            fused = self._fused if may_fuse else None
            return self._edits.compare(
                network, plan.edits, x, layers, plan.call, frame.number, fused
            )

    def _run_second(self, plan: "Plan", frame: Frame, recording: Recording) -> SecondLive | None:
        """Return what the plan's second network does with the frame; None without one."""
        if plan.second is None:
            return None
        layer = plan.layers[0] if plan.layers else ""
        with cancellable(self._cancel):
            return self._comparison.run(frame, recording, layer, plan)

    def _measure_activity(
        self, plan: "Plan", network: Network, may_fuse: bool
    ) -> "AbstractContextManager[LayerActivity | None]":
        """Return the context in which a pass is measured; more seldom where others are fused."""
        is_fused = may_fuse and self._fused.status == FUSED
        interval = max(INTERVAL_SECONDS, INTERVAL_PASSES * self._seconds)
        if is_fused:
            interval = max(FUSED_INTERVAL_SECONDS, FUSED_INTERVAL_PASSES * self._seconds)
        return self._activity.measure(network, wanted=plan.activity, interval=interval)

    def _select_snapshot(self, snapshot: int) -> Network:
        """Return the network at a snapshot of its training, where it has any (-1: the final one).

        The final one has the newest weights while it learns on. Another snapshot than last time is
        reported to ``notify``.
        """
        final_network = self._final_network
        assert final_network is not None
        network, snapshots = final_network, final_network.snapshots
        if snapshots is not None and 0 <= snapshot < len(snapshots.steps):
            network = restore_snapshot(final_network, snapshot)
        else:
            network = self._learning.follow(final_network)
        if network is not self.network:
            self.network = network
            self._show_network(network)
            self._notify(_describe(network, self.choice))
        return network

    def _adapt_to_frame(self, frame: Frame) -> None:
        """Notify of new layer shapes where the frame has another size, or is the first state."""
        network = self.network
        assert network is not None
        size = network.card.size
        is_other = follow_states(network, takes_state(network, frame))
        if network.card.fit == "free" or takes_state(network, frame):
            encode_live(network, frame)
        if is_other or network.card.size != size:
            self._notify(_describe(network, self.choice))

    def look(self, request: "Request", scene: Scene) -> Iterator[LensResult | SkippedStep]:
        """Yield the lens's own results; its passes can be cancelled, too.

        A finished synthesis goes into the library, and is yielded once more with what became of it.
        """
        with self._edits.apply(scene.network, request.edits):
            origin = provenance(scene.network, None) | {"image": _frame_address(scene.frame)}
        steps = get_lens(request.lens).look(scene)
        last = None
        has_picture = request.restarts and request in self._restarts_shown
        try:
            while (result := self._next_result(steps, scene.network, request.edits)) is not None:
                if not _is_shown(result, has_picture):
                    yield SKIPPED
                    continue
                last = add_provenance(result, origin)
                if request.lens == "ascent" and isinstance(last, SynthesisResult):
                    last = without_frame(last)
                if isinstance(last, BuildingBlocks | ConceptSet):
                    self._report_directions()
                yield last
        finally:
            steps.close()  # type: ignore[attr-defined]
            if isinstance(last, SynthesisResult):
                release_free_memory()
                if request.restarts and is_finished(last):
                    self._restarts_shown = {request}
        is_changed = request.edits or self._learning.is_copy(scene.network)
        is_own = request.lens == "ascent" and not is_changed  # the library has it as it is
        if is_own and isinstance(last, SynthesisResult) and is_finished(last):
            yield replace(last, saved=_save_finished(scene.network, last))

    def keep(self, key: str, value: Any, which: int = -1) -> str:
        """Save a synthesis in the network's library.

        Args:
            key: Key of the request that made it, for the error message.
            value: A SynthesisResult.
            which: Number of the picture, where there are several; -1 for the best.

        Returns:
            A sentence on what became of it.

        Raises:
            BadInput: It cannot be saved.
        """
        if not isinstance(value, SynthesisResult) or self.network is None:
            raise BadInput(f"There is no growing picture to keep in '{key}'.")
        return save_synthesis(self.network, value, which)

    def _next_result(
        self, steps: Iterator[LensResult | SkippedStep], network: Network, edits: tuple[str, ...]
    ) -> LensResult | SkippedStep | None:
        with cancellable(self._cancel), self._edits.apply(network, edits):
            return next(steps, None)

    def mark(self, marks: Marks) -> SavedNotes:
        """Write notes and bookmarks, see ``engine.work.Work``; raise BadInput where that fails."""
        assert self.network is not None
        assert self.choice is not None
        return write_marks(self.network, self.choice.without_trust, marks, self._concepts)

    def _update_memory(self, plan: "Plan", network: Network) -> FrameMemory | None:
        """Return the frame memory that the plan requests; another network starts a new one."""
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
            if request.lens == CHECK.name and not self._wants_check(request):
                continue
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
            is_watched=PictureClock().is_due,
            open_network=self._open_by_name,
            checkup=self._checkup,
        ), lens

    def _wants_check(self, request: "Request") -> bool:
        assert self.network is not None
        return self._checkup.wants(self.network, bool(dict(request.params).get("background")))

    def _open_by_name(self, name: str) -> Network:
        """Open another network on the running one's device; raise DnnvisError on failure."""
        choice = self.choice
        assert choice is not None
        return self._open_network(type(choice)(net=name, device=choice.device))

    def _prove(self) -> None:
        """Prove the layers' layouts once the first frames are on screen; notify of what changes."""
        network = self.network
        assert network is not None
        if not network.prove_later or self._passes < network.proof_after:
            return
        unproved = network.info
        network.prove_later = False
        with cancellable(self._cancel):
            info = network.info
        release_free_memory()
        if info != unproved:
            self._notify(replace(info, choice=self.choice, doubtful=is_doubtful(network)))
        network.directions.restore(network)
        self._report_directions()

    def _report_directions(self) -> None:
        """Notify of units that directions have become, or those that were kept have made."""
        network = self.network
        assert network is not None
        layers = network.table.layers
        if self._reported is not network or self._reported_layers != layers:
            is_new = self._reported is network or bool(network.directions)
            self._reported, self._reported_layers = network, layers
            if is_new:
                self._notify(_describe(network, self.choice))

    def _tune(self) -> None:
        """Find the faster memory format after the first frames are on screen.

        Where a pass is slow the live view would stall meanwhile, so nothing is tried.
        """
        if self._passes == SETTLED_PASSES:
            release_free_memory()
        if self._passes != self._tune_after or self.network is None:
            return
        self._passes += 1
        if self._seconds < MAX_TUNING_PASS_SECONDS:
            with cancellable(self._cancel), suppress(Cancelled):
                self.network.choose_memory_format()
            release_free_memory()


class PictureClock:
    """Says of a lens that works in steps which of its pictures the window can show."""

    def __init__(self) -> None:
        self._due_time = 0.0

    def is_due(self) -> bool:
        """Return whether the latest picture was ``PICTURE_SECONDS`` ago; this is the next then."""
        now = time.perf_counter()
        if now < self._due_time:
            return False
        self._due_time = now + PICTURE_SECONDS
        return True


def _is_shown(result: LensResult | SkippedStep, has_picture: bool) -> TypeGuard[LensResult]:
    """Return whether a result is shown: not a skipped one; of what grows again, the whole one."""
    if isinstance(result, SynthesisResult):
        return not has_picture or is_finished(result)
    return not isinstance(result, SkippedStep)


def _describe(network: Network, choice: "NetworkChoice | None") -> NetworkInfo:
    """Return what the window must know of a network, and for which choice it was opened."""
    return replace(network.info, choice=choice, doubtful=is_doubtful(network))


def _frame_address(frame: Frame | None) -> dict[str, Any] | None:
    """Return the frame's source and number; whatever saves the picture adds path or sha256."""
    if frame is None:
        return None
    address = {"source": frame.source, "frame": frame.number}
    return address | ({"perturbed": frame.perturbed} if frame.perturbed else {})


def _save_finished(network: Network, synthesis: SynthesisResult) -> str:
    """Save a finished picture without a request, and return a sentence on what became of it."""
    try:
        return save_synthesis(network, synthesis)
    except BadInput as error:
        return f"Not kept: {error}"


def find_rollout_layers(heads: Mapping[str, AttentionHeads], names: Sequence[str]) -> list[str]:
    """Return the rows of attention heads without which rows ``names`` have no rollout."""
    rows: list[str] = []
    for name in names:
        with suppress(BadInput):
            rows += list_rollout_rows(heads, name)
    return rows


def choose_queries(recording: Recording, names: Sequence[str], query: Any) -> None:
    """Show a query in the maps of attention heads; where one has no such query, its default.

    The last of ``names`` comes first: a rollout is made of the weights of those before.
    """
    for name in reversed(names):
        with suppress(BadInput, UnknownUnit):
            recording.choose_query(name, query)


def _was_called(recording: Recording, name: str) -> bool:
    """Return whether the layer ran on this picture: a network may skip parts of itself."""
    try:
        return recording.count(name) > 0
    except UnknownUnit:
        return False


def _read_map(recording: Recording, name: str, call: int) -> Any:
    count = recording.count(name)
    call = call if -count <= call < count else -1
    values = to_float32(recording.tensor(name, call).detach()[0])  # (C, H, W)
    return np.ascontiguousarray(values)

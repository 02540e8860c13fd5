"""Render many units: finished pictures leave the batch, and others join it.

Every finished picture is saved in the library at once, so that an interruption loses at most the
unfinished pictures. Under torchrun the objectives are split over the ranks.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from dnnvis.core.errors import BadInput, DnnvisError, LensMissing
from dnnvis.core.lens_results import Array, QualityMetrics
from dnnvis.core.objective import Objective
from dnnvis.core.progress import Eta, Progress, ReportInterval
from dnnvis.imaging.views import with_contrast
from dnnvis.jobs import distributed
from dnnvis.lenses.ascent.batch_ascent import REDIRECTED_STEPS, AscentItem, BatchAscent
from dnnvis.lenses.ascent.batch_size import choose_batch, restore_format
from dnnvis.lenses.ascent.evaluation import batch_template, evaluate
from dnnvis.lenses.ascent.lens import ASCENT, measure, to_arrays
from dnnvis.lenses.ascent.params import recipe_for, recipe_of
from dnnvis.lenses.ascent.render_resume import (
    RenderConfig,
    RenderPlan,
    merge_rank_files,
    open_rank_library,
    plan_render,
)
from dnnvis.library.store.library import Library, own_library_path
from dnnvis.network.network import Network
from dnnvis.network.preprocess import as_batch, fit_to_card

MAX_STUCK_STEPS = (
    2 * REDIRECTED_STEPS
)  # steps without any movement after which a picture is given up
REPORT_INTERVAL_SECONDS = 1.0  # seconds between two reports
UNIT_PLACEHOLDER = "the unit"


@dataclass(frozen=True)
class RenderProgress(Progress):
    """How far this process is with the pictures of its share."""

    #: Pictures that could not be made, among those that are done.
    failed: int = 0
    #: Pictures that are being made at this moment.
    growing: int = 0


@dataclass(frozen=True, eq=False)
class RenderedPicture:
    """A finished picture, saved in the library by now."""

    #: What it maximizes.
    objective: Objective
    #: float32 (H, W, C) in [0, 1], with the contrast that the recipe says where the picture itself
    #: is faint.
    values: Array
    #: Everything that it was made with.
    recipe: dict[str, Any]
    #: Its quality metrics.
    measures: QualityMetrics


@dataclass(frozen=True)
class RenderSummary:
    """Outcome of a render, over all ranks."""

    #: Number of pictures rendered.
    rendered: int
    #: Reason, one sentence -> the objectives that failed for it.
    failed: dict[str, tuple[str, ...]]
    #: Objective that had its picture before -> number of that in ``library``.
    known: dict[str, int]
    #: Number of objectives not begun or not finished when the work was stopped.
    left: int
    #: Whether the work was stopped.
    stopped: bool
    #: Duration.
    seconds: float
    #: Path of the library.
    library: str


Report = Callable[[RenderProgress, RenderedPicture | None], None]


def render(
    net: Network,
    config: RenderConfig,
    library: str | Path | None = None,
    *,
    report: Report | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> RenderSummary:
    """Render pictures of many units into a library.

    Objectives with a finished picture of the same settings and seed are not rendered again.
    Objectives that cannot be reached from the input count as failed.

    Args:
        net: The network.
        config: What to render.
        library: Path of the library; None takes the network's own.
        report: Receives every finished picture, and the progress about once a second.
        stop: Is called between steps; True ends the work.

    Returns:
        The outcome, over all ranks.

    Raises:
        LensMissing: No objective can be reached from the input.
        UnknownUnit: The network has no such unit.
        BadInput: Settings do not apply here, or the library cannot be used (a full disk): what was
            saved before stays.
    """
    start_time = time.perf_counter()
    _check(net, config)
    path = own_library_path(net) if library is None else Path(library)
    error: DnnvisError | None = None
    with distributed.process_group(), restore_format(net):
        merge_rank_files(net, path)
        start = distributed.broadcast_from_rank_zero(lambda: plan_render(net, config, path))
        work = _RankWork(net, config, start, report or (lambda progress, picture: None), stop)
        try:
            with open_rank_library(net, path) as own:
                work.run(own, distributed.own_shard(start.todo))
        except DnnvisError as failure:
            error = failure
        merge_rank_files(net, path)
        distributed.raise_first_error(error)
        results = distributed.all_gather((work.rendered, work.failed, work.stopped))
    rendered = _summarize(results, start)
    if not rendered.rendered and not rendered.known and rendered.failed and not rendered.stopped:
        raise LensMissing(next(iter(rendered.failed)))
    return replace(rendered, seconds=time.perf_counter() - start_time, library=str(path))


def _check(net: Network, config: RenderConfig) -> None:
    params, recipe = config.params, recipe_of(config.params)
    if not config.objectives:
        raise BadInput("There is nothing to render; name a layer, units or a goal.")
    if config.batch is not None and config.batch < 1:
        raise BadInput(f"A batch has 1 or more pictures, not {config.batch}.")
    if params.seeds != 1 or params.between or recipe.diversity:
        raise BadInput(
            "A render makes one picture of each unit, whatever its neighbours are: seeds, "
            "between and diversity do not apply; run it again with another seed instead."
        )
    if recipe.start == "frame" and config.image is None:
        raise BadInput(f"The preset starts from a picture ({recipe.title}); give one.")
    for objective in config.objectives:
        for term in objective.terms:
            net.check(term.unit)
        reason = ASCENT.unavailable_reason(net.info, objective.terms[0].unit)
        if reason is not None:
            raise LensMissing(reason)


def _summarize(
    results: Sequence[tuple[int, dict[str, list[str]], bool]], start: RenderPlan
) -> RenderSummary:
    failed: dict[str, tuple[str, ...]] = {}
    for _, failures, _ in results:
        for reason, objectives in failures.items():
            failed[reason] = (*failed.get(reason, ()), *objectives)
    rendered = sum(count for count, _, _ in results)
    left = len(start.todo) - rendered - sum(map(len, failed.values()))
    return RenderSummary(rendered, failed, start.known, left, any(s for *_, s in results), 0.0, "")


class _RankWork:
    """The work of one process."""

    def __init__(
        self,
        net: Network,
        config: RenderConfig,
        start: RenderPlan,
        report: Report,
        stop: Callable[[], bool],
    ) -> None:
        self.net, self.config, self.start, self.report = net, config, start, report
        self.recipe = recipe_for(config.params, net.card)
        self.rendered, self.stopped = 0, False
        self.failed: dict[str, list[str]] = {}
        self._stuck_steps: dict[str, int] = {}  # objective -> first steps without movement
        self._stop_requested = stop
        self._clock = _StepClock(0, self.recipe.steps)
        self._interval = ReportInterval(REPORT_INTERVAL_SECONDS)

    def run(self, own: Library, objectives: Sequence[Objective]) -> None:
        """Render ``objectives`` into the library ``own``."""
        self._clock = _StepClock(len(objectives), self.recipe.steps)
        self._report(0)
        ordered = sorted(objectives, key=_batch_key)  # stable: equal keys stay in order
        for _, group in groupby(ordered, key=_batch_key):
            self._render_group(own, deque(group))

    def _stop(self) -> bool:
        self.stopped = self.stopped or self._stop_requested()
        return self.stopped

    def _render_group(self, own: Library, queue: deque[Objective]) -> None:
        """Render objectives of one template."""
        ascent = None
        try:
            if self._stop():
                return
            ascent = BatchAscent(self.net, self.recipe, queue[0], self.start.statistics)
            batch = self.config.batch or self._choose_batch(list(queue))
            self._grow(own, ascent, queue, batch)
        except LensMissing as failure:
            growing = [] if ascent is None else [row.objective for row in ascent.rows]
            for objective in (*growing, *queue):
                self._fail(objective, str(failure))
            self._report(0)

    def _grow(self, own: Library, ascent: BatchAscent, queue: deque[Objective], batch: int) -> None:
        frame, seed = self._start_frame(ascent), self.config.params.seed
        self._clock.begin()
        while (queue or ascent.rows) and not self._stop():
            free = 0 if self.recipe.lockstep and ascent.rows else batch - len(ascent.rows)
            added = [queue.popleft() for _ in range(min(free, len(queue)))]
            if added:
                ascent.add(added, [seed] * len(added), frame)
            ascent.step()
            self._clock.add_steps(len(ascent.rows))
            finished = sorted({*ascent.finished_rows(), *self._find_stuck(ascent.rows)})
            if finished:
                self._store_finished(own, ascent, finished)
                ascent.drop(finished)
            if self._interval.is_due():
                self._report(len(ascent.rows))

    def _find_stuck(self, rows: Sequence[AscentItem]) -> list[int]:
        """Return the rows that have not moved in any of their first ``MAX_STUCK_STEPS`` steps."""
        for row in rows:
            if row.error and self._stuck_steps.get(str(row.objective), 0) == row.step - 1:
                self._stuck_steps[str(row.objective)] = row.step
        return [
            k for k, row in enumerate(rows) if row.step >= MAX_STUCK_STEPS and self._is_stuck(row)
        ]

    def _is_stuck(self, row: AscentItem) -> bool:
        return self._stuck_steps.get(str(row.objective)) == row.step

    def _choose_batch(self, objectives: list[Objective]) -> int:
        def make(size: int) -> BatchAscent:
            ascent = BatchAscent(self.net, self.recipe, objectives[0], self.start.statistics)
            seeds = [self.config.params.seed] * size
            ascent.add(objectives[:size], seeds, self._start_frame(ascent))
            return ascent

        return choose_batch(self.net, make, len(objectives), self._stop)

    def _start_frame(self, ascent: BatchAscent) -> Tensor | None:
        """Return the frame (1, C, H, W) in [0, 1] at the picture's size, if it starts there."""
        if self.recipe.start != "frame":
            return None
        x, batched = self.net.encode_batch(self.config.image)
        if batched and len(x) != 1:
            raise BadInput(f"A render starts from one picture, not from {len(x)}.")
        pixels, _ = as_batch(self.net.show(x))
        return fit_to_card(pixels, replace(self.net.card, size=ascent.sizes.picture)).float() / 255

    def _store_finished(self, own: Library, ascent: BatchAscent, finished: list[int]) -> None:
        """Save the finished pictures of the rows ``finished``, or record why there are none."""
        rows = [ascent.rows[k] for k in finished]
        pictures = ascent.pictures()[finished]
        objectives = [row.objective for row in rows]
        values = evaluate(self.net, objectives, pictures, ascent.recipe, ascent.until).tolist()
        for row, picture, value in zip(rows, to_arrays(pictures), values, strict=True):
            self._clock.add_finished(row.step)
            if self._is_stuck(row) or not math.isfinite(value):
                self._fail(
                    row.objective, row.error or "Nothing moves: its objective is not finite."
                )
                self._report(0)
                continue
            result = self._build_picture(row, picture, value)
            curve = np.array(row.curve, np.float32)
            own.save_picture(row.objective, result.values, result.recipe, result.measures, curve)
            self.rendered += 1
            self._report(len(ascent.rows) - len(finished), result)

    def _build_picture(self, row: AscentItem, picture: Array, value: float) -> RenderedPicture:
        recipe = {
            **self.start.recipe,
            "unit": str(row.objective),
            "objective": value,
            "best_seed": row.seed,
            "steps_done": row.step,
        }
        natural = self.start.naturals.get(str(row.objective))
        measures, shown = measure(picture, value, natural), picture
        if self.recipe.faint:
            shown, recipe["contrast"] = with_contrast(picture)
        return RenderedPicture(row.objective, shown, recipe, measures)

    def _fail(self, objective: Objective, reason: str) -> None:
        for name in (str(objective), objective.terms[0].target):
            reason = reason.replace(name, UNIT_PLACEHOLDER)
        self.failed.setdefault(reason, []).append(str(objective))

    def _report(self, growing: int, picture: RenderedPicture | None = None) -> None:
        failed = sum(map(len, self.failed.values()))
        done, total = self.rendered + failed, self._clock.pictures
        left = self._clock.seconds_left(done)
        self.report(RenderProgress("", done, total, left, failed, growing), picture)


@dataclass
class _StepClock:
    """Estimates what is left from the steps of single pictures so far."""

    #: How many pictures there are.
    pictures: int
    #: Steps of a picture at most.
    steps: int
    #: Steps done in this run, over all pictures.
    steps_done: int = 0
    #: Steps that pictures did not need.
    steps_saved: int = 0
    eta: Eta = field(default_factory=Eta)

    def begin(self) -> None:
        """Start the clock at the first step: trying out batches before it predicts nothing."""
        if not self.steps_done:
            self.eta.restart(0, self.pictures * self.steps)

    def add_steps(self, rows: int) -> None:
        """Count one step of each of ``rows`` pictures."""
        self.steps_done += rows

    def add_finished(self, step: int) -> None:
        """Count the steps that a picture finished at ``step`` did not need."""
        self.steps_saved += self.steps - step

    def seconds_left(self, done: int) -> float | None:
        """Return the seconds for the rest after ``done`` pictures; None before the first step."""
        if done >= self.pictures:
            return 0.0
        done_steps = self.steps_done + self.steps_saved
        if done_steps <= 0 or not self.steps_done:
            return None
        return self.eta.estimate(done_steps, self.pictures * self.steps)


def _batch_key(objective: Objective) -> str:
    return str(batch_template(objective))

"""Many units at once: pictures leave the batch as they are finished, and others come in.

Every finished picture is in the library at once, so that whatever ends the work loses at most
the pictures on their way. Under torchrun the goals are split over the ranks.
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
from dnnvis.core.lens_results import Array, Measures, with_contrast
from dnnvis.core.objective import Goal
from dnnvis.jobs import distributed
from dnnvis.lenses.ascent.batch_ascent import REDIRECTED, Climb, Row
from dnnvis.lenses.ascent.batch_size import batch_for, keeping_format
from dnnvis.lenses.ascent.evaluation import judged, shape_of
from dnnvis.lenses.ascent.lens import ASCENT, arrays, measured
from dnnvis.lenses.ascent.params import recipe_for, recipe_of
from dnnvis.lenses.ascent.render_resume import Order, Start, brought_home, own_library, started
from dnnvis.library.store.library import Library, library_path
from dnnvis.network.network import Network
from dnnvis.network.preprocess import as_batch, fitted

STUCK = 2 * REDIRECTED  # steps without any movement after which a picture is given up
OFTEN = 1.0  # seconds between two reports
THE_UNIT = "the unit"


@dataclass(frozen=True)
class Standing:
    """How far this process is: ``done`` of ``total`` pictures of its share are behind it,
    ``failed`` among them, ``growing`` at this moment; ``seconds_left`` where it can be told."""

    done: int
    total: int
    failed: int
    growing: int
    seconds_left: float | None


@dataclass(frozen=True, eq=False)
class Made:
    """A finished picture, in the library by now: ``values`` float32 (H, W, C) in [0, 1], with
    the contrast that the recipe says where the picture itself is faint."""

    goal: Goal
    values: Array
    recipe: dict[str, Any]
    measures: Measures


@dataclass(frozen=True)
class Rendered:
    """What came of it, over all ranks: ``made`` pictures, and why others ``failed`` (a sentence
    -> the goals); ``known`` goals had theirs before (goal -> its number in ``library``);
    ``left`` were not begun or not finished when the work was ``stopped``."""

    made: int
    failed: dict[str, tuple[str, ...]]
    known: dict[str, int]
    left: int
    stopped: bool
    seconds: float
    library: str


Report = Callable[[Standing, Made | None], None]


def render(
    net: Network,
    order: Order,
    library: str | Path | None = None,
    *,
    report: Report | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Rendered:
    """Render what ``order`` asks for into the library of ``net`` (None: its own).

    ``report`` hears of every finished picture, and how far the work is about once a second;
    ``stop`` is asked between steps whether to end. Goals that have a finished picture of the
    same settings and seed are not rendered again. Goals that cannot be reached from the
    input are counted as failed. Raises LensMissing where none can, UnknownUnit, BadInput for
    settings that make no sense here and for a library that cannot be used (a full disk): what
    was kept before stays.
    """
    began = time.perf_counter()
    _check(net, order)
    path = library_path(net.fingerprint) if library is None else Path(library)
    error: DnnvisError | None = None
    with distributed.together(), keeping_format(net):
        brought_home(net, path)
        start = distributed.told(lambda: started(net, order, path))
        work = _Work(net, order, start, report or (lambda standing, made: None), stop)
        try:
            with own_library(net, path) as own:
                work.run(own, distributed.mine(start.todo))
        except DnnvisError as why:
            error = why
        brought_home(net, path)
        distributed.all_went_well(error)
        said = distributed.gathered((work.made, work.failed, work.stopped))
    rendered = _summed(said, start)
    if not rendered.made and not rendered.known and rendered.failed and not rendered.stopped:
        raise LensMissing(next(iter(rendered.failed)))
    return replace(rendered, seconds=time.perf_counter() - began, library=str(path))


def _check(net: Network, order: Order) -> None:
    params, recipe = order.params, recipe_of(order.params)
    if not order.goals:
        raise BadInput("There is nothing to render; name a layer, units or a goal.")
    if order.batch is not None and order.batch < 1:
        raise BadInput(f"A batch has 1 or more pictures, not {order.batch}.")
    if params.seeds != 1 or params.between or recipe.diversity:
        raise BadInput(
            "A render makes one picture of each unit, whatever its neighbours are: seeds, "
            "between and diversity do not apply; run it again with another seed instead."
        )
    if recipe.start == "frame" and order.image is None:
        raise BadInput(f"The preset starts from a picture ({recipe.title}); give one.")
    for goal in order.goals:
        for term in goal.terms:
            net.check(term.unit)
        why = ASCENT.missing(net.info, goal.terms[0].unit)
        if why is not None:
            raise LensMissing(why)


def _summed(said: Sequence[tuple[int, dict[str, list[str]], bool]], start: Start) -> Rendered:
    failed: dict[str, tuple[str, ...]] = {}
    for _, why, _ in said:
        for words, goals in why.items():
            failed[words] = (*failed.get(words, ()), *goals)
    made = sum(count for count, _, _ in said)
    left = len(start.todo) - made - sum(map(len, failed.values()))
    return Rendered(made, failed, start.known, left, any(s for *_, s in said), 0.0, "")


class _Work:
    """The share of one process."""

    def __init__(
        self, net: Network, order: Order, start: Start, report: Report, stop: Callable[[], bool]
    ) -> None:
        self.net, self.order, self.start, self.report = net, order, start, report
        self.recipe = recipe_for(order.params, net.card)
        self.made, self.stopped = 0, False
        self.failed: dict[str, list[str]] = {}
        self._still: dict[str, int] = {}  # goal -> steps from the first on without movement
        self._asked_to_stop = stop
        self._clock = _Clock(0, self.recipe.steps)

    def run(self, own: Library, goals: Sequence[Goal]) -> None:
        self._clock = _Clock(len(goals), self.recipe.steps)
        self._tell(0)
        alike = sorted(goals, key=_kind)  # stable: their order stays
        for _, group in groupby(alike, key=_kind):
            self._group(own, deque(group))

    def _stop(self) -> bool:
        self.stopped = self.stopped or self._asked_to_stop()
        return self.stopped

    def _group(self, own: Library, waiting: deque[Goal]) -> None:
        """Render goals of one shape."""
        climb = None
        try:
            if self._stop():
                return
            climb = Climb(self.net, self.recipe, waiting[0], self.start.nature)
            batch = self.order.batch or self._batch(list(waiting))
            self._climb(own, climb, waiting, batch)
        except LensMissing as why:
            growing = [] if climb is None else [row.goal for row in climb.rows]
            for goal in (*growing, *waiting):
                self._fail(goal, str(why))
            self._tell(0)

    def _climb(self, own: Library, climb: Climb, waiting: deque[Goal], batch: int) -> None:
        frame, seed = self._frame(climb), self.order.params.seed
        self._clock.begin()
        while (waiting or climb.rows) and not self._stop():
            free = 0 if self.recipe.lockstep and climb.rows else batch - len(climb.rows)
            coming = [waiting.popleft() for _ in range(min(free, len(waiting)))]
            if coming:
                climb.admit(coming, [seed] * len(coming), frame)
            climb.step()
            self._clock.stepped(len(climb.rows))
            over = sorted({*climb.finished(), *self._given_up(climb.rows)})
            if over:
                self._take(own, climb, over)
                climb.drop(over)
            if self._clock.due(OFTEN):
                self._tell(len(climb.rows))

    def _given_up(self, rows: Sequence[Row]) -> list[int]:
        """Rows that have not moved in any of their first ``STUCK`` steps."""
        for row in rows:
            if row.trouble and self._still.get(str(row.goal), 0) == row.step - 1:
                self._still[str(row.goal)] = row.step
        return [k for k, row in enumerate(rows) if row.step >= STUCK and self._never_moved(row)]

    def _never_moved(self, row: Row) -> bool:
        return self._still.get(str(row.goal)) == row.step

    def _batch(self, goals: list[Goal]) -> int:
        def make(size: int) -> Climb:
            climb = Climb(self.net, self.recipe, goals[0], self.start.nature)
            seeds = [self.order.params.seed] * size
            climb.admit(goals[:size], seeds, self._frame(climb))
            return climb

        return batch_for(self.net, make, len(goals), self._stop)

    def _frame(self, climb: Climb) -> Tensor | None:
        """(1, C, H, W) in [0, 1] at the picture's size, where the recipe starts from a frame."""
        if self.recipe.start != "frame":
            return None
        x, batched = self.net.encoded(self.order.image)
        if batched and len(x) != 1:
            raise BadInput(f"A render starts from one picture, not from {len(x)}.")
        pixels, _ = as_batch(self.net.show(x))
        return fitted(pixels, replace(self.net.card, size=climb.sizes.picture)).float() / 255

    # ---- what comes of a picture ---------------------------------------------------------

    def _take(self, own: Library, climb: Climb, over: list[int]) -> None:
        """Keep the finished pictures of the rows ``over``, or say why there are none."""
        rows = [climb.rows[k] for k in over]
        pictures = climb.pictures()[over]
        goals = [row.goal for row in rows]
        values = judged(self.net, goals, pictures, self.recipe, climb.until).tolist()
        for row, picture, value in zip(rows, arrays(pictures), values, strict=True):
            self._clock.ended(row.step)
            if self._never_moved(row) or not math.isfinite(value):
                self._fail(row.goal, row.trouble or "Nothing moves: its objective is not finite.")
                self._tell(0)
                continue
            made = self._made(row, picture, value)
            curve = np.array(row.curve, np.float32)
            own.keep(row.goal, made.values, made.recipe, made.measures, curve)
            self.made += 1
            self._tell(len(climb.rows) - len(over), made)

    def _made(self, row: Row, picture: Array, value: float) -> Made:
        recipe = {
            **self.start.recipe,
            "unit": str(row.goal),
            "objective": value,
            "best_seed": row.seed,
            "steps_done": row.step,
        }
        natural = self.start.naturals.get(str(row.goal))
        measures, shown = measured(picture, value, natural), picture
        if self.recipe.faint:
            shown, recipe["contrast"] = with_contrast(picture)
        return Made(row.goal, shown, recipe, measures)

    def _fail(self, goal: Goal, words: str) -> None:
        for name in (str(goal), goal.terms[0].target):
            words = words.replace(name, THE_UNIT)
        self.failed.setdefault(words, []).append(str(goal))

    def _tell(self, growing: int, made: Made | None = None) -> None:
        failed = sum(map(len, self.failed.values()))
        done, total = self.made + failed, self._clock.pictures
        left = self._clock.left(done)
        self.report(Standing(done, total, failed, growing, left), made)


@dataclass
class _Clock:
    """What is left, from the steps of single pictures so far."""

    pictures: int
    steps: int
    began: float = field(default_factory=time.perf_counter)
    worked: int = 0  # steps done in this run
    saved: int = 0  # steps that pictures did not need
    told: float = 0.0

    def begin(self) -> None:
        """What was before the first step (trying out batches) is no measure for the rest."""
        if not self.worked:
            self.began = time.perf_counter()

    def stepped(self, rows: int) -> None:
        self.worked += rows

    def ended(self, step: int) -> None:
        self.saved += self.steps - step

    def due(self, seconds: float) -> bool:
        now = time.perf_counter()
        if now - self.told < seconds:
            return False
        self.told = now
        return True

    def left(self, done: int) -> float | None:
        if done >= self.pictures:
            return 0.0
        behind = self.worked + self.saved
        if behind <= 0 or not self.worked:
            return None
        total = self.pictures * self.steps
        return (time.perf_counter() - self.began) * max(total - behind, 0) / behind


def _kind(goal: Goal) -> str:
    return str(shape_of(goal))

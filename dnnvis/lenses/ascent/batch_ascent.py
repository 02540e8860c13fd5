"""Gradient ascent on a batch of pictures, one goal a picture, which may come and go."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import Generator, Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Goal
from dnnvis.lenses.ascent import regularizers
from dnnvis.lenses.ascent.bit_flips import Hunt
from dnnvis.lenses.ascent.color_statistics import Nature, default_nature
from dnnvis.lenses.ascent.evaluation import check, judged, resized, shape_of
from dnnvis.lenses.ascent.geometry import end_of, sizes_for, takes
from dnnvis.lenses.ascent.gradients import Signals
from dnnvis.lenses.ascent.optimizers import State, moved, plateaued
from dnnvis.lenses.ascent.parametrizations import GRAY_LEVELS, Image, image_for
from dnnvis.lenses.ascent.presets import on_board
from dnnvis.lenses.ascent.recipe import Recipe, Stage
from dnnvis.lenses.ascent.transforms import shaken
from dnnvis.network.hooks import mode_for
from dnnvis.network.network import Network

REDIRECTED = 16  # steps in which a dead start is helped
JITTERED = 224  # jitters are named for pictures of this size
RATED = 128  # Fourier rates are named for canvases of this size ...
NEARER = 2.0  # ... and are at most so many times greater on small ones


@dataclass
class Row:
    """One picture on its way. ``curve`` holds the objective at each step, as optimised."""

    goal: Goal
    seed: int
    generator: Generator
    step: int = 0
    rate: float = 0.0  # the automatic factor; 0 until there is a gradient
    curve: list[float] = field(default_factory=list)
    trouble: str = ""
    best: tuple[float, Tensor] | None = None
    hunt: Hunt = field(default_factory=Hunt)  # where its board is flipped


class Climb:
    """``admit`` pictures, ``step`` all of them, read ``pictures``, ``drop`` the finished.

    All goals of one climb differ only in channels and weights, so that one pass serves them
    all. Of a network whose card says ``binary`` the board itself is moved. What a row becomes
    depends on its goal and seed alone (to rounding), not on its neighbours. Raises BadInput
    where the goal makes no sense for the recipe's statistic, LensMissing where nothing can be
    sent back from the goal's layers.
    """

    def __init__(
        self, network: Network, recipe: Recipe, like: Goal, nature: Nature | None = None
    ) -> None:
        if network.card.binary or recipe.parametrisation == "board":
            recipe = on_board(recipe)
        if recipe.move == "flips" and recipe.parametrisation != "board":
            raise BadInput(
                "Flips are of the cells of a board: set the parametrisation to board, or choose "
                "another move."
            )
        if recipe.levels and recipe.parametrisation != "pixels":
            raise BadInput(
                "Laplacian normalisation (levels) is of a picture's own gradient: set the "
                "parametrisation to pixels, or levels to 0."
            )
        self.network, self.recipe = network, recipe
        self.like = shape_of(like)
        check(like, recipe.statistic)
        for term in like.terms:
            network.check(term.unit)
        self.until = end_of(network, like)
        self.sizes = sizes_for(network, like, recipe, self.until)
        card = network.card
        with mode_for(gradients=False, inference=False):
            nature = nature or default_nature(card.channels, card.mean)
            self.nature = nature.to(network.device)
        self.rows: list[Row] = []
        self._signals = Signals(network, recipe, self.like, self.until)
        self._parameters = torch.zeros(0)
        self._state = State.fresh(self._parameters)
        self._stage = 0
        self._images: dict[int, Image] = {}
        self._taken: dict[tuple[int, int], bool] = {}

    # ---- coming and going --------------------------------------------------------------

    def admit(
        self, goals: Sequence[Goal], seeds: Sequence[int], pixels: Tensor | None = None
    ) -> None:
        """Begin a picture per goal and seed; ``pixels`` (1 or B, C, H, W) in [0, 1] is the
        frame to start from where the recipe starts from one."""
        for goal in goals:
            if shape_of(goal) != self.like:
                raise BadInput(f"{goal} cannot be in one batch with {self.like}.")
        if self.rows and self.recipe.lockstep:
            raise BadInput("Pictures of this recipe go in step; none can join.")
        framed = self.recipe.start != "noise"
        rows = [
            Row(goal, seed, torch.Generator().manual_seed(seed), hunt=Hunt(framed))
            for goal, seed in zip(goals, seeds, strict=True)
        ]
        image = self._image_at(0)
        with mode_for(gradients=False, inference=False):
            start = self._start(image, rows, pixels)
            fresh = image.start([row.generator for row in rows], start).to(self.network.device)
            if self.recipe.ball:
                fresh = self._on_ball(fresh)
            had = bool(self.rows)
            self._parameters = torch.cat((self._parameters, fresh)) if had else fresh
            state = State.fresh(fresh)
            self._state = self._state.with_rows(state) if had else state
        if not had:
            self._stage = 0
        self.rows += rows

    def finished(self) -> list[int]:
        """Rows that need no more steps."""
        return [k for k, row in enumerate(self.rows) if self._ended(row)]

    def drop(self, which: Sequence[int]) -> None:
        keep = [k for k in range(len(self.rows)) if k not in set(which)]
        with mode_for(gradients=False, inference=False):
            index = torch.tensor(keep, dtype=torch.long)
            self._parameters, self._state = self._parameters[index], self._state.rows(index)
        self.rows = [self.rows[k] for k in keep]

    def _ended(self, row: Row) -> bool:
        over = row.step >= self.recipe.steps
        return over or (self.recipe.gain > 0 and plateaued(row.curve, gain=self.recipe.gain))

    # ---- one step ----------------------------------------------------------------------

    def step(self) -> Tensor:
        """One step of every row; the objectives (B,) before it, as optimised."""
        steps = [row.step for row in self.rows]
        with mode_for(gradients=False, inference=False):
            self._enter_stage()
            values = self._flip() if self.recipe.move == "flips" else self._climb(steps)
        for row, value in zip(self.rows, values.tolist(), strict=True):
            row.curve.append(value)
            row.step += 1
        return values

    def _climb(self, steps: list[int]) -> Tensor:
        values, gradient = self._uphill()
        gradient = self._watched(gradient, values)
        self._remember_best(values)
        self._move(gradient, steps)
        return values

    def _flip(self) -> Tensor:
        """The objectives (B,) of the boards, whose searches then take a step."""
        goals, young = self._goals_and_youth()
        with mode_for(gradients=True):
            values, gradient = self._signals.sent_back_alone(self._parameters, goals, young)
        gradient, boards = self._watched(gradient, values), []
        for k, row in enumerate(self.rows):
            worth = partial(self._signals.worth, goal=row.goal)
            cells = self._parameters[k]
            values[k], board = row.hunt.step(cells, gradient[k], worth, row.generator)
            boards.append(board)
            row.best = row.hunt.best
        self._parameters = torch.stack(boards)
        return values

    def _goals_and_youth(self) -> tuple[list[Goal], list[bool]]:
        return [row.goal for row in self.rows], [row.step < REDIRECTED for row in self.rows]

    def _uphill(self) -> tuple[Tensor, Tensor]:
        """The objectives (B,), and their gradient at the parameters."""
        number, stage, _ = self._present()
        goals, young = self._goals_and_youth()
        with mode_for(gradients=True):
            parameters = self._parameters.detach().requires_grad_()
            picture = self._image_at(number).picture(parameters)
            x = self._shown(picture, stage)
            values, signal = self._signals.sent_back(x, goals, young)
            total = (x * signal).sum() / self.recipe.views - self._penalty(parameters, picture)
            (gradient,) = torch.autograd.grad(total, parameters)
        return values, gradient

    def _present(self) -> tuple[int, Stage, float]:
        """(number, stage, how far in it); rows of a recipe with several go in step."""
        return self.recipe.stage_at(self.rows[0].step if self.rows else 0)

    def _shown(self, picture: Tensor, stage: Stage) -> Tensor:
        size = _times(self.sizes.picture, stage.size)
        window = size if self.sizes.window == self.sizes.picture else self.sizes.window
        if stage.size != 1 and not self._takes(size):
            window = self.sizes.picture
        shake = self.recipe.shake
        factor = max(size) / JITTERED
        shake = replace(
            shake, jitter=shake.jitter * factor, jitter_after=shake.jitter_after * factor
        )
        progress = torch.tensor([row.step / max(self.recipe.steps, 1) for row in self.rows])
        return shaken(
            picture, shake, [row.generator for row in self.rows], picture=size, window=window,
            views=self.recipe.views, progress=progress,
        )  # fmt: skip

    def _penalty(self, parameters: Tensor, picture: Tensor) -> Tensor:
        """What the picture pays, summed over rows; pixels in standard deviations."""
        recipe, zero = self.recipe, torch.zeros((), device=picture.device)
        if not (recipe.l2 or recipe.tv or recipe.alpha):
            return zero
        std = torch.tensor(self.network.card.std, device=picture.device).view(1, -1, 1, 1)
        x = (picture - self.nature.mean.view(1, -1, 1, 1)) / std
        paid = zero
        if recipe.l2:
            paid = paid + recipe.l2 * x.square().sum()
        pixels = x.shape[-1] * x.shape[-2]
        if recipe.tv:
            paid = paid + recipe.tv * regularizers.total_variation(x, recipe.tv_beta).sum() / pixels
        if recipe.alpha:
            paid = paid + recipe.alpha * regularizers.alpha_norm(x / 3).sum() / pixels
        return paid

    def _watched(self, gradient: Tensor, values: Tensor) -> Tensor:
        """The gradient without what is not finite; rows in trouble say why."""
        size = gradient.flatten(1).abs().sum(1)
        good = torch.isfinite(size) & torch.isfinite(values)
        still = size == 0
        for k, row in enumerate(self.rows):
            row.trouble = _trouble(row, bool(good[k]), bool(still[k]))
        return torch.nan_to_num(gradient, 0.0, 0.0, 0.0) if not bool(good.all()) else gradient

    def _remember_best(self, values: Tensor) -> None:
        """Of a recipe without chance at each step, the best picture so far is the result."""
        still = self.recipe.shake.still and len(self.recipe.stages) == 1
        if not still or not (self.recipe.clip or self.recipe.parametrisation == "board"):
            return
        for k, row in enumerate(self.rows):
            value = float(values[k])
            if row.best is None or value > row.best[0]:
                row.best = (value, self._parameters[k].clone())

    # ---- how it moves --------------------------------------------------------------------

    def _move(self, gradient: Tensor, steps: list[int]) -> None:
        recipe, x = self.recipe, self._parameters
        _, stage, far = self._present()
        if recipe.levels:  # in gray levels a step
            gradient = GRAY_LEVELS * regularizers.laplacian_normalised(gradient, recipe.levels)
        first, last = stage.rate
        base = self._rate() * (first + (last - first) * far)
        rate = torch.full((len(self.rows),), base, device=x.device)
        if recipe.parametrisation == "pixels":
            change = self._pixel_step(gradient, rate)
        else:
            change = moved(self._state, gradient, recipe.move, rate, recipe.wanted)
        x = x + change
        if recipe.parametrisation == "pixels":
            x = self._regularised(x, gradient, stage, far, steps)
        self._parameters = x

    def _rate(self) -> float:
        """The recipe's; greater for a small canvas, whose few frequencies (their scale being
        1 / index) add up to a smaller step of the picture, in proportion to its side."""
        if self.recipe.parametrisation != "fourier":
            return self.recipe.rate
        return self.recipe.rate * min(max(RATED / max(self.sizes.canvas), 1.0), NEARER)

    def _pixel_step(self, gradient: Tensor, rate: Tensor) -> Tensor:
        """The step in the papers' units (gray levels), given back in [0, 1]."""
        recipe = self.recipe
        change = moved(self._state, gradient / GRAY_LEVELS, recipe.move, rate, recipe.wanted)
        change = change / GRAY_LEVELS
        if recipe.auto:
            norm = change.flatten(1).norm(dim=1)
            reach = recipe.auto * self._reach()
            for k, row in enumerate(self.rows):
                if not row.rate and float(norm[k]) > 0:
                    row.rate = float(reach / norm[k])
            own = torch.tensor([row.rate for row in self.rows], device=change.device)
            change = change * own.view(-1, 1, 1, 1)
        return change

    def _reach(self) -> float:
        """The norm of a start from Yosinski's noise, 10 gray levels, at this size."""
        high, wide = self.sizes.picture
        return 10 / GRAY_LEVELS * math.sqrt(high * wide * self.network.card.channels)

    def _regularised(
        self, x: Tensor, gradient: Tensor, stage: Stage, far: float, steps: list[int]
    ) -> Tensor:
        """Decay, blur, small norm, small contribution, in the order of Yosinski's toolbox."""
        recipe = self.recipe
        x = x * (1 - recipe.decay)
        if recipe.blur and recipe.blur_every:
            due = torch.tensor([step % recipe.blur_every == 0 for step in steps], device=x.device)
            if bool(due.any()):
                x = torch.where(due.view(-1, 1, 1, 1), regularizers.blurred(x, recipe.blur), x)
        first, last = stage.blur
        if first or last:
            x = regularizers.blurred(x, first + (last - first) * far)
        x = regularizers.small_norm_cut(x, recipe.norm_cut)
        x = regularizers.small_contribution_cut(x, gradient, recipe.contribution_cut)
        if recipe.ball:
            x = self._on_ball(x)
        return self._clipped(x) if recipe.clip else x

    def _on_ball(self, x: Tensor) -> Tensor:
        """Norm = ``ball`` root-mean-square deviation from the mean picture."""
        return regularizers.on_ball(x, self.recipe.ball * math.sqrt(x[0].numel()))

    def _clipped(self, x: Tensor) -> Tensor:
        mean = self.nature.mean.view(1, -1, 1, 1)
        return (x + mean).clamp(0, 1) - mean

    # ---- sizes and stages ------------------------------------------------------------------

    def _image_at(self, number: int) -> Image:
        if number not in self._images:
            recipe = self.recipe
            size = _times(self.sizes.canvas, recipe.stages[number].size)
            self._images[number] = image_for(
                recipe.parametrisation, size, self.nature, recipe.sd, recipe.falloff,
                framed=recipe.start == "frame", flips=recipe.move == "flips",
            )  # fmt: skip
        return self._images[number]

    def _start(self, image: Image, rows: list[Row], pixels: Tensor | None) -> Tensor | None:
        recipe, count = self.recipe, len(rows)
        if recipe.start == "frame":
            if pixels is None:
                raise BadInput("This starts from a picture, and there is none; pass image=.")
            pixels = pixels.to(self.network.device)
            return resized(pixels, image.size).expand(count, -1, -1, -1).clone()
        if recipe.start == "mean" and recipe.parametrisation != "phase":  # a mean has no phases
            mean = self.nature.mean.view(1, -1, 1, 1)
            return mean.expand(count, -1, *image.size).clone()
        return None

    def _enter_stage(self) -> None:
        """At a new stage the picture is enlarged: what was added goes onto the start at its
        new size (google/deepdream's octaves)."""
        if not self.rows or not self.recipe.lockstep:
            return
        number, _, _ = self.recipe.stage_at(self.rows[0].step)
        if number == self._stage:
            return
        self._stage = number
        size = self._image_at(number).size
        self._parameters = resized(self._parameters, size)
        self._state = State.fresh(self._parameters)

    def _takes(self, size: tuple[int, int]) -> bool:
        if size not in self._taken:
            self._taken[size] = takes(self.network, size, self.until)
        return self._taken[size]

    # ---- what came of it -------------------------------------------------------------------

    def pictures(self) -> Tensor:
        """(B, C, H, W) in [0, 1] at the picture's size, as it is to be judged and shown: of
        boards the best so far."""
        if not self.rows:
            return torch.zeros(0, self.network.card.channels, *self.sizes.picture)
        board = self.recipe.parametrisation == "board"
        parameters = torch.stack([
            row.best[1] if row.best is not None and (board or self._ended(row)) else now
            for row, now in zip(self.rows, self._parameters, strict=True)
        ])  # fmt: skip
        image = self._image_at(self._present()[0])
        with mode_for(gradients=False, inference=False):  # what it keeps, gradients need later
            return resized(image.picture(parameters).clamp(0, 1), self.sizes.picture)

    def judged(self, pictures: Tensor | None = None) -> Tensor:
        """The objectives (B,) reached on the pictures themselves, untransformed."""
        x = self.pictures() if pictures is None else pictures
        return judged(self.network, [row.goal for row in self.rows], x, self.recipe, self.until)


def _times(size: tuple[int, int], factor: float) -> tuple[int, int]:
    if factor == 1:
        return size
    return max(round(size[0] * factor), 8), max(round(size[1] * factor), 8)


def _trouble(row: Row, good: bool, still: bool) -> str:
    where = row.goal.terms[0].target
    if not good:
        return f"Nothing moves: the network's values or gradients at {where} are not finite."
    risen = bool(row.curve) and max(row.curve) > row.curve[0]  # then it is at its end, perhaps
    if still and not risen:
        return (
            f"Nothing moves: the gradient of {row.goal} at this picture is exactly zero. Its "
            "rectifiers are closed for everything shown; try another seed, or start from the frame."
        )
    return ""

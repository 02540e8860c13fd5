"""Gradient ascent on a batch of pictures, one objective each, which may join and leave."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import Generator, Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent import regularizers
from dnnvis.lenses.ascent.bit_flips import FlipSearch
from dnnvis.lenses.ascent.color_statistics import ImageStatistics, default_statistics
from dnnvis.lenses.ascent.evaluation import (
    adapt_to_directions,
    batch_template,
    check_heads,
    check_objective,
    evaluate,
    resize,
)
from dnnvis.lenses.ascent.frame_hold import FrameHold
from dnnvis.lenses.ascent.geometry import accepts_size, choose_sizes, find_pass_end
from dnnvis.lenses.ascent.gradients import ObjectiveGradients
from dnnvis.lenses.ascent.optimizers import OptimizerState, has_plateaued, optimizer_step
from dnnvis.lenses.ascent.parametrizations import (
    GRAY_LEVELS,
    Parametrization,
    create_parametrization,
)
from dnnvis.lenses.ascent.presets import adapt_to_board
from dnnvis.lenses.ascent.recipe import AscentStage, Recipe
from dnnvis.lenses.ascent.transforms import apply_transform
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.network import Network

REDIRECTED_STEPS = 16  # first steps, in which the signals of a dead start are redirected
JITTER_REFERENCE_SIDE = 224  # jitters are given for pictures of this side
RATE_REFERENCE_SIDE = 128  # Fourier rates are given for canvases of this side ...
MAX_RATE_FACTOR = 2.0  # ... and are at most so many times greater on smaller ones


@dataclass
class AscentItem:
    """One picture of a batch on its way."""

    #: What the picture maximizes.
    objective: Objective
    #: Seed of its random generator.
    seed: int
    #: Its own random generator.
    generator: Generator
    #: Number of steps done.
    step: int = 0
    #: Factor of the automatic learning rate; 0 until there is a gradient.
    rate: float = 0.0
    #: The objective at each step, as optimized.
    curve: list[float] = field(default_factory=list)
    #: Why the picture does not move; "" where it does.
    error: str = ""
    #: Best value and parameters so far, where they are tracked.
    best: tuple[float, Tensor] | None = None
    #: The frame that the picture is held to, (C, H, W) in [0, 1]; None where it is free.
    frame: Tensor | None = None
    #: The search that flips the cells of its board.
    flip_search: FlipSearch = field(default_factory=FlipSearch)


class BatchAscent:
    """Gradient ascent on a batch of pictures.

    ``add`` pictures, ``step`` all of them, read ``pictures``, ``drop`` the finished ones.

    All objectives of one ascent differ only in channels and weights, so that one pass serves them
    all. Of a network whose card says ``binary`` the board itself is optimized. What a row becomes
    depends on its objective and seed alone (to rounding), not on its neighbors. Raises BadInput
    where the objective does not fit the recipe's statistic, LensMissing where nothing can be sent
    back from the objective's layers.
    """

    def __init__(
        self,
        network: Network,
        recipe: Recipe,
        template: Objective,
        statistics: ImageStatistics | None = None,
    ) -> None:
        if network.card.binary or recipe.parametrisation == "board":
            recipe = adapt_to_board(recipe)
        recipe = adapt_to_directions(network, recipe, template)
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
        self.template = batch_template(template)
        check_objective(template, recipe.statistic)
        check_heads(network, template, recipe.statistic)
        for term in template.terms:
            network.check(term.unit)
        self.until = find_pass_end(network, template)
        self.sizes = choose_sizes(network, template, recipe, self.until)
        card = network.card
        with autograd_mode(gradients=False):
            statistics = statistics or default_statistics(card.channels, card.mean)
            self.statistics = statistics.to(network.device)
        self.rows: list[AscentItem] = []
        if recipe.hold and recipe.start != "frame":
            raise BadInput("Only what starts from the frame can be held to it: set start to frame.")
        self.hold = (
            FrameHold(network, self.template, recipe.hold, recipe.hold_depth)
            if recipe.hold
            else None
        )
        self._signals = ObjectiveGradients(network, recipe, self.template, self.until, self.hold)
        self.precision = self._signals.precision  # how gradients are computed, "" as usual
        self._parameters = torch.zeros(0)
        self._state = OptimizerState.zeros(self._parameters)
        self._stage = 0
        self._images: dict[int, Parametrization] = {}
        self._accepted_sizes: dict[tuple[int, int], bool] = {}

    def add(
        self, objectives: Sequence[Objective], seeds: Sequence[int], pixels: Tensor | None = None
    ) -> None:
        """Add a picture per objective and seed.

        Args:
            objectives: What each picture maximizes; they must match the batch's template.
            seeds: Seed of each picture.
            pixels: (1 or B, C, H, W) in [0, 1], the frame to start from where the recipe starts
                from one.

        Raises:
            BadInput: An objective does not match, no picture can join any more, or the frame is
                missing.
        """
        for objective in objectives:
            if batch_template(objective) != self.template:
                raise BadInput(f"{objective} cannot be in one batch with {self.template}.")
        if self.rows and self.recipe.lockstep:
            raise BadInput("Pictures of this recipe go in step; none can join.")
        from_frame = self.recipe.start != "noise"
        rows = [
            AscentItem(
                objective,
                seed,
                torch.Generator().manual_seed(seed),
                flip_search=FlipSearch(from_frame),
            )
            for objective, seed in zip(objectives, seeds, strict=True)
        ]
        image = self._image_at(0)
        with autograd_mode(gradients=False):
            start = self._start(image, rows, pixels)
            new_parameters = image.start([row.generator for row in rows], start).to(
                self.network.device
            )
            if self.recipe.ball:
                new_parameters = self._project_to_ball(new_parameters)
            has_rows = bool(self.rows)
            self._parameters = (
                torch.cat((self._parameters, new_parameters)) if has_rows else new_parameters
            )
            if self.hold is not None:
                for row, frame in zip(rows, image.picture(new_parameters), strict=True):
                    row.frame = frame.clamp(0, 1)
            state = OptimizerState.zeros(new_parameters)
            self._state = self._state.append(state) if has_rows else state
        if not has_rows:
            self._stage = 0
        self.rows += rows

    def finished_rows(self) -> list[int]:
        """Return the rows that need no more steps."""
        return [k for k, row in enumerate(self.rows) if self._is_finished(row)]

    @property
    def is_finished(self) -> bool:
        """Return whether no picture needs more steps."""
        return all(map(self._is_finished, self.rows))

    def drop(self, indices: Sequence[int]) -> None:
        """Remove the rows ``indices``."""
        remaining = [k for k in range(len(self.rows)) if k not in set(indices)]
        with autograd_mode(gradients=False):
            index = torch.tensor(remaining, dtype=torch.long)
            self._parameters, self._state = self._parameters[index], self._state.rows(index)
        self.rows = [self.rows[k] for k in remaining]

    def _is_finished(self, row: AscentItem) -> bool:
        out_of_steps = row.step >= self.recipe.steps
        return out_of_steps or (
            self.recipe.gain > 0 and has_plateaued(row.curve, gain=self.recipe.gain)
        )

    def step(self) -> Tensor:
        """Make one step of every row; return the objectives (B,) before it, as optimized."""
        steps = [row.step for row in self.rows]
        with autograd_mode(gradients=False):
            self._enter_stage()
            values = (
                self._step_flips() if self.recipe.move == "flips" else self._step_gradient(steps)
            )
        for row, value in zip(self.rows, values.tolist(), strict=True):
            row.curve.append(value)
            row.step += 1
        return values

    def _step_gradient(self, steps: list[int]) -> Tensor:
        values, gradient = self._compute_gradient()
        gradient = self._check_gradient(gradient, values)
        self._remember_best(values)
        self._update(gradient, steps)
        return values

    def _step_flips(self) -> Tensor:
        """Make one step of every board's search; return the objectives (B,) before it."""
        objectives, is_young = self._objectives_and_age()
        with autograd_mode(gradients=True):
            values, gradient = self._signals.backpropagate_each(
                self._parameters, objectives, is_young
            )
        gradient, boards = self._check_gradient(gradient, values), []
        for k, row in enumerate(self.rows):
            evaluate = partial(self._signals.evaluate, objective=row.objective)
            cells = self._parameters[k]
            values[k], board = row.flip_search.step(cells, gradient[k], evaluate, row.generator)
            boards.append(board)
            row.best = row.flip_search.best
        self._parameters = torch.stack(boards)
        return values

    def _objectives_and_age(self) -> tuple[list[Objective], list[bool]]:
        return [row.objective for row in self.rows], [
            row.step < REDIRECTED_STEPS for row in self.rows
        ]

    def _compute_gradient(self) -> tuple[Tensor, Tensor]:
        """Return the objectives (B,), and their gradient at the parameters."""
        number, stage, _ = self._current_stage()
        objectives, is_young = self._objectives_and_age()
        with autograd_mode(gradients=True):
            parameters = self._parameters.detach().requires_grad_()
            picture = self._image_at(number).picture(parameters)
            x, frame = self._transform_pair(picture, stage)
            values, signal = self._signals.backpropagate(x, objectives, is_young, frame)
            # As a gradient, the signal would have torch import sympy: 36 MB and seconds.
            total = (x * (signal / self.recipe.views if self.recipe.views > 1 else signal)).sum()
            if self.recipe.is_penalized:
                total = total - self._penalty(parameters, picture).sum()
            (gradient,) = torch.autograd.grad(total, parameters)
        return values, gradient

    def _current_stage(self) -> tuple[int, AscentStage, float]:
        """Return (number, stage, progress in it).

        Rows of a recipe with several stages go in lockstep.
        """
        return self.recipe.stage_at(self.rows[0].step if self.rows else 0)

    def _transform_pair(self, picture: Tensor, stage: AscentStage) -> tuple[Tensor, Tensor | None]:
        """Return what the network is shown, and the frames under the same transforms, if held."""
        if self.hold is None:
            return self._transform(picture, stage), None
        frames = torch.stack([row.frame for row in self.rows if row.frame is not None])
        both = torch.cat((picture, resize(frames, (picture.shape[2], picture.shape[3]))), 1)
        shown, channels = self._transform(both, stage), picture.shape[1]
        return shown[:, :channels].contiguous(), shown[:, channels:].detach().contiguous()

    def _transform(self, picture: Tensor, stage: AscentStage) -> Tensor:
        size = _scale_size(self.sizes.picture, stage.size)
        window = size if self.sizes.window == self.sizes.picture else self.sizes.window
        if stage.size != 1 and not self._accepts(size):
            window = self.sizes.picture
        transform = self.recipe.transform
        factor = max(size) / JITTER_REFERENCE_SIDE
        transform = replace(
            transform,
            jitter=transform.jitter * factor,
            jitter_after=transform.jitter_after * factor,
        )
        progress = torch.tensor([row.step / max(self.recipe.steps, 1) for row in self.rows])
        return apply_transform(
            picture,
            transform,
            [row.generator for row in self.rows],
            picture=size,
            window=window,
            views=self.recipe.views,
            progress=progress,
        )

    def _penalty(self, parameters: Tensor, picture: Tensor) -> Tensor:
        """Return the picture's regularization, summed over rows; pixels in standard deviations."""
        recipe = self.recipe
        std = torch.tensor(self.network.card.std, device=picture.device).view(1, -1, 1, 1)
        x = (picture - self.statistics.mean.view(1, -1, 1, 1)) / std
        penalty = torch.zeros((), device=picture.device)
        if recipe.l2:
            penalty = penalty + recipe.l2 * x.square().sum()
        pixels = x.shape[-1] * x.shape[-2]
        if recipe.tv:
            penalty = (
                penalty + recipe.tv * regularizers.total_variation(x, recipe.tv_beta).sum() / pixels
            )
        if recipe.alpha:
            penalty = penalty + recipe.alpha * regularizers.alpha_norm(x / 3).sum() / pixels
        return penalty

    def _check_gradient(self, gradient: Tensor, values: Tensor) -> Tensor:
        """Return the gradient with what is not finite set to 0; rows that fail get an ``error``."""
        sizes = gradient.flatten(1).abs().sum(1).tolist()
        are_finite = [
            math.isfinite(size) and math.isfinite(value)
            for size, value in zip(sizes, values.tolist(), strict=True)
        ]
        for row, size, is_finite in zip(self.rows, sizes, are_finite, strict=True):
            edits = ", ".join(edit.title for edit in self.network.edits.active)
            row.error = _failure_reason(row, is_finite, size == 0, edits)
        return gradient if all(are_finite) else torch.nan_to_num(gradient, 0.0, 0.0, 0.0)

    def _remember_best(self, values: Tensor) -> None:
        """Track the best picture so far as the result, where steps have no randomness."""
        is_deterministic = self.recipe.transform.is_still and len(self.recipe.stages) == 1
        if not is_deterministic or not (self.recipe.clip or self.recipe.parametrisation == "board"):
            return
        for k, row in enumerate(self.rows):
            value = float(values[k])
            if row.best is None or value > row.best[0]:
                row.best = (value, self._parameters[k].clone())

    def _update(self, gradient: Tensor, steps: list[int]) -> None:
        recipe, x = self.recipe, self._parameters
        _, stage, stage_progress = self._current_stage()
        if recipe.levels:  # the step is in gray levels
            gradient = GRAY_LEVELS * regularizers.normalize_laplacian(gradient, recipe.levels)
        first, last = stage.rate
        base = self._rate() * (first + (last - first) * stage_progress)
        rate = torch.full((len(self.rows),), base, device=x.device)
        if recipe.parametrisation == "pixels":
            change = self._pixel_step(gradient, rate)
        else:
            change = optimizer_step(self._state, gradient, recipe.move, rate, recipe.wanted)
        x = x + change
        if recipe.parametrisation == "pixels":
            x = self._regularize(x, gradient, stage, stage_progress, steps)
        self._parameters = x

    def _rate(self) -> float:
        """Return the recipe's learning rate, greater for a small canvas in proportion to its side.

        Its few frequencies (their scale being 1 / index) add up to a smaller step of the picture.
        """
        if self.recipe.parametrisation != "fourier":
            return self.recipe.rate
        return self.recipe.rate * min(
            max(RATE_REFERENCE_SIDE / max(self.sizes.canvas), 1.0), MAX_RATE_FACTOR
        )

    def _pixel_step(self, gradient: Tensor, rate: Tensor) -> Tensor:
        """Return the step, computed in the papers' units (gray levels), in [0, 1]."""
        recipe = self.recipe
        change = optimizer_step(
            self._state, gradient / GRAY_LEVELS, recipe.move, rate, recipe.wanted
        )
        change = change / GRAY_LEVELS
        if recipe.auto:
            norm = change.flatten(1).norm(dim=1)
            target_norm = recipe.auto * self._start_norm()
            for k, row in enumerate(self.rows):
                if not row.rate and float(norm[k]) > 0:
                    row.rate = float(target_norm / norm[k])
            rates = torch.tensor([row.rate for row in self.rows], device=change.device)
            change = change * rates.view(-1, 1, 1, 1)
        return change

    def _start_norm(self) -> float:
        """Return the norm of a start from Yosinski's noise, 10 gray levels, at this size."""
        height, width = self.sizes.picture
        return 10 / GRAY_LEVELS * math.sqrt(height * width * self.network.card.channels)

    def _regularize(
        self,
        x: Tensor,
        gradient: Tensor,
        stage: AscentStage,
        stage_progress: float,
        steps: list[int],
    ) -> Tensor:
        """Apply decay, blur, small norm, small contribution, in the order of Yosinski's toolbox."""
        recipe = self.recipe
        x = x * (1 - recipe.decay)
        if recipe.blur and recipe.blur_every:
            is_due = torch.tensor(
                [step % recipe.blur_every == 0 for step in steps], device=x.device
            )
            if bool(is_due.any()):
                x = torch.where(
                    is_due.view(-1, 1, 1, 1), regularizers.gaussian_blur(x, recipe.blur), x
                )
        first, last = stage.blur
        if first or last:
            x = regularizers.gaussian_blur(x, first + (last - first) * stage_progress)
        x = regularizers.clip_small_norm(x, recipe.norm_cut)
        x = regularizers.clip_small_contribution(x, gradient, recipe.contribution_cut)
        if recipe.ball:
            x = self._project_to_ball(x)
        return self._clip(x) if recipe.clip else x

    def _project_to_ball(self, x: Tensor) -> Tensor:
        """Scale to ``ball`` root-mean-square deviation from the mean picture."""
        return regularizers.project_to_ball(x, self.recipe.ball * math.sqrt(x[0].numel()))

    def _clip(self, x: Tensor) -> Tensor:
        mean = self.statistics.mean.view(1, -1, 1, 1)
        return (x + mean).clamp(0, 1) - mean

    def _image_at(self, number: int) -> Parametrization:
        if number not in self._images:
            recipe = self.recipe
            size = _scale_size(self.sizes.canvas, recipe.stages[number].size)
            self._images[number] = create_parametrization(
                recipe.parametrisation,
                size,
                self.statistics,
                recipe.sd,
                recipe.falloff,
                framed=recipe.start == "frame",
                flips=recipe.move == "flips",
            )
        return self._images[number]

    def _start(
        self, image: Parametrization, rows: list[AscentItem], pixels: Tensor | None
    ) -> Tensor | None:
        recipe, count = self.recipe, len(rows)
        if recipe.start == "frame":
            if pixels is None:
                raise BadInput("This starts from a picture, and there is none; pass image=.")
            pixels = pixels.to(self.network.device)
            return resize(pixels, image.size).expand(count, -1, -1, -1).clone()
        if recipe.start == "mean" and recipe.parametrisation != "phase":  # a mean has no phases
            mean = self.statistics.mean.view(1, -1, 1, 1)
            return mean.expand(count, -1, *image.size).clone()
        return None

    def _enter_stage(self) -> None:
        """Enlarge the picture at a new stage.

        What was added goes onto the start at its new size (google/deepdream's octaves).
        """
        if not self.rows or not self.recipe.lockstep:
            return
        number, _, _ = self.recipe.stage_at(self.rows[0].step)
        if number == self._stage:
            return
        self._stage = number
        size = self._image_at(number).size
        self._parameters = resize(self._parameters, size)
        self._state = OptimizerState.zeros(self._parameters)

    def _accepts(self, size: tuple[int, int]) -> bool:
        if size not in self._accepted_sizes:
            self._accepted_sizes[size] = accepts_size(self.network, size, self.until)
        return self._accepted_sizes[size]

    def pictures(self) -> Tensor:
        """Return the pictures (B, C, H, W) in [0, 1] at their final size.

        They are as evaluated and shown: of boards the best so far.
        """
        if not self.rows:
            return torch.zeros(0, self.network.card.channels, *self.sizes.picture)
        board = self.recipe.parametrisation == "board"
        parameters = torch.stack(
            [
                row.best[1]
                if row.best is not None and (board or self._is_finished(row))
                else current
                for row, current in zip(self.rows, self._parameters, strict=True)
            ]
        )
        image = self._image_at(self._current_stage()[0])
        # no inference mode: tensors cached here are needed by gradients later
        with autograd_mode(gradients=False):
            return resize(image.picture(parameters).clamp(0, 1), self.sizes.picture)

    def evaluate(self, pictures: Tensor | None = None) -> Tensor:
        """Return the objectives (B,) reached on the pictures themselves, untransformed."""
        x = self.pictures() if pictures is None else pictures
        return evaluate(
            self.network, [row.objective for row in self.rows], x, self.recipe, self.until
        )


def _scale_size(size: tuple[int, int], factor: float) -> tuple[int, int]:
    if factor == 1:
        return size
    return max(round(size[0] * factor), 8), max(round(size[1] * factor), 8)


def _failure_reason(row: AscentItem, is_finite: bool, is_zero: bool, edits: str) -> str:
    """Return why a picture does not grow while ``edits`` (titles) are on, "" where it does."""
    where = row.objective.terms[0].target
    if not is_finite:
        return f"Nothing moves: the network's values or gradients at {where} are not finite."
    has_risen = bool(row.curve) and max(row.curve) > row.curve[0]  # then it may have converged
    if is_zero and not has_risen and edits:
        return (
            f"Nothing moves: the gradient of {row.objective} at this picture is exactly zero while "
            f"these edits are on: {edits}."
        )
    if is_zero and not has_risen:
        return (
            f"Nothing moves: the gradient of {row.objective} at this picture is exactly zero. Its "
            "rectifiers are closed for everything shown; try another seed, or start from the frame."
        )
    return ""

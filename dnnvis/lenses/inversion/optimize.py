"""The way down: pictures that come nearer to a code, step by step.

Sources: Mahendran & Vedaldi 2015, section 3.3 and the authors' code (momentum, learning rates);
Olah et al. 2017 (the same loss on Fourier coefficients with Adam: far fewer steps).
"""

from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import Tensor

from dnnvis.core.errors import LensMissing
from dnnvis.lenses.ascent.color_statistics import default_nature
from dnnvis.lenses.ascent.optimizers import State, moved
from dnnvis.lenses.ascent.parametrizations import Fourier, Pixels, noise
from dnnvis.lenses.inversion.loss import Code, penalty, sigma_for, variation_weight
from dnnvis.lenses.inversion.params import (
    ALPHA,
    GRAY,
    LESS,
    InversionParams,
    rate_at,
    steps_of,
)
from dnnvis.network.backward_rules import straight_through
from dnnvis.network.bn_folding import folded
from dnnvis.network.hooks import mode_for
from dnnvis.network.network import Network

RATED = 224  # the side that Fourier rates are named for; on 32 pixels 1.6 times as much is best
LATE = 0.5  # share of the steps after which the gates of later layers are opened
RUNAWAY = 10.0  # a loss so many times the first one is no descent any more


class Descent:
    """``step`` until ``over``; ``pictures`` are what came of it, one a seed, each independent
    of the others (to rounding). ``curve`` holds the normalised errors (B,) of each step, as
    optimised.

    Raises LensMissing where nothing can be sent back from the code's layer.
    """

    def __init__(self, network: Network, code: Code, params: InversionParams) -> None:
        self.network, self.code, self.params = network, code, params
        card = network.card
        with mode_for(gradients=True), torch.no_grad():
            self.nature = default_nature(card.channels, card.mean).to(network.device)
        self.fourier = params.preset == "fourier"
        self._image = (Fourier if self.fourier else Pixels)(card.size, self.nature)
        less = LESS if self.fourier else (1.0, 1.0)
        depth = variation_weight(network, code.layer)
        own = depth * less[0]
        self._opened = 0.0 if depth == 1 else LATE  # from what share of the steps on
        self.variation = own if params.tv is None else params.tv
        self.alpha = ALPHA * less[1] if params.alpha is None else params.alpha
        self.steps = steps_of(params)
        self.step_number = 0
        self.curve: list[list[float]] = []
        self._twin = folded(network, spare=(code.layer,))
        self._sigma = sigma_for(card.channels * card.size[0] * card.size[1])
        self._rate = 0.0
        self._first: Tensor | None = None  # (B,) losses of the first step
        with mode_for(gradients=True), torch.no_grad():  # whatever the caller's mode is
            self._parameters = self._start(range(params.seed, params.seed + params.seeds))
            self._state = State.fresh(self._parameters)
            ones = torch.ones(params.seeds, device=network.device)
            self._slower = ones  # by what a row's rate is divided because its loss ran away
            self._best = torch.inf * ones, self._parameters  # the least losses, and where
            self._stuck = torch.zeros_like(ones, dtype=torch.bool)
            self._finite = ~self._stuck

    @property
    def over(self) -> bool:
        return self.step_number >= self.steps

    @property
    def slower(self) -> float:
        """The greatest number that a row's steps were divided by because its loss ran away."""
        return float(self._slower.max())

    @property
    def trouble(self) -> str:
        """Why none of the pictures moves; "" where one does."""
        layer = self.code.layer
        if not bool(self._finite.any()):
            return f"Nothing moves: the network's values or gradients at {layer} are not finite."
        if bool(self._stuck.all()):
            return (
                f"Nothing moves: the gradient at {layer} is exactly zero. Its rectifiers are "
                "closed for everything shown; try another seed."
            )
        return ""

    def _start(self, seeds: Sequence[int]) -> Tensor:
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        if self.fourier:
            return self._image.start(generators).to(self.network.device)
        x = noise(generators, (self.network.card.channels, *self.network.card.size))
        norm = x.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
        start: Tensor = x / norm * (self._sigma / GRAY)
        return start.to(self.network.device)

    def pictures(self) -> Tensor:
        """(B, C, H, W) in [0, 1]."""
        with mode_for(gradients=True), torch.no_grad():
            return self._image.picture(self._parameters).clamp(0, 1)

    def errors(self, pictures: Tensor | None = None) -> Tensor:
        """The normalised errors (B,) of the pictures themselves."""
        x = self.pictures() if pictures is None else pictures
        layer, call, until = self.code.layer, self.code.call, self.code.until
        recording = self.network.run(x, [layer], until=until)
        return self.code.error(recording.tensor(layer, call)).cpu()

    def step(self) -> None:
        """One step of every picture."""
        with mode_for(gradients=True):
            parameters = self._parameters.detach().requires_grad_()
            picture = self._image.picture(parameters)
            errors, signal = self._sent_back(picture)
            mean = self.nature.mean.view(1, -1, 1, 1)
            x = GRAY * (picture - mean)
            paid = penalty(x, self.variation, self.params.beta, self.alpha)
            total = (picture * signal).sum() + paid.sum()
            (gradient,) = torch.autograd.grad(total, parameters)
            with torch.no_grad():
                self.curve.append(errors.tolist())
                self._watch(signal, errors)
                self._move(gradient, errors + paid)
        self.step_number += 1

    def _sent_back(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised errors (B,), and their gradient at the pictures. ``fourier`` passes the
        gates next to the layer as if they were open, since a rectifier that is shut but should
        not be would keep its pixels as they are: at any step where nothing comes back
        otherwise, and at all steps of an early layer, but of later ones in the second half alone
        (the many shut ones of a deep layer would pull the picture away from what its open ones
        know)."""
        code = self.code
        recording = self._twin.run(picture.detach(), [code.layer], gradients=True, until=code.until)
        values = recording.tensor(code.layer, code.call)
        errors = code.error(values)
        if not errors.requires_grad:
            raise LensMissing(
                f"{code.layer} does not depend on the picture in a way that has a gradient, "
                "so its code cannot be inverted."
            )
        opened = self.fourier and self.step_number >= self._opened * self.steps
        closed = self.fourier and not opened
        signal = self._back(errors, values, recording.x, open_gates=opened, keep=closed)
        shut = (signal.flatten(1) == 0).all(1)
        if closed and bool(shut.any()):
            helped = self._back(errors, values, recording.x, open_gates=True)
            signal = _rows(shut, helped, signal)
        return errors.detach(), signal.detach().float()

    def _back(
        self, errors: Tensor, values: Tensor, x: Tensor, *, open_gates: bool, keep: bool = False
    ) -> Tensor:
        """The gradient at ``x``; ``keep``: there may be another."""
        with straight_through(values) if open_gates else nullcontext():
            try:
                (signal,) = torch.autograd.grad(
                    errors.sum(), [x], retain_graph=keep, allow_unused=True
                )
            except RuntimeError as why:
                raise LensMissing(f"The network cannot be run backwards: {why}") from why
        if signal is None:
            raise LensMissing(f"Nothing of the picture reaches {self.code.layer}.")
        return torch.as_tensor(signal)

    # ---- how it moves --------------------------------------------------------------------

    def _watch(self, signal: Tensor, errors: Tensor) -> None:
        """Which pictures are stuck, or beyond what can be computed."""
        self._finite = torch.isfinite(signal).flatten(1).all(1) & torch.isfinite(errors)
        first = torch.tensor(self.curve[0], device=errors.device)
        still = ~signal.flatten(1).any(1)
        self._stuck = still & (errors > 0) & (errors >= first)  # else it is at its end, perhaps

    def _move(self, gradient: Tensor, losses: Tensor) -> None:
        sound = self._sound(gradient, losses)
        rate = rate_at(self.params, self.step_number, self.steps)
        if not self.fourier and rate != self._rate:
            self._state = State.fresh(self._parameters)  # momentum starts afresh
        self._rate = rate
        gradient = torch.nan_to_num(gradient, 0.0, 0.0, 0.0)
        if self.fourier:
            rate *= (RATED / max(self.network.card.size)) ** 0.25
            change = moved(self._state, -gradient, "adam", rate / self._slower)
        else:  # the authors' units: gray levels, the gradient times sigma^2
            scale = (self._sigma / GRAY) ** 2
            change = moved(self._state, -gradient * scale, "momentum", rate / self._slower)
        moving = self._parameters + change
        if bool(sound.all()):
            self._parameters = moving
            return
        self._parameters = _rows(sound, moving, self._best[1])
        state, none = self._state, torch.zeros_like(gradient)
        self._state = State(
            _rows(sound, state.first, none), _rows(sound, state.second, none), state.clock * sound
        )

    def _sound(self, gradient: Tensor, losses: Tensor) -> Tensor:
        """Which pictures (B,) can take this step. Where the loss runs away, the best one so far
        is gone back to, and its steps are a tenth from there on."""
        first = self._first = losses if self._first is None else self._first
        finite = torch.isfinite(losses) & torch.isfinite(gradient).flatten(1).all(1)
        sound = finite & (losses <= RUNAWAY * first)
        better = sound & (losses < self._best[0])
        self._best = (
            torch.where(better, losses, self._best[0]),
            _rows(better, self._parameters, self._best[1]),
        )
        self._slower = torch.where(sound, self._slower, self._slower * 10)
        return sound


def _rows(which: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    """Rows of ``yes`` where ``which`` (B,) holds, of ``no`` elsewhere."""
    return torch.where(which.view(-1, *(1,) * (yes.dim() - 1)), yes, no)

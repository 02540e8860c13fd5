"""Gradient descent on the loss of an inversion: pictures approach a code, step by step.

Sources: Mahendran & Vedaldi 2015, section 3.3 and the authors' code (momentum, learning rates);
Olah et al. 2017 (the same loss on Fourier coefficients with Adam: far fewer steps).
"""

from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import Tensor

from dnnvis.core.errors import LensMissing
from dnnvis.lenses.ascent.color_statistics import default_statistics
from dnnvis.lenses.ascent.optimizers import OptimizerState, optimizer_step
from dnnvis.lenses.ascent.parametrizations import (
    FourierParametrization,
    PixelParametrization,
    draw_noise,
)
from dnnvis.lenses.inversion.loss import LayerCode, penalty, sigma_for, variation_weight
from dnnvis.lenses.inversion.params import (
    ALPHA_WEIGHT,
    FOURIER_WEIGHT_FACTORS,
    GRAY_LEVELS,
    InversionParams,
    count_steps,
    rate_at,
)
from dnnvis.network.backward_rules import straight_through
from dnnvis.network.bn_folding import fold_batch_norms
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.network import Network
from dnnvis.network.opening.user_code import NO_BACKWARD, translate_errors
from dnnvis.network.precision import (
    describe_precision,
    explain_no_gradient,
    in_float32,
    send_back,
)

RATE_REFERENCE_SIDE = (
    224  # Fourier rates are given for this side; on 32 pixels 1.6 times as much is best
)
GATE_OPENING_FRACTION = 0.5  # of the steps, after which the gates of later layers are opened
MAX_LOSS_RATIO = 10.0  # a loss that exceeds the first one so many times has diverged


class Descent:
    """Descent of a batch of pictures towards one code: ``step`` until ``is_finished``.

    ``pictures`` returns the result, one picture per seed, each independent of the others (to
    rounding). ``curve`` holds the normalized errors (B,) of each step, as optimized.

    Raises LensMissing where nothing can be sent back from the code's layer.
    """

    def __init__(self, network: Network, code: LayerCode, params: InversionParams) -> None:
        self.network, self.code, self.params = network, code, params
        card = network.card
        with autograd_mode(gradients=True), torch.no_grad():
            self.statistics = default_statistics(card.channels, card.mean).to(network.device)
        self.fourier = params.preset == "fourier"
        self._image = (FourierParametrization if self.fourier else PixelParametrization)(
            card.size, self.statistics
        )
        factors = FOURIER_WEIGHT_FACTORS if self.fourier else (1.0, 1.0)
        depth = variation_weight(network, code.layer)
        default = depth * factors[0]
        self._gates_open_from = (
            0.0 if depth == 1 else GATE_OPENING_FRACTION
        )  # fraction of the steps after which gates open
        self.variation = default if params.tv is None else params.tv
        self.alpha = ALPHA_WEIGHT * factors[1] if params.alpha is None else params.alpha
        self.steps = count_steps(params)
        self.step_number = 0
        self.curve: list[list[float]] = []
        self.precision = describe_precision(network)  # how gradients are computed, "" as usual
        float32_network = in_float32(network)
        self._scaled = float32_network is None
        self._folded_network = fold_batch_norms(
            network if float32_network is None else float32_network, unfolded_layers=(code.layer,)
        )
        self._sigma = sigma_for(card.channels * card.size[0] * card.size[1])
        self._rate = 0.0
        self._first: Tensor | None = None  # (B,) losses of the first step
        with autograd_mode(gradients=True), torch.no_grad():  # whatever the caller's mode is
            self._parameters = self._start(range(params.seed, params.seed + params.seeds))
            self._state = OptimizerState.zeros(self._parameters)
            ones = torch.ones(params.seeds, device=network.device)
            self._slowdown = ones  # divisor of a row's rate because its loss diverged
            self._best = torch.inf * ones, self._parameters  # lowest losses and their parameters
            self._is_stuck = torch.zeros_like(ones, dtype=torch.bool)
            self._is_finite = ~self._is_stuck

    @property
    def is_finished(self) -> bool:
        """Return whether all steps are done."""
        return self.step_number >= self.steps

    @property
    def slowdown(self) -> float:
        """Return the greatest divisor of a row's rate because its loss diverged."""
        return float(self._slowdown.max())

    @property
    def error(self) -> str:
        """Return why none of the pictures moves; "" where one does."""
        layer = self.code.layer
        if not bool(self._is_finite.any()):
            return f"Nothing moves: the network's values or gradients at {layer} are not finite."
        if bool(self._is_stuck.all()):
            return (
                f"Nothing moves: the gradient at {layer} is exactly zero. Its rectifiers are "
                "closed for everything shown; try another seed."
            )
        return ""

    def _start(self, seeds: Sequence[int]) -> Tensor:
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        if self.fourier:
            return self._image.start(generators).to(self.network.device)
        x = draw_noise(generators, (self.network.card.channels, *self.network.card.size))
        norm = x.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
        start: Tensor = x / norm * (self._sigma / GRAY_LEVELS)
        return start.to(self.network.device)

    def pictures(self) -> Tensor:
        """Return the pictures (B, C, H, W) in [0, 1]."""
        with autograd_mode(gradients=True), torch.no_grad():
            return self._image.picture(self._parameters).clamp(0, 1)

    def errors(self, pictures: Tensor | None = None) -> Tensor:
        """Return the normalized errors (B,) of the pictures themselves."""
        x = self.pictures() if pictures is None else pictures
        layer, call, until = self.code.layer, self.code.call, self.code.until
        recording = self.network.run(x, [layer], until=until)
        return self.code.error(recording.tensor(layer, call)).cpu()

    def step(self) -> None:
        """Make one step of every picture."""
        with autograd_mode(gradients=True):
            parameters = self._parameters.detach().requires_grad_()
            picture = self._image.picture(parameters)
            errors, signal = self._backpropagate(picture)
            mean = self.statistics.mean.view(1, -1, 1, 1)
            x = GRAY_LEVELS * (picture - mean)
            penalties = penalty(x, self.variation, self.params.beta, self.alpha)
            total = (picture * signal).sum() + penalties.sum()
            (gradient,) = torch.autograd.grad(total, parameters)
            with torch.no_grad():
                self.curve.append(errors.tolist())
                self._update_flags(signal, errors)
                self._update(gradient, errors + penalties)
        self.step_number += 1

    def _backpropagate(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Return normalized errors (B,), and their gradient at the pictures.

        ``fourier`` passes the gates next to the layer as if they were open, since a rectifier that
        is closed but should not be would leave its pixels as they are: at any step where nothing
        comes back otherwise, and at all steps of an early layer, but of later ones in the second
        half alone (the many closed ones of a deep layer would pull the picture away from what its
        open ones know).
        """
        code = self.code
        recording = self._folded_network.run(
            picture.detach(), [code.layer], gradients=True, until=code.until
        )
        values = recording.tensor(code.layer, code.call)
        errors = code.error(values)
        if not errors.requires_grad:
            raise LensMissing(
                f"{code.layer} does not depend on the picture in a way that has a gradient, "
                "so its code cannot be inverted."
            )
        gates_open = self.fourier and self.step_number >= self._gates_open_from * self.steps
        gates_closed = self.fourier and not gates_open
        signal = self._gradient(
            errors, values, recording.x, open_gates=gates_open, keep=gates_closed
        )
        is_blocked = (signal.flatten(1) == 0).all(1)
        if gates_closed and bool(is_blocked.any()):
            opened_signal = self._gradient(errors, values, recording.x, open_gates=True)
            signal = _select_rows(is_blocked, opened_signal, signal)
        return errors.detach(), signal.detach().float()

    def _gradient(
        self, errors: Tensor, values: Tensor, x: Tensor, *, open_gates: bool, keep: bool = False
    ) -> Tensor:
        """Return the gradient at ``x``; ``keep`` retains the graph for another one."""
        gates = straight_through(values) if open_gates else nullcontext()
        with gates, translate_errors(NO_BACKWARD, LensMissing):
            (signal,) = send_back(errors.sum(), [x], scaled=self._scaled, keep=keep)
        if signal is None:
            raise LensMissing(explain_no_gradient(self.code.layer))
        return torch.as_tensor(signal)

    def _update_flags(self, signal: Tensor, errors: Tensor) -> None:
        """Update which pictures are stuck, or not finite."""
        self._is_finite = torch.isfinite(signal).flatten(1).all(1) & torch.isfinite(errors)
        first = torch.tensor(self.curve[0], device=errors.device)
        is_zero = ~signal.flatten(1).any(1)
        self._is_stuck = (
            is_zero & (errors > 0) & (errors >= first)
        )  # otherwise it may have converged

    def _update(self, gradient: Tensor, losses: Tensor) -> None:
        is_stable = self._check_losses(gradient, losses)
        rate = rate_at(self.params, self.step_number, self.steps)
        if not self.fourier and rate != self._rate:
            self._state = OptimizerState.zeros(self._parameters)  # momentum restarts
        self._rate = rate
        gradient = torch.nan_to_num(gradient, 0.0, 0.0, 0.0)
        if self.fourier:
            rate *= (RATE_REFERENCE_SIDE / max(self.network.card.size)) ** 0.25
            change = optimizer_step(self._state, -gradient, "adam", rate / self._slowdown)
        else:  # the authors' units: gray levels, the gradient times sigma^2
            scale = (self._sigma / GRAY_LEVELS) ** 2
            change = optimizer_step(
                self._state, -gradient * scale, "momentum", rate / self._slowdown
            )
        updated = self._parameters + change
        if bool(is_stable.all()):
            self._parameters = updated
            return
        self._parameters = _select_rows(is_stable, updated, self._best[1])
        state, zeros = self._state, torch.zeros_like(gradient)
        self._state = OptimizerState(
            _select_rows(is_stable, state.first, zeros),
            _select_rows(is_stable, state.second, zeros),
            state.clock * is_stable,
        )

    def _check_losses(self, gradient: Tensor, losses: Tensor) -> Tensor:
        """Return which pictures (B,) can take this step.

        Where the loss diverges, the best picture so far is restored, and its steps are a tenth from
        there on.
        """
        first = self._first = losses if self._first is None else self._first
        is_finite = torch.isfinite(losses) & torch.isfinite(gradient).flatten(1).all(1)
        is_stable = is_finite & (losses <= MAX_LOSS_RATIO * first)
        is_better = is_stable & (losses < self._best[0])
        self._best = (
            torch.where(is_better, losses, self._best[0]),
            _select_rows(is_better, self._parameters, self._best[1]),
        )
        self._slowdown = torch.where(is_stable, self._slowdown, self._slowdown * 10)
        return is_stable


def _select_rows(which: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    """Return rows of ``yes`` where ``which`` (B,) holds, of ``no`` elsewhere."""
    return torch.where(which.view(-1, *(1,) * (yes.dim() - 1)), yes, no)

"""The way down: pictures that come nearer to a code, step by step.

Sources: Mahendran & Vedaldi 2015, section 3.3 and the authors' code (momentum, learning rates);
Olah et al. 2017 (the same loss on Fourier coefficients with Adam: far fewer steps).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dnnvis.core.errors import LensMissing
from dnnvis.lenses.ascent.colour import default_nature
from dnnvis.lenses.ascent.image import Fourier, Pixels, noise
from dnnvis.lenses.ascent.moves import State, moved
from dnnvis.lenses.inversion.loss import Code, penalty, sigma_for, variation_weight
from dnnvis.lenses.inversion.params import (
    ALPHA,
    GRAY,
    LESS,
    InversionParams,
    rate_at,
    steps_of,
)
from dnnvis.network.network import Network
from dnnvis.network.taps import mode_for

RUNAWAY = 10.0  # a loss so many times the first one is no descent any more


class Descent:
    """``step`` until ``over``; ``pictures`` are what came of it, one a seed. ``curve`` holds
    the normalised errors (B,) of each step, as optimised.

    Raises LensMissing where nothing can be sent back from the code's layer.
    """

    def __init__(self, network: Network, code: Code, params: InversionParams) -> None:
        self.network, self.code, self.params = network, code, params
        card = network.card
        self.nature = default_nature(card.channels, card.mean)
        self.fourier = params.preset == "fourier"
        self._image = (Fourier if self.fourier else Pixels)(card.size, self.nature)
        own = variation_weight(network, code.layer) * (LESS if self.fourier else 1.0)
        self.variation = own if params.tv is None else params.tv
        own = 0.0 if self.fourier else ALPHA
        self.alpha = own if params.alpha is None else params.alpha
        self.steps = steps_of(params)
        self.step_number = 0
        self.trouble = ""
        self.curve: list[list[float]] = []
        self.slower = 1.0  # by what the rate was divided because the loss ran away
        self._sigma = sigma_for(card.channels * card.size[0] * card.size[1])
        self._parameters = self._start(range(params.seed, params.seed + params.seeds))
        self._state = State.fresh(self._parameters)
        self._rate = 0.0
        self._first: Tensor | None = None  # losses of the first step
        self._best: tuple[Tensor, Tensor] | None = None  # losses, parameters

    @property
    def over(self) -> bool:
        return self.step_number >= self.steps

    def _start(self, seeds: Sequence[int]) -> Tensor:
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        if self.fourier:
            return self._image.start(generators)
        x = noise(generators, (self.network.card.channels, *self.network.card.size))
        norm = x.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
        start: Tensor = x / norm * (self._sigma / GRAY)
        return start

    def pictures(self) -> Tensor:
        """(B, C, H, W) in [0, 1]."""
        with torch.no_grad():
            return self._image.picture(self._parameters).clamp(0, 1)

    def errors(self, pictures: Tensor | None = None) -> Tensor:
        """The normalised errors (B,) of the pictures themselves."""
        x = self.pictures() if pictures is None else pictures
        layer, call, until = self.code.layer, self.code.call, self.code.until
        recording = self.network.run(x.to(self.network.device), [layer], until=until)
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
        self.curve.append(errors.tolist())
        self._move(gradient, errors + paid.detach())
        self.step_number += 1

    def _sent_back(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised errors (B,), and their gradient at the pictures."""
        code = self.code
        x = picture.detach().to(self.network.device)
        recording = self.network.run(x, [code.layer], gradients=True, until=code.until)
        errors = code.error(recording.tensor(code.layer, code.call))
        if not errors.requires_grad:
            raise LensMissing(
                f"{code.layer} does not depend on the picture in a way that has a gradient, "
                "so its code cannot be inverted."
            )
        try:
            (signal,) = torch.autograd.grad(errors.sum(), [recording.x], allow_unused=True)
        except RuntimeError as why:
            raise LensMissing(f"The network cannot be run backwards: {why}") from why
        if signal is None:
            raise LensMissing(f"Nothing of the picture reaches {code.layer}.")
        return errors.detach().cpu(), signal.detach().to("cpu", torch.float32)

    # ---- how it moves --------------------------------------------------------------------

    def _move(self, gradient: Tensor, losses: Tensor) -> None:
        if not self._sound(gradient, losses):
            return
        rate = rate_at(self.params, self.step_number, self.steps)
        if not self.fourier and rate != self._rate:
            self._state = State.fresh(self._parameters)  # momentum starts afresh
        self._rate = rate
        rates = torch.full((len(losses),), rate / self.slower)
        if self.fourier:
            change = moved(self._state, -gradient, "adam", rates)
        else:  # the authors' units: gray levels, the gradient times sigma^2
            scale = (self._sigma / GRAY) ** 2
            change = moved(self._state, -gradient * scale, "momentum", rates)
        self._parameters = self._parameters + change

    def _sound(self, gradient: Tensor, losses: Tensor) -> bool:
        """Whether this step can be taken. Where the loss runs away, the best pictures so far
        are gone back to, and all steps are a tenth from there on."""
        first = self._first = losses if self._first is None else self._first
        finite = bool(torch.isfinite(losses).all()) and bool(torch.isfinite(gradient).all())
        if finite and bool((losses <= RUNAWAY * first).all()):
            self.trouble = ""
            if not gradient.any():
                self.trouble = (
                    f"Nothing moves: the gradient at {self.code.layer} is exactly zero. Its "
                    "rectifiers are closed for everything shown; try another seed."
                )
            if self._best is None or float(losses.sum()) < float(self._best[0].sum()):
                self._best = losses, self._parameters
            return True
        if self._best is None:
            self.trouble = (
                f"Nothing moves: the network's values or gradients at {self.code.layer} are "
                "not finite."
            )
            return False
        self.slower *= 10
        self._parameters = self._best[1]
        self._state = State.fresh(self._parameters)
        return False

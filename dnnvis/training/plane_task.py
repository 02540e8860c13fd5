"""Train a small network over the plane step by step, with settings that change on the way.

The loss is TensorFlow Playground's, half the squared difference of answer and label -1 or 1
(Smilkov et al. 2017); L1 and L2 are added to the gradient of the weights, not of the biases.
Ours: Adam (Kingma and Ba 2015) beside plain gradient descent.
"""

import math
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.learning.plane import PlanePoints
from dnnvis.zoo.beyond.mlp_2d import Mlp2d

Optimizer = Literal["adam", "sgd"]
OPTIMIZERS: tuple[Optimizer, ...] = ("adam", "sgd")
STUCK_STEPS = 300  # after which a loss no lower than at the start is said
STUCK_FRACTION = 0.98  # of the loss at the start
LEARNED_LOSS = 0.05  # below which a network has learned, whatever it began with
MAX_RATE, MAX_PENALTY = 1000.0, 10.0
MAX_BATCH = 10_000
ADAM_MEAN, ADAM_SQUARE, ADAM_EPSILON = 0.9, 0.999, 1e-8  # Kingma and Ba 2015, algorithm 1


@dataclass(frozen=True)
class PlaneSetting:
    """How a network over the plane is trained; all of it may change while it learns."""

    #: Learning rate, above 0.
    rate: float = 0.03
    #: adam | sgd (plain gradient descent).
    optimizer: Optimizer = "adam"
    #: Points a step.
    batch: int = 32
    #: Factor of the sum of the absolute weights in the loss.
    l1: float = 0.0
    #: Factor of half the sum of the squared weights.
    l2: float = 0.0
    #: Steps a second; 0: as many as there is time for.
    speed: float = 0.0

    def __post_init__(self) -> None:
        _require("the learning rate", self.rate, 0.0, MAX_RATE, above=True)
        _require("l1", self.l1, 0.0, MAX_PENALTY)
        _require("l2", self.l2, 0.0, MAX_PENALTY)
        _require("the speed", self.speed, 0.0, 1e6)
        _require("the batch", self.batch, 1, MAX_BATCH)
        if self.optimizer not in OPTIMIZERS:
            names = " or ".join(OPTIMIZERS)
            raise BadInput(f"An optimizer is {names}, not '{self.optimizer}'.")


def _require(what: str, value: Any, low: float, high: float, *, above: bool = False) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = is_number and low <= value <= high and not (above and value == low)
    if not fits:
        bounds = f"above {low:g}, at most {high:g}" if above else f"from {low:g} to {high:g}"
        raise BadInput(f"{what[0].upper()}{what[1:]} is {bounds}, not {value}.")


def change_setting(setting: PlaneSetting, changes: dict[str, Any]) -> PlaneSetting:
    """Return a setting with some values replaced; raise BadInput for values that do not fit."""
    known = {field.name for field in fields(PlaneSetting)}
    odd = sorted(set(changes) - known)
    if odd:
        raise BadInput(f"A training has no setting {', '.join(odd)}; it has {', '.join(known)}.")
    batch = changes.get("batch", setting.batch)
    is_whole = isinstance(batch, int | float) and math.isfinite(batch) and batch == int(batch)
    if not is_whole:
        raise BadInput(f"The batch is a whole number of points, not {batch}.")
    return replace(setting, **{**changes, "batch": int(batch)})


class FlatOptimizer:
    """Gradient descent or Adam on all weights at once, as one vector that they are views of.

    torch's own optimizers import its compiler, which takes seconds, and cost more than the rest of
    a step of so small a network.
    """

    def __init__(self, module: Mlp2d) -> None:
        self._parameters = list(module.parameters())
        with torch.no_grad():
            self._values = torch.cat([each.reshape(-1) for each in self._parameters])
        weights = {id(layer.weight) for layer in module.layers}
        masks, start = [], 0
        for parameter in self._parameters:
            end = start + parameter.numel()
            parameter.data = self._values[start:end].view_as(parameter)
            parameter.requires_grad_(True)
            masks.append(torch.full((end - start,), float(id(parameter) in weights)))
            start = end
        self._is_weight = torch.cat(masks)
        self.forget()

    def forget(self) -> None:
        """Begin without averages."""
        self._steps = 0
        self._mean, self._square = (torch.zeros_like(self._values) for _ in range(2))

    def step(self, loss: Tensor, setting: PlaneSetting) -> None:
        """Go one step downhill."""
        gradients = torch.autograd.grad(loss, self._parameters)
        with torch.no_grad():
            slope = torch.cat([each.reshape(-1) for each in gradients])
            if setting.l1:
                slope += setting.l1 * self._values.sign() * self._is_weight
            if setting.l2:
                slope += setting.l2 * self._values * self._is_weight
            if setting.optimizer == "adam":
                self._step_adam(slope, setting.rate)
            else:
                self._values.sub_(slope, alpha=setting.rate)

    def _step_adam(self, slope: Tensor, rate: float) -> None:
        self._steps += 1
        self._mean.lerp_(slope, 1 - ADAM_MEAN)
        self._square.mul_(ADAM_SQUARE).addcmul_(slope, slope, value=1 - ADAM_SQUARE)
        width = (self._square / (1 - ADAM_SQUARE**self._steps)).sqrt_().add_(ADAM_EPSILON)
        self._values.addcdiv_(self._mean, width, value=-rate / (1 - ADAM_MEAN**self._steps))


class PlaneTrainer:
    """A network over the plane that learns points; the same seed goes the same way.

    Not safe for several threads at once.
    """

    def __init__(
        self, module: Mlp2d, data: PlanePoints, setting: PlaneSetting, seed: int = 0
    ) -> None:
        self.module, self.setting, self.seed = module, setting, seed
        module.train()
        self._optimizer = FlatOptimizer(module)
        #: Steps that were taken.
        self.step_count = 0
        #: Why it cannot go on, as a sentence; "" while it can.
        self.diverged = ""
        self._set_data(data)
        self._start()

    def _set_data(self, data: PlanePoints) -> None:
        self.data = data
        parts = [
            tuple(torch.from_numpy(np.ascontiguousarray(each)) for each in data.part(test))
            for test in (False, True)
        ]
        (points, self._labels), (test_points, self._test_labels) = parts
        with torch.no_grad():
            self._features = self.module.features_of(points)
            self._test_features = self.module.features_of(test_points)

    def _start(self) -> None:
        self.step_count, self.diverged = 0, ""
        self._generator = torch.Generator().manual_seed(self.seed + 1)
        self._order, self._next = torch.empty(0, dtype=torch.int64), 0
        self._optimizer.forget()
        self.first_loss = self.measure()[0]

    def change(self, setting: PlaneSetting) -> None:
        """Go on with other settings; another optimizer begins without the old one's averages."""
        previous, self.setting = self.setting, setting
        if setting.optimizer != previous.optimizer:
            self._optimizer.forget()

    def change_data(self, data: PlanePoints) -> None:
        """Go on with other points."""
        self._set_data(data)
        self._order, self._next = torch.empty(0, dtype=torch.int64), 0

    def reset(self, seed: int) -> None:
        """Begin anew with weights of a seed."""
        self.seed = seed
        self.module.reset(seed)
        self._start()

    def take_step(self) -> float:
        """Learn one batch and return its loss, not a number where the training has diverged.

        Weights that would not be finite are not taken: the last finite ones stay.
        """
        chosen = self._choose_batch()
        labels = self._labels[chosen]
        answers = self.module.answer_points(self._features[chosen])
        loss = 0.5 * (answers - labels).square().mean()
        value = float(loss.detach())
        if not math.isfinite(value):
            self._stop_diverged()
            return value
        self._optimizer.step(loss, self.setting)
        self.step_count += 1
        return value

    def _choose_batch(self) -> Tensor:
        """Return the next points of a random order, a new one after each pass over the data."""
        count, size = len(self._labels), min(self.setting.batch, len(self._labels))
        if self._next + size > len(self._order):
            self._order, self._next = torch.randperm(count, generator=self._generator), 0
        chosen = self._order[self._next : self._next + size]
        self._next += size
        return chosen

    def measure(self) -> tuple[float, float]:
        """Return the loss on all points for training, and on those for testing.

        Each is not a number where there are no such points.
        """
        with torch.inference_mode():
            return tuple(  # type: ignore[return-value]
                float(0.5 * (self.module.answer_points(x) - y).square().mean())
                for x, y in (
                    (self._features, self._labels),
                    (self._test_features, self._test_labels),
                )
            )

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Return a copy of the weights by name."""
        return {
            name: value.detach().numpy().copy() for name, value in self.module.state_dict().items()
        }

    def check(self) -> bool:
        """Return whether all weights are finite; else say that the training has diverged."""
        with torch.inference_mode():
            is_finite = all(bool(p.isfinite().all()) for p in self.module.parameters())
        if not is_finite:
            self._stop_diverged()
        return is_finite

    def _stop_diverged(self) -> None:
        self.diverged = (  # short: the window has one line for it
            f"The training has diverged after {self.step_count:,} steps: choose a learning rate "
            f"below {self.setting.rate:g}, and begin anew."
        )

    def describe_warning(self, loss: float) -> str:
        """Return a sentence where it does not learn; "" where it does, or it is too early to say.

        Args:
            loss: The loss on all points for training.
        """
        if self.diverged:
            return self.diverged
        is_low = loss < max(STUCK_FRACTION * self.first_loss, LEARNED_LOSS)
        if self.step_count < STUCK_STEPS or is_low:
            return ""
        return (
            "The loss is no lower than at the start: a learning rate of "
            f"{self.setting.rate:g} is too large, or far too small."
        )

"""Change an input step by step until the network predicts another class.

Source: Pardo et al. 2019, sections 2.10 and 3.5, Figure 6: the fast gradient sign method
(Goodfellow et al. 2015) towards a target, taken in small steps (the basic iterative method of
Kurakin et al. 2017), and its path on the map. Ours: pixels stay in [0, 1], and a step whose
gradient is exactly 0 is counted, because sign(0) = 0 stops the attack silently.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.activation_map import AttackPath
from dnnvis.core.errors import BadInput
from dnnvis.introspect.error_estimator import KINDS
from dnnvis.introspect.map import Map
from dnnvis.introspect.network_outputs import half_squared_error, is_bounded, to_probabilities
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording

DEFAULT_EPS, DEFAULT_STEPS = 0.01, 100  # section 3.5
OUTCOMES = ("resisted", "label changed", "target reached")

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class AttackTrajectories:
    """P attacks after T steps each; row 0 is the clean picture."""

    #: Class that each attack aims at, int64 (P,).
    targets: Ints
    #: Points float32 (T + 1, P, 2), of a network with several rows the last one's.
    z: Floats
    #: Kind -> estimated log10 error, float32 (T + 1, P); {} where the map has no estimator.
    expected: dict[str, Floats]
    #: Predicted class, int64 (T + 1, P).
    predicted: Ints
    #: Number of steps whose gradient was exactly 0, int64 (P,).
    stuck: Ints
    #: The clean pictures (P, C, H, W) in [0, 1].
    clean: Tensor
    #: The pictures now, (P, C, H, W).
    x: Tensor

    @property
    def done(self) -> int:
        """Return the number of steps taken."""
        return len(self.z) - 1

    @property
    def flipped(self) -> Ints:
        """Return the first step with another class than the clean picture's, (P,); -1 = none."""
        return first_true(self.predicted != self.predicted[0])

    @property
    def reached(self) -> Ints:
        """Return the first step at which the target is predicted, (P,); -1 = none."""
        return first_true(self.predicted == self.targets)

    def find_crossings(self, kind: str, lines: Mapping[str, float]) -> Ints:
        """Return the first step whose estimate is above the line, (P,).

        -1 = none, and where there is no estimate or no line. 0: the clean picture is above it
        already.
        """
        if kind not in self.expected or kind not in lines:
            return np.full(len(self.targets), -1)
        return first_true(self.expected[kind] > lines[kind])

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Return the outcome for each picture as it is now.

        resisted (still the clean picture's class) | label changed (another) | target reached.
        """
        now, start = self.predicted[-1], self.predicted[0]
        kinds = np.where(now == self.targets, 2, np.where(now != start, 1, 0))
        return tuple(OUTCOMES[kind] for kind in kinds)


def first_true(mask: NDArray[np.bool_]) -> Ints:
    """Return, of (T, P), the first row that is true in each column, (P,); -1 = none."""
    return np.where(mask.any(0), mask.argmax(0), -1).astype(np.int64)


def fgsm(x: Tensor, gradient: Tensor, eps: float, clip: bool = True) -> Tensor:
    """Take one step down the gradient: x - eps sign(gradient).

    Goodfellow et al. 2015, towards a target (Pardo et al. 2019, section 2.10).

    Args:
        x: Pictures (P, C, H, W).
        gradient: Gradient of the loss with respect to them, of the same shape.
        eps: Size of the step, in the units of the pixels.
        clip: Whether the result is cut to [0, 1].

    Returns:
        The changed pictures.
    """
    perturbed = x - eps * gradient.sign()
    return perturbed.clamp(0, 1) if clip else perturbed


def false_alarm_lines(activation_map: Map) -> dict[str, float]:
    """Return kind -> the estimate above which 5 % of the right examples lie.

    Of the kinds that the map has.
    """
    lines = {
        kind: activation_map.figures.get(f"line {kind}")
        for kind in KINDS
        if kind in activation_map.estimators
    }
    return {kind: float(line) for kind, line in lines.items() if line is not None}


def attack(
    network: Network,
    activation_map: Map,
    x: Tensor,
    targets: Ints,
    eps: float = DEFAULT_EPS,
    steps: int = DEFAULT_STEPS,
    clip: bool = True,
    every: int = 5,
) -> Iterator[AttackTrajectories]:
    """Attack pictures, each towards a class (Pardo et al. 2019, section 3.5).

    x <- x - eps sign(gradient of 1/2 |y_target - y^|^2), y^ as
    ``network_outputs.to_probabilities``. One pass a step gives the gradient and the hidden vector.

    Args:
        network: The network.
        activation_map: Its map.
        x: Pictures (P, C, H, W) in [0, 1].
        targets: Classes int64 (P,).
        eps: Size of a step, for pixels in [0, 1].
        steps: Number of steps.
        clip: Whether pixels stay in [0, 1].
        every: Steps between two results.

    Yields:
        The clean state, then the state after every ``every`` steps, and at the end.

    Raises:
        BadInput: Numbers that cannot be used, a network that answers with no classes or has no
            gradient, or activations that are not finite.
        Mismatch: Another network's map.
    """
    activation_map.check(network)
    targets = np.asarray(targets, np.int64)
    _check(network, x, targets, eps, steps, every)
    return _run_steps(network, activation_map, x, targets, eps, steps, clip, every)


def _run_steps(
    network: Network,
    activation_map: Map,
    x: Tensor,
    targets: Ints,
    eps: float,
    steps: int,
    clip: bool,
    every: int,
) -> Iterator[AttackTrajectories]:
    count, clean = len(x), x
    target = torch.nn.functional.one_hot(torch.from_numpy(targets), _count_classes(network))
    target = target.to(x)
    z = np.zeros((steps + 1, count, 2), np.float32)
    expected = {
        kind: np.zeros((steps + 1, count), np.float32) for kind in activation_map.estimators
    }
    predicted = np.zeros((steps + 1, count), np.int64)
    stuck = np.zeros(count, np.int64)
    inside = is_bounded(network)
    for step in range(steps + 1):
        last = step == steps
        recording = network.run(x, activation_map.columns_.layers, gradients=not last, batched=True)
        h = activation_map.columns_.rows(recording)[:, -1].detach().cpu().numpy()
        z[step], estimates = activation_map.read(h)
        for kind, values in estimates.items():
            expected[kind][step] = values
        predicted[step] = _output(recording).detach().argmax(1).cpu().numpy()
        if last or step % every == 0:
            rows = slice(0, step + 1)  # later steps write behind them only
            so_far = {kind: estimate[rows] for kind, estimate in expected.items()}
            yield AttackTrajectories(
                targets, z[rows], so_far, predicted[rows], stuck.copy(), clean, x
            )
        if not last:
            gradient = target_gradient(recording, target, inside)
            stuck += (gradient == 0).flatten(1).all(1).cpu().numpy()
            x = fgsm(x, gradient, eps, clip)


def target_gradient(recording: Recording, target: Tensor, inside: bool) -> Tensor:
    """Return the gradient of 1/2 |target - y^|^2 with respect to the pixels.

    Args:
        recording: A recording with gradients.
        target: Target outputs (P, K).
        inside: Whether the network is ``network_outputs.is_bounded``.

    Returns:
        The gradient (P, C, H, W).

    Raises:
        BadInput: There is none.
    """
    with autograd_mode(True):
        loss = half_squared_error(to_probabilities(_output(recording), inside), target).sum()
        if not loss.requires_grad:
            raise BadInput("No gradient gets from the output to the pixels: it cannot be attacked.")
        (gradient,) = torch.autograd.grad(loss, recording.x, allow_unused=True)
    return torch.zeros_like(recording.x) if gradient is None else gradient


def _output(recording: Recording) -> Tensor:
    """Return the output as (P, K)."""
    assert recording.result is not None  # the pass went to its end
    return recording.result.flatten(1).float()


def _count_classes(network: Network) -> int:
    return network.layer("output").shape[0]


def _check(network: Network, x: Tensor, targets: Ints, eps: float, steps: int, every: int) -> None:
    classes, height, width = network.layer("output").shape
    if height * width > 1 or classes < 2:
        raise BadInput(f"{network.name} answers with no classes: it cannot be attacked.")
    if x.ndim != 4 or not len(x) or targets.shape != (len(x),):
        raise BadInput(
            f"Each picture (P, C, H, W) has a target (P,), not {tuple(x.shape)} and "
            f"{targets.shape}."
        )
    if targets.min() < 0 or targets.max() >= classes:
        raise BadInput(f"Targets are classes 0 to {classes - 1} of {network.name}.")
    if not np.isfinite(eps) or eps < 0 or steps < 1 or every < 1:
        raise BadInput(f"An attack has steps from 0 on, at least one: not {steps} of {eps}.")


def split_paths(
    trajectories: AttackTrajectories, lines: Mapping[str, float]
) -> tuple[AttackPath, ...]:
    """Return each attack by itself; ``lines`` as ``false_alarm_lines`` gives them."""
    perturbations = (
        (trajectories.x - trajectories.clean).permute(0, 2, 3, 1).to("cpu", torch.float32).numpy()
    )
    pictures = (
        trajectories.x.mul(255)
        .round()
        .clamp(0, 255)
        .to("cpu", torch.uint8)
        .permute(0, 2, 3, 1)
        .numpy()
    )
    flipped, reached, outcomes = trajectories.flipped, trajectories.reached, trajectories.outcomes
    crossed, rich = (trajectories.find_crossings(kind, lines) for kind in KINDS)
    return tuple(
        AttackPath(
            target=int(trajectories.targets[k]),
            z=trajectories.z[:, k],
            expected={kind: estimate[:, k] for kind, estimate in trajectories.expected.items()},
            predicted=trajectories.predicted[:, k],
            outcome=outcomes[k],
            flipped=int(flipped[k]),
            reached=int(reached[k]),
            crossed=int(crossed[k]),
            crossed_rich=int(rich[k]),
            stuck=int(trajectories.stuck[k]),
            picture=np.ascontiguousarray(pictures[k]),
            perturbation=np.ascontiguousarray(perturbations[k]),
            max_abs=float(np.abs(perturbations[k]).max()),
        )
        for k in range(len(trajectories.targets))
    )


def run_attacks(
    network: Network,
    activation_map: Map,
    x: Tensor,
    targets: Ints,
    eps: float = DEFAULT_EPS,
    steps: int = DEFAULT_STEPS,
    clip: bool = True,
    chunk: int = 256,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> AttackTrajectories:
    """Run many attacks to their end.

    Args:
        network: The network.
        activation_map: Its map.
        x: Pictures (P, C, H, W) in [0, 1].
        targets: Classes int64 (P,).
        eps: Size of a step, for pixels in [0, 1].
        steps: Number of steps.
        clip: Whether pixels stay in [0, 1].
        chunk: Attacks in one pass.
        report: Called with how many are done, and their number.

    Returns:
        The attacks.

    Raises:
        BadInput: As ``attack``, or there are no pictures.
        Mismatch: Another network's map.
    """
    parts: list[AttackTrajectories] = []
    for start in range(0, len(x), chunk):
        chunk_rows = slice(start, start + chunk)
        *_, end = attack(
            network, activation_map, x[chunk_rows], targets[chunk_rows], eps, steps, clip, steps
        )
        parts.append(end)
        report(min(start + chunk, len(x)), len(x))
    if not parts:
        raise BadInput("There are no pictures to attack.")
    return concatenate(parts)


def concatenate(parts: Sequence[AttackTrajectories]) -> AttackTrajectories:
    """Join attacks on different pictures, of as many steps, into one."""
    return AttackTrajectories(
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.z for part in parts], 1),
        {
            kind: np.concatenate([part.expected[kind] for part in parts], 1)
            for kind in parts[0].expected
        },
        np.concatenate([part.predicted for part in parts], 1),
        np.concatenate([part.stuck for part in parts]),
        torch.cat([part.clean for part in parts]),
        torch.cat([part.x for part in parts]),
    )


def summarize_attacks(
    trajectories: AttackTrajectories, lines: Mapping[str, float]
) -> dict[str, float]:
    """Return figures of many attacks, NaN without any.

    They are the fraction that reached its target (or ``label changed`` to any other class) at the
    end; of the successful ones the fraction whose path crosses the 5 % false-alarm line of each
    estimate (anywhere, or only after the clean picture), and that still lies above it at the end;
    the median step of the first hit.
    """
    outcomes = np.array(trajectories.outcomes)
    succeeded = outcomes == "target reached"
    first_hit = trajectories.reached
    figures = {
        "attacks": float(len(succeeded)),
        "target reached": float(succeeded.mean()),
        "label changed": float((outcomes != "resisted").mean()),
        "ever reached": float((first_hit >= 0).mean()),
        "first hit, median step": _median(first_hit[succeeded]),
        "stuck at all": float((trajectories.stuck > 0).mean()),
    }
    for kind in trajectories.expected:
        crossed = trajectories.find_crossings(kind, lines)
        ends = trajectories.expected[kind][-1] > lines.get(kind, float("inf"))
        figures[f"crossed {kind}"] = _fraction(crossed[succeeded] >= 0)
        figures[f"crossed {kind}, clean picture below"] = _fraction(
            crossed[succeeded & (crossed != 0)] > 0
        )
        figures[f"above {kind} at the end"] = _fraction(ends[succeeded])
    return figures


def _fraction(mask: NDArray[np.bool_]) -> float:
    return float(mask.mean()) if len(mask) else float("nan")


def _median(values: Ints) -> float:
    return float(np.median(values)) if len(values) else float("nan")

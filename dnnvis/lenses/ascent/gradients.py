"""What a pass says of pictures: their objectives, and which way is up."""

from collections.abc import Sequence
from contextlib import ExitStack

import torch
from torch import Tensor

from dnnvis.core.errors import LensMissing
from dnnvis.core.objective import Goal
from dnnvis.lenses.ascent.evaluation import valued
from dnnvis.lenses.ascent.recipe import Recipe
from dnnvis.network.backward_rules import straight_through
from dnnvis.network.bn_folding import folded
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording

CACHED = 4800  # pixels a pass on a processor, whose maps its cache still holds: twice as fast


class Signals:
    """Runs goals of one shape (``like``) as far as ``until`` and back to the pixels."""

    def __init__(
        self, network: Network, recipe: Recipe, like: Goal, until: tuple[str, int] | None
    ) -> None:
        self.recipe, self.like, self.until = recipe, like, until
        self.layers = tuple(dict.fromkeys(term.layer for term in like.terms))
        self._network = folded(network, self.layers)

    def sent_back(
        self, x: Tensor, goals: Sequence[Goal], help_dead: Sequence[bool]
    ) -> tuple[Tensor, Tensor]:
        """Objectives (B,) of what the network is shown, ``x`` (B * views, C, H, W), and their
        gradient there. ``help_dead``, of each goal: where it is zero everywhere, signals are
        redirected.

        Raises LensMissing where the goals' layers do not depend on ``x``, or nothing can be
        sent back."""
        recording = self._network.run(x.detach(), self.layers, gradients=True, until=self.until)
        kept: dict[tuple[str, int], Tensor] = {}

        def values_of(layer: str, call: int) -> Tensor:
            if (layer, call) not in kept:
                kept[layer, call] = recording.tensor(layer, call)
            return kept[layer, call]

        views = len(recording.x) // max(len(goals), 1)
        each = valued(goals, values_of, self.recipe, views)  # (B * views,)
        if not each.requires_grad:
            raise LensMissing(
                f"{self.layers[0]} does not depend on the picture in a way that has a "
                "gradient, so no picture can be grown for it."
            )
        targets = [
            values_of(*place)
            for place in sorted({(term.layer, term.call) for term in self.like.terms})
        ]
        signal = self._signal(each, recording, targets, keep=any(help_dead))
        if any(help_dead):
            helped_rows = torch.tensor(help_dead, device=signal.device).repeat_interleave(views)
            dead = (signal.flatten(1) == 0).all(1) & helped_rows
            if bool(dead.any()):
                helped = self._signal(each, recording, targets, redirect=True)
                signal = torch.where(dead.view(-1, 1, 1, 1), helped, signal)
        return each.detach().view(len(goals), -1).mean(1), signal.detach()

    def sent_back_alone(
        self, x: Tensor, goals: Sequence[Goal], help_dead: Sequence[bool]
    ) -> tuple[Tensor, Tensor]:
        """``sent_back``, each row in a pass of its own: not even rounding tells it of others."""
        rows = zip(x, goals, help_dead, strict=True)
        sent = [self.sent_back(row[None], [goal], [helped]) for row, goal, helped in rows]
        return torch.cat([values for values, _ in sent]), torch.cat([back for _, back in sent])

    def worth(self, x: Tensor, goal: Goal) -> Tensor:
        """The objectives (N,) of one goal on each of ``x`` (N, C, H, W), no way back."""
        cached = max(CACHED // x[0].numel(), 1) if x.device.type == "cpu" else len(x)
        found = []
        for part in torch.split(x, cached):
            recording = self._network.run(part, self.layers, until=self.until)
            found.append(valued([goal], recording.tensor, self.recipe, len(part)))
        return torch.cat(found)

    def _signal(
        self, each: Tensor, recording: Recording, targets: Sequence[Tensor], *,
        keep: bool = False, redirect: bool = False,
    ) -> Tensor:  # fmt: skip
        with ExitStack() as stack:
            if self.recipe.statistic != "probability":
                for target in targets:
                    nodes = recording.way_back(target) if redirect else None
                    stack.enter_context(straight_through(target, redirect=redirect, nodes=nodes))
            try:
                (signal,) = torch.autograd.grad(
                    each.sum(), [recording.x], retain_graph=keep, allow_unused=True
                )
            except RuntimeError as why:
                raise LensMissing(f"The network cannot be run backwards: {why}") from why
        if signal is None:
            raise LensMissing(
                f"Nothing of the picture reaches {self.layers[0]}, or nothing of a signal comes "
                "back from it (a quantised network has no gradients)."
            )
        return torch.as_tensor(signal, dtype=torch.float32)

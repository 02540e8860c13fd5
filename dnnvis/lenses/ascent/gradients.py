"""Compute objectives of pictures and their gradients at the pixels."""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

import torch
from torch import Tensor

from dnnvis.core.errors import LensMissing
from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent.evaluation import compute_objectives
from dnnvis.lenses.ascent.frame_hold import FrameHold
from dnnvis.lenses.ascent.recipe import Recipe
from dnnvis.network.backward_rules import straight_through
from dnnvis.network.bn_folding import fold_batch_norms
from dnnvis.network.directions.directions import use_directions
from dnnvis.network.network import Network
from dnnvis.network.opening.user_code import NO_BACKWARD, translate_errors
from dnnvis.network.precision import (
    describe_precision,
    explain_no_gradient,
    in_float32,
    send_back,
)
from dnnvis.network.recording import Recording

CPU_BATCH_PIXELS = 4800  # pixels in a pass on a CPU whose cache still holds the maps: twice as fast


class ObjectiveGradients:
    """Gradients of objectives that match ``template``, by passes that stop after ``until``."""

    def __init__(
        self,
        network: Network,
        recipe: Recipe,
        template: Objective,
        until: tuple[str, int] | None,
        hold: FrameHold | None = None,
    ) -> None:
        self.recipe, self.template, self.until, self.hold = recipe, template, until, hold
        base = network.table.base  # directions are computed from the layer below
        self.layers = tuple(dict.fromkeys(base(term.layer) for term in template.terms))
        self.precision = describe_precision(network)  # how gradients are computed, "" as usual
        float32_network = in_float32(network)
        self._scaled = float32_network is None
        folded = fold_batch_norms(
            network if float32_network is None else float32_network, self._recorded
        )
        is_own = folded.directions is network.directions
        self._network = folded if is_own else use_directions(folded, network.directions)

    @property
    def _recorded(self) -> tuple[str, ...]:
        """Return the layers that a pass with gradients records."""
        return (*self.layers, *(() if self.hold is None else (self.hold.layer,)))

    def backpropagate(
        self,
        x: Tensor,
        objectives: Sequence[Objective],
        redirect_dead: Sequence[bool],
        frame: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return objectives and their gradient at what the network is shown.

        Args:
            x: (B * views, C, H, W) in [0, 1].
            objectives: B objectives that match the template.
            redirect_dead: Whether to redirect the signals of each objective (let them pass closed
                rectifiers) where its gradient is zero everywhere.
            frame: Like ``x``, the frames that pictures are held to; None holds them to nothing.

        Returns:
            (objectives (B,), mean over views; gradient (B * views, C, H, W)).

        Raises:
            LensMissing: The objectives' layers do not depend on ``x``, or nothing can be sent back.
        """
        held = None
        if self.hold is not None and frame is not None:
            held = self.hold.read_frame(partial(self._network.run, until=self.until), frame)
        recording = self._network.run(x.detach(), self._recorded, gradients=True, until=self.until)
        cache: dict[tuple[str, int], Tensor] = {}

        def get_values(layer: str, call: int) -> Tensor:
            if (layer, call) not in cache:
                cache[layer, call] = recording.tensor(layer, call)
            return cache[layer, call]

        views = len(recording.x) // max(len(objectives), 1)
        each = compute_objectives(
            objectives, get_values, self.recipe, views, derived=recording.directions
        )  # (B * views,)
        if not each.requires_grad:
            raise LensMissing(
                f"{self.layers[0]} does not depend on the picture in a way that has a "
                "gradient, so no picture can be grown for it."
            )
        base = self._network.table.base
        targets = [
            get_values(*layer_call)
            for layer_call in sorted(
                {(base(term.layer), term.call) for term in self.template.terms}
            )
        ]
        penalty = None
        if self.hold is not None and held is not None:
            penalty = self.hold.penalty(recording, held)
        raised = each if penalty is None else each - penalty
        signal = self._input_gradient(raised, recording, targets, retain=any(redirect_dead))
        if any(redirect_dead):
            helped_rows = torch.tensor(redirect_dead, device=signal.device).repeat_interleave(views)
            is_dead = (signal.flatten(1) == 0).all(1) & helped_rows
            if bool(is_dead.any()):
                redirected = self._input_gradient(raised, recording, targets, redirect=True)
                signal = torch.where(is_dead.view(-1, 1, 1, 1), redirected, signal)
        return each.detach().view(len(objectives), -1).mean(1), signal.detach()

    def backpropagate_each(
        self, x: Tensor, objectives: Sequence[Objective], redirect_dead: Sequence[bool]
    ) -> tuple[Tensor, Tensor]:
        """Return ``backpropagate`` of each row in a pass of its own.

        Not even rounding lets a row depend on the others.

        Args:
            x: (B, C, H, W) in [0, 1].
            objectives: B objectives that match the template.
            redirect_dead: See ``backpropagate``.

        Returns:
            (objectives (B,), gradient (B, C, H, W)).
        """
        rows = zip(x, objectives, redirect_dead, strict=True)
        results = [
            self.backpropagate(row[None], [objective], [redirected])
            for row, objective, redirected in rows
        ]
        return torch.cat([values for values, _ in results]), torch.cat(
            [gradient for _, gradient in results]
        )

    def evaluate(self, x: Tensor, objective: Objective) -> Tensor:
        """Return the objective (N,) on each of ``x`` (N, C, H, W), without gradients."""
        chunk_size = max(CPU_BATCH_PIXELS // x[0].numel(), 1) if x.device.type == "cpu" else len(x)
        parts = []
        for part in torch.split(x, chunk_size):
            recording = self._network.run(part, self.layers, until=self.until)
            values = compute_objectives(
                [objective],
                recording.tensor,
                self.recipe,
                len(part),
                derived=recording.directions,
            )
            parts.append(values)
        return torch.cat(parts)

    def _input_gradient(
        self,
        each: Tensor,
        recording: Recording,
        targets: Sequence[Tensor],
        *,
        retain: bool = False,
        redirect: bool = False,
    ) -> Tensor:
        with ExitStack() as stack:
            if self.recipe.statistic != "probability":
                for target in targets:
                    nodes = recording.backward_nodes(target) if redirect else None
                    stack.enter_context(straight_through(target, redirect=redirect, nodes=nodes))
            stack.enter_context(translate_errors(NO_BACKWARD, LensMissing))
            (signal,) = send_back(each.sum(), [recording.x], scaled=self._scaled, keep=retain)
        if signal is None:
            raise LensMissing(explain_no_gradient(self.layers[0]))
        return torch.as_tensor(signal, dtype=torch.float32)

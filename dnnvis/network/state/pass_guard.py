"""Stand around every pass of a network: what it changes outside of its answer is put back."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from torch import nn

from dnnvis.network.state.generators import fixed_draw, read_random_states
from dnnvis.network.state.module_state import StateKeeper
from dnnvis.network.state.torch_state import describe_changed_settings, keep_torch_state

DRAW_SEED = 20_261  # one that no network sets itself, so that a seed set inside is noticed


class PassGuard:
    """Around a pass: torch's settings, the random draw, and the network's own state.

    Attributes:
        keeper: puts the network's state back after each pass; None where it keeps none, or where
            it cannot be put back.
        draws: whether the network draws random numbers; it then draws the same ones in each pass,
            and nobody else's generator moves.
        drew: whether any pass drew random numbers, or seeded a generator, while ``draws`` was set.
        seed: of these draws.
        changed_settings: which of torch's settings passes changed, and were put back.
    """

    def __init__(self) -> None:
        self.keeper: StateKeeper | None = None
        self.draws = True  # until trial passes have shown that it does not
        self.drew = False
        self.seed = DRAW_SEED
        self.changed_settings: set[str] = set()

    def for_copy(self, module: nn.Module, module_copy: nn.Module) -> "PassGuard":
        """Return the guard of a copy of the network's module."""
        result = PassGuard()
        result.draws, result.drew, result.seed = self.draws, self.drew, self.seed
        result.changed_settings = self.changed_settings  # the same network's
        if self.keeper is not None:
            result.keeper = self.keeper.for_copy(module, module_copy)
        return result

    def describe_changed_settings(self) -> tuple[str, ...]:
        """Return a sentence on torch's settings that passes changed, () where they change none."""
        return describe_changed_settings(self.changed_settings, "Its forward pass")

    @contextmanager
    def around_pass(self) -> Iterator[None]:
        """Put everything back at the end, also where the pass is stopped or fails."""
        with ExitStack() as stack:
            stack.callback(lambda: self.changed_settings.update(changed))  # the last to be called
            changed = stack.enter_context(keep_torch_state())
            if self.draws:
                stack.enter_context(fixed_draw(self.seed))
            start = read_random_states() if self.draws else ()
            try:
                yield
            finally:
                if self.draws:
                    self.drew = self.drew or read_random_states() != start
                if self.keeper is not None:
                    self.keeper.restore()

"""What passes through a network, told layer by layer and not kept."""

import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.network.hooks import first_tensor, mode_for, watched
from dnnvis.network.layer_table import CLASS_TOKEN, OUTPUT, Table, run_user_code
from dnnvis.network.layout import Layout
from dnnvis.network.recurrent import at_end, is_recurrent, steps_in


@dataclass(frozen=True, eq=False)
class Passing:
    """``value`` (B, C, H, W) is what ``layer`` has just returned: the network's own memory,
    to be read at once and neither changed nor kept. ``source`` is the layer told just before
    whose value, untouched since, ``module`` was given as its only input, or "". ``same``: it
    is that very value, handed on."""

    layer: str
    value: Tensor
    module: nn.Module
    source: str = ""
    same: bool = False


@dataclass(frozen=True, eq=False)
class _Latest:
    """The tensor told last, without keeping it alive, and how often it had been changed."""

    layer: str
    tensor: "weakref.ref[Tensor]"
    version: int

    def is_(self, tensor: Any, changes: int = 0) -> bool:
        known = self.tensor()
        if self.version < 0 or known is None or known is not tensor:
            return False
        return known._version == self.version + changes


_NONE = _Latest("", lambda: None, -1)  # type: ignore[arg-type]


def passing(
    module: nn.Module,
    forward: Callable[[Tensor], Any],
    table: Table,
    x: Tensor,
    layers: Sequence[str],
    tell: Callable[[Passing], None],
) -> None:
    """Run ``forward(x)`` and ``tell`` each of ``layers`` when its last call returns.

    Not in inference_mode: tensors count their changes only outside of it, and that is how an
    in-place layer is told from one that hands its input on.
    """
    told = _Teller(table, len(x), set(layers), tell)
    with mode_for(False, inference=False), watched(module, told.hear, told.modules):
        told.end(module, first_tensor(run_user_code(forward, x)))
    short = told.short()
    if short is not None:
        raise BadInput(
            f"{short} was called {told.made[short]} times on these pictures and "
            f"{told.wanted[short]} times on a gray one; leave it out (--layers)."
        )


class _Teller:
    """Hears every module that returns, and tells what was asked for."""

    def __init__(
        self, table: Table, batch: int, asked: set[str], tell: Callable[[Passing], None]
    ) -> None:
        self.wanted = {row.name: row.calls for row in table.layers if row.name in asked}
        self.modules = {table.module_of(name) for name in self.wanted} - {OUTPUT}
        self.made: Counter[str] = Counter()
        self._layouts, self._parts = table.layouts, table.parts_among(self.wanted)
        self._batch, self._say = batch, tell
        self._latest = _NONE

    def short(self) -> str | None:
        """A layer that was called less often than the layer table says."""
        return next((name for name, calls in self.wanted.items() if self.made[name] < calls), None)

    def hear(self, name: str, part: nn.Module, inputs: Any, output: Any) -> None:
        value = first_tensor(output)
        if value is None:
            return
        if is_recurrent(part):
            self._latest = _NONE
            self._tell_steps(name, part, inputs, output)
            return
        self.made[name] += 1
        self.made[name + CLASS_TOKEN] += 1
        latest = self._latest
        given = inputs[0] if isinstance(inputs, tuple) and len(inputs) == 1 else None
        same = latest.is_(value)
        in_place = given is value and latest.is_(value, 1)
        source = latest.layer if same or in_place or latest.is_(given) else ""
        told = self._tell(name, part, value, source, same)
        self._latest = _Latest(name, weakref.ref(value), _version(value)) if told else _NONE

    def end(self, module: nn.Module, result: Tensor | None) -> None:
        """The network's result."""
        if OUTPUT in self.wanted and result is not None:
            same = self._latest.is_(result)
            self.made[OUTPUT] += 1
            self._tell(OUTPUT, module, result, self._latest.layer if same else "", same)

    def _tell(self, name: str, part: nn.Module, value: Tensor, source: str, same: bool) -> bool:
        layout = self._layout(name)
        call = self.made[name]
        if call >= self.wanted.get(name + CLASS_TOKEN, call + 1) and layout.prefix:
            whole = layout.prefix_of(value, self._batch)
            self._say(Passing(name + CLASS_TOKEN, whole, part))
        if call < self.wanted.get(name, call + 1):
            return False
        self._say(Passing(name, layout.arrange(value, self._batch), part, source, same))
        return True

    def _tell_steps(self, name: str, part: nn.Module, inputs: Any, output: Any) -> None:
        """A recurrent module's last time step, and what happened inside at it."""
        parts = self._parts.get(name, {})
        rows = [row for row in (name, *parts.values()) if row in self.wanted]
        self.made.update(dict.fromkeys(rows, steps_in(part, output).count))
        if self.made[rows[0]] < self.wanted[rows[0]]:
            return
        last = at_end(name, part, inputs, output, parts)
        for row in rows:
            self._say(Passing(row, self._layout(row).arrange(last[row], self._batch), part))

    def _layout(self, name: str) -> Layout:
        """That of the call that was made last."""
        layouts = self._layouts[name]
        return layouts[min(self.made[name], len(layouts)) - 1]


def _version(value: Tensor) -> int:
    return -1 if value.is_inference() else value._version

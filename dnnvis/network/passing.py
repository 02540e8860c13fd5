"""What passes through a network, told layer by layer and not kept."""

import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.network.table import CLASS_TOKEN, OUTPUT, Table, run_user_code
from dnnvis.network.taps import first_tensor, mode_for, watched


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
    asked = set(layers)
    wanted = {row.name: row.calls for row in table.layers if row.name in asked}
    names = {name if name in table.layouts else name.removesuffix(CLASS_TOKEN) for name in wanted}
    made: Counter[str] = Counter()
    latest = _NONE

    def after(name: str, submodule: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal latest
        value = first_tensor(output)
        if value is None:
            return
        made[name] += 1
        made[name + CLASS_TOKEN] += 1
        call = made[name]
        given = inputs[0] if isinstance(inputs, tuple) and len(inputs) == 1 else None
        same = latest.is_(value)
        in_place = given is value and latest.is_(value, 1)
        source = latest.layer if same or in_place or latest.is_(given) else ""
        told = _tell(name, call, submodule, value, source, same)
        latest = _Latest(name, weakref.ref(value), _version(value)) if told else _NONE

    def _tell(
        name: str, call: int, part: nn.Module, value: Tensor, source: str, same: bool
    ) -> bool:
        layouts = table.layouts[name]
        layout = layouts[min(call, len(layouts)) - 1]
        if call >= wanted.get(name + CLASS_TOKEN, call + 1) and layout.prefix:
            whole = layout.prefix_of(value, x.shape[0])
            tell(Passing(name + CLASS_TOKEN, whole, part))
        if call < wanted.get(name, call + 1):
            return False
        tell(Passing(name, layout.arrange(value, x.shape[0]), part, source, same))
        return True

    with mode_for(False, inference=False), watched(module, after, names - {OUTPUT}):
        result = first_tensor(run_user_code(forward, x))
        if OUTPUT in wanted and result is not None:
            same = latest.is_(result)
            made[OUTPUT] += 1
            _tell(OUTPUT, 1, module, result, latest.layer if same else "", same)
    short = next((name for name, calls in wanted.items() if made[name] < calls), None)
    if short is not None:
        raise BadInput(
            f"{short} was called {made[short]} times on these pictures and {wanted[short]} times "
            "on a gray one; leave it out (--layers)."
        )


def _version(value: Tensor) -> int:
    return -1 if value.is_inference() else value._version

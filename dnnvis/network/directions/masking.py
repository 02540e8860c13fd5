"""Scale the coefficients of directions, for each picture of a batch by other factors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput
from dnnvis.network.directions.directions import Directions
from dnnvis.network.editing.value_edit import add_to_value
from dnnvis.network.hooks import replace_outputs
from dnnvis.network.layer_table import RESULT
from dnnvis.network.network import Network
from dnnvis.network.outputs import iter_tensors, replace_tensor, tensor_at


def check_maskable(network: Network, layer: str) -> None:
    """Raise BadInput where what a layer returns cannot be changed picture by picture."""
    table = network.table
    row = network.layer(layer)
    is_plain = row.name in table.modules and row.name not in table.steps
    if not is_plain or table.modules[row.name] == RESULT or row.name in table.recurrent:
        raise BadInput(
            f"{row.name} ({row.kind}) is not what one module returns; choose another layer."
        )
    if row.calls != 1:
        raise BadInput(f"{row.name} is called {row.calls} times; choose a layer that is once.")
    if table.one_by_one:
        raise BadInput(
            f"A batch changes what {network.name} gives for a picture, so that masks cannot run "
            "together; choose importance by drop, or another network."
        )


@contextmanager
def scale_coefficients(network: Network, directions: Directions, factors: Tensor) -> Iterator[None]:
    """Change a layer within the context to x + ((f - 1) w) H, w being its coefficients.

    Args:
        network: The network.
        directions: H; ``check_maskable`` must hold for their layer.
        factors: f, (B, k): a row for each picture of the passes.

    Yields:
        Nothing.
    """
    table = network.table
    layout = table.layouts[directions.layer][0]
    path = table.paths.get(directions.layer)
    edit = Edit(directions.name)

    def change(module: nn.Module, inputs: Any, output: Any) -> Any:
        at = path if path is not None else next(where for where, _ in iter_tensors(output))
        value = tensor_at(output, at)
        assert value is not None

        def read(each: Tensor) -> Tensor:
            return layout.arrange(each, len(factors))

        coefficients = directions.project(read(value).float())
        scale = (factors.to(coefficients) - 1)[:, :, None, None]
        changed = add_to_value(value, read, directions.compose(coefficients * scale), edit)
        return replace_tensor(output, at, changed)

    with replace_outputs(network.module, {table.hooked_module(directions.layer): change}):
        yield

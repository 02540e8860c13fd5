"""Say which modules return tensors that nobody else holds, so that they may be changed in place."""

from torch import nn

#: Classes whose forward makes a new tensor at each call and keeps none of it.
NEW_VALUES: set[type[nn.Module]] = {
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.Linear,
    nn.BatchNorm1d,
    nn.BatchNorm2d,
    nn.BatchNorm3d,
    nn.ReLU,
    nn.ELU,
    nn.GELU,
    nn.SiLU,
    nn.Sigmoid,
    nn.Tanh,
    nn.LeakyReLU,
    nn.MaxPool2d,
    nn.AvgPool2d,
    nn.AdaptiveAvgPool2d,
}


def makes_new_values(module: nn.Module) -> bool:
    """Return whether what a module returns is new, and held by nobody else.

    One whose forward was replaced may pass it on; one that works in place returns its input.
    """
    is_replaced = "forward" in module.__dict__
    return type(module) in NEW_VALUES and not (is_replaced or getattr(module, "inplace", False))

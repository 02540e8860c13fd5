#!/usr/bin/env bash
# A dynamically quantized Linear claims a gradient and gives none; around a skip it looks right.
#
# Versions:  torch 2.14.1, on the processor (seen 2026-11-29).
# Guess:     an output with requires_grad True has a slope with respect to the input; where an
#            operation has none, it raises, or its output has requires_grad False.
# Behavior:  the output of a quantize_dynamic'ed nn.Linear has requires_grad True and a grad_fn, but
#            backward() through it ends without an error and leaves x.grad None, and autograd.grad
#            with allow_unused gives None. In a block x + linear(x) the result is worse than none:
#            exactly the slope of the skip alone, finite and plausible, while moving x shows that
#            the branch counts as well. The one sign is a UserWarning on the way back.
#
# Status 0 while it is so, 1 where it changed, 2 where the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
    uv venv --quiet --python 3.11 "$folder/venv" &&
        uv pip install --quiet --python "$folder/venv/bin/python" torch==2.14.1 numpy==2.4.6
} || exit 2
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.branch = nn.Linear(8, 8)

    def forward(self, x):
        return x + self.branch(x)


torch.manual_seed(0)
block = Block().eval()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that the module is deprecated
    quantized = torch.ao.quantization.quantize_dynamic(block, {nn.Linear}, dtype=torch.qint8)

x = torch.rand(1, 8, requires_grad=True)
print(f"torch {torch.__version__}, engine {torch.backends.quantized.engine}")
print("guess: a slope like that of the block before it was quantized, or an error")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    out = quantized.branch(x)
    claims = out.requires_grad and out.grad_fn is not None
    (unused,) = torch.autograd.grad(out[0, 0], x, allow_unused=True)
    out = quantized.branch(x)
    out.sum().backward()
    left = x.grad
    print(f"branch alone: requires_grad {out.requires_grad}, autograd.grad {unused}, x.grad {left}")
    (slope,) = torch.autograd.grad(quantized(x)[0, 0], x)
(true,) = torch.autograd.grad(block(x)[0, 0], x)
with torch.no_grad():
    measured = torch.stack(
        [
            (quantized(x + step)[0, 0] - quantized(x - step)[0, 0]) / 0.4
            for step in 0.2 * torch.eye(8)
        ]
    )
skip = torch.eye(8)[0]
for label, values in (
    ("autograd, quantized", slope[0]),
    ("measured, quantized", measured),
    ("autograd, before   ", true[0]),
):
    print(f"x + branch(x), {label}: {[round(v, 2) for v in values.tolist()]}")
kinds = sorted({type(item.message).__name__ for item in caught})
print(f"warnings: {kinds}, the first: {str(caught[0].message)[:90] if caught else ''}")
same = (
    claims
    and unused is None
    and left is None
    and torch.equal(slope[0], skip)
    and (measured - true[0]).abs().max() < 0.1
    and (measured - skip).abs().max() > 0.2
    and kinds == ["UserWarning"]
)
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON

#!/usr/bin/env bash
# torch.no_grad() changes what nn.TransformerEncoder answers, and which of its modules run.
#
# Versions:  torch 2.14.1, on the processor (seen 2026-11-29).
# Guess:     no_grad() saves memory and time; outputs and calls of modules are those with gradients.
# Behavior:  in eval mode with gradients off, each nn.TransformerEncoderLayer is one C++ kernel. A
#            global forward hook then sees 3 calls of a two-layer encoder, in place of 19. A padding
#            mask also packs the batch, so that padded positions answer exactly 0; with gradients
#            they have values as large as any. A hook on one part of the first layer takes that
#            layer out of the kernel but leaves the packing, so that the hook gets a nested tensor
#            without a shape. torch.backends.mha.set_fastpath_enabled(False) undoes all of it.
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
from torch.nn.modules.module import register_module_forward_hook

warnings.simplefilter("ignore")  # that nested tensors are a prototype
torch.manual_seed(0)
layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
encoder = nn.TransformerEncoder(layer, 2).eval()
words = torch.rand(2, 10, 64)
padded = torch.zeros(2, 10, dtype=torch.bool)
padded[1, 6:] = True


def count_calls(grad):
    calls = []
    hook = register_module_forward_hook(lambda part, *_: calls.append(type(part).__name__))
    with torch.set_grad_enabled(grad):
        encoder(words)
    hook.remove()
    return len(calls)


def answer(grad):
    with torch.set_grad_enabled(grad):
        return encoder(words, src_key_padding_mask=padded).detach()


def is_hooked_output_nested():
    seen = []
    first = encoder.layers[0].linear1
    hook = first.register_forward_hook(lambda part, args, out: seen.append(out.is_nested))
    answer(grad=False)
    hook.remove()
    return seen


def describe(label):
    calls = count_calls(grad=True), count_calls(grad=False)
    on, off = answer(grad=True), answer(grad=False)
    real = (on - off)[~padded].abs().max().item()
    largest = on[padded].abs().max().item(), off[padded].abs().max().item()
    nested = is_hooked_output_nested()
    print(f"{label}:")
    print(f"  calls that a global hook sees: {calls[0]} with gradients, {calls[1]} without")
    print(f"  largest at padded positions: {largest[0]:.3g} with, {largest[1]:.3g} without")
    print(f"  elsewhere the two differ by up to {real:.2g}")
    print(f"  a hook on layers[0].linear1 without gradients: nested output {nested}")
    return calls, largest, real, nested


print(f"torch {torch.__version__}")
print("guess: the same calls and the same outputs with and without gradients")
calls, largest, real, nested = describe("as torch starts")
same = calls == (19, 3) and largest[0] > 0.1 and largest[1] == 0 and real < 1e-5
same &= nested == [True]
torch.backends.mha.set_fastpath_enabled(False)
calls, largest, real, nested = describe("after set_fastpath_enabled(False)")
same &= calls == (19, 19) and abs(largest[0] - largest[1]) < 1e-5 and real < 1e-5
same &= nested == [False]
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON

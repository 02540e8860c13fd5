#!/usr/bin/env bash
# The children of a torch.jit.trace'd module accept hooks without a word and never call them.
#
# Versions:  torch 2.14.1, on the processor (seen 2026-11-29).
# Guess:     a hook that was accepted is called; or, since the graph runs in C++, it is refused, as
#            the children of a torch.jit.script'ed module do.
# Behavior:  register_forward_hook and register_forward_pre_hook return handles on every child, no
#            warning comes when they are put on or when the module runs, and none is ever called.
#            The same call on the traced module itself works: its hook fires. Scripted children
#            raise a RuntimeError.
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

torch.manual_seed(0)
picture = torch.rand(1, 3, 8, 8)
model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3)).eval()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that both are deprecated
    traced = torch.jit.trace(model, picture)
    scripted = torch.jit.script(model)


def put_hooks(module, seen):
    for child in module.children():
        child.register_forward_hook(lambda *_: seen.append("child"))
        child.register_forward_pre_hook(lambda *_: seen.append("child, before"))


print(f"torch {torch.__version__}")
print("guess: 6 calls of the 6 hooks on 3 children, or a refusal")
plain, inner, outer = [], [], []
put_hooks(model, plain)
model(picture)
print(f"plain module: {len(plain)} calls")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    put_hooks(traced, inner)
    traced(picture)
    traced.register_forward_hook(lambda *_: outer.append("module"))
    traced(picture)
print(f"traced: {len(inner)} calls in two passes and {len(caught)} warnings")
print(f"traced, hook on the module itself: {len(outer)} call in one pass")
refusal = ""
try:
    put_hooks(scripted, [])
except RuntimeError as error:
    refusal = str(error)
print(f"scripted: refused with {refusal!r}")
same = (len(plain), len(inner), len(caught), len(outer)) == (6, 0, 0, 1) and bool(refusal)
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON

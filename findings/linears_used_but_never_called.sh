#!/usr/bin/env bash
# torchvision's Swin and ViT use the weights of Linear modules that they never call.
#
# Versions:  torch 2.14.1, torchvision 0.29.1, on the processor (seen 2026-11-29).
# Guess:     a Linear whose weights shape the answer is called, so that a forward hook on every
#            Linear of swin_t and vit_b_16 sees every one of them.
# Behavior:  ShiftedWindowAttention hands the weights of its `qkv` and `proj`, and
#            nn.MultiheadAttention that of its `out_proj`, to a function. No hook on these modules
#            fires, with or without gradients, and nothing warns: 24 of 52 Linear modules of swin_t
#            and 12 of 37 of vit_b_16. Doubling their weights does change the answer.
#
# Status 0 while it is so, 1 where it changed, 2 where the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
    uv venv --quiet --python 3.11 "$folder/venv" &&
        uv pip install --quiet --python "$folder/venv/bin/python" torch==2.14.1 torchvision==0.29.1
} || exit 2
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import torch
import torchvision
from torch import nn

EXPECTED = {
    "swin_t": (52, 24, {"qkv", "proj"}),
    "vit_b_16": (37, 12, {"out_proj"}),
}
torch.manual_seed(0)
picture = torch.rand(1, 3, 224, 224)
print(f"torch {torch.__version__}, torchvision {torchvision.__version__}")
print("guess: hooks on all Linear modules see all of them")
same = True
for name, expected in EXPECTED.items():
    model = getattr(torchvision.models, name)(weights=None).eval()
    last = model.head if name == "swin_t" else model.heads.head
    nn.init.normal_(last.weight)  # ViT's begins at zero, which would hide every change
    linears = {key: part for key, part in model.named_modules() if isinstance(part, nn.Linear)}
    for grad in (False, True):
        called = set()
        hooks = [
            part.register_forward_hook(lambda *_, key=key: called.add(key))
            for key, part in linears.items()
        ]
        with torch.set_grad_enabled(grad):
            before = model(picture).detach()
        for hook in hooks:
            hook.remove()
        silent = [key for key in linears if key not in called]
        names = {key.rpartition(".")[2] for key in silent}
        print(
            f"{name}, gradients {'on' if grad else 'off'}: {len(silent)} of {len(linears)} Linear "
            f"modules never called, named {sorted(names)}"
        )
        same &= (len(linears), len(silent), names) == expected
    with torch.no_grad():
        for key in silent:
            linears[key].weight.mul_(2)
        change = (model(picture) - before).abs().max().item()
    print(f"{name}: doubling the weights of these moves the answer by up to {change:.3g}")
    same &= change > 1e-3
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON

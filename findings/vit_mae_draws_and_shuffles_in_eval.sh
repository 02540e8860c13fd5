#!/usr/bin/env bash
# transformers' ViTMAEModel in eval mode draws a new mask, and a new order of tokens, each pass.
#
# Versions:  transformers 5.24.0, torch 2.14.1, on the processor (seen 2026-11-29).
# Guess:     eval() takes the randomness out, as with dropout, so that one picture has one answer
#            and token 1 + i is patch i; at the latest with mask_ratio=0, where nothing is masked.
# Behavior:  two passes over one picture keep other patches and differ as much as the tokens are
#            large. With mask_ratio=0 every patch is kept, yet in an order drawn anew each pass:
#            position i is another patch each time. Put back by `ids_restore`, the two passes agree.
#            A `noise` argument that rises from patch to patch gives the order of the picture.
#
# Status 0 while it is so, 1 where it changed, 2 where the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
    uv venv --quiet --python 3.11 "$folder/venv" &&
        uv pip install --quiet --python "$folder/venv/bin/python" torch==2.14.1 transformers==5.24.0
} || exit 2
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import torch
import transformers
from transformers import ViTMAEConfig, ViTMAEModel

SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "image_size": 64,
    "patch_size": 16,
}


def patches(out):
    """Return the tokens of the patches in the order of the picture."""
    order = out.ids_restore[..., None].expand(-1, -1, SIZES["hidden_size"])
    return out.last_hidden_state[:, 1:].gather(1, order)


def distance(first, second):
    return (first - second).abs().max().item()


torch.manual_seed(0)
picture = torch.rand(1, 3, 64, 64)
same = True
print(f"torch {torch.__version__}, transformers {transformers.__version__}")
print("guess: in eval mode two passes over one picture are equal")
with torch.no_grad():
    model = ViTMAEModel(ViTMAEConfig(**SIZES)).eval()
    first, second = model(picture), model(picture)
    kept = first.last_hidden_state.shape[1] - 1
    gap = distance(first.last_hidden_state, second.last_hidden_state)
    print(f"mask_ratio 0.75: {kept} of 16 patches kept, two passes differ by up to {gap:.3g}")
    same &= kept == 4 and gap > 1e-2 and not torch.equal(first.mask, second.mask)

    model = ViTMAEModel(ViTMAEConfig(**SIZES, mask_ratio=0.0)).eval()
    first, second = model(picture), model(picture)
    kept = first.last_hidden_state.shape[1] - 1
    gap = distance(first.last_hidden_state, second.last_hidden_state)
    print(f"mask_ratio 0: {kept} of 16 patches kept, two passes differ by up to {gap:.3g}")
    print(f"  order of the first pass:  {first.ids_restore[0].tolist()}")
    print(f"  order of the second pass: {second.ids_restore[0].tolist()}")
    restored = distance(patches(first), patches(second))
    print(f"  with both orders undone they differ by up to {restored:.3g}")
    same &= kept == 16 and gap > 1e-2 and restored < 1e-4

    rising = torch.linspace(0, 1, 16)[None]
    first, second = model(picture, noise=rising), model(picture, noise=rising)
    gap = distance(first.last_hidden_state, second.last_hidden_state)
    plain = first.ids_restore[0].tolist() == list(range(16))
    print(f"  with rising noise given: differ by {gap:.3g}, plain order {plain}")
    same &= gap < 1e-5 and plain
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON

#!/usr/bin/env bash
# torch.load reads weights whose zip says by its own checksum that they are damaged.
#
# Versions:  torch 2.14.1, on the processor (seen 2026-11-29).
# Guess:     a checkpoint is a zip with a CRC-32 of each part, so a byte that changed on the disk
#            or the way is an error when it is loaded, as for Python's zipfile.
# Behavior:  torch.load, with weights_only True or False, memory-mapped or not, returns the changed
#            numbers without an error or a warning; zipfile's testzip names the part.
#
# Status 0 while it is so, 1 where it changed, 2 where the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
    uv venv --quiet --python 3.11 "$folder/venv" &&
        uv pip install --quiet --python "$folder/venv/bin/python" torch==2.14.1 numpy
} || exit 2
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import warnings
import zipfile
from pathlib import Path

import torch

path = Path(sys.argv[1]) / "weights.pt"
weights = {"a": torch.arange(1000.0), "b": torch.ones(1000)}
torch.save(weights, path)
content = bytearray(path.read_bytes())
at = content.find(weights["a"].numpy().tobytes()) + 4 * 500
content[at : at + 4] = bytes(4)  # one number of a thousand becomes 0
path.write_bytes(content)
with zipfile.ZipFile(path) as archive:
    damaged = archive.testzip()
print(f"torch {torch.__version__}")
print("guess: loading these weights is an error")
print(f"zipfile: the checksum of {damaged} is wrong")
same = damaged is not None and damaged.endswith("data/0")
for options in ({"weights_only": True}, {"weights_only": False}, {"mmap": True}):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loaded = torch.load(path, **options)
    wrong = (loaded["a"] != weights["a"]).nonzero().flatten().tolist()
    print(f"torch.load({options}): no error, {len(caught)} warnings, wrong numbers at {wrong}")
    same &= wrong == [500] and not caught
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON

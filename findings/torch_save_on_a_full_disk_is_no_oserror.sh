#!/usr/bin/env bash
# torch.save on a full disk raises a RuntimeError about positions, not an OSError.
#
# Versions:  torch 2.15.0, on the processor (seen 2026-11-29).
# Guess:     writing to a full disk raises OSError with errno ENOSPC, "No space left on device", as
#            every writer of Python's own does; a training that catches OSError keeps its old file.
# Behavior:  to a path it is a RuntimeError that is not chained to an OSError; its sentence speaks of an
#            unexpected position and never of the disk. To an open file torch.save raises the
#            same RuntimeError; an OSError comes only because closing the file fails once more.
#            pickle.dump into the same place raises the OSError itself.
# With us:   network/weights/save.py puts the file together in memory and writes that by Python.
#
# The full disk is Linux's /dev/full, which answers each write with ENOSPC.
# Status 0 while it is so, 1 where it changed, 2 where the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
    uv venv --quiet --python 3.11 "$folder/venv" &&
        uv pip install --quiet --python "$folder/venv/bin/python" torch==2.15.0 numpy
} || exit 2
"$folder/venv/bin/python" - <<'PYTHON'
import errno
import pickle
import sys

import torch

FULL = "/dev/full"
weights = {"a": torch.ones(1_000_000)}


def chain(error):
    """Return an error, what it was raised from, and so on."""
    errors = []
    while error is not None:
        errors.append(error)
        error = error.__cause__ or error.__context__
    return errors


print(f"torch {torch.__version__}")
print("guess: OSError, errno ENOSPC")
try:
    with open(FULL, "wb") as file:
        pickle.dump(b"0" * 1_000_000, file)
except OSError as error:
    print(f"pickle.dump: {type(error).__name__}, errno {errno.errorcode[error.errno]}")
    same = error.errno == errno.ENOSPC
try:
    torch.save(weights, FULL)
    print("torch.save to a path: no error")
    same = False
except Exception as error:
    errors = chain(error)
    print(f"torch.save to a path: {[type(each).__name__ for each in errors]}: {error}")
    same &= type(error) is RuntimeError and not any(isinstance(e, OSError) for e in errors)
    same &= "space" not in str(error)
try:
    with open(FULL, "wb") as file:
        torch.save(weights, file)
    print("torch.save to a file: no error")
    same = False
except OSError as error:
    last = error.__context__  # closing the file fails once more: what torch.save raised
    print(f"torch.save to a file: closing it raised OSError, torch.save {type(last).__name__}")
    same &= type(last) is RuntimeError
except RuntimeError as error:
    print(f"torch.save to a file: RuntimeError: {error}")
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON

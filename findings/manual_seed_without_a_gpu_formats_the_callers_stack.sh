#!/usr/bin/env bash
# torch.manual_seed() on a machine without a GPU formats the caller's whole stack, at every call.
#
# Versions:  torch 2.15.0, on the processor (seen 2026-11-30).
# Guess:     without a GPU to seed, manual_seed() sets one number of the processor's generator: a
#            microsecond, wherever it is called from.
# Behavior:  it also queues the seed for devices that may begin one day, CUDA and two others, each
#            time with the text of traceback.format_stack(): every file of the call stack is looked
#            up on disk again. Called 50 frames further down it formats 150 lines more, and takes
#            some hundred times what the generator's own manual_seed() does (.4 ms here), which draws
#            the very same numbers. A network that is seeded before each pass pays that per frame.
#
# Status 0 while it is so, 1 where it changed, 2 where the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
    uv venv --quiet --python 3.11 "$folder/venv" &&
        uv pip install --quiet --python "$folder/venv/bin/python" torch==2.15.0 numpy==2.4.6
} || exit 2
CUDA_VISIBLE_DEVICES="" "$folder/venv/bin/python" - <<'PYTHON'
import sys
import time
import traceback

import torch

formatted = []
original = traceback.format_stack


def format_stack(*args, **kwargs):
    lines = original(*args, **kwargs)
    formatted.append(len(lines))
    return lines


def at_depth(frames, call):  # in turns with the next, for equal lines are folded into one
    return call() if frames == 0 else further_down(frames - 1, call)


def further_down(frames, call):
    return call() if frames == 0 else at_depth(frames - 1, call)


def count_lines(seed, frames):
    formatted.clear()
    at_depth(frames, lambda: seed(3))
    return sum(formatted)


def microseconds(seed):
    start = time.perf_counter()
    for _ in range(300):
        at_depth(50, lambda: seed(3))
    return (time.perf_counter() - start) / 300 * 1e6


own = torch.default_generator.manual_seed
times = microseconds(torch.manual_seed), microseconds(own)
traceback.format_stack = format_stack
lines = {name: [count_lines(seed, frames) for frames in (0, 50)]
         for name, seed in (("torch.manual_seed", torch.manual_seed), ("generator's", own))}
torch.manual_seed(3)
first = torch.rand(5)
own(3)
same = torch.equal(first, torch.rand(5))

print(f"torch {torch.__version__}, CUDA available: {torch.cuda.is_available()}")
print("guess: no stack is formatted, and the depth of the call does not matter")
for name, (shallow, deep) in lines.items():
    print(f"  {name}: {shallow} lines of the stack formatted, {deep} from 50 frames further down")
print(f"  50 frames down: {times[0]:.0f} us against {times[1]:.1f} us of the generator's own")
print(f"  both draw the same numbers: {same}")
shallow, deep = lines["torch.manual_seed"]
is_so = shallow > 0 and deep >= shallow + 50 and lines["generator's"] == [0, 0] and same
print("still so" if is_so else "this has changed")
sys.exit(not is_so)
PYTHON

#!/usr/bin/env bash
# Pillow reads an animated PNG forwards, and from its first frame, but not back to any other.
#
# Versions:  Pillow 13.0.0 (seen 2026-11-29).
# Guess:     frames of a valid animation can be sought in any order, as those of a GIF can.
# Behavior:  after frame 5, seek(1) and load() raise SyntaxError ("APNG contains frame sequence
#            errors"); seek(0) works and rewinds. The same steps through a GIF of the same frames
#            give frame 1.
#
# Status 0 while it is so, 1 where it changed, 2 where the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
    uv venv --quiet --python 3.11 "$folder/venv" &&
        uv pip install --quiet --python "$folder/venv/bin/python" pillow==13.0.0
} || exit 2
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import PIL
from PIL import Image

SHADES = [0, 50, 100, 150, 200, 250]
frames = [Image.new("L", (8, 8), shade) for shade in SHADES]


def animation(kind):
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=100, loop=0)
    file.seek(0)
    return Image.open(file)


def shade_at(image, number):
    image.seek(number)
    image.load()
    return image.convert("L").getpixel((4, 4))


print(f"Pillow {PIL.__version__}")
print("guess: frames 5, 0, 3, 1 of an animation of six can be read in this order")
outcome = {}
for kind in ("PNG", "GIF"):
    image = animation(kind)
    seen = []
    for number in (5, 0, 3, 1):
        try:
            seen.append(shade_at(image, number))
        except SyntaxError as error:
            seen.append(f"SyntaxError: {error}")
            break
    outcome[kind] = seen
    print(f"{kind}: {image.n_frames} frames; {seen}")
wanted = [SHADES[number] for number in (5, 0, 3)]
same = (
    outcome["PNG"][:3] == wanted
    and str(outcome["PNG"][3]).startswith("SyntaxError")
    and [abs(a - SHADES[n]) <= 2 for a, n in zip(outcome["GIF"], (5, 0, 3, 1))] == [True] * 4
)
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON

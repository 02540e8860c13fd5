#!/usr/bin/env bash
# A PyAV frame whose side data was looked at is not freed until Python's cycle collector runs.
#
# Versions:  PyAV 18.1.0 (seen 2026-11-29).
# Guess:     looking at `frame.side_data` of a decoded frame changes nothing about its life: it is
#            freed with the last reference, as any other frame.
# Behavior:  frame and side data hold each other. Of 40 decoded frames, each dropped at once, 40
#            are still in memory (their pixels too) until gc.collect(); without the look 0 are.
#
# Status 0 while it is so, 1 where it changed, 2 where the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
    uv venv --quiet --python 3.11 "$folder/venv" &&
        uv pip install --quiet --python "$folder/venv/bin/python" av==18.1.0 numpy==2.4.1
} || exit 2
"$folder/venv/bin/python" - <<'PYTHON'
import gc
import io
import sys

import av
import numpy as np

FRAMES = 40
film = io.BytesIO()
with av.open(film, "w", format="matroska") as container:
    stream = container.add_stream("mjpeg", rate=25)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
    for number in range(FRAMES):
        pixels = np.full((48, 64, 3), 5 * number, np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
    container.mux(stream.encode())


def frames_alive():
    return sum(type(thing) is av.VideoFrame for thing in gc.get_objects())


def frames_left(look):
    """Return how many of the decoded frames are alive once all were dropped, then collected."""
    film.seek(0)
    gc.collect()
    before, decoded = frames_alive(), 0
    with av.open(film) as container:
        for frame in container.decode(video=0):
            decoded += 1
            if look:
                frame.side_data
            del frame
    alive = frames_alive() - before
    gc.collect()
    return decoded, alive, frames_alive() - before


gc.disable()
print(f"PyAV {av.__version__}")
print("guess: no frame is alive after it was dropped, whether its side data was looked at or not")
plain, looked = frames_left(False), frames_left(True)
print(f"not looked at: (decoded, alive, alive after gc.collect()) = {plain}")
print(f"looked at:     (decoded, alive, alive after gc.collect()) = {looked}")
same = plain == (FRAMES, 0, 0) and looked == (FRAMES, FRAMES, 0)
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON

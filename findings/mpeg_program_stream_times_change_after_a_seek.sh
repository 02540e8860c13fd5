#!/usr/bin/env bash
# A frame of an MPEG program stream has another presentation time after a seek than when played to.
#
# Versions:  PyAV 18.1.0 with its FFmpeg (seen 2026-11-29).
# Guess:     the presentation time of a frame is a property of the file, however one comes to it,
#            so that frames can be told from each other by it.
# Behavior:  after seek() to frame 100 of this film of MPEG-1 video, some frames say the time of the
#            frame after them. The same video in a transport stream (MPEG-TS) keeps its times.
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
import io
import sys

import av
import numpy as np

FRAMES, TARGET, FOLLOWED = 200, 100, 40


def draw(number):
    """Draw the number as eight black or white blocks."""
    pixels = np.full((96, 160, 3), 96, np.uint8)
    for bit in range(8):
        pixels[8:40, 4 + 18 * bit : 20 + 18 * bit] = 255 if number >> bit & 1 else 0
    return pixels


def read(frame):
    gray = frame.to_ndarray(format="gray")
    return sum(int(gray[24, 12 + 18 * bit] > 128) << bit for bit in range(8))


def write(kind):
    film = io.BytesIO()
    with av.open(film, "w", format=kind) as container:
        options = {"g": "12", "bf": "0", "qscale": "2"}
        stream = container.add_stream("mpeg1video", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.bit_rate = 2_000_000
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(draw(number), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return film


def times_after_seek(film, kind):
    """Return number -> (time when played to, time after the seek), where they differ."""
    film.seek(0)
    with av.open(film, format=kind) as container:
        played = {read(frame): frame.pts for frame in container.decode(video=0)}
    assert sorted(played) == list(range(FRAMES))
    film.seek(0)
    other = {}
    with av.open(film, format=kind) as container:
        container.seek(played[TARGET], stream=container.streams.video[0])
        for count, frame in enumerate(container.decode(video=0)):
            number = read(frame)
            if frame.pts != played[number]:
                other[number] = (played[number], frame.pts)
            if count == FOLLOWED:
                break
    return played, other


print(f"PyAV {av.__version__}, libavformat {av.library_versions['libavformat']}")
print("guess: every frame has the same time after a seek")
played, in_program = times_after_seek(write("mpeg"), "mpeg")
_, in_transport = times_after_seek(write("mpegts"), "mpegts")
print(f"program stream:   number: (played to, after seek to {TARGET}) = {in_program}")
print(f"transport stream: number: (played to, after seek to {TARGET}) = {in_transport}")
same = (
    len(in_program) > 0
    and all(after == played[number + 1] for number, (_, after) in in_program.items())
    and in_transport == {}
)
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON

"""Export frames with their answers: as a film, an animated GIF, arrays, or another recording."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.messages import Live
from dnnvis.core.stable_file import replace_file
from dnnvis.library.recordings.film import SUFFIXES as FILM_SUFFIXES
from dnnvis.library.recordings.film import FilmPicture, write_film
from dnnvis.sources.recordings.chunks import END, HEADER, MAGIC, NETWORK, pack_chunk
from dnnvis.sources.recordings.frames import RecordedFrame, pack_frame
from dnnvis.sources.recordings.writer import SUFFIX, build_header

NUMPY_SUFFIX = ".npz"
SUFFIXES = (*FILM_SUFFIXES, NUMPY_SUFFIX)


def export_frames(frames: Iterable[RecordedFrame], path: Path) -> int:
    """Write frames to a file; the suffix says how.

    Args:
        frames: In order; they are taken one by one.
        path: Ends in .mp4, .mkv, .avi or .gif (what the frames show), or in .npz.

    Returns:
        The number of frames written.

    Raises:
        BadInput: The suffix is another, there are no frames, or the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix == NUMPY_SUFFIX:
        return write_arrays(frames, path)
    if suffix in FILM_SUFFIXES:
        return write_film((FilmPicture(each.frame.pixels, each.seconds) for each in frames), path)
    raise BadInput(f"Frames are written to {', '.join(SUFFIXES)}; '{path.name}' is none of them.")


def export_lives(lives: Iterable[Live], path: Path, source: str = "") -> int:
    """Write frames that were on show to a file, a recording (.dnnrec) among others.

    Args:
        lives: In order.
        path: As ``export_frames`` takes it, or ending in .dnnrec.
        source: What they are of, in a few words.

    Returns:
        The number of frames written.

    Raises:
        BadInput: As ``export_frames`` does.
    """
    if path.suffix.lower() == SUFFIX:
        return _write_recording(lives, path, source)
    return export_frames(_to_recorded(lives), path)


def write_arrays(frames: Iterable[RecordedFrame], path: Path) -> int:
    """Write frames as arrays into a .npz, one after the other: little memory is taken.

    It has ``seconds`` float64 (N,), 0 at the first one that was recorded, ``number`` int64 (N,),
    ``label`` and ``source`` text (N,), and for each frame ``pixels/000000`` uint8 (H, W, C) and
    ``output/000000`` float32 (K,).
    """
    rows: dict[str, list[Any]] = {"seconds": [], "number": [], "label": [], "source": []}
    types: dict[str, Any] = {"seconds": np.float64, "number": np.int64, "label": str, "source": str}
    count = 0
    with (
        replace_file(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        for count, each in enumerate(frames, 1):
            _add_array(archive, f"pixels/{count - 1:06d}", each.frame.pixels)
            _add_array(archive, f"output/{count - 1:06d}", each.output)
            rows["seconds"].append(each.seconds)
            rows["number"].append(each.frame.number)
            rows["label"].append(each.frame.label or "")
            rows["source"].append(each.frame.source)
        if not count:
            raise BadInput("There is no frame to write; wait until some were on show.")
        for name, values in rows.items():
            _add_array(archive, name, np.array(values, types[name]))
    return count


def _add_array(archive: zipfile.ZipFile, name: str, values: NDArray[Any]) -> None:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    archive.writestr(f"{name}.npy", buffer.getvalue())


def _to_recorded(lives: Iterable[Live]) -> Iterator[RecordedFrame]:
    """Yield frames with their seconds since the first."""
    start: float | None = None
    for live in lives:
        start = live.frame.born if start is None else start
        seconds = live.frame.born - start
        yield RecordedFrame(live.frame, seconds, live.output, live.maps, live.edits)


def _write_recording(lives: Iterable[Live], path: Path, source: str) -> int:
    """Write a recording at once; one that is there already is replaced."""
    waiting = iter(lives)
    first = next(waiting, None)
    if first is None:
        raise BadInput("There is no frame to write; wait until some were on show.")
    networks: list[str] = []
    count = 0
    with replace_file(path) as temporary, temporary.open("wb") as file:
        file.write(MAGIC + pack_chunk(HEADER, build_header(source)))
        for live in chain((first,), waiting):
            count += 1
            if live.network not in networks:
                networks.append(live.network)
                index = {"name": live.network, "fingerprint": live.fingerprint, "labels": []}
                file.write(pack_chunk(NETWORK, index))
            seconds = max(live.frame.born - first.frame.born, 0.0)
            number = networks.index(live.network)
            file.write(pack_frame(live, seconds, network=number, compress=True, maps=True))
        file.write(pack_chunk(END, {"frames": count, "dropped": 0, "ended": ""}))
    return count

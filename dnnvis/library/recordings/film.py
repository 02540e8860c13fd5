"""Write pictures as a film, with PyAV or OpenCV, or as an animated GIF, with Pillow."""

import importlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.stable_file import replace_file
from dnnvis.sources.opencv import opencv
from dnnvis.sources.pyav import load_av

FILM_FORMATS = {".mp4": "mp4", ".mkv": "matroska", ".avi": "avi"}
GIF_SUFFIX = ".gif"
SUFFIXES = (*FILM_FORMATS, GIF_SUFFIX)
CODECS = ("libx264", "mpeg4")  # the first that PyAV was built with
AVI = "avi"  # knows one rate alone, and H.264 in it is read by few
CODEC_OPTIONS = {"libx264": {"preset": "veryfast", "crf": "18"}, "mpeg4": {"qscale": "3"}}
TIME_BASE = Fraction(1, 1000)
DEFAULT_RATE = 30.0  # frames a second, where the pictures do not say when they were on show
MIN_SECONDS, MAX_SECONDS = 0.001, 10.0  # between two pictures
GIF_MIN_SECONDS = 0.02  # viewers show what is shorter far too long
GIF_MAX_PICTURES = 900  # they are in memory at once, a byte for each pixel
NO_WRITER = (
    "No film can be written here, for neither PyAV nor OpenCV is installed: `pip install av`, or "
    "choose a file that ends in .gif or .npz."
)


class FilmPicture(NamedTuple):
    """A picture of a film."""

    #: Its pixels, uint8 (H, W, 1 or 3).
    pixels: NDArray[np.uint8]
    #: When it is on show, in seconds since any moment.
    seconds: float


def write_film(pictures: Iterable[FilmPicture], path: Path) -> int:
    """Write pictures as a film; the suffix says which kind.

    All have the size of the first: others are scaled to it. Of a film with an odd number of rows
    or columns the last one is repeated, for codecs want even ones.

    Args:
        pictures: In the order of their times; they are taken one by one.
        path: Ends in .mp4, .mkv, .avi or .gif; replaced once all is written.

    Returns:
        The number of pictures written.

    Raises:
        BadInput: The suffix is another, there is no picture, or none can be written here.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInput(f"A film ends in {', '.join(SUFFIXES)}; '{path.name}' does not.")
    waiting = iter(pictures)
    first = next(waiting, None)
    if first is None:
        raise BadInput("There is no picture to make a film of; wait until some were on show.")
    timed = _space(_scale(chain((first,), waiting), first.pixels.shape[:2]))
    with replace_file(path) as temporary:
        if suffix == GIF_SUFFIX:
            return _write_gif(timed, temporary)
        return _choose_writer()(timed, temporary, FILM_FORMATS[suffix])


def _choose_writer() -> Callable[[Iterator[FilmPicture], Path, str], int]:
    """Return what writes films: with PyAV, which keeps their times, or else with OpenCV."""
    with suppress(ImportError):
        load_av()
        return _write_with_av
    with suppress(ImportError):
        opencv()
        return _write_with_opencv
    raise BadInput(NO_WRITER)


def _space(pictures: Iterable[FilmPicture]) -> Iterator[FilmPicture]:
    """Yield pictures with times from 0 on, each at least MIN_SECONDS after the one before."""
    last, at = None, 0.0
    for picture in pictures:
        if last is not None:
            step = picture.seconds - last
            at += min(max(step, MIN_SECONDS), MAX_SECONDS)
        last = picture.seconds
        yield FilmPicture(picture.pixels, at)


def _scale(pictures: Iterable[FilmPicture], size: tuple[int, ...]) -> Iterator[FilmPicture]:
    """Yield pictures as RGB (H, W, 3) in one size."""
    from PIL import Image  # lazy: 30 ms

    for picture in pictures:
        pixels = picture.pixels
        if pixels.shape[2] == 1:
            pixels = np.repeat(pixels, 3, axis=2)
        if pixels.shape[:2] != size:
            image = Image.fromarray(np.ascontiguousarray(pixels))
            pixels = np.asarray(image.resize((size[1], size[0])))
        yield FilmPicture(np.ascontiguousarray(pixels), picture.seconds)


def _pad_to_even(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    if height % 2 == width % 2 == 0:
        return pixels
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _repeat(pictures: Iterable[FilmPicture]) -> Iterator[FilmPicture]:
    """Yield pictures at DEFAULT_RATE, each as often as fits in the time that it was on show."""
    count, waiting = 0, None
    for picture in chain(pictures, (None,)):
        if waiting is not None:
            end = waiting.seconds + 1 / DEFAULT_RATE if picture is None else picture.seconds
            while count < round(end * DEFAULT_RATE):
                yield FilmPicture(waiting.pixels, count / DEFAULT_RATE)
                count += 1
        waiting = picture


def _write_with_av(pictures: Iterator[FilmPicture], path: Path, form: str) -> int:
    """Write a film whose pictures have their own times, but for AVI, which has one rate."""
    av = load_av()
    names = CODECS[::-1] if form == AVI else CODECS
    name = next((codec for codec in names if codec in av.codecs_available), None)
    if name is None:
        raise BadInput(NO_WRITER)
    base = Fraction(1, round(DEFAULT_RATE)) if form == AVI else TIME_BASE
    count, stream, last = 0, None, None
    try:
        with av.open(f"file:{path}", "w", format=form) as container:
            for picture in _repeat(pictures) if form == AVI else pictures:
                pixels = _pad_to_even(picture.pixels)
                if stream is None:
                    stream = container.add_stream(name, rate=round(DEFAULT_RATE))
                    stream.height, stream.width = pixels.shape[:2]
                    stream.pix_fmt = "yuv420p"
                    stream.options = CODEC_OPTIONS[name]
                    stream.codec_context.time_base = base
                    stream.thread_count = 1  # the cores belong to the network
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame.pts, frame.time_base = round(picture.seconds / base), base
                container.mux(stream.encode(frame))
                count += picture.pixels is not last
                last = picture.pixels
            if stream is not None:
                container.mux(stream.encode())
    except (av.error.FFmpegError, ValueError) as error:
        raise BadInput(f"The film cannot be written: {error}.") from None
    return count


def _write_with_opencv(pictures: Iterator[FilmPicture], path: Path, form: str) -> int:
    """Write a film at one rate; each picture is repeated for as long as it was on show."""
    cv2 = opencv()
    named = path.with_name(f"{path.name}.{'mp4' if form == 'mp4' else 'avi'}")  # by its suffix
    count, writer, last = 0, None, None
    try:
        for picture in _repeat(pictures):
            pixels = _pad_to_even(picture.pixels)
            if writer is None:
                code = cv2.VideoWriter.fourcc(*("mp4v" if form == "mp4" else "MJPG"))
                size = (pixels.shape[1], pixels.shape[0])
                writer = cv2.VideoWriter(str(named), code, DEFAULT_RATE, size)
                if not writer.isOpened():
                    raise BadInput(NO_WRITER)
            writer.write(np.ascontiguousarray(pixels[..., ::-1]))
            count += picture.pixels is not last
            last = picture.pixels
        if writer is not None:
            writer.release()
        named.replace(path)
    finally:
        named.unlink(missing_ok=True)
    return count


def _write_gif(pictures: Iterator[FilmPicture], path: Path) -> int:
    """Write an animated GIF that begins again at its end; pictures go in as they come."""
    image_module = importlib.import_module("PIL.Image")
    first = next(pictures)

    def quantize(picture: FilmPicture) -> Any:
        return image_module.fromarray(picture.pixels).quantize(256)

    times, kept, last = [0.0], [quantize(first)], 0.0
    for picture in pictures:
        if picture.seconds - last < GIF_MIN_SECONDS:
            continue  # viewers would show it for a tenth of a second
        if len(kept) == GIF_MAX_PICTURES:
            raise BadInput(
                f"A GIF has {GIF_MAX_PICTURES} pictures at most; choose a file that ends in .mp4."
            )
        kept.append(quantize(picture))
        times.append(picture.seconds)
        last = picture.seconds
    durations = [round(1000 * (b - a)) for a, b in pairwise(times)]
    durations.append(durations[-1] if durations else 100)
    kept[0].save(
        path,
        format="GIF",
        save_all=True,
        append_images=kept[1:],
        duration=durations,
        loop=0,
        optimize=False,
        disposal=1,
    )
    return len(kept)

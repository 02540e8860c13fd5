"""Pictures and films, as a window, a script and a scan open them."""

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.session.state import SourceChoice
from dnnvis.sources.catalog import source_for
from dnnvis.sources.datasets import open_data
from dnnvis.sources.image_files import read_with_notes
from dnnvis.sources.parse import choice_from_text
from helpers.fuzz.packed import in_png
from helpers.fuzz.reader import Mutate, Reader

SIDE = 24
READS = 4
FRAMES = 10


def pixels(*shape: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return smooth noise uint8, so that no two frames are alike."""
    rows = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    return np.sort(rows, axis=1)


def picture(form: str, mode: str = "RGB", **options: Any) -> Callable[[], bytes]:
    """Return what saves a picture by Pillow."""

    def make() -> bytes:
        file = io.BytesIO()
        image = Image.fromarray(pixels(SIDE, SIDE, 3)).convert(mode)
        image.save(file, form, **options)
        return file.getvalue()

    return make


def moving(form: str, **options: Any) -> Callable[[], bytes]:
    """Return what saves a moving picture by Pillow."""

    def make() -> bytes:
        file = io.BytesIO()
        first, *rest = (Image.fromarray(pixels(SIDE, SIDE, 3, seed=k)) for k in range(4))
        first.save(file, form, save_all=True, append_images=rest, duration=50, **options)
        return file.getvalue()

    return make


def jpeg() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture("JPEG", exif=exif.tobytes(), quality=80)()


def deep_png() -> bytes:
    import cv2

    values = pixels(SIDE, SIDE, 3).astype(np.uint16) * 257
    return bytes(cv2.imencode(".png", values)[1])


def tiff(dtype: Any, pages: int, bands: int = 3, **options: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        file = io.BytesIO()
        with tifffile.TiffWriter(file) as writer:
            for k in range(pages):
                values = pixels(SIDE, SIDE, bands, seed=k).astype(dtype)
                writer.write(values, photometric="rgb" if bands == 3 else "minisblack", **options)
        return file.getvalue()

    return make


def heic() -> bytes:
    import pillow_heif

    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels(64, 64, 3))).save(file)
    return file.getvalue()


def npy(dtype: Any = np.uint8, *shape: int) -> Callable[[], bytes]:
    def make() -> bytes:
        file = io.BytesIO()
        np.save(file, pixels(*(shape or (SIDE, SIDE, 3))).astype(dtype))
        return file.getvalue()

    return make


def dicom() -> bytes:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["dnnvis"])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.Rows = data.Columns = SIDE
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 0
    data.WindowCenter, data.WindowWidth = 100, 200
    data.RescaleIntercept, data.RescaleSlope = "-1", "2"
    data.PixelData = pixels(SIDE, SIDE).astype(np.uint16).tobytes()
    file = io.BytesIO()
    data.save_as(file, enforce_file_format=True)
    return file.getvalue()


def film(form: str, codec: str, frames: int = FRAMES, side: int = 32) -> Callable[[], bytes]:
    """Return what encodes a film by PyAV."""

    def make() -> bytes:
        import av

        file = io.BytesIO()
        with av.open(file, "w", format=form) as container:
            stream = container.add_stream(codec, rate=25)
            stream.width = stream.height = side
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            stream.codec_context.time_base = Fraction(1, 25)
            for k in range(frames):
                frame = av.VideoFrame.from_ndarray(pixels(side, side, 3, seed=k), "rgb24")
                for packet in stream.encode(frame):
                    container.mux(packet)
            for packet in stream.encode():
                container.mux(packet)
        return file.getvalue()

    return make


def play(path: Path, reads: int = READS) -> object:
    """Play a source as the window does: some frames, then a jump to its end and back."""
    notes: list[str] = []
    choice = SourceChoice(**{"loop": False, **choice_from_text(str(path))})
    with source_for(choice, notes.append) as source:
        for _ in range(reads):
            source.read()
        seek = getattr(source, "seek", None)
        if seek is not None:
            for fraction in (1.0, 0.3):
                seek(fraction)
                source.read()
    return notes


def scan(path: Path) -> object:
    """Read the first and the last pictures of data as a scan does: broken ones are counted."""
    data = open_data(path)
    try:
        numbers = sorted({*range(min(len(data), READS)), len(data) - 1})
        return [_read_or_count(data, number) for number in numbers]  # no pixels: one at a time
    finally:
        data.close()


def _read_or_count(data: Any, number: int) -> object:
    try:
        pixels, origin = data.read(number)
        return pixels.shape, origin, data.name(number)
    except BadInput as error:
        return str(error)


def open_picture(path: Path, scratch: Path) -> object:
    """Read a picture for a script, the window and a scan."""
    return read_with_notes(path).notes, play(path), scan(path)


def open_film(path: Path, scratch: Path) -> object:
    return play(path, FRAMES + 1), scan(path)


def open_data_set(path: Path, scratch: Path) -> object:
    return play(path), scan(path)


def _picture(name: str, make: Callable[[], bytes], *inner: Mutate) -> Reader:
    return Reader(lambda: {name: make()}, open_picture, name, (), inner)


def _film(name: str, form: str, codec: str) -> Reader:
    make = film(form, codec)
    return Reader(lambda: {name: make()}, open_film, name)


def _moving(name: str, make: Callable[[], bytes], *inner: Mutate) -> Reader:
    return Reader(lambda: {name: make()}, open_film, name, (), inner)


READERS = {
    "PNG": _picture("a.png", picture("PNG"), in_png),
    "PNG with a palette": _picture("a.png", picture("PNG", "P"), in_png),
    "PNG of 16 bits": _picture("a.png", deep_png, in_png),
    "animated PNG": _moving("a.png", moving("PNG"), in_png),
    "JPEG": _picture("a.jpg", jpeg),
    "JPEG, progressive": _picture("a.jpg", picture("JPEG", "CMYK", progressive=True)),
    "WebP": _picture("a.webp", picture("WEBP")),
    "animated WebP": _moving("a.webp", moving("WEBP")),
    "GIF": _moving("a.gif", moving("GIF")),
    "TIFF": _picture("a.tif", picture("TIFF")),
    "TIFF, packed": _picture("a.tif", picture("TIFF", compression="tiff_lzw")),
    "TIFF of 16 bits": _picture("a.tif", tiff(np.uint16, 1)),
    "TIFF of 6 bands": _picture("a.tif", tiff(np.float32, 1, 6, compression="zlib")),
    "TIFF of pages": _picture("a.tif", tiff(np.uint8, 3)),
    "BMP": _picture("a.bmp", picture("BMP")),
    "TGA": _picture("a.tga", picture("TGA", compression="tga_rle")),
    "PNM": _picture("a.ppm", picture("PPM")),
    "JPEG 2000": _picture("a.jp2", picture("JPEG2000")),
    "AVIF": _picture("a.avif", picture("AVIF")),
    "HEIC": _picture("a.heic", heic),
    "npy": _picture("a.npy", npy()),
    "npy of floats": _picture("a.npy", npy(np.float64, 3, 20, 20)),
    "DICOM": _picture("a.dcm", dicom),
    "MP4": _film("a.mp4", "mp4", "mpeg4"),
    "MP4, H.264": _film("a.mp4", "mp4", "libx264"),
    "Matroska": _film("a.mkv", "matroska", "mpeg4"),
    "WebM": _film("a.webm", "webm", "libvpx"),
    "AVI": _film("a.avi", "avi", "mjpeg"),
    "MPEG": _film("a.mpg", "mpeg", "mpeg1video"),
    "MPEG-TS": _film("a.ts", "mpegts", "mpeg2video"),
    "MJPG": _film("a.mjpg", "mjpeg", "mjpeg"),
}

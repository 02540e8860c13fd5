"""Detect what a picture file is: by its content, never by its name."""

from typing import Literal

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".tif", ".tiff", ".webp", ".gif"}
IMAGE_SUFFIXES |= {".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".jp2", ".apng", ".jpe", ".mpo"}
IMAGE_SUFFIXES |= {".avif", ".heic", ".heif", ".hif", ".jxl", ".npy", ".dcm", ".dicom"}

ImageFormat = Literal["dicom", "npy", "heic", "avif", "jxl", "tiff", "png", "other"]
HEAD_BYTES = 132  # as far as DICOM's magic word

_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"}
_HEIF_BRANDS = {b"mif1", b"mif2", b"msf1"}  # of any codec; the compatible brands say which
_AVIF_BRANDS = {b"avif", b"avis"}
_JXL_BEGINNINGS = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")
_TIFF_BEGINNINGS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PNG_BEGINNING = b"\x89PNG\r\n\x1a\n"


def detect_format(head: bytes) -> ImageFormat:
    """Return which kind of picture begins with ``head``, of HEAD_BYTES where there are so many.

    What is neither of the named kinds is "other": Pillow knows it, or nobody does.
    """
    if head[128:132] == b"DICM":
        return "dicom"
    if head.startswith(b"\x93NUMPY"):
        return "npy"
    if head.startswith(_JXL_BEGINNINGS):
        return "jxl"
    if head.startswith(_TIFF_BEGINNINGS):
        return "tiff"
    if head.startswith(_PNG_BEGINNING):
        return "png"
    return _detect_heif(head)


def _detect_heif(head: bytes) -> ImageFormat:
    """Return which codec a HEIF container is for, which begins like an MP4."""
    if head[4:8] != b"ftyp":
        return "other"
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
    if head[8:12] not in _HEIC_BRANDS | _HEIF_BRANDS | _AVIF_BRANDS:
        return "other"  # a film may name a picture's brand among the compatible ones
    return "avif" if brands & _AVIF_BRANDS else "heic"

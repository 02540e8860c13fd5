"""Fetch one picture from a web address that the user dropped or pasted."""

import hashlib
import io
import time
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from dnnvis.core.address import mask_address
from dnnvis.core.errors import BadInput
from dnnvis.sources.images.decode import decode_picture
from dnnvis.sources.images.formats import HEAD_BYTES, detect_format
from dnnvis.sources.images.pillow import open_image

TIMEOUT_SECONDS = 10.0  # for each answer of the server
MAX_SECONDS = 30.0  # for all of it
MAX_FETCHED_BYTES = 50_000_000
CHUNK_BYTES = 1 << 16
SAVE_HINT = "save the picture first, and drop the file"
#: Suffixes of what is accepted, by Pillow's name of the format.
SUFFIXES = {
    "AVIF": ".avif",
    "BMP": ".bmp",
    "GIF": ".gif",
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "PNG": ".png",
    "TIFF": ".tif",
    "WEBP": ".webp",
}


def fetch_picture(
    address: str,
    folder: Path,
    *,
    timeout: float = TIMEOUT_SECONDS,
    max_seconds: float = MAX_SECONDS,
) -> Path:
    """Fetch the picture at an address and save it as it came; not on the window's thread.

    No cookie and no password is sent. Other addresses that the server names are followed as far
    as they are of the web, too.

    Args:
        address: ``http://`` or ``https://``.
        folder: Where it is saved, under a name of its content.
        timeout: For each answer, in seconds.
        max_seconds: For all of it.

    Returns:
        Path of the picture.

    Raises:
        BadInput: Nothing answers in time, or it is no picture, too large, or cannot be saved.
    """
    name = mask_address(address)
    data = _download(address, name, timeout, time.monotonic() + max_seconds)
    suffix = _find_suffix(data, name)
    decode_picture(data, name)  # all of it, so that nothing else is ever saved
    digest = hashlib.sha256(data).hexdigest()[:12]
    path = folder / f"fetched {digest}{suffix}"
    unfinished = path.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(data)
        unfinished.replace(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from None
    return path


def _download(address: str, name: str, timeout: float, deadline: float) -> bytes:
    if urlsplit(address).scheme.lower() not in ("http", "https"):
        raise BadInput(f"{name} is no address of the web; {SAVE_HINT}.")
    request = Request(address, headers={"User-Agent": "dnnvis", "Accept": "image/*"})
    try:
        with _create_opener().open(request, timeout=timeout) as answer:
            return _read_answer(answer, name, deadline)
    except HTTPError as error:
        error.close()
        raise BadInput(
            f"{name} is not given out (error {error.code} of its server); {SAVE_HINT}."
        ) from None
    except (URLError, HTTPException, OSError, ValueError):
        raise BadInput(f"{name} does not answer; {SAVE_HINT}.") from None


def _create_opener() -> OpenerDirector:
    """Return an opener that knows the web only: no files, no FTP, whatever a server names."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPRedirectHandler(),
        HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _read_answer(answer: HTTPResponse, name: str, deadline: float) -> bytes:
    if answer.headers.get_content_maintype() == "text":
        raise BadInput(f"{name} is a page or a text, no picture; {SAVE_HINT}.")
    chunks, size = [], 0
    while chunk := answer.read1(CHUNK_BYTES):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_FETCHED_BYTES:
            raise BadInput(
                f"{name} has more than {MAX_FETCHED_BYTES // 1_000_000} MB, which is the most "
                f"that is fetched; {SAVE_HINT}."
            )
        if time.monotonic() > deadline:
            raise BadInput(f"{name} takes too long; {SAVE_HINT}.")
    return b"".join(chunks)


def _find_suffix(data: bytes, name: str) -> str:
    """Return the suffix of a picture's format; raise BadInput where it is none of the web's."""
    kind = detect_format(data[:HEAD_BYTES])
    if kind in ("heic", "jxl"):
        return f".{kind}"
    suffix = None
    if kind not in ("dicom", "npy"):
        try:
            with open_image(io.BytesIO(data), name) as image:
                suffix = SUFFIXES.get(str(image.format))
        except BadInput:
            pass
    if suffix is None:
        raise BadInput(f"{name} is no picture that can be read; {SAVE_HINT}.")
    return suffix

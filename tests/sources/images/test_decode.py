"""Every kind of picture file, by the pixels it was made of."""

import io
import struct
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.sources.images import limits, pillow
from dnnvis.sources.images.decode import DecodedPicture, decode_file, decode_picture

RANDOM = np.random.default_rng(0)
RAMP = np.add.outer(np.arange(40), np.arange(60))
SMOOTH = np.stack([RAMP, 2 * RAMP, 255 - RAMP], 2).astype(np.uint8)


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)  # type: ignore[arg-type]
    return file.getvalue()


def kinds(decoded: DecodedPicture) -> set[str]:
    return {note.kind for note in decoded.notes}


def test_twelve_bits_in_sixteen_are_not_black_and_the_range_is_said() -> None:
    values = np.linspace(0, 4095, 600).astype(np.uint16).reshape(20, 30)
    decoded = decode_picture(encode(Image.fromarray(values), "PNG"), "a.png")
    assert np.abs(decoded.pixels[:, :, 0] - values / 4095 * 255).max() <= 1
    assert "4,095 (12 bit) is white" in decoded.notes[0].text


@pytest.mark.parametrize("channels", [3, 4])
def test_colors_of_sixteen_bits_keep_all_of_them(channels: int) -> None:
    values = RANDOM.integers(0, 4096, (20, 30, channels)).astype(np.uint16)
    values[0, 0] = 4095
    if channels == 4:
        values[:, :, 3] = 65535
    order = cv2.COLOR_RGB2BGR if channels == 3 else cv2.COLOR_RGBA2BGRA
    data = cv2.imencode(".png", cv2.cvtColor(values, order))[1].tobytes()
    decoded = decode_picture(data, "a.png")
    assert np.abs(decoded.pixels - values[:, :, :3] / 4095 * 255).max() <= 1
    assert kinds(decoded) == {"range"}


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.uint32, np.float32, np.float64])
@pytest.mark.parametrize("bands", [1, 3, 5])
def test_tiff_of_every_type_and_number_of_bands(dtype: type, bands: int) -> None:
    values = RANDOM.integers(0, 1024, (20, 30, bands)).astype(dtype)
    values[0, 0], values[0, 1] = 0, 1023
    file = io.BytesIO()
    options = {"photometric": "minisblack", "planarconfig": "contig"} if bands != 1 else {}
    tifffile.imwrite(file, values if bands > 1 else values[:, :, 0], **options)
    decoded = decode_picture(file.getvalue(), "a.tif")
    expected = np.repeat(values, 3, 2) if bands == 1 else values
    low, high = (0, 1023) if np.dtype(dtype).kind in "iu" else np.percentile(values, (0.1, 99.9))
    scaled = np.clip((expected.astype(float) - low) / (high - low) * 255, 0, 255)
    assert decoded.pixels.shape == expected.shape
    assert np.abs(decoded.pixels - scaled).max() <= 1
    assert kinds(decoded) == {"range"}


def test_tiff_bands_that_lie_one_after_the_other_are_the_same_picture() -> None:
    values = RANDOM.integers(0, 256, (5, 20, 30), dtype=np.uint8)
    file = io.BytesIO()
    tifffile.imwrite(file, values, photometric="minisblack", planarconfig="separate")
    assert np.array_equal(decode_picture(file.getvalue(), "a").pixels, values.transpose(1, 2, 0))


def test_tiff_where_zero_is_white_is_inverted() -> None:
    values = np.linspace(0, 65535, 600).astype(np.uint16).reshape(20, 30)
    file = io.BytesIO()
    tifffile.imwrite(file, values, photometric="miniswhite")
    pixels = decode_picture(file.getvalue(), "a.tif").pixels[:, :, 0]
    assert np.abs(pixels - (255 - values / 257)).max() <= 1


def test_a_deep_tiff_cut_short_is_refused() -> None:
    file = io.BytesIO()
    values = RANDOM.integers(0, 65536, (50, 60), dtype=np.uint16)
    tifffile.imwrite(file, values, compression="zlib")
    with pytest.raises(BadInput, match=r"a\.tif"):
        decode_picture(file.getvalue()[:3000], "a.tif")


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((20, 30), (20, 30, 3)),
        ((20, 30, 3), (20, 30, 3)),
        ((20, 30, 5), (20, 30, 5)),
        ((3, 20, 30), (20, 30, 3)),
        ((7, 20, 30), (20, 30, 3)),
        ((2, 20, 30, 3), (20, 30, 3)),
        ((2, 3, 20, 30), (20, 30, 3)),
    ],
)
def test_arrays_of_numpy_are_pictures(
    shape: tuple[int, ...], expected: tuple[int, int, int]
) -> None:
    file = io.BytesIO()
    np.save(file, RANDOM.integers(0, 256, shape, dtype=np.uint8))
    decoded = decode_picture(file.getvalue(), "a.npy")
    assert decoded.pixels.shape == expected
    assert kinds(decoded) == ({"shape"} if len(shape) > 2 else set())


class Marker:
    """Leaves a trace where a pickle runs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (self.path,))  # type: ignore[return-value]


def test_an_array_of_objects_is_refused_and_not_unpickled(tmp_path: Path) -> None:
    file, marker = io.BytesIO(), tmp_path / "marker"
    np.save(file, np.array([Marker(marker)], object), allow_pickle=True)
    with pytest.raises(BadInput, match="no numbers"):
        decode_picture(file.getvalue(), "a.npy")
    assert not marker.exists()


def test_an_array_that_lies_about_its_size_is_refused_at_once() -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000, 100000), }"
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    data = b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header
    with pytest.raises(BadInput, match=r"80\.0 GB"):
        decode_picture(data, "a.npy")


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_pictures_of_phones_have_their_pixels(kind: str) -> None:
    if kind == "HEIF":
        pillow_heif = pytest.importorskip("pillow_heif", reason="HEIC needs pillow-heif")
        file = io.BytesIO()
        pillow_heif.from_pillow(Image.fromarray(SMOOTH)).save(file, quality=95)
        data = file.getvalue()
    else:
        data = encode(Image.fromarray(SMOOTH), kind, quality=95)
    decoded = decode_picture(data, "a")
    assert decoded.pixels.shape == (40, 60, 3)
    assert np.abs(decoded.pixels.astype(int) - SMOOTH).mean() < 6


@pytest.mark.parametrize(
    ("module", "data"),
    [
        ("pillow_heif", b"\0\0\0\x1cftypheic\0\0\0\0mif1heic" + bytes(200)),
        ("pillow_jxl", b"\xff\x0a" + bytes(200)),
        ("pydicom", bytes(128) + b"DICM" + bytes(200)),
    ],
)
def test_what_needs_a_library_names_it(
    monkeypatch: pytest.MonkeyPatch, module: str, data: bytes
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(BadInput, match="pip install") as caught:
        decode_picture(data, "a")
    assert module.split("_")[-1] in str(caught.value)


def test_a_film_that_names_a_pictures_brand_is_no_picture() -> None:
    with pytest.raises(BadInput, match="not a picture"):
        decode_picture(b"\0\0\0\x1cftypisom\0\0\0\0mif1heic" + bytes(200), "a")


@pytest.mark.parametrize("is_inverted", [False, True])
def test_a_slice_of_a_ct_is_shown_in_its_own_window(tmp_path: Path, is_inverted: bool) -> None:
    pytest.importorskip("pydicom", reason="DICOM needs pydicom")
    from helpers.dicom_files import write_dicom  # lazy: needs pydicom

    stored = np.arange(0, 2400, 4, dtype=np.int16).reshape(20, 30)  # HU + 1000
    photometric = "MONOCHROME1" if is_inverted else "MONOCHROME2"
    write_dicom(tmp_path / "a.dcm", stored, PhotometricInterpretation=photometric)
    decoded = decode_file(tmp_path / "a.dcm")
    expected = np.clip(((stored - 1000.0) - 39.5) / 399 + 0.5, 0, 1) * 255  # PS3.3 C.11.2.1.2
    expected = 255 - expected if is_inverted else expected
    assert np.abs(decoded.pixels[:, :, 0] - expected).max() <= 1
    assert "own window" in decoded.notes[0].text


def test_what_is_assumed_of_a_picture_is_said() -> None:
    image = Image.fromarray(RANDOM.integers(0, 256, (8, 8, 4), dtype=np.uint8))
    assert kinds(decode_picture(encode(image, "PNG"), "a")) == {"alpha"}
    assert kinds(decode_picture(encode(image.convert("CMYK"), "JPEG"), "a")) == {"cmyk"}
    pages = encode(
        image.convert("RGB"), "TIFF", save_all=True, append_images=[image.convert("RGB")]
    )
    assert kinds(decode_picture(pages, "a")) == {"pages"}
    image.putalpha(255)
    assert kinds(decode_picture(encode(image, "PNG"), "a")) == set()


def png_of_bits(width: int, height: int) -> bytes:
    row = bytes(1 + (width + 7) // 8)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * height, 9)),
        (b"IEND", b""),
    ]
    chunks = [
        struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_the_limits_hold_for_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="101 megapixels"):
        decode_picture(png_of_bits(10_100, 10_000), "a")
    monkeypatch.setattr(limits, "MAX_BYTES", 100)
    with pytest.raises(BadInput, match="of one picture"):
        decode_picture(bytes(101), "a")


@pytest.mark.parametrize("rows", [1, 7, 40, 1000])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "L", "1", "CMYK"])
def test_pictures_converted_in_strips_are_those_of_one_piece(
    rows: int, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha = RANDOM.integers(0, 256, (*SMOOTH.shape[:2], 1), dtype=np.uint8)
    image = Image.fromarray(np.concatenate([SMOOTH, alpha], 2)).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(image, "TIFF" if mode == "CMYK" else "PNG", exif=exif)
    monkeypatch.setattr(pillow, "STRIP_PIXELS", rows * SMOOTH.shape[0])
    whole = image.transpose(Image.Transpose.ROTATE_270)  # the oracle: all at once
    if image.has_transparency_data:
        gray = Image.new("RGBA", whole.size, (128, 128, 128, 255))
        whole = Image.alpha_composite(gray, whole.convert("RGBA"))
    decoded = decode_picture(data, "a")
    np.testing.assert_array_equal(decoded.pixels, np.asarray(whole.convert("RGB")))
    expected = {"alpha"} if image.has_transparency_data else {"cmyk"} if mode == "CMYK" else set()
    assert kinds(decoded) == expected

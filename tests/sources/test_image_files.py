import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.sources.image_files import is_picture, read_picture
from dnnvis.sources.opencv import opencv


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def refusal(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        read_picture(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_png_comes_back_pixel_by_pixel(tmp_path: Path) -> None:
    pixels = noise(20, 30, 3)
    opencv().imwrite(str(tmp_path / "a.png"), pixels[:, :, ::-1])
    read = read_picture(tmp_path / "a.png")
    assert read.dtype == np.uint8
    assert read.flags.c_contiguous
    assert read.flags.writeable
    np.testing.assert_array_equal(read, pixels)


def test_a_gray_picture_gets_three_equal_channels(tmp_path: Path) -> None:
    gray = noise(20, 30)
    Image.fromarray(gray).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), np.stack([gray] * 3, 2))


def test_a_black_and_white_picture_and_one_with_a_palette_become_rgb(tmp_path: Path) -> None:
    bits = Image.fromarray(noise(20, 30)).convert("1")
    bits.save(tmp_path / "bits.png")
    assert set(np.unique(read_picture(tmp_path / "bits.png"))) == {0, 255}
    palette = Image.fromarray(noise(20, 30, 3)).convert("P")
    palette.save(tmp_path / "palette.gif")
    read = read_picture(tmp_path / "palette.gif")
    np.testing.assert_array_equal(read, np.asarray(palette.convert("RGB")))


@pytest.mark.parametrize("suffix", ["png", "tiff"])
@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bit_is_scaled_to_eight(tmp_path: Path, suffix: str, channels: int) -> None:
    ramp = np.linspace(0, 65535, 600).astype(np.uint16).reshape(20, 30)
    deep = ramp if channels == 1 else np.stack([ramp, ramp[::-1], ramp // 2], 2)
    path = tmp_path / f"deep.{suffix}"
    opencv().imwrite(str(path), deep if channels == 1 else deep[:, :, ::-1])
    wanted = deep / 257.0 if channels == 3 else np.stack([deep / 257.0] * 3, 2)
    assert np.abs(read_picture(path) - wanted).max() <= 1


def test_a_picture_of_floats_counts_from_nought_to_one(tmp_path: Path) -> None:
    values = np.array([[0.0, 0.5, 1.0, 7.0, np.nan]], np.float32)
    Image.fromarray(values).save(tmp_path / "a.tiff")
    assert read_picture(tmp_path / "a.tiff")[0, :, 1].tolist() == [0, 128, 255, 255, 0]


def test_transparency_lies_on_mid_gray(tmp_path: Path) -> None:
    pixels = noise(20, 30, 4)
    Image.fromarray(pixels, "RGBA").save(tmp_path / "a.png")
    alpha = pixels[:, :, 3:] / 255.0
    wanted = pixels[:, :, :3] * alpha + 128 * (1 - alpha)
    assert np.abs(read_picture(tmp_path / "a.png") - wanted).max() <= 1


def test_gray_with_transparency_lies_on_mid_gray_too(tmp_path: Path) -> None:
    pixels = np.array([[[10, 255], [10, 0]]], np.uint8)
    Image.fromarray(pixels, "LA").save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png").tolist() == [[[10] * 3, [128] * 3]]


def test_a_cmyk_jpeg_has_its_colours_and_not_their_negative(tmp_path: Path) -> None:
    inks = {"red": (0, 255, 255, 0), "white": (0, 0, 0, 0), "dark": (0, 0, 0, 230)}
    wanted = {"red": (255, 0, 0), "white": (255, 255, 255), "dark": (25, 25, 25)}
    for name, ink in inks.items():
        Image.new("CMYK", (32, 32), ink).save(tmp_path / f"{name}.jpg", quality=95)
        assert np.abs(read_picture(tmp_path / f"{name}.jpg")[16, 16] - wanted[name]).max() <= 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_camera_was_held(tmp_path: Path, orientation: int) -> None:
    pixels = noise(2, 3, 3)
    turned = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.swapaxes(0, 1),
        6: np.rot90(pixels, -1),
        7: pixels[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(pixels, 1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), turned[orientation])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "There is no file" in refusal(tmp_path / "none.png")


def test_a_file_of_no_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    assert "0 bytes" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize("data", [b"hello world" * 50, b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.png").write_bytes(data)
    assert "not a picture" in refusal(tmp_path / "a.png")
    assert not is_picture(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "tiff", "webp"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_file_cut_short_is_refused_and_not_filled_with_gray(
    tmp_path: Path, suffix: str, share: float
) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise(100, 120, 3)).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    refusal(path)


def test_a_png_with_a_changed_byte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(noise(50, 50, 3)).save(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    assert "broken" in refusal(path)


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises much and holds nothing."""
    out = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")):
        out += struct.pack(">I", len(data)) + kind + data
        out += struct.pack(">I", zlib.crc32(kind + data))
    return out


@pytest.mark.parametrize(("width", "height"), [(12_000, 10_000), (60_000, 60_000)])
def test_more_than_a_hundred_megapixels_are_refused_by_the_header(
    tmp_path: Path, width: int, height: int
) -> None:
    (tmp_path / "a.png").write_bytes(png_header(width, height))
    limit = Image.MAX_IMAGE_PIXELS
    assert f"{width} x {height} = {width * height // 1_000_000} megapixels" in refusal(
        tmp_path / "a.png"
    )
    assert limit == Image.MAX_IMAGE_PIXELS, "the limit of others is as it was"


def test_a_picture_of_ninety_five_megapixels_is_not_too_large(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_header(9_500, 10_000))
    assert "cut short" in refusal(tmp_path / "a.png")

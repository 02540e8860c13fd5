"""Archives give the pixels that a folder gives, within the same limits."""

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.sources.data import archives
from dnnvis.sources.data.archives import TarArchive, ZipArchive
from dnnvis.sources.datasets import open_data
from dnnvis.sources.parse import source_from_text

RANDOM = np.random.default_rng(0)


def png(seed: int) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.fixture
def odd_pictures(tmp_path: Path) -> Path:
    """A folder of what two decoders see differently."""
    folder = tmp_path / "d"
    folder.mkdir()
    image = Image.fromarray(RANDOM.integers(0, 256, (16, 24, 4), dtype=np.uint8))
    palette = image.convert("RGB").convert("P")
    palette.save(folder / "palette.png", transparency=3)
    palette.save(folder / "palette.gif", transparency=3)
    image.save(folder / "alpha.webp", lossless=True)
    image.convert("RGB").save(folder / "a.tga")
    image.convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(RANDOM.random((16, 24), np.float32)).save(folder / "float.tif")
    Image.fromarray(RANDOM.integers(0, 4096, (16, 24)).astype(np.uint16)).save(folder / "12.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    image.convert("RGB").save(folder / "turned.jpg", exif=exif)
    return folder


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "zip"])
def test_the_same_file_gives_the_same_pixels_and_notes(odd_pictures: Path, suffix: str) -> None:
    path = odd_pictures.with_name(f"d.{suffix}")
    if suffix == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for picture in odd_pictures.iterdir():
                file.write(picture, f"d/{picture.name}")
    else:
        with tarfile.open(path, "w:gz" if suffix.endswith("gz") else "w") as tar:
            tar.add(odd_pictures, "d")
    assert source_from_text(str(path))[0] == "examples"
    folder, archive = open_data(odd_pictures), open_data(path)
    numbers = {Path(archive.name(n)).name: n for n in range(len(archive))}
    assert len(numbers) == len(folder) == 8
    for n in range(len(folder)):
        pixels, origin = folder.read(n)
        packed, packed_origin = archive.read(numbers[Path(folder.name(n)).name])
        np.testing.assert_array_equal(pixels, packed)
        assert origin.notes == packed_origin.notes
    archive.close()


def test_a_zip_has_classes_and_a_folder_inside_it_opens(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        for n, name in enumerate(["train/cat/1.png", "train/dog/1.png", "test/cat/1.png"]):
            file.writestr(name, png(n))
        file.writestr("__MACOSX/train/cat/._1.png", b"x")
    data = open_data(path)
    assert [data.name(n) for n in range(3)] == [
        "test/cat/1.png",
        "train/cat/1.png",
        "train/dog/1.png",
    ]
    assert [data.read(n)[1].label for n in range(3)] == ["cat", "cat", "dog"]
    data.close()
    part = open_data(path / "train")
    assert len(part) == 2
    part.close()


def test_shards_have_the_class_beside_each_picture(tmp_path: Path) -> None:
    for shard in range(2):
        files = {}
        for k in range(3):
            number = 3 * shard + k
            files[f"{number:04}.png"] = png(number)
            label = {"label": number} if shard else number
            files[f"{number:04}.{'json' if shard else 'cls'}"] = json.dumps(label).encode()
        write_tar(tmp_path / f"shard-{shard:03}.tar", files)
    data = open_data(tmp_path)
    assert source_from_text(str(tmp_path))[0] == "examples"
    assert [data.read(n)[1].label for n in (5, 0, 3)] == ["5", "0", "3"]
    assert data.name(4) == "shard-001.tar/0004.png"
    np.testing.assert_array_equal(data.read(4)[0], np.asarray(Image.open(io.BytesIO(png(4)))))
    data.close()


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])
def test_a_member_larger_than_the_limit_is_refused_before_it_is_unpacked(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a.{kind}"
    huge = bytes(3_000_000)
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("a/huge.png", huge)
    else:
        write_tar(path, {"a/huge.png": huge}, "w:gz" if kind.endswith("gz") else "w")
    monkeypatch.setattr("dnnvis.sources.images.limits.MAX_BYTES", 1_000_000)
    data = open_data(path)
    with pytest.raises(BadInput, match="the most that is read of one picture"):
        data.read(0)
    data.close()


def test_a_packed_tar_that_grows_beyond_measure_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"{n}.png": bytes(2_000_000) for n in range(4)}
    path = write_tar(tmp_path / "a.tar.gz", files, "w:gz")
    monkeypatch.setattr(archives, "MAX_BYTES", 1_000_000)
    with pytest.raises(BadInput, match="200 times its size"):
        TarArchive(path)


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])
def test_an_archive_cut_short_is_refused_or_misses_its_last_pictures(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"a.{kind}"
    files = {f"{n}.png": RANDOM.bytes(5000) for n in range(4)}
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as file:
            for name, data in files.items():
                file.writestr(name, data)
    else:
        write_tar(path, files, "w:gz" if kind.endswith("gz") else "w")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadInput, match=r"a\."):  # opening or reading, as it is
        data = ZipArchive(path) if kind == "zip" else TarArchive(path)
        try:
            for n in range(len(data)):
                data.read(n)
        finally:
            data.close()


def test_an_encrypted_member_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.png", png(0))
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flag in the member's own header, and below in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    archive = ZipArchive(path)
    with pytest.raises(BadInput, match="encrypted"):
        archive.read(0)
    archive.close()


def test_gzip_of_something_else_is_no_tar(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(b"text" * 1000))
    assert not archives.is_archive(tmp_path / "a.tar.gz")
